/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for engines by name: the shipped ones are known, paths and names do not mix.
 */
#include "engine.h"
#include "fixture.h"

static void test_engines_of_this_version_are_available(void **state)
{
	static const char *const names[] = { "fifo", "get-scan", "lfu",	   "loop",  "mru",
					     "none", "noop",	 "s3fifo", "second" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_true(mp_engine_find(MEMPOL_MECH_CACHE, names[i])->available);
	assert_true(mp_engine_find(MEMPOL_MECH_BALLOON, "balloon-free")->available);
	assert_true(mp_engine_find(MEMPOL_MECH_BALLOON, "balloon-psi")->available);
	assert_true(mp_engine_find(MEMPOL_MECH_BALLOON, "balloon-host")->available);
	assert_null(mp_engine_find(MEMPOL_MECH_CACHE, "balloon-free"));
	assert_true(mp_engine_find(MEMPOL_MECH_PLACEMENT, "mosaic")->available);
	assert_true(mp_engine_find(MEMPOL_MECH_PLACEMENT, "ordinary")->available);
	assert_false(mp_engine_find(MEMPOL_MECH_PLACEMENT, "colour")->available);
	assert_null(mp_engine_find(MEMPOL_MECH_CACHE, "mosaic"));
	assert_non_null(mp_engine_find(MEMPOL_MECH_NONE, "mosaic"));
	assert_null(mp_engine_find(MEMPOL_MECH_NONE, "MRU"));
}

static void test_object_path_of_names_and_paths(void **state)
{
	_cleanup_free_ char *shipped = NULL, *own = NULL, *none = NULL;

	assert_int_equal(mp_engine_object_path("/e", MEMPOL_MECH_CACHE, "mru", &shipped), 0);
	assert_string_equal(shipped, "/e/mru.bpf.o");
	assert_int_equal(mp_engine_object_path("/e", MEMPOL_MECH_CACHE, "/x/y.bpf.o", &own), 0);
	assert_string_equal(own, "/x/y.bpf.o");
	assert_int_equal(mp_engine_object_path("/e", MEMPOL_MECH_CACHE, "nope", &none), -EINVAL);
	assert_null(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_engines_of_this_version_are_available),
		cmocka_unit_test(test_object_path_of_names_and_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
