// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for engines that the kernel throws out: they wait longer each time, are quarantined
 * at the third strike in a row, and forgiven after ten good minutes.
 */
#include "backoff.h"
#include "fixture.h"

#define SEC (1000 * 1000ULL)

static void test_waits_1_and_5_s_then_quarantine(void **state)
{
	struct mp_backoff b = {};
	uint64_t now = 1000 * SEC;

	mp_backoff_attached(&b, now);
	assert_int_equal(mp_backoff_ejected(&b, now + 3), now + 3 + 1 * SEC);
	assert_false(mp_backoff_is_quarantined(&b));
	mp_backoff_attached(&b, now + SEC);
	assert_int_equal(mp_backoff_ejected(&b, now + 2 * SEC), now + 7 * SEC);
	assert_false(mp_backoff_is_quarantined(&b));
	mp_backoff_attached(&b, now + 7 * SEC);
	assert_int_equal(mp_backoff_ejected(&b, now + 8 * SEC), UINT64_MAX);
	assert_true(mp_backoff_is_quarantined(&b));
}

static void test_ten_good_minutes_end_the_row_but_not_the_long_wait(void **state)
{
	struct mp_backoff b = {};
	uint64_t now = SEC;

	for (unsigned int i = 0; i < 10; i++) {
		static const uint64_t waits[] = { 1, 5, 30 };
		uint64_t again;

		mp_backoff_attached(&b, now);
		now += 600 * SEC;
		again = mp_backoff_ejected(&b, now);
		assert_int_equal(again, now + waits[i < 2 ? i : 2] * SEC);
		assert_false(mp_backoff_is_quarantined(&b));
		now = again;
	}
	assert_int_equal(b.ejections, 10);
}

static void test_nearly_ten_minutes_do_not(void **state)
{
	struct mp_backoff b = {};
	uint64_t now = SEC;

	for (unsigned int i = 0; i < MP_BACKOFF_STRIKES; i++) {
		assert_false(mp_backoff_is_quarantined(&b));
		mp_backoff_attached(&b, now);
		now += 600 * SEC - 1;
		(void)mp_backoff_ejected(&b, now);
	}
	assert_true(mp_backoff_is_quarantined(&b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waits_1_and_5_s_then_quarantine),
		cmocka_unit_test(test_ten_good_minutes_end_the_row_but_not_the_long_wait),
		cmocka_unit_test(test_nearly_ten_minutes_do_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
