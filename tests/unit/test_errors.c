/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for the list of errors: the form of an entry, its limit, its cleanness.
 */
#include "fixture.h"

static void test_entry_has_file_line_and_message(void **state)
{
	_cleanup_errors_ struct mp_errors errors = {};

	assert_int_equal(mp_errors_add(&errors, "/a/b", 7, "bad %s", "word"), 0);
	assert_string_equal(errors.items[0], "/a/b:7: bad word");
}

static void test_line_zero_is_written_as_one(void **state)
{
	_cleanup_errors_ struct mp_errors errors = {};

	assert_int_equal(mp_errors_add(&errors, "f", 0, "x"), 0);
	assert_string_equal(errors.items[0], "f:1: x");
}

static void test_control_characters_and_bad_utf8_are_replaced(void **state)
{
	_cleanup_errors_ struct mp_errors errors = {};

	assert_int_equal(mp_errors_add(&errors, "a\nb\xff", 1, "\x1b[2J \xc3\xa4 \xc2\x9b"), 0);
	assert_string_equal(errors.items[0], "a?b?:1: ?[2J \xc3\xa4 ??");
}

static void test_list_ends_at_the_limit_and_says_so(void **state)
{
	_cleanup_errors_ struct mp_errors errors = {};

	for (int i = 0; i < 1000; i++)
		assert_int_equal(mp_errors_add(&errors, "f", i + 1, "x"), 0);
	assert_int_equal(errors.count, MP_ERRORS_MAX + 1);
	assert_int_equal(errors.total, 1000);
	assert_non_null(strstr(errors.items[MP_ERRORS_MAX], "more errors"));
}

static void test_moving_keeps_order_and_empties_the_source(void **state)
{
	_cleanup_errors_ struct mp_errors a = {}, b = {};

	assert_int_equal(mp_errors_add(&a, "a", 1, "x"), 0);
	assert_int_equal(mp_errors_add(&b, "b", 1, "y"), 0);
	assert_int_equal(mp_errors_add(&b, "b", 2, "z"), 0);
	assert_int_equal(mp_errors_move(&a, &b), 0);
	assert_int_equal(a.count, 3);
	assert_int_equal(a.total, 3);
	assert_int_equal(b.count, 0);
	assert_string_equal(a.items[2], "b:2: z");
	assert_int_equal(mp_errors_move(&a, &b), 0);
	assert_int_equal(a.count, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entry_has_file_line_and_message),
		cmocka_unit_test(test_line_zero_is_written_as_one),
		cmocka_unit_test(test_control_characters_and_bad_utf8_are_replaced),
		cmocka_unit_test(test_list_ends_at_the_limit_and_says_so),
		cmocka_unit_test(test_moving_keeps_order_and_empties_the_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
