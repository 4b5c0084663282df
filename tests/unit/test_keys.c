/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for the table of keys: it is whole, and the manual page names all of it.
 */
#include "fixture.h"
#include "keys.h"
#include "parse.h"

static void test_every_key_has_a_section_and_no_twin(void **state)
{
	assert_true(mp_sections_count <= MP_SECTIONS_MAX);
	for (size_t i = 0; i < mp_keys_count; i++) {
		const struct mp_section *section = mp_section_find(mp_keys[i].section);

		assert_non_null(section);
		assert_true(section->available || !mp_keys[i].set);
		assert_ptr_equal(mp_key_find(mp_keys[i].section, mp_keys[i].name), &mp_keys[i]);
	}
}

static void test_words_of_the_design_are_all_known(void **state)
{
	static const char *const words[][2] = {
		{ "Policy", "Description" }, { "Policy", "Mode" },	  { "Policy", "Priority" },
		{ "Match", "Cgroup" },	     { "Match", "Unit" },	  { "Match", "Slice" },
		{ "Match", "User" },	     { "Cache", "Engine" },	  { "Placement", "Engine" },
		{ "Balloon", "Engine" },     { "Balloon", "Keep" },	  { "Balloon", "Period" },
		{ "Refcount", "Engine" },    { "Translation", "Engine" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		assert_non_null(mp_key_find(words[i][0], words[i][1]));
	assert_non_null(mp_section_find("Guard"));
	assert_string_equal(mp_section_of(MEMPOL_MECH_BALLOON)->name, "Balloon");
	assert_null(mp_section_of(MEMPOL_MECH_NONE));
	assert_null(mp_section_find("policy"));
	assert_null(mp_key_find("Match", "Engine"));
}

static void test_nearest_proposes_available_words_only(void **state)
{
	assert_string_equal(mp_section_nearest("Maatch"), "Match");
	assert_string_equal(mp_section_nearest("Placemnt"), "Policy");
	assert_string_equal(mp_key_nearest("Match", "cgroups")->name, "Cgroup");
	assert_string_equal(mp_key_nearest("Match", "Slic")->name, "Unit");
	assert_string_equal(mp_key_nearest("Match", "Engine")->section, "Cache");
	assert_string_equal(mp_section_nearest("Balloo"), "Balloon");
	assert_string_equal(mp_key_nearest("Balloon", "Kep")->name, "Keep");
	assert_string_equal(mp_key_nearest("Cache", "Period")->section, "Balloon");
	assert_null(mp_key_nearest("Guard", "x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_key_has_a_section_and_no_twin),
		cmocka_unit_test(test_words_of_the_design_are_all_known),
		cmocka_unit_test(test_nearest_proposes_available_words_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
