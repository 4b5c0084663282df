/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * advise: records a cgroup, simulates the engines in a cache of the size it has, and proposes the best as a policy
 * file. record, simulate and propose in one; what each of them means is said there. Needs root and no daemon.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "propose.h"
#include "record.h"
#include "simulate.h"
#include "size.h"

const struct option ctl_advise_options[] = {
	{ "cgroup", required_argument, NULL, 'c' },  { "unit", required_argument, NULL, 'u' },
	{ "seconds", required_argument, NULL, 's' }, { "sample", required_argument, NULL, 'n' },
	{ "size", required_argument, NULL, 'z' },    { "output", required_argument, NULL, 'o' },
	{ "help", no_argument, NULL, 'h' },	     {},
};

struct advise {
	struct record_request record;
	uint64_t size_bytes; /* 0: as it is now */
	struct ctl ctl;
};

static void print_help(void)
{
	printf("Usage: mempolctl advise --cgroup PATH|--unit NAME --seconds N [OPTION...]\n\n"
	       "Which engine would help a cgroup: record it, simulate the engines, propose a\n"
	       "policy.\n\n"
	       "Options:\n"
	       "  --cgroup PATH        whose page cache, as /system.slice; those below it too\n"
	       "  --unit NAME          likewise, as postgresql.service\n"
	       "  --seconds N          how long to record; also 5min\n"
	       "  --sample SHIFT|auto  one page in 2^SHIFT; default by the size of the cache\n"
	       "  --size SIZE          of the cache; default what the cgroup may have now\n"
	       "  --output FILE        the policy file, must not exist; default standard output\n"
	       "  -h, --help           this text\n\n"
	       "Only for root. Ctrl-C ends the recording early; what was recorded counts.\n");
}

static int set_size(struct advise *advise, const char *value)
{
	if (mp_size_parse(value, &advise->size_bytes) < 0 || advise->size_bytes < SIM_PAGE_SIZE)
		return record_complain(&advise->record,
				       "--size=%s is no size: write 64M, or bytes, at least %dK",
				       value, SIM_PAGE_SIZE / 1024);
	return 0;
}

/* 1 when there is nothing more to do. */
static int take_options(struct advise *advise, int argc, char *argv[])
{
	struct record_request *request = &advise->record;
	int c, at = -1, r;

	optind = 0;
	while ((c = getopt_long(argc, argv, ":h", ctl_advise_options, &at)) >= 0) {
		if (c == 'h') {
			print_help();
			return 1;
		}
		if (c == ':')
			return record_complain(request, "'%s' needs a value", argv[optind - 1]);
		if (c == '?')
			return record_complain(request,
					       "unknown option '%s'; see mempolctl advise --help",
					       argv[optind - 1]);
		r = c == 'z' ? set_size(advise, optarg) :
			       record_option(request, ctl_advise_options[at].name, optarg);
		if (r < 0)
			return r;
	}
	if (optind < argc)
		return record_complain(request,
				       "'%s' is too much: the policy goes to --output FILE",
				       argv[optind]);
	r = record_check(request);
	if (r == 0 && advise->ctl.json && !strcmp(request->output ?: "-", "-"))
		return record_complain(request, "--json and the policy would share standard "
						"output: name an --output FILE");
	if (r == 0 && request->output)
		r = ctl_propose_check("advise", request->output);
	return r;
}

/* Through the trace's own text: what is simulated is what record would have written. */
static int load_trace(const struct recording *recording, struct sim_trace *ret)
{
	const struct sim_source source = { .path = "recording",
					   .format = SIM_FORMAT_RECORD,
					   .memory_bytes = simulate_memory() };
	_cleanup_close_ int fd = memfd_create("recording", MFD_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = record_write(recording, fd);
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	return r < 0 ? r : sim_trace_read(&source, fd, stderr, ret);
}

/* What the figures rest on, for the comments of the policy file. */
static void describe(const struct recording *recording, char trace[static 128],
		     char note[static 128])
{
	struct sample_count count;

	sample_count(&recording->sample, &count);
	snprintf(trace, 128, "%.0f seconds of %.64s", recording->seconds, recording->cgroup);
	snprintf(note, 128, "a sample of one page in %llu, %llu uses; %llu pages came in",
		 1ULL << recording->sample.shift, (unsigned long long)count.uses,
		 (unsigned long long)recording->added);
}

static int propose(const struct advise *advise, const struct recording *recording,
		   const struct simulate_outcome *outcome, enum ctl_exit *ret_exit)
{
	size_t n = outcome->n_jobs;
	_cleanup_free_ struct ctl_outcome *outcomes = mp_owned(calloc(n, sizeof(*outcomes)));
	_cleanup_free_ char *text = NULL, *problem = NULL;
	char origin[128], note[128];
	const char *const notes[] = { note, NULL };
	struct ctl_proposal proposal = {
		.match_key = advise->record.unit ? "Unit" : "Cgroup",
		.match = advise->record.unit ?: recording->cgroup,
		.trace = origin,
		.notes = notes,
		.outcomes = outcomes,
		.n_outcomes = n,
	};
	const char *output = advise->record.output ?: "-";
	int r;

	if (!outcomes)
		return -ENOMEM;
	describe(recording, origin, note);
	simulate_to_outcomes(outcome, outcomes);
	proposal.working_set_bytes = outcome->working_set_pages * SIM_PAGE_SIZE;
	ctl_propose_choose(outcomes, n, proposal.working_set_bytes, &proposal.choice);
	r = ctl_propose_text(&proposal, &text, &problem);
	if (r < 0) {
		record_complain(&advise->record, "%s", problem ?: strerror(-r));
		*ret_exit = CTL_FAILED;
		return 0;
	}
	/* Between the table and the file, where both go to standard output. */
	if (!strcmp(output, "-"))
		putchar('\n');
	r = ctl_propose_deliver("advise", output, &proposal.choice, text);
	*ret_exit = r < 0 ? CTL_FAILED : CTL_OK;
	return 0;
}

static int simulate(const struct advise *advise, const struct recording *recording,
		    enum ctl_exit *ret_exit)
{
	size_t n = sim_policies_count;
	_cleanup_free_ struct sim_job *jobs = mp_owned(calloc(n, sizeof(*jobs)));
	struct simulate_request request = { .ctl = advise->ctl,
					    .reclaim_pages = SIM_RECLAIM_DEFAULT };
	uint64_t bytes = advise->size_bytes ?: recording->cache_bytes;
	struct sim_trace trace;
	struct simulate_outcome outcome = { .trace = &trace, .jobs = jobs, .n_jobs = n };
	int r;

	if (!jobs)
		return -ENOMEM;
	r = load_trace(recording, &trace);
	if (r < 0)
		return r;
	simulate_warn_of_sample("advise", &trace, bytes);
	for (size_t i = 0; i < n; i++)
		jobs[i] = (struct sim_job){
			.policy = &sim_policies[i],
			.setup = { .cache_pages = bytes / SIM_PAGE_SIZE ?: 1,
				   .reclaim_pages = SIM_RECLAIM_DEFAULT },
		};
	outcome.referenced_pages = sim_trace_referenced_pages(&trace);
	r = sim_trace_pages(&trace, &outcome.working_set_pages);
	if (r == 0)
		r = sim_run(jobs, n, simulate_parallel(&trace), &trace);
	if (r == 0)
		r = simulate_print(&request, &outcome, ret_exit);
	if (r == 0 && *ret_exit == CTL_OK)
		r = propose(advise, recording, &outcome, ret_exit);
	sim_trace_free(&trace);
	return r;
}

enum ctl_exit ctl_advise(const struct ctl *ctl, int argc, char *argv[])
{
	struct advise advise = { .record = { .verb = "advise", .shift = -1 }, .ctl = *ctl };
	struct recording recording;
	enum ctl_exit result;
	int r = take_options(&advise, argc + 1, argv - 1);

	if (r)
		return r == 1 ? CTL_OK : CTL_USAGE;
	result = record_run(&advise.record, &recording);
	if (result != CTL_OK)
		return result;
	record_report(&advise.record, &recording);
	r = simulate(&advise, &recording, &result);
	if (r < 0) {
		record_complain(&advise.record, "failed: %s", strerror(-r));
		result = CTL_FAILED;
	}
	recording_done(&recording);
	return result;
}
