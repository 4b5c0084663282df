// SPDX-License-Identifier: GPL-2.0-only
/*
 * mru's decisions without a kernel: which list is kept, how much may wait to be read. Run by make check and
 * make test; the engine itself is loaded by tests/vm and simulated by test_sim_figures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../bpf/cache/mru.h"

static void what_is_kept_is_on_the_larger_list(void **state)
{
	assert_int_equal(mru_kept(0, 0, 0), 0);
	assert_int_equal(mru_kept(100, 100, 0), 0);
	assert_int_equal(mru_kept(100, 101, 0), 1);
}

static void two_large_windows_may_wait_in_128_mib(void **state)
{
	assert_true(mru_waiting_max(32768, 0) >= 4096);
	assert_true(mru_waiting_max(16384, 0) >= 4096);
}

static void an_eighth_of_a_large_cache_may_wait(void **state)
{
	assert_int_equal(mru_waiting_max(1 << 20, 0), 1 << 17);
}

/* However little of it is on these lists. */
static void the_eighth_is_one_of_the_whole_cache(void **state)
{
	assert_int_equal(mru_waiting_max(1 << 10, (1 << 20) - (1 << 10)), 1 << 17);
	assert_int_equal(mru_waiting_max(100, 5500), 700);
}

/* Else the lists would change places all the time. */
static void what_waits_stays_the_smaller_part(void **state)
{
	for (unsigned long long total = 2; total < 1 << 20; total = total * 3 / 2 + 1)
		assert_true(mru_waiting_max(total, 0) < total - mru_waiting_max(total, 0));
}

/* As many wait as may, and a window of 8 MiB: that does not make them what is kept. */
static void what_waits_among_others_is_not_what_is_kept(void **state)
{
	for (unsigned long long all = 1 << 16; all < 1 << 24; all *= 2) {
		unsigned long long waiting = mru_waiting_max(all / 16, all - all / 16) + 2048;

		assert_int_equal(mru_kept(100, waiting, all - waiting - 100), 0);
	}
	assert_int_equal(mru_kept(100, 5000, 10000), 1);
}

static void cgroups_and_nodes_next_to_each_other_share_no_slot(void **state)
{
	for (unsigned int id = 0; id < 32; id++)
		for (unsigned int nid = 0; nid < 8; nid++)
			assert_int_equal(mru_slot(id, nid), id * 8 + nid);
	assert_true(mru_slot(~0ULL, ~0U) < MRU_SLOTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_kept_is_on_the_larger_list),
		cmocka_unit_test(two_large_windows_may_wait_in_128_mib),
		cmocka_unit_test(an_eighth_of_a_large_cache_may_wait),
		cmocka_unit_test(the_eighth_is_one_of_the_whole_cache),
		cmocka_unit_test(what_waits_stays_the_smaller_part),
		cmocka_unit_test(what_waits_among_others_is_not_what_is_kept),
		cmocka_unit_test(cgroups_and_nodes_next_to_each_other_share_no_slot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
