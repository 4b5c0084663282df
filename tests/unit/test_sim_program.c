// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program's text beside what the program reads: engines know it by its file's mappings (test_program), and a page that
 * is used through mappings alone is judged by its second look, as the first one is the fault's own. Run by make check and
 * make test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "traces.h"

#define TEXT 400
#define PAGES 30000
#define CACHE 6000

/* Misses of the text, and of all. */
static struct sim_result database(const char *engine, enum sim_mapped how, uint32_t each)
{
	static uint8_t mapped[TEXT + PAGES];
	struct sim_trace trace = traces_program(TEXT, PAGES, 300000, each, mapped, how);
	struct sim_job job = { .policy = sim_policy_find(engine),
			       .setup = { .cache_pages = CACHE,
					  .reclaim_pages = SIM_RECLAIM_DEFAULT } };

	assert_int_equal(sim_run(&job, 1, 1, &trace), 0);
	assert_int_equal(job.result.refused, 0);
	assert_int_equal(job.result.ejected_at, 0);
	print_message("%-8s each %2u: text %6llu, all %6llu, forced %llu\n", engine, each,
		      (unsigned long long)job.result.write_misses,
		      (unsigned long long)job.result.misses,
		      (unsigned long long)job.result.forced_pages);
	sim_trace_free(&trace);
	return job.result;
}

#define LOOP 20480
#define LATE 800

/* Text that comes in when a loop has filled the cache: misses of it, and of all. */
static struct sim_result late(const char *engine)
{
	static uint8_t mapped[LOOP + LATE];
	struct sim_trace trace = traces_late_text(LOOP, LATE, 7);
	struct sim_job job = { .policy = sim_policy_find(engine),
			       .setup = { .cache_pages = USABLE(16384),
					  .reclaim_pages = SIM_RECLAIM_DEFAULT } };

	traces_map_late_text(&trace, LOOP, mapped);
	assert_int_equal(sim_run(&job, 1, 1, &trace), 0);
	assert_int_equal(job.result.refused, 0);
	assert_int_equal(job.result.ejected_at, 0);
	print_message("%-8s late text %6llu, the loop %.3f of lru's\n", engine,
		      (unsigned long long)job.result.write_misses,
		      (job.result.misses - job.result.write_misses) / (7.0 * LOOP));
	sim_trace_free(&trace);
	return job.result;
}

/* LRU misses each page of it once, and all of the loop. */
static void a_programs_text_stays_when_it_comes_late(void **state)
{
	static const struct {
		const char *engine;
		unsigned int loop; /* of lru's misses, in thousandths */
	} cases[] = {
		{ "mru", 450 }, { "loop", 450 },    { "get-scan", 450 },
		{ "lfu", 600 }, { "second", 1000 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sim_result result = late(cases[i].engine);

		assert_in_range(result.write_misses, LATE, LATE * 2);
		assert_in_range(result.misses - result.write_misses, 0,
				7ULL * LOOP * cases[i].loop / 1000);
	}
}

/* There is nothing else: what is run must go in some order, and the engine must not withhold it. */
static void a_cache_of_text_alone_turns(void **state)
{
	static const char *const engines[] = { "mru", "loop", "lfu", "second" };
	static uint8_t mapped[2 * CACHE];
	struct sim_trace trace = traces_loop(2 * CACHE, 5);

	memset(mapped, SIM_MAPPED_TO_RUN, sizeof(mapped));
	trace.mapped = mapped;
	for (size_t i = 0; i < 4; i++) {
		struct sim_job job = { .policy = sim_policy_find(engines[i]),
				       .setup = { .cache_pages = CACHE,
						  .reclaim_pages = SIM_RECLAIM_DEFAULT } };

		assert_int_equal(sim_run(&job, 1, 1, &trace), 0);
		print_message("%-8s text alone: %llu of %u, forced %llu\n", engines[i],
			      (unsigned long long)job.result.misses, 10 * CACHE,
			      (unsigned long long)job.result.forced_pages);
		assert_int_equal(job.result.refused, 0);
		assert_int_equal(job.result.ejected_at, 0);
		assert_in_range(job.result.forced_pages, 0, job.result.evicted_pages / 20);
	}
	sim_trace_free(&trace);
}

/* Text that is not run any more goes, in favour of what is read: it must not fill the cache for ever. */
static void text_that_is_not_run_any_more_goes(void **state)
{
	static const char *const engines[] = { "mru", "loop", "lfu", "second" };
	static uint8_t mapped[CACHE + PAGES];

	for (size_t i = 0; i < 4; i++) {
		struct sim_trace trace = traces_loop(CACHE + PAGES, 2);
		struct sim_job job = { .policy = sim_policy_find(engines[i]),
				       .setup = { .cache_pages = CACHE,
						  .reclaim_pages = SIM_RECLAIM_DEFAULT } };
		uint32_t hot = CACHE * 3 / 4;

		/* As much as the cache is run once; then something smaller than the cache is read again and again. */
		memset(mapped, SIM_MAPPED_TO_RUN, CACHE);
		trace.mapped = mapped;
		for (size_t at = CACHE; at < trace.nr_refs; at++) {
			trace.refs[at].object = CACHE + (uint32_t)(at - CACHE) % hot;
			trace.refs[at].op = at < trace.nr_refs - hot ? SIM_READ : SIM_WRITE;
		}
		assert_int_equal(sim_run(&job, 1, 1, &trace), 0);
		print_message("%-8s after dead text: %llu of the last %u missed\n", engines[i],
			      (unsigned long long)job.result.write_misses, hot);
		assert_in_range(job.result.write_misses, 0, hot / 4);
		sim_trace_free(&trace);
	}
}

/* All of the text is used 75 times and more; each of its pages once in 400, in 1,600 and in 4,000 gets. */
static void a_programs_text_stays(void **state)
{
	static const char *const engines[] = {
		"s3fifo", "get-scan", "mru", "loop", "lfu", "second"
	};
	static const uint32_t each[] = { 1, 4, 10 };

	for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++)
		for (size_t k = 0; k < 3; k++)
			assert_in_range(
				database(engines[i], SIM_MAPPED_TO_RUN, each[k]).write_misses, TEXT,
				TEXT * 3 / 2);
}

/* Of what else is mapped those stay that are used while they wait for the second look, or come back soon. */
static void what_is_mapped_and_used_stays(void **state)
{
	static const char *const engines[] = { "s3fifo", "get-scan" };

	for (size_t i = 0; i < 2; i++) {
		assert_in_range(database(engines[i], SIM_MAPPED, 1).write_misses, TEXT,
				TEXT * 5 / 2);
		assert_in_range(database(engines[i], SIM_MAPPED, 4).write_misses, TEXT,
				TEXT * 5 / 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_programs_text_stays),
		cmocka_unit_test(what_is_mapped_and_used_stays),
		cmocka_unit_test(a_programs_text_stays_when_it_comes_late),
		cmocka_unit_test(a_cache_of_text_alone_turns),
		cmocka_unit_test(text_that_is_not_run_any_more_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
