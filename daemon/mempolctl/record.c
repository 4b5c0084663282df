/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A recording: the cgroup is found, the programs are attached, what they write down is kept until the time is
 * over. See record.h.
 */
#include "record.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "cgroup_tree.h"
#include "errors.h"
#include "new-file.h"
#include "record-cgroup.h"
#include "size.h"
#include "utf8.h"

#define CGROUP_ROOT "/sys/fs/cgroup"
#ifndef MP_RECORD_PATH
#define MP_RECORD_PATH "/usr/lib/mempolicyd/agent/record.bpf.o"
#endif
/* How often the ring is emptied: it has room for five records a microsecond of that. */
#define LOOK_NS 20000000L
/*
 * A fiftieth of the time is measured, because a program that is measured runs for longer: one look a second, and not the very
 * first, when what is recorded has often not begun.
 */
#define PERIOD_LOOKS 50
#define MEASURED_LOOK 10

static volatile sig_atomic_t interrupted;

static void on_signal(int signal)
{
	interrupted = signal;
}

static int set_seconds(struct record_request *request, const char *value)
{
	char *end;
	double seconds = strtod(value, &end);

	/* "60", or with a unit as everywhere else. */
	if (*value && !*end && seconds > 0 && seconds <= RECORD_MAX_SECONDS) {
		request->ms = seconds * 1000;
	} else if (*end == '\0' || mp_time_parse(value, &request->ms) < 0 ||
		   request->ms > RECORD_MAX_SECONDS * 1000ULL) {
		request->ms = 0;
	}
	if (!request->ms)
		return record_complain(
			request, "--seconds=%s is no time: write 60, or 5min, at most 24h", value);
	return 0;
}

static int set_sample(struct record_request *request, const char *value)
{
	char *end;
	unsigned long shift = strtoul(value, &end, 10);

	if (!strcmp(value, "auto")) {
		request->shift = -1;
		return 0;
	}
	if (*value < '0' || *value > '9' || *end || shift > MEMPOL_RECORD_MAX_SHIFT)
		return record_complain(
			request,
			"--sample=%s: write auto, or SHIFT for one page in 2^SHIFT, 0 to %d", value,
			MEMPOL_RECORD_MAX_SHIFT);
	request->shift = shift;
	return 0;
}

int record_option(struct record_request *request, const char *name, const char *value)
{
	if (!strcmp(name, "seconds"))
		return set_seconds(request, value);
	if (!strcmp(name, "sample"))
		return set_sample(request, value);
	if (!strcmp(name, "cgroup"))
		request->cgroup = value;
	else if (!strcmp(name, "unit"))
		request->unit = value;
	else
		request->output = value;
	return 0;
}

static int check_output(const struct record_request *request)
{
	int r;

	if (!*request->output)
		return record_complain(request, "--output= names no file");
	r = strcmp(request->output, "-") ? ctl_new_file_check(request->output) : 0;
	if (r == -EEXIST)
		return record_complain(request, "%s exists: remove it, or name another --output",
				       request->output);
	if (r < 0)
		return record_complain(
			request, "%s: %s: name an --output in a directory that can be written",
			request->output, strerror(-r));
	return 0;
}

int record_check(const struct record_request *request)
{
	if (!request->cgroup == !request->unit)
		return record_complain(request, "name %s; as in: --unit postgresql.service",
				       request->cgroup ? "a cgroup or a unit, not both" :
							 "a cgroup or a unit");
	if (!request->ms)
		return record_complain(request, "no --seconds; as in: --seconds 60");
	if (request->cgroup && !*request->cgroup)
		return record_complain(request, "--cgroup= names no cgroup: write its path; the "
						"root's is /");
	return request->output ? check_output(request) : 0;
}

static double now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

struct session {
	struct recorder *recorder;
	struct recording *recording;
};

static int on_record(void *userdata, const struct mempol_record *record)
{
	struct session *session = userdata;
	struct sample *sample = &session->recording->sample;
	int r;

	while ((r = sample_add(sample, record)) == 1) {
		if (sample->shift == MEMPOL_RECORD_MAX_SHIFT)
			return -E2BIG;
		sample_refine(sample, sample->shift + 1);
		if (recorder_shift(session->recorder) < sample->shift)
			recorder_refine(session->recorder, sample->shift);
	}
	return r;
}

static int look(struct session *session)
{
	int r = recorder_drain(session->recorder, on_record, session);

	sample_refine(&session->recording->sample, recorder_shift(session->recorder));
	return r;
}

/* Until the time is over or there is nothing more to record. Returns the share that was measured. */
static int follow(struct session *session, const struct record_cgroup *cgroup, uint64_t ms,
		  unsigned int *ret_share)
{
	static const struct timespec nap = { .tv_nsec = LOOK_NS };
	double start = now(CLOCK_MONOTONIC), at = start, asked = start, measured = 0;
	struct recording *recording = session->recording;
	int r = 0;

	for (unsigned int i = 0; r == 0 && !interrupted && !recording->gone; i++) {
		bool measure = i % PERIOD_LOOKS == MEASURED_LOOK;
		double before = at;

		if (at - start >= ms / 1000.0)
			break;
		recorder_measure(session->recorder, measure);
		nanosleep(&nap, NULL);
		at = now(CLOCK_MONOTONIC);
		if (measure)
			measured += at - before;
		r = look(session);
		if (i == 0 || at - asked >= 1) {
			recording->by_policies = recorder_ask_policies(session->recorder);
			asked = at;
		}
		recording->gone = !record_cgroup_is_there(CGROUP_ROOT, cgroup);
	}
	recording->seconds = now(CLOCK_MONOTONIC) - start;
	recorder_measure(session->recorder, false);
	recorder_stop(session->recorder);
	*ret_share = recording->seconds > 0 ? measured / recording->seconds * 10000 : 0;
	return r < 0 ? r : look(session);
}

static void catch_signals(bool on)
{
	struct sigaction action = { .sa_handler = on ? on_signal : SIG_DFL }, old;

	interrupted = 0;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	/* With nohup it goes on when somebody logs out. */
	if (sigaction(SIGHUP, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &action, NULL);
}

static int record(const struct record_request *request, const struct record_cgroup *cgroup,
		  struct recording *recording, char **ret_problem)
{
	struct recorder_setup setup = { .cgroup_id = cgroup->id, .level = cgroup->level };
	struct session session = { .recording = recording };
	double cpu;
	struct record_memory memory;
	unsigned int share;
	int r = record_cgroup_memory(CGROUP_ROOT, cgroup, &memory);

	if (r < 0)
		return r;
	setup.shift = request->shift >= 0 ?
			      (uint32_t)request->shift :
			      sample_shift_for(record_cache_bytes(&memory) / SAMPLE_PAGE);
	recording->governed = memory.governed_bytes;
	setup.governed = record_is_governed(&memory, sysconf(_SC_NPROCESSORS_CONF));
	recording->first_shift = setup.shift;
	recording->sample.shift = setup.shift;
	recording->sample.max_uses = SAMPLE_MAX_USES;
	r = recorder_new(MP_RECORD_PATH, &setup, &session.recorder, ret_problem);
	if (r < 0)
		return r;
	catch_signals(true);
	cpu = now(CLOCK_PROCESS_CPUTIME_ID);
	r = follow(&session, cgroup, request->ms, &share);
	recording->interrupted = interrupted;
	catch_signals(false);
	recorder_cost(session.recorder, share, &recording->cost);
	recording->lost = recorder_lost(session.recorder);
	recording->gaps = recorder_gaps(session.recorder);
	recording->added = recorder_added(session.recorder);
	recorder_free(session.recorder);
	recording->own_ns = (now(CLOCK_PROCESS_CPUTIME_ID) - cpu) * 1e9;
	if (r == 0 && !recording->gone)
		r = record_cgroup_memory(CGROUP_ROOT, cgroup, &memory);
	recording->governed |= memory.governed_bytes > 0;
	recording->limit_bytes = memory.limit_bytes;
	recording->file_bytes = memory.file_bytes;
	recording->cache_bytes = record_cache_bytes(&memory);
	return r;
}

static enum ctl_exit fail(const struct record_request *request, int error, const char *problem)
{
	record_complain(request, "%s", problem ? problem : strerror(-error));
	return error == -EPERM	    ? CTL_NOT_PERMITTED :
	       error == -EOPNOTSUPP ? CTL_KERNEL_CANNOT :
				      CTL_FAILED;
}

enum ctl_exit record_run(const struct record_request *request, struct recording *ret)
{
	_cleanup_(record_cgroup_done) struct record_cgroup cgroup = {};
	_cleanup_free_ char *problem = NULL;
	struct recording recording = {};
	struct sample_count count;
	int r = geteuid() ? -EPERM : 0;

	if (r < 0)
		return fail(request, r, "only root may record: use sudo");
	if (!mp_cgroup_root_is_real(CGROUP_ROOT))
		return fail(request, -EOPNOTSUPP,
			    CGROUP_ROOT " is no cgroup2 file system: boot with "
					"systemd.unified_cgroup_hierarchy=1");
	r = record_cgroup_find(CGROUP_ROOT, request->cgroup, request->unit, &cgroup, &problem);
	if (r == 0) {
		recording.cgroup = strdup(cgroup.path);
		r = recording.cgroup ? record(request, &cgroup, &recording, &problem) : -ENOMEM;
	}
	if (r < 0) {
		recording_done(&recording);
		return fail(request, r,
			    problem || r != -E2BIG ? problem :
						     "of one page in 1,048,576 there is more "
						     "than a trace may have: record for a "
						     "shorter time");
	}
	sample_count(&recording.sample, &count);
	if (!count.uses) {
		record_complain(
			request,
			"nothing of the page cache was used in %s in %.0f seconds%s: is it at work? "
			"Direct I/O, tmpfs and pages that stay mapped are not seen; a shorter --sample, as "
			"0, sees more",
			recording.cgroup, recording.seconds,
			recording.gone ? ", before it went away" : "");
		recording_done(&recording);
		return CTL_FAILED;
	}
	*ret = recording;
	return CTL_OK;
}

void recording_done(struct recording *recording)
{
	sample_done(&recording->sample);
	free(recording->cgroup);
	*recording = (struct recording){};
}
