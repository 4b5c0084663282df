// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for the words of hints: each verb has one, by which it is found again, and an error that somebody can do
 * something about has a sentence.
 */
#include "fixture.h"
#include "hint_words.h"
#include "mempol/abi.h"

static void test_each_verb_has_a_word_and_is_found_by_it(void **state)
{
	for (unsigned int verb = MEMPOL_HINT_ACTIVATE; verb <= MEMPOL_HINT_PREFETCH; verb++)
		assert_int_equal(mp_hint_verb_from_string(mp_hint_verb_to_string(verb)), verb);
	assert_null(mp_hint_verb_to_string(0));
	assert_null(mp_hint_verb_to_string(MEMPOL_HINT_PREFETCH + 1));
	assert_int_equal(mp_hint_verb_from_string("burn"), 0);
	assert_int_equal(mp_hint_verb_from_string(""), 0);
}

static void test_what_can_be_mended_has_a_sentence(void **state)
{
	static const int errors[] = { EBADF,  EISDIR,  ESPIPE,	  EOPNOTSUPP, EACCES, EINVAL,
				      EDQUOT, ENOLINK, EHOSTDOWN, ENOSPC,     EMFILE };

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		assert_non_null(mp_hint_problem(-errors[i]));
	assert_non_null(strstr(mp_hint_problem(-EDQUOT), "PinMax="));
	assert_null(mp_hint_problem(-ENOMEM));
	assert_null(mp_hint_problem(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_verb_has_a_word_and_is_found_by_it),
		cmocka_unit_test(test_what_can_be_mended_has_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
