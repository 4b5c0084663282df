/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for the tables of keys and of mechanisms: they are whole.
 */
#include "fixture.h"
#include "keys.h"
#include "mechanism.h"

static const struct mp_key *find(const char *section, const char *name)
{
	return mp_key_find(mp_section_find(section), name);
}

static void test_every_key_is_found_by_its_name_and_has_no_twin(void **state)
{
	const struct mp_section *section;
	const struct mp_key *key;
	size_t i, n = 0;

	for (i = 0; (section = mp_section_at(i)); i++) {
		assert_ptr_equal(mp_section_find(section->name), section);
		assert_int_equal(mp_section_index(section), i);
		for (size_t k = 0; (key = mp_key_at(section, k)); k++, n++)
			assert_ptr_equal(mp_key_find(section, key->name), key);
	}
	assert_true(i <= MP_SECTIONS_MAX);
	assert_true(n >= 14);
}

static void test_words_of_the_design_are_all_known(void **state)
{
	static const char *const words[][2] = {
		{ "Policy", "Description" },   { "Policy", "Mode" },
		{ "Policy", "Priority" },      { "Match", "Cgroup" },
		{ "Match", "Unit" },	       { "Match", "Slice" },
		{ "Match", "User" },	       { "Cache", "Engine" },
		{ "Cache", "PinMax" },	       { "Placement", "Engine" },
		{ "Placement", "Pool" },       { "Placement", "PoolName" },
		{ "Placement", "Nodes" },      { "Placement", "Contiguous" },
		{ "Placement", "Preset" },     { "Balloon", "Engine" },
		{ "Balloon", "Keep" },	       { "Balloon", "Period" },
		{ "Refcount", "Engine" },      { "Refcount", "FilePath" },
		{ "Refcount", "MaxFiles" },    { "Refcount", "Sample" },
		{ "Refcount", "Period" },      { "Translation", "Engine" },
		{ "Translation", "MinRange" }, { "Translation", "MaxMemory" },
		{ "Translation", "Bubbles" },  { "Translation", "Period" },
		{ "Translation", "MoveRate" }, { "Translation", "MaxIdle" },
		{ "Translation", "Trim" },     { "Translation", "Node" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		assert_non_null(find(words[i][0], words[i][1]));
	assert_non_null(mp_section_find("Guard"));
	assert_null(mp_section_find("policy"));
	assert_null(find("Match", "Engine"));
}

static void assert_section_advice(const char *name, const char *wanted)
{
	_cleanup_free_ char *advice = NULL;

	assert_int_equal(mp_section_suggest(name, &advice), 0);
	assert_string_equal(advice, wanted);
}

static void assert_key_advice(const char *section, const char *name, const char *wanted)
{
	_cleanup_free_ char *advice = NULL;

	assert_int_equal(mp_key_suggest(mp_section_find(section), name, &advice), 0);
	assert_string_equal(advice, wanted);
}

static void test_advice_proposes_available_words_only(void **state)
{
	assert_section_advice("Maatch", "did you mean [Match]?");
	assert_section_advice("Placemnt", "did you mean [Placement]?");
	assert_section_advice("Translatn", "did you mean [Translation]?");
	assert_section_advice(
		"Guards",
		"there are [Policy], [Match], [Cache], [Placement], [Balloon], [Refcount] and "
		"[Translation]");
	assert_section_advice("Balloo", "did you mean [Balloon]?");
	assert_key_advice("Match", "cgroups", "did you mean 'Cgroup='?");
	assert_key_advice("Match", "Slic", "there are 'Cgroup=' and 'Unit='");
	assert_key_advice("Balloon", "Kep", "did you mean 'Keep='?");
	assert_key_advice("Cache", "Threshold", "there are 'Engine=' and 'PinMax='");
	assert_key_advice("Guard", "x", "there are none in this version");
}

static void test_a_key_has_the_section_where_it_works_as_its_home(void **state)
{
	assert_string_equal(mp_key_home("Engine")->name, "Cache");
	assert_string_equal(mp_key_home("Period")->name, "Balloon");
	assert_null(mp_key_home("Slice"));
	assert_null(mp_key_home("engine"));
}

/* What a mechanism has to say for itself, so that no other file has to know it. */
static void test_every_mechanism_is_whole(void **state)
{
	for (size_t i = 0; i < mp_mechanisms_count; i++) {
		const struct mp_mechanism *m = mp_mechanisms[i];

		assert_ptr_equal(mp_mechanism_get(m->id), m);
		assert_ptr_equal(mp_mechanism_find(m->name), m);
		assert_ptr_equal(m->section.mechanism, m);
		assert_true(m->id < MEMPOL_MAX_MECHANISMS);
		assert_int_equal(m->section.available, !!m->ops_type);
		for (size_t k = 0; k < m->n_engines; k++)
			assert_int_equal(m->engines[k].mechanism, m->id);
		if (!m->ops_type)
			continue;
		assert_ptr_equal(mp_mechanism_of_type(m->ops_type), m);
		assert_true(m->held_counter < m->n_counters);
		assert_true(!m->settings_size == !m->settings_equal);
		assert_true(!m->list_key == !m->list && !m->list_key == !m->look);
		assert_true(!m->list_key || mp_key_find(&m->section, m->list_key)->list);
		for (size_t k = 0; k < m->n_counters; k++)
			assert_non_null(m->counters[k]);
	}
	assert_null(mp_mechanism_get(MEMPOL_MECH_NONE));
	assert_null(mp_mechanism_find("none"));
	assert_null(mp_mechanism_of_type("sched_ext_ops"));
	assert_ptr_equal(mp_mechanism_of_type("mempol_cache_ops___old"), &mp_mechanism_cache);
	assert_null(mp_mechanism_of_type("mempol_cache_ops2"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_key_is_found_by_its_name_and_has_no_twin),
		cmocka_unit_test(test_words_of_the_design_are_all_known),
		cmocka_unit_test(test_advice_proposes_available_words_only),
		cmocka_unit_test(test_a_key_has_the_section_where_it_works_as_its_home),
		cmocka_unit_test(test_every_mechanism_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
