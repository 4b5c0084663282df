// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for the time between two beats: some can be late, and no value of the parameter makes
 * the daemon spin or fall silent.
 */
#include <limits.h>

#include "../../daemon/mempolicyd/heartbeat.h"
#include "fixture.h"

static void test_four_beats_are_within_the_limit(void **state)
{
	for (unsigned long limit_ms = 400; limit_ms <= 10000; limit_ms += 100)
		assert_int_equal(mp_heartbeat_period_usec(limit_ms), limit_ms * 1000 / 4);
}

static void test_no_limit_makes_it_spin_or_fall_silent(void **state)
{
	static const unsigned long limits_ms[] = { 0, 1, 399, 10001, UINT_MAX, ULONG_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(limits_ms); i++) {
		uint64_t usec = mp_heartbeat_period_usec(limits_ms[i]);

		assert_in_range(usec, 100 * 1000, 2500 * 1000);
	}
	/* Switched off or unreadable: it may be switched on again. */
	assert_int_equal(mp_heartbeat_period_usec(0), 2500 * 1000);
}

static void test_a_huge_limit_does_not_wrap_to_a_short_period(void **state)
{
	assert_int_equal(mp_heartbeat_period_usec(UINT_MAX), 2500 * 1000);
	/* 2^64 / 1000, rounded up: the product wraps to nearly nothing. */
	assert_int_equal(mp_heartbeat_period_usec(ULONG_MAX / 1000 + 1), 2500 * 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_four_beats_are_within_the_limit),
		cmocka_unit_test(test_no_limit_makes_it_spin_or_fall_silent),
		cmocka_unit_test(test_a_huge_limit_does_not_wrap_to_a_short_period),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
