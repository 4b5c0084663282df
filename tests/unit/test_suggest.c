/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for the nearest word: the distance is one, case costs less, length is bounded.
 */
#include "fixture.h"
#include "suggest.h"

static void test_distance_counts_edits_and_case(void **state)
{
	assert_int_equal(mp_edit_distance("Engine", "Engine"), 0);
	assert_int_equal(mp_edit_distance("engine", "Engine"), 1);
	assert_int_equal(mp_edit_distance("Enigne", "Engine"), 2);
	assert_int_equal(mp_edit_distance("Engin", "Engine"), 2);
	assert_int_equal(mp_edit_distance("Enngine", "Engine"), 2);
	assert_int_equal(mp_edit_distance("Engime", "Engine"), 2);
	assert_int_equal(mp_edit_distance("", "abc"), 6);
	assert_int_equal(mp_edit_distance("abc", ""), 6);
	assert_int_equal(mp_edit_distance("abcd", "bacd"), mp_edit_distance("bacd", "abcd"));
}

static void test_nearest_is_found_and_the_first_of_equals(void **state)
{
	static const char *const words[] = { "fifo", "lfu", "mru" };

	assert_string_equal(mp_nearest("mrv", words, 3), "mru");
	assert_string_equal(mp_nearest("FIFO", words, 3), "fifo");
	assert_string_equal(mp_nearest("lru", words, 3), "lfu");
	assert_string_equal(mp_nearest("", words + 1, 2), "lfu");
	assert_null(mp_nearest("x", words, 0));
}

static void test_long_words_are_cut_not_overrun(void **state)
{
	char a[5000], b[5000];

	memset(a, 'a', sizeof(a));
	memset(b, 'b', sizeof(b));
	a[sizeof(a) - 1] = b[sizeof(b) - 1] = '\0';
	assert_int_equal(mp_edit_distance(a, b), 2 * MP_SUGGEST_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distance_counts_edits_and_case),
		cmocka_unit_test(test_nearest_is_found_and_the_first_of_equals),
		cmocka_unit_test(test_long_words_are_cut_not_overrun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
