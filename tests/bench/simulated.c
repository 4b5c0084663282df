// SPDX-License-Identifier: GPL-2.0-only
/*
 * The workloads of docs/measured.md "Simulated" under every policy of the simulator; tests/bench/run simulated
 * prints them. A line has: workload, pages of cache, policy, misses and those as part of exact LRU's (of gets and
 * of a program's text only their own), pages taken by force, waits for dirty pages, looks, and nanoseconds a
 * reference. It measures and judges nothing; test_sim_figures holds bounds.
 *
 *   simulated [WORKLOAD[,...] [POLICY[,...]]]
 */
#include <unistd.h>

#include "../unit/traces.h"

/* Which misses count: where reads and writes are told apart, writes mark the other part of the workload. */
enum counted { ALL, OF_READS, OF_WRITES };

struct workload {
	const char *name;
	struct sim_trace (*make)(void);
	uint64_t cache_pages;
	enum counted counted;
	bool accessed_bits;
	uint32_t dirty_pages;
};

#define TRACE(name, expression)                   \
	static struct sim_trace make_##name(void) \
	{                                         \
		return expression;                \
	}

TRACE(cyclic, workload_record(WORKLOAD_CYCLIC))
TRACE(config1, workload_record(WORKLOAD_CONFIG1))
TRACE(getscan, workload_record(WORKLOAD_GETSCAN))
TRACE(pool, traces_pool(4, 600000))
TRACE(loop_103, traces_loop(16384 * 103 / 100, 20))
TRACE(loop_115, traces_loop(16384 * 115 / 100, 20))
TRACE(search, traces_search(2000, 13, 10, 1, false))
TRACE(search_4, traces_search(2000, 13, 10, 4, false))
TRACE(search_shuffled, traces_search(2000, 13, 10, 1, true))
TRACE(files, traces_files(5000, 13, 100000, 0.99, 0))
TRACE(files_shifting, traces_files(5000, 13, 100000, 0.99, 20000))
TRACE(pages_shifting, traces_pages(65536, 1200000, 0.99, 150000))
TRACE(loop_and_gets, traces_loop_and_gets(12000, 40000, 1200000, 0.9))
TRACE(text, traces_late_text(20480, 800, 7))

static const struct workload workloads[] = {
	{ "cyclic", make_cyclic, USABLE(16384), ALL, false, 0 },
	{ "loop-1.03", make_loop_103, 16384, ALL, false, 0 },
	{ "loop-1.15", make_loop_115, 16384, ALL, false, 0 },
	{ "search", make_search, 17631, ALL, false, 0 },
	{ "search-4-threads", make_search_4, 17631, ALL, false, 0 },
	{ "search-shuffled", make_search_shuffled, 17631, ALL, false, 0 },
	{ "getscan", make_getscan, 16384, OF_READS, false, 0 },
	{ "getscan-pool", make_pool, 16384, OF_READS, false, 0 },
	{ "config1", make_config1, 32768, ALL, true, 0 },
	{ "config1-dirty-3276", make_config1, 32768, ALL, true, 3276 },
	{ "config1-dirty-6553", make_config1, 32768, ALL, true, 6553 },
	{ "files", make_files, 16384, ALL, false, 0 },
	{ "files-shifting", make_files_shifting, 16384, ALL, false, 0 },
	{ "pages-shifting", make_pages_shifting, 8192, ALL, false, 0 },
	{ "loop-and-gets", make_loop_and_gets, 12288, ALL, false, 0 },
	{ "late-text", make_text, USABLE(16384), OF_WRITES, true, 0 },
	{ "late-text-all", make_text, USABLE(16384), ALL, true, 0 },
};

#define POLICIES_MAX 64

/* Is it in the list, or is there none? */
static bool named(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
		if (!strncmp(at, name, length) && (!at[length] || at[length] == ','))
			return true;
	return !list || !*list;
}

static double counted(const struct workload *workload, const struct sim_result *result)
{
	if (workload->counted == ALL)
		return result->misses;
	return workload->counted == OF_WRITES ? result->write_misses :
						result->misses - result->write_misses;
}

static void print(const struct workload *workload, const struct sim_job *job, double lru)
{
	const struct sim_result *result = &job->result;
	double misses = counted(workload, result);

	printf("%s\t%llu\t%s\t%.0f\t%.3f\t%llu\t%llu\t%llu\t%.0f\n", workload->name,
	       (unsigned long long)workload->cache_pages, job->policy->name, misses, misses / lru,
	       (unsigned long long)result->forced_pages, (unsigned long long)result->waits,
	       (unsigned long long)result->looks, (double)result->cpu_ns / result->references);
	fflush(stdout);
}

/* LRU is the first of the table of policies, and always runs. */
static void run(const struct workload *workload, const char *policies)
{
	struct sim_trace trace = workload->make();
	struct sim_job jobs[POLICIES_MAX] = {};
	size_t nr = 0;

	for (size_t i = 0; i < sim_policies_count && nr < POLICIES_MAX; i++) {
		if (i && !named(policies, sim_policies[i].name))
			continue;
		jobs[nr++] = (struct sim_job){
			.policy = &sim_policies[i],
			.setup = { .cache_pages = workload->cache_pages,
				   .reclaim_pages = SIM_RECLAIM_DEFAULT,
				   .accessed_bits = workload->accessed_bits,
				   .dirty_pages = workload->dirty_pages },
		};
	}
	if (sim_run(jobs, nr, (unsigned int)sysconf(_SC_NPROCESSORS_ONLN), &trace) < 0)
		abort();
	for (size_t i = 0; i < nr; i++)
		print(workload, &jobs[i], counted(workload, &jobs[0].result));
	sim_trace_free(&trace);
}

int main(int argc, char *argv[])
{
	for (size_t i = 0; i < sizeof(workloads) / sizeof(workloads[0]); i++)
		if (named(argc > 1 ? argv[1] : NULL, workloads[i].name))
			run(&workloads[i], argc > 2 ? argv[2] : NULL);
	return 0;
}
