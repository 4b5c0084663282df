// SPDX-License-Identifier: GPL-2.0-only
/*
 * dmt without a kernel: as it is loaded, compiled by the host's compiler, over ranges that are worth a TEA and that are
 * not. Run by make check and make test; what becomes of real page tables is tests/vm's affair.
 */
#include "../../bpf/lib/mempol_translation.bpf.h"

#include "../../bpf/translation/dmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

extern struct mempol_translation_ops dmt, scattered;

static s32 ask(struct mempol_tea_range range)
{
	return dmt.range(&range);
}

static s32 ask_less(u32 windows)
{
	struct mempol_tea_range range = { .windows = windows };

	return dmt.failed(&range, windows);
}

static void test_used_ranges_are_wanted_the_largest_first(void **state)
{
	s32 small = ask((struct mempol_tea_range){ .windows = 32, .tables = 32 });
	s32 large = ask((struct mempol_tea_range){ .windows = 512, .tables = 500 });

	(void)state;
	assert_true(small > 0);
	assert_true(large > small);
	assert_true(ask((struct mempol_tea_range){ .windows = 100, .tables = 75 }) > 0);
	assert_int_equal(ask((struct mempol_tea_range){ .windows = 100, .tables = 74 }), 0);
	assert_int_equal(ask((struct mempol_tea_range){ .windows = 1U << 20, .tables = 100 }), 0);
	assert_int_equal(ask((struct mempol_tea_range){ .windows = 32 }), 0);
}

static void test_huge_pages_need_no_tables(void **state)
{
	(void)state;
	assert_int_equal(ask((struct mempol_tea_range){ .windows = 100, .huge = 100 }), 0);
	assert_int_equal(ask((struct mempol_tea_range){ .windows = 100, .tables = 40, .huge = 60 }),
			 0);
	assert_true(ask((struct mempol_tea_range){ .windows = 100, .tables = 60, .huge = 40 }) > 0);
}

/* A range that shrinks and grows about the limit has its TEA made and freed each time otherwise. */
static void test_what_has_a_tea_keeps_it_for_a_while(void **state)
{
	(void)state;
	assert_true(ask((struct mempol_tea_range){
			    .windows = 100, .tables = 40, .tea_windows = 100 }) > 0);
	assert_int_equal(
		ask((struct mempol_tea_range){ .windows = 100, .tables = 36, .tea_windows = 100 }),
		0);
}

static void test_a_range_is_divided_when_frames_are_short(void **state)
{
	(void)state;
	assert_int_equal(ask_less(1000), 512);
	assert_int_equal(ask_less(512), 256);
	assert_int_equal(ask_less(65), 64);
	assert_int_equal(ask_less(64), 32);
	/* Not below what Least= says, and always less than before. */
	assert_int_equal(ask_less(32), 0);
	assert_int_equal(ask_less(1), 0);
	assert_int_equal(ask_less(0), 0);
	assert_true(ask_less(UINT32_MAX) > 0);
}

static void test_a_heap_that_grows_moves_its_tables_seldom(void **state)
{
	u32 largest = 32, moves = 0;

	(void)state;
	for (u32 windows = 32; windows <= 1024; windows += 8) {
		struct mempol_tea_range range = { .windows = windows,
						  .tea_count = 2,
						  .tea_largest = largest };

		if (!dmt.grow(&range))
			continue;
		moves++;
		largest = windows;
	}
	assert_in_range(moves, 5, 9);
	assert_int_equal(dmt.grow(&(struct mempol_tea_range){
				 .windows = 64, .tea_count = 1, .tea_largest = 64 }),
			 0);
	/* Two halves are one range again. */
	assert_int_equal(dmt.grow(&(struct mempol_tea_range){
				 .windows = 64, .tea_count = 2, .tea_largest = 32 }),
			 1);
	assert_int_equal(dmt.grow(&(struct mempol_tea_range){ .windows = 64 }), 0);
}

static void test_tables_follow_data_that_is_clearly_on_one_node(void **state)
{
	struct mempol_tea_range range = { .windows = 64, .tables_node = 0, .data_node = 1 };

	(void)state;
	for (range.data_share = 0; range.data_share <= 100; range.data_share++) {
		assert_int_equal(dmt.node(&range), range.data_share < 60 ? -1 : 1);
		assert_int_equal(scattered.node(&range), dmt.node(&range));
	}
	range.data_node = -1;
	assert_int_equal(dmt.node(&range), -1);
}

static void test_scattered_wants_nothing(void **state)
{
	struct mempol_tea_range range = { .windows = 512, .tables = 512 };

	(void)state;
	assert_int_equal(scattered.range(&range), 0);
	assert_string_equal(scattered.name, "scattered");
	assert_string_equal(dmt.name, "dmt");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_used_ranges_are_wanted_the_largest_first),
		cmocka_unit_test(test_huge_pages_need_no_tables),
		cmocka_unit_test(test_what_has_a_tea_keeps_it_for_a_while),
		cmocka_unit_test(test_a_range_is_divided_when_frames_are_short),
		cmocka_unit_test(test_a_heap_that_grows_moves_its_tables_seldom),
		cmocka_unit_test(test_tables_follow_data_that_is_clearly_on_one_node),
		cmocka_unit_test(test_scattered_wants_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
