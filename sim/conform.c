// SPDX-License-Identifier: GPL-2.0-only
/*
 * The conformance test (conform.h). The workloads are small and together meet what engines get wrong: nothing is
 * used, all is used, what is used goes out of use, folios of several sizes, accessed bits in place of counts.
 * Everything is clean and nothing is locked, so that whatever the kernel asks for is there.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "conform.h"

#define CACHE_PAGES 1024
#define NR_REFS (20 * CACHE_PAGES)
#define HOT (CACHE_PAGES / 2)
#define COLD (8 * CACHE_PAGES)

/* xorshift64: the same everywhere. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

struct maker {
	uint64_t random;
	uint32_t i;
};

static uint32_t any_page(struct maker *m)
{
	return next_random(&m->random) % COLD;
}

static uint32_t around_and_around(struct maker *m)
{
	return m->i % (2 * CACHE_PAGES);
}

static uint32_t once_each(struct maker *m)
{
	return m->i;
}

/* Nine of ten references to a sixteenth. */
static uint32_t skewed(struct maker *m)
{
	uint64_t r = next_random(&m->random);

	return r % 10 ? r / 16 % HOT : HOT + r / 16 % COLD;
}

/* A third of the references is a scan past it. */
static uint32_t hot_and_scan(struct maker *m)
{
	return m->i % 3 ? next_random(&m->random) % HOT : HOT + m->i;
}

/* All that fits is used eight times, then nothing of it any more. */
static uint32_t warm_then_scan(struct maker *m)
{
	return m->i < 8 * CACHE_PAGES ? m->i % CACHE_PAGES : CACHE_PAGES + m->i;
}

/* The hot pages are others every now and then. */
static uint32_t moving(struct maker *m)
{
	return m->i / (4 * CACHE_PAGES) * HOT + next_random(&m->random) % (HOT + HOT / 4);
}

static const struct workload {
	const char *name;
	uint32_t (*page)(struct maker *maker);
	bool large; /* folios of 1 to 16 pages */
} workloads[] = {
	{ "pages at random", any_page, false },
	{ "a loop over twice the cache", around_and_around, false },
	{ "each page once", once_each, false },
	{ "a skewed load", skewed, false },
	{ "a hot set past a scan", hot_and_scan, false },
	{ "a cache that was used throughout, then a scan", warm_then_scan, false },
	{ "a hot set that moves", moving, false },
	{ "folios of several sizes at random", any_page, true },
	{ "folios of several sizes, hot ones past a scan", hot_and_scan, true },
};

#define NR_WORKLOADS (sizeof(workloads) / sizeof(workloads[0]))

static int make(const struct workload *workload, struct sim_trace *ret)
{
	struct sim_ref *refs = calloc(NR_REFS, sizeof(*refs));
	struct maker maker = { .random = 88172645463325252ULL };
	uint32_t most = 0;

	if (!refs)
		return -ENOMEM;
	for (maker.i = 0; maker.i < NR_REFS; maker.i++) {
		uint32_t page = workload->page(&maker);

		refs[maker.i] = (struct sim_ref){
			.object = page,
			.pages = workload->large ? 1U << page % 5 : 1,
			.op = SIM_READ,
		};
		most = page > most ? page : most;
	}
	*ret = (struct sim_trace){
		.refs = refs,
		.nr_refs = NR_REFS,
		.nr_objects = most + 1,
		.sizes_differ = workload->large,
	};
	return 0;
}

static const struct sim_setup setups[] = {
	{ .cache_pages = CACHE_PAGES, .reclaim_pages = SIM_RECLAIM_DEFAULT },
	{ .cache_pages = CACHE_PAGES, .reclaim_pages = SIM_RECLAIM_DEFAULT, .accessed_bits = true },
	{ .cache_pages = CACHE_PAGES, .reclaim_pages = 1 },
	{ .cache_pages = CACHE_PAGES, .reclaim_pages = 512 },
};

#define NR_SETUPS (sizeof(setups) / sizeof(setups[0]))
/* Each setup twice, one behind the other. */
#define NR_JOBS (2 * NR_SETUPS)

static void judge_result(const struct sim_job *job, char *text, size_t size)
{
	const struct sim_result *result = &job->result;
	unsigned long long evicted = result->evicted_pages;
	bool batches = job->setup.reclaim_pages >= SIM_RECLAIM_DEFAULT;
	bool usual = job->setup.reclaim_pages <= SIM_RECLAIM_DEFAULT;

	if (result->refused)
		snprintf(
			text, size,
			"the kernel refuses %llu of its calls: an index is of the batch, a list from 0 "
			"to 7, a verdict given once, and at most 8 batches are asked for; nothing is "
			"called outside evict()",
			(unsigned long long)result->refused);
	else if (result->ejected_at)
		snprintf(
			text, size,
			"the kernel ejects it after %llu references: it withholds pages; name at least "
			"a quarter of what is wanted in every callback",
			(unsigned long long)result->ejected_at);
	else if (usual && result->short_calls * SIM_MAX_SHORT > result->calls)
		snprintf(
			text, size,
			"%llu of %llu callbacks named less than a quarter of what was wanted, though "
			"enough pages were there: in the last batch name the best of what was met",
			(unsigned long long)result->short_calls, (unsigned long long)result->calls);
	else if (usual && result->forced_pages * SIM_MAX_FORCED > evicted)
		snprintf(
			text, size,
			"%llu of %llu pages were taken by force, more than one in %d: name more in a "
			"callback",
			(unsigned long long)result->forced_pages, evicted, SIM_MAX_FORCED);
	else if (batches && result->looks > SIM_MAX_LOOKS * evicted)
		snprintf(
			text, size,
			"it looked at %llu folios to evict %llu pages, more than %d for each: spare "
			"fewer of them, or lower their counts faster",
			(unsigned long long)result->looks, evicted, SIM_MAX_LOOKS);
}

static void judge_end(const struct sim_job *job, char *text, size_t size)
{
	if (job->signal == SIGXCPU)
		snprintf(text, size, "it computes for more than %d seconds: does a loop end?",
			 SIM_CONFORM_SECONDS);
	else if (job->signal)
		snprintf(text, size, "it crashes: %s", strsignal(job->signal));
	else if (job->error == -ECHILD)
		snprintf(text, size, "its process ends without a result");
	else if (job->error == -ENOTSUP)
		snprintf(text, size,
			 "added() returned neither a list from 0 to 7 nor one with "
			 "MEMPOL_CACHE_TAIL; leaving pages to the kernel is not simulated");
}

static bool is_alike(const struct sim_result *a, const struct sim_result *b)
{
	struct sim_result x = *a, y = *b;

	x.cpu_ns = y.cpu_ns = 0;
	return !memcmp(&x, &y, sizeof(x));
}

/* Returns whether the two runs of one setup broke a rule. */
static bool judge(const struct sim_job jobs[2], char *text, size_t size)
{
	for (int i = 0; i < 2 && !*text; i++)
		judge_end(&jobs[i], text, size);
	if (!*text)
		judge_result(&jobs[0], text, size);
	if (!*text && !is_alike(&jobs[0].result, &jobs[1].result))
		snprintf(text, size,
			 "two runs of the same differ: it reads something that it never wrote, a "
			 "clock, or an address");
	return *text;
}

static int run(const struct sim_policy *policy, const struct workload *workload,
	       unsigned int nr_parallel, struct sim_breach *breach)
{
	struct sim_job jobs[NR_JOBS];
	struct sim_trace trace;
	int r = make(workload, &trace);

	if (r < 0)
		return r;
	for (size_t i = 0; i < NR_JOBS; i++)
		jobs[i] = (struct sim_job){ .policy = policy, .setup = setups[i / 2] };
	r = sim_run(jobs, NR_JOBS, nr_parallel, &trace);
	free(trace.refs);
	for (size_t i = 0; i < NR_SETUPS; i++)
		if (judge(&jobs[2 * i], breach->text, sizeof(breach->text))) {
			breach->workload = workload->name;
			breach->setup = setups[i];
			return 0;
		}
	return r;
}

/* For the processes to come; what the parent computes itself is little. */
static void limit_time(struct rlimit *old)
{
	struct rlimit limit;

	getrlimit(RLIMIT_CPU, old);
	limit = *old;
	if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > SIM_CONFORM_SECONDS)
		limit.rlim_cur = SIM_CONFORM_SECONDS;
	setrlimit(RLIMIT_CPU, &limit);
}

int sim_conform(const struct sim_policy *policy, unsigned int nr_parallel,
		struct sim_breach *ret_breach, size_t *ret_runs)
{
	struct rlimit old;
	int r = 0;

	*ret_breach = (struct sim_breach){};
	*ret_runs = 0;
	limit_time(&old);
	for (size_t i = 0; r >= 0 && i < NR_WORKLOADS && !*ret_breach->text; i++) {
		r = run(policy, &workloads[i], nr_parallel, ret_breach);
		*ret_runs += NR_JOBS;
	}
	setrlimit(RLIMIT_CPU, &old);
	return r;
}
