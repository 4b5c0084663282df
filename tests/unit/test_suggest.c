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

static void assert_advice(const char *word, const char *wanted)
{
	static const char *const words[] = { "fifo", "lfu", "mru" };
	_cleanup_free_ char *advice = NULL;

	assert_int_equal(mp_suggest(word, words, 3, "'", "'", &advice), 0);
	assert_string_equal(advice, wanted);
}

static void test_a_near_word_is_proposed_and_else_all_are_listed(void **state)
{
	_cleanup_free_ char *none = NULL, *one = NULL;
	const char *const word = "x";

	assert_advice("mrv", "did you mean 'mru'?");
	assert_advice("mur", "did you mean 'mru'?");
	assert_advice("FIFO", "did you mean 'fifo'?");
	assert_advice("mru2", "did you mean 'mru'?");
	assert_advice("drop-behind", "there are 'fifo', 'lfu' and 'mru'");
	assert_advice("", "there are 'fifo', 'lfu' and 'mru'");
	assert_advice("none", "there are 'fifo', 'lfu' and 'mru'");
	assert_int_equal(mp_suggest("far", NULL, 0, "", "", &none), 0);
	assert_string_equal(none, "there are none in this version");
	assert_int_equal(mp_suggest("far", &word, 1, "[", "]", &one), 0);
	assert_string_equal(one, "there is [x]");
}

static void test_near_is_at_most_half_of_the_letters(void **state)
{
	assert_true(mp_is_near("x", "y"));
	assert_true(mp_is_near("UNIT", "Unit"));
	assert_true(mp_is_near("abcd", "abxy"));
	assert_false(mp_is_near("abcd", "axyz"));
	assert_false(mp_is_near("Comm", "Cgroup"));
	assert_false(mp_is_near("Files", "Policy"));
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
		cmocka_unit_test(test_a_near_word_is_proposed_and_else_all_are_listed),
		cmocka_unit_test(test_near_is_at_most_half_of_the_letters),
		cmocka_unit_test(test_long_words_are_cut_not_overrun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
