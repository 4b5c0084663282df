// SPDX-License-Identifier: GPL-2.0-only
/*
 * lfu's decision without a kernel: which counts go, for windows that are cold, hot, mixed and old. Run by
 * make check and make test; the engine itself is loaded by tests/vm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../bpf/cache/lfu.h"

static void note_many(struct lfu_window *window, unsigned int count, unsigned int times)
{
	while (times--)
		lfu_note(window, count);
}

static void an_empty_window_lets_only_unused_folios_go(void **state)
{
	struct lfu_window window = {};

	assert_int_equal(lfu_threshold(&window, LFU_QUANTILE), 0);
}

static void unused_folios_go_first(void **state)
{
	struct lfu_window window = {};

	note_many(&window, 0, 100);
	note_many(&window, 9, 100);
	assert_int_equal(lfu_threshold(&window, LFU_QUANTILE), 0);
}

static void few_unused_folios_do_not_hold_up_reclaim(void **state)
{
	struct lfu_window window = {};

	note_many(&window, 0, 10);
	note_many(&window, 3, 5);
	note_many(&window, 9, 985);
	assert_int_equal(lfu_threshold(&window, LFU_QUANTILE), 9);
}

static void the_lowest_eighth_goes(void **state)
{
	struct lfu_window window = {};

	for (unsigned int count = 0; count < LFU_COUNTS; count++)
		note_many(&window, count, 10);
	assert_int_equal(lfu_threshold(&window, LFU_QUANTILE), LFU_COUNTS / LFU_QUANTILE - 1);
}

static void a_clock_that_is_behind_takes_more(void **state)
{
	struct lfu_window window = {};

	for (unsigned int count = 0; count < LFU_COUNTS; count++)
		note_many(&window, count, 10);
	assert_int_equal(lfu_threshold(&window, LFU_QUANTILE_BEHIND),
			 LFU_COUNTS / LFU_QUANTILE_BEHIND - 1);
}

static void saturated_counts_can_still_go(void **state)
{
	struct lfu_window window = {};

	note_many(&window, LFU_COUNTS - 1, 1000);
	assert_int_equal(lfu_threshold(&window, LFU_QUANTILE), LFU_COUNTS - 1);
}

static void a_count_out_of_range_stays_in_the_window(void **state)
{
	struct lfu_window window = {};

	lfu_note(&window, ~0U);
	assert_int_equal(window.total, 1);
	assert_int_equal(window.histogram[LFU_COUNTS - 1], 1);
}

static void what_was_read_ahead_is_as_good_as_read_once(void **state)
{
	assert_int_equal(lfu_uses(0, 1), lfu_uses(1, 0));
	assert_int_equal(lfu_uses(0, 0), 0);
}

static void the_past_fades(void **state)
{
	struct lfu_window window = {};

	note_many(&window, 50, LFU_WINDOW + 1);
	assert_int_equal(lfu_threshold(&window, LFU_QUANTILE), 50);
	assert_int_equal(window.total, (LFU_WINDOW + 1) / 2);
	for (int i = 0; i < 8; i++) {
		note_many(&window, 1, LFU_WINDOW);
		lfu_threshold(&window, LFU_QUANTILE);
	}
	assert_int_equal(lfu_threshold(&window, LFU_QUANTILE), 1);
	assert_true(window.total <= LFU_WINDOW + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_window_lets_only_unused_folios_go),
		cmocka_unit_test(unused_folios_go_first),
		cmocka_unit_test(few_unused_folios_do_not_hold_up_reclaim),
		cmocka_unit_test(the_lowest_eighth_goes),
		cmocka_unit_test(a_clock_that_is_behind_takes_more),
		cmocka_unit_test(saturated_counts_can_still_go),
		cmocka_unit_test(a_count_out_of_range_stays_in_the_window),
		cmocka_unit_test(what_was_read_ahead_is_as_good_as_read_once),
		cmocka_unit_test(the_past_fades),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
