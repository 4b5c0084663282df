/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for globs: all that fnmatch(3) can use passes, all it would silently never match
 * is named.
 */
#include "fixture.h"
#include "match.h"

static void test_usable_globs_pass(void **state)
{
	static const char *const paths[] = { "/",	 "/a/b",    "/a/*",	     "/*/b?",
					     "/[ab]c",	 "/[!a]",   "/[]a]",	     "/[^]]",
					     "/[a-c]",	 "/[a-]",   "/[[:alpha:]_]", "/\\[a",
					     "/[\\]]",	 "/a]",	    "/[a-c-e]",	     "/dev\\\\x2d",
					     "/.hidden", "/..a/b.." };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (mp_glob_problem(paths[i], true))
			fail_msg("%s: %s", paths[i], mp_glob_problem(paths[i], true));
}

static void assert_problem(const char *glob, bool is_path, const char *wanted)
{
	const char *problem = mp_glob_problem(glob, is_path);

	if (!problem || !strstr(problem, wanted))
		fail_msg("%s: '%s', not '%s'", glob, problem ? problem : "fine", wanted);
}

static void test_unusable_globs_are_named(void **state)
{
	assert_problem("", true, "empty");
	assert_problem("/[", true, "not closed");
	assert_problem("/[]", true, "not closed");
	assert_problem("/[!]", true, "not closed");
	assert_problem("/a[bc", true, "not closed");
	assert_problem("/[[:alpha:]", true, "not closed");
	assert_problem("/[[:alpha]", true, "not closed");
	assert_problem("/[a\\", true, "not closed");
	assert_problem("/[[:foo:]]", true, "character class");
	assert_problem("/[[.a.]]", true, "character class");
	assert_problem("/[a/b]", true, "'/' cannot");
	assert_problem("/[z-a]", true, "backwards");
	assert_problem("/[a-", true, "not closed");
	assert_problem("/a\\", true, "backslash");
	assert_problem("/a//b", true, "empty path component");
	assert_problem("/a/../b", true, "'..'");
	assert_problem("/a/.", true, "'.'");
	assert_problem("/sys/fs/cgroup/a", true, "leave /sys/fs/cgroup out");
	assert_problem("a/b", false, "cannot hold a '/'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usable_globs_pass),
		cmocka_unit_test(test_unusable_globs_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
