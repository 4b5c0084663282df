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

/* All of the text is used 75 times and more; each of its pages once in 400, in 1,600 and in 4,000 gets. */
static void a_programs_text_stays(void **state)
{
	static const char *const engines[] = { "s3fifo", "get-scan" };
	static const uint32_t each[] = { 1, 4, 10 };

	for (size_t i = 0; i < 2; i++)
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
