/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What becomes of a recording: a file that is whole or is not there, and words about what was seen and what it has
 * cost. See record.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "new-file.h"
#include "record.h"

/* On a full disk half of the sample may fit, or half of that. */
#define TRIES 5

int record_write(const struct recording *recording, int fd)
{
	const struct sample_header header = {
		.cgroup = recording->cgroup,
		.seconds = recording->seconds,
		.lost = recording->lost,
		.added = recording->added,
		.limit_bytes = recording->limit_bytes,
		.file_bytes = recording->file_bytes,
	};
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	FILE *f = copy < 0 ? NULL : fdopen(copy, "w");
	int r;

	if (!f) {
		r = -errno;
		if (copy >= 0)
			close(copy);
		return r;
	}
	r = sample_write(&recording->sample, &header, f);
	/* What is left in its buffer after an error must not fail once more. */
	if (fclose(f) != 0 && r == 0)
		r = -errno;
	if (r == 0 && fsync(fd) < 0 && errno != EINVAL && errno != EROFS)
		r = -errno;
	return r;
}

static bool is_full(int error)
{
	return error == -ENOSPC || error == -EDQUOT || error == -EFBIG;
}

/* As much of the sample as there is room for. */
static int write_what_fits(const struct record_request *request, struct recording *recording,
			   int fd)
{
	struct sample *sample = &recording->sample;
	int r = record_write(recording, fd);

	for (int i = 1; i < TRIES && is_full(r) && sample->shift < MEMPOL_RECORD_MAX_SHIFT; i++) {
		if (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0)
			return -errno;
		sample_refine(sample, sample->shift + 1);
		r = record_write(recording, fd);
		if (r == 0)
			record_complain(request,
					"warning: the disk is full: only one page in %llu was kept",
					1ULL << sample->shift);
	}
	return r;
}

struct saving {
	const struct record_request *request;
	struct recording *recording;
};

static int write_it(void *userdata, int fd)
{
	struct saving *saving = userdata;

	return write_what_fits(saving->request, saving->recording, fd);
}

enum ctl_exit record_save(const struct record_request *request, struct recording *recording,
			  const char *path)
{
	struct saving saving = { request, recording };
	int r = strcmp(path, "-") ? ctl_new_file(path, write_it, &saving) :
				    record_write(recording, STDOUT_FILENO);

	if (r == 0)
		return CTL_OK;
	record_complain(request, "%s: %s: nothing was kept, name an --output %s", path,
			strerror(-r),
			is_full(r)   ? "on a disk with more room" :
			r == -EEXIST ? "that does not exist" :
				       "that can be written");
	return CTL_FAILED;
}

static void say_what_was_seen(const struct record_request *request,
			      const struct recording *recording)
{
	const struct sample *sample = &recording->sample;
	struct sample_count count;

	sample_count(sample, &count);
	record_complain(
		request,
		"%s: %.1f seconds, one page in %llu: %llu uses in the sample, about %llu in "
		"all; %llu pages came in, %llu of the sample",
		recording->cgroup, recording->seconds, 1ULL << sample->shift,
		(unsigned long long)count.uses, (unsigned long long)count.uses << sample->shift,
		(unsigned long long)recording->added,
		(unsigned long long)count.of[MEMPOL_RECORD_ADDED]);
	if (recording->gone)
		record_complain(request, "warning: the cgroup went away: what was recorded until "
					 "then is kept");
	else if (recording->interrupted)
		record_complain(request, "interrupted: what was recorded until then is kept");
	if (recording->lost)
		record_complain(
			request,
			"warning: %llu records were lost, because the ring buffer was full; the "
			"sample was halved from one page in %u to one in %llu. To lose none: "
			"--sample %u",
			(unsigned long long)recording->lost, 1U << recording->first_shift,
			1ULL << sample->shift, sample->shift);
	else if (sample->shift > recording->first_shift)
		record_complain(
			request,
			"warning: there was more than is kept: the sample was made smaller, "
			"from one page in %u to one in %llu",
			1U << recording->first_shift, 1ULL << sample->shift);
	if (recording->gaps)
		record_complain(
			request,
			"warning: %u times a policy had just come, or had not been asked in "
			"time: some uses before that are missing",
			recording->gaps);
	if (recording->by_policies)
		record_complain(request,
				"the cgroup is under a policy, which told of its uses: of what is "
				"in no sample a hit cost some 1 %% more while it was recorded");
	else if (recording->governed)
		record_complain(request,
				"some of the cgroup is under a policy: what it uses does not "
				"depend on it, and recording cost a hit what it costs anywhere");
	/* Between faults the use of a mapped page leaves no trace. */
	if (count.mapped * 4 > count.uses)
		record_complain(
			request,
			"warning: %llu %% of the uses are page faults: of pages that stay mapped "
			"only the first use is seen, the simulation is a guess",
			(unsigned long long)(count.mapped * 100 / count.uses));
}

void record_report(const struct record_request *request, const struct recording *recording)
{
	const struct recorder_cost *cost = &recording->cost;
	double ns = recording->seconds * 1e9;

	say_what_was_seen(request, recording);
	record_complain(request,
			"cost: %u programs ran about %llu times, %llu ns each, %.2f %% of one CPU; "
			"mempolctl itself %.2f %%; detached",
			cost->programs, (unsigned long long)cost->runs,
			(unsigned long long)(cost->runs ? cost->run_ns / cost->runs : 0),
			ns > 0 ? cost->run_ns / ns * 100 : 0,
			ns > 0 ? recording->own_ns / ns * 100 : 0);
}
