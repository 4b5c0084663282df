// SPDX-License-Identifier: GPL-2.0-only
/*
 * What somebody holds cannot be freed: shipped engines pass it over, wherever it is in their order, and name others in its
 * place. noop does not look, and is for measuring. Run by make check and make test; which counter has such pages is in
 * tests/vm/test_refs.
 */
#include "../../sim/kernel.h"

#include "fixture.h"

#define NR 1000
#define HELD 16 /* at both ends */
#define WANT 32

static struct sim_setup setup;
static struct sim_result result;
static struct sim_cache cache;

static bool is_held(uint32_t i)
{
	return i < HELD || i >= NR - HELD;
}

/* Read once, on list 0, the oldest at the tail. */
static void fill(void)
{
	static const struct sim_trace trace = { .nr_objects = NR };

	setup = (struct sim_setup){ .cache_pages = NR, .reclaim_pages = WANT };
	result = (struct sim_result){};
	assert_int_equal(sim_cache_init(&cache, &setup, &trace, &result), 0);
	for (uint32_t i = 0; i < NR; i++) {
		cache.folios[i].pages = 1;
		cache.folios[i].count = 1;
		cache.folios[i].pinned = is_held(i);
		cache.used++;
		sim_link(&cache, i, 0, false);
	}
}

/* After @callbacks of the engine, so that what was passed over could come again. */
static unsigned int named_in_vain(const char *engine, unsigned int callbacks)
{
	const struct sim_policy *policy = sim_policy_find(engine);
	unsigned int nr = 0;

	fill();
	assert_non_null(policy);
	for (unsigned int i = 0; i < callbacks; i++)
		sim_select(&cache, policy->engine, WANT, SIM_FIRST_PRIORITY);
	for (uint32_t i = 0; i < NR; i++) {
		assert_true(!is_held(i) || sim_cached(&cache.folios[i]));
		nr += cache.folios[i].rejected;
	}
	print_message("%-8s %u of %u named, %llu looks\n", engine, nr, 2 * HELD,
		      (unsigned long long)result.looks);
	sim_cache_done(&cache);
	return nr;
}

static void engines_pass_over_what_is_held(void **state)
{
	static const char *const engines[] = { "fifo", "get-scan", "lfu",   "loop",
					       "mru",  "s3fifo",   "second" };

	for (size_t i = 0; i < ARRAY_SIZE(engines); i++) {
		assert_int_equal(named_in_vain(engines[i], 4), 0);
		assert_int_equal(result.evicted_pages, 4 * WANT);
		assert_int_equal(result.forced_pages, 0);
	}
}

/* Else the test above would see nothing. */
static void an_engine_that_does_not_look_names_it(void **state)
{
	assert_int_equal(named_in_vain("noop", 1), HELD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(engines_pass_over_what_is_held),
		cmocka_unit_test(an_engine_that_does_not_look_names_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
