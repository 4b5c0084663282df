// SPDX-License-Identifier: GPL-2.0-only
/*
 * The nets under an engine in the simulator: on inputs by which good engines were once thrown out, or lost to force
 * what they keep, the shipped ones stay; engines that withhold or work without an end go, as in the kernel, and
 * the rest of the trace is LRU's. Deterministic.
 */
#include "hostile.h"

#include "fixture.h"

#define MIB 256 /* pages */

struct recording {
	struct sim_trace trace;
	size_t room;
};

/* Reads of @step pages each. */
static void add_reads(struct recording *recording, uint32_t first, uint32_t nr, uint32_t step)
{
	struct sim_trace *trace = &recording->trace;

	if (trace->nr_refs + nr > recording->room) {
		recording->room = 2 * (trace->nr_refs + nr);
		trace->refs = realloc(trace->refs, recording->room * sizeof(*trace->refs));
		assert_non_null(trace->refs);
	}
	for (uint32_t i = 0; i < nr; i++)
		trace->refs[trace->nr_refs++] = (struct sim_ref){
			.object = first + i,
			.pages = 1,
			.op = i % step ? SIM_READ_ON : SIM_READ,
		};
	if (first + nr > trace->nr_objects)
		trace->nr_objects = first + nr;
	trace->from_start = true;
}

static struct sim_result simulate(const char *name, const struct recording *recording,
				  const struct sim_setup *setup)
{
	struct sim_job job = { .policy = sim_policy_find(name), .setup = *setup };

	assert_non_null(job.policy);
	assert_int_equal(sim_run(&job, 1, 1, &recording->trace), 0);
	assert_true(job.result.hits + job.result.misses == job.result.references);
	return job.result;
}

/* Neither thrown out, nor more than a twentieth by force. */
static void assert_in_charge(const struct sim_result *result)
{
	assert_true(result->evicted_pages > 0);
	assert_int_equal(result->ejected_at, 0);
	assert_true(result->forced_pages * 20 <= result->evicted_pages);
}

/* What misses of it come after @recording. */
static uint64_t misses_of_last(const char *name, struct recording *recording, uint32_t nr,
			       const struct sim_setup *setup)
{
	struct sim_result all = simulate(name, recording, setup);
	struct sim_result before;

	recording->trace.nr_refs -= nr;
	before = simulate(name, recording, setup);
	recording->trace.nr_refs += nr;
	return all.missed_pages - before.missed_pages;
}

static void a_scan_over_a_warm_cache_ejects_nobody(void **state)
{
	static const char *const engines[] = { "fifo", "get-scan", "lfu",    "loop",
					       "mru",  "noop",	   "s3fifo", "second" };
	static const uint32_t sizes[] = { 62, 68, 128, 256, 1024 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct sim_setup setup = { .cache_pages = sizes[i] * MIB, .reclaim_pages = 32 };
		uint32_t hot = setup.cache_pages / 100 * 95;
		struct recording warm = {};

		for (int pass = 0; pass < 3; pass++)
			add_reads(&warm, 0, hot, MIB);
		add_reads(&warm, hot, 2 * setup.cache_pages, MIB);
		add_reads(&warm, 0, hot, MIB);
		for (size_t k = 0; k < ARRAY_SIZE(engines); k++) {
			struct sim_result result = simulate(engines[k], &warm, &setup);

			assert_in_charge(&result);
		}
		assert_true(misses_of_last("s3fifo", &warm, hot, &setup) * 2 <
			    misses_of_last("lru", &warm, hot, &setup));
		sim_trace_free(&warm.trace);
	}
}

static void windows_that_are_being_read_eject_nobody(void **state)
{
	static const char *const engines[] = { "fifo", "get-scan", "lfu",    "loop",
					       "mru",  "noop",	   "s3fifo", "second" };
	struct recording stream = {};

	add_reads(&stream, 0, 512 * MIB, 32);
	for (uint32_t window = 2; window <= 8; window += 2) {
		struct sim_setup setup = { .cache_pages = 128 * MIB,
					   .reclaim_pages = 32,
					   .readahead_pages = window * MIB };

		for (size_t k = 0; k < ARRAY_SIZE(engines); k++) {
			struct sim_result result = simulate(engines[k], &stream, &setup);

			assert_in_charge(&result);
			/* No page of a stream is read twice; where a window is a sixteenth of all, few are. */
			assert_true(result.missed_pages * 100 <=
				    result.references * (window < 8 ? 101 : 107));
		}
	}
	sim_trace_free(&stream.trace);
}

static void a_loop_is_kept_with_readahead(void **state)
{
	static const char *const engines[] = { "get-scan", "mru" };
	static const uint32_t windows[] = { 32, 256 };
	struct sim_setup setup = { .cache_pages = 62 * MIB, .reclaim_pages = 32 };
	struct recording loop = {};

	for (int pass = 0; pass < 6; pass++)
		add_reads(&loop, 0, 80 * MIB, MIB);
	for (size_t k = 0; k < ARRAY_SIZE(engines); k++) {
		uint64_t without;

		setup.readahead_pages = 0;
		without = simulate(engines[k], &loop, &setup).missed_pages;
		for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
			struct sim_result result;

			setup.readahead_pages = windows[i];
			result = simulate(engines[k], &loop, &setup);
			assert_in_charge(&result);
			assert_true(result.missed_pages * 10 <= without * 11);
		}
	}
	sim_trace_free(&loop.trace);
}

static const struct sim_policy hostile_policies[] = { HOSTILE_POLICIES };

/* A loop over half as much again as fits. */
static struct sim_result run_hostile(const struct sim_policy *policy, uint32_t readahead)
{
	struct sim_setup setup = { .cache_pages = 16 * MIB,
				   .reclaim_pages = 32,
				   .readahead_pages = readahead };
	struct sim_result result = {};
	struct recording loop = {};

	for (int pass = 0; pass < 20; pass++)
		add_reads(&loop, 0, 24 * MIB, 32);
	assert_int_equal(policy->run(policy, &setup, &loop.trace, &result), 0);
	assert_true(result.references == loop.trace.nr_refs);
	assert_true(result.hits + result.misses == result.references);
	sim_trace_free(&loop.trace);
	return result;
}

static void engines_that_withhold_are_ejected(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(hostile_policies); i++) {
		struct sim_result result = run_hostile(&hostile_policies[i], 0);

		/* Not with the first page that is short. */
		assert_true(result.ejected_at > 16 * MIB);
		assert_true(result.ejected_at < 10 * 24 * MIB);
		/* Nothing of a loop is left when LRU comes to it again. */
		assert_true(result.misses >= 9 * 24 * MIB);
		result = run_hostile(&hostile_policies[i], 32);
		assert_true(result.ejected_at > 16 * MIB);
		assert_true(result.ejected_at < 10 * 24 * MIB);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_scan_over_a_warm_cache_ejects_nobody),
		cmocka_unit_test(windows_that_are_being_read_eject_nobody),
		cmocka_unit_test(a_loop_is_kept_with_readahead),
		cmocka_unit_test(engines_that_withhold_are_ejected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
