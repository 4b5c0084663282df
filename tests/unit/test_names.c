/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for the words: the ones the design fixes are there, numbers out of range are not.
 */
#include "fixture.h"
#include "mechanism-balloon.h"
#include "mechanism.h"
#include "names.h"

static void test_states_are_those_of_the_design(void **state)
{
	static const char *const words[] = { "loaded",	"waiting", "active",	  "degraded",
					     "ejected", "failed",  "quarantined", "unavailable" };

	assert_int_equal(ARRAY_SIZE(words), _MP_STATE_MAX);
	for (int i = 0; i < _MP_STATE_MAX; i++)
		assert_string_equal(mp_state_to_string(i), words[i]);
	assert_null(mp_state_to_string(_MP_STATE_MAX));
	assert_null(mp_state_to_string(-1));
}

static void test_counters_are_those_of_the_design_in_the_order_of_the_abi(void **state)
{
	static const char *const words[] = { "governed_pages", "added",	       "accessed",
					     "evicted",	       "removed",      "refaults",
					     "refused",	       "forced",       "ejections",
					     "held",	       "pinned",       "pinned_pages",
					     "pins_refused",   "pins_broken",  "cold_pages",
					     "cold_evicted",   "cold_rescued", "told" };

	assert_int_equal(ARRAY_SIZE(words), MEMPOL_CACHE_NR_COUNTERS);
	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++)
		assert_string_equal(mp_counter_name(MEMPOL_MECH_CACHE, i), words[i]);
	assert_null(mp_counter_name(MEMPOL_MECH_CACHE, MEMPOL_CACHE_NR_COUNTERS));
	assert_string_equal(mp_counter_name(MEMPOL_MECH_BALLOON, MEMPOL_BALLOON_HELD_PAGES),
			    "held_pages");
	assert_string_equal(mp_counter_name(MEMPOL_MECH_BALLOON, MEMPOL_BALLOON_DEFLATED_GUARD),
			    "deflated_guard");
	assert_null(mp_counter_name(MEMPOL_MECH_BALLOON, MEMPOL_BALLOON_NR_COUNTERS));
	assert_string_equal(mp_counter_name(MEMPOL_MECH_PLACEMENT, MEMPOL_PLACEMENT_POOL_PAGES),
			    "pool_pages");
	assert_string_equal(mp_counter_name(MEMPOL_MECH_PLACEMENT, MEMPOL_PLACEMENT_CONFLICT_PAGES),
			    "conflict_pages");
	assert_string_equal(mp_counter_name(MEMPOL_MECH_TRANSLATION, MEMPOL_TRANSLATION_TEA_PAGES),
			    "tea_pages");
	assert_null(mp_counter_name(MEMPOL_MECH_TRANSLATION, MEMPOL_TRANSLATION_NR_COUNTERS));
	assert_string_equal(mp_common_counter_name(MEMPOL_COMMON_CALL_NS), "call_ns");
	assert_string_equal(mp_common_counter_name(MEMPOL_COMMON_KFUNC_NS), "kfunc_ns");
	assert_null(mp_common_counter_name(MEMPOL_NR_COMMON));
}

static void test_mechanisms_translate_both_ways(void **state)
{
	for (int i = MEMPOL_MECH_CACHE; i <= MEMPOL_MECH_TRANSLATION; i++)
		assert_int_equal(mp_mechanism_find(mp_mechanism_to_string(i))->id, i);
	assert_null(mp_mechanism_to_string(MEMPOL_MECH_NONE));
	assert_null(mp_mechanism_to_string(MEMPOL_MECH_TRANSLATION + 1));
}

static void test_every_kind_refusal_and_type_has_word_and_text(void **state)
{
	for (int i = 0; i <= MEMPOL_EXIT_SLOW; i++) {
		assert_non_null(mp_exit_kind_to_string(i));
		assert_non_null(mp_exit_kind_text(i));
	}
	assert_null(mp_exit_kind_to_string(MEMPOL_EXIT_SLOW + 1));
	assert_null(mp_exit_kind_text(1000));
	for (unsigned int i = 0; i < MEMPOL_NR_REFUSALS; i++) {
		assert_non_null(mp_refusal_name(i));
		assert_non_null(mp_refusal_text(i));
	}
	assert_null(mp_refusal_name(MEMPOL_NR_REFUSALS));
	assert_null(mp_refusal_text(MEMPOL_NR_REFUSALS));
	for (unsigned int i = MEMPOL_EV_ATTACHED; i <= MEMPOL_EV_TABLES; i++)
		assert_non_null(mp_event_type_to_string(i));
	for (unsigned int i = MP_EVENT_LOADED; i <= MP_EVENT_RESET; i++)
		assert_non_null(mp_event_type_to_string(i));
	assert_null(mp_event_type_to_string(0));
	assert_null(mp_event_type_to_string(MEMPOL_EV_TABLES + 1));
}

static void test_causes_are_those_of_the_abi(void **state)
{
	static const char *const words[] = { "engine",	 "request", "host",  "oom",
					     "pressure", "guard",   "device" };

	assert_int_equal(ARRAY_SIZE(words), MEMPOL_BALLOON_BY_DEVICE + 1);
	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++) {
		assert_string_equal(mp_balloon_cause_to_string(i), words[i]);
		assert_non_null(mp_balloon_cause_text(i));
	}
	assert_null(mp_balloon_cause_to_string(ARRAY_SIZE(words)));
	assert_null(mp_balloon_cause_text(ARRAY_SIZE(words)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states_are_those_of_the_design),
		cmocka_unit_test(test_counters_are_those_of_the_design_in_the_order_of_the_abi),
		cmocka_unit_test(test_mechanisms_translate_both_ways),
		cmocka_unit_test(test_causes_are_those_of_the_abi),
		cmocka_unit_test(test_every_kind_refusal_and_type_has_word_and_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
