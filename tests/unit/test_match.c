/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for one policy and one cgroup: the values of a key are alternatives, the keys
 * must agree, exclusions win.
 */
#include "fixture.h"
#include "match.h"

static bool matches(const char *lines, const char *cgroup)
{
	_cleanup_policy_ struct mp_policy *policy = NULL;
	_cleanup_errors_ struct mp_errors errors = {};
	_cleanup_free_ char *text = NULL;

	assert_true(asprintf(&text, "[Match]\n%s\n[Cache]\nEngine=mru\n", lines) > 0);
	assert_int_equal(mp_policy_parse("/x.mempolicy", text, strlen(text), &errors, &policy), 0);
	return mp_match_cgroup(&policy->match, cgroup);
}

static void test_cgroup_is_a_glob_on_the_whole_path(void **state)
{
	assert_true(matches("Cgroup=a.slice", "/a.slice"));
	assert_true(matches("Cgroup=/a.slice/", "/a.slice"));
	assert_false(matches("Cgroup=a.slice", "/a.slice/b"));
	assert_false(matches("Cgroup=b", "/a.slice/b"));
	assert_true(matches("Cgroup=/a/*", "/a/b"));
	assert_false(matches("Cgroup=/a/*", "/a/b/c"));
	assert_false(matches("Cgroup=/a/*", "/a"));
	assert_false(matches("Cgroup=/*", "/a/b"));
	assert_true(matches("Cgroup=/*/*", "/a/b"));
	assert_true(matches("Cgroup=/", "/"));
	assert_false(matches("Cgroup=/", "/a"));
	assert_true(matches("Cgroup=/a[0-9]", "/a5"));
}

static void test_unit_is_a_glob_on_the_last_component(void **state)
{
	assert_true(matches("Unit=s.service", "/system.slice/s.service"));
	assert_false(matches("Unit=s.service", "/s.service/sub"));
	assert_true(matches("Unit=*.service", "/x/y.service"));
	assert_false(matches("Unit=*", "/"));
	assert_false(matches("Unit=!a", "/"));
}

static void test_values_are_alternatives_and_keys_must_agree(void **state)
{
	assert_true(matches("Unit=a b", "/b"));
	assert_true(matches("Unit=a\nUnit=b", "/b"));
	assert_true(matches("Cgroup=/x/*\nUnit=b", "/x/b"));
	assert_false(matches("Cgroup=/x/*\nUnit=b", "/y/b"));
	assert_false(matches("Cgroup=/x/*\nUnit=b", "/x/c"));
}

static void test_exclusion_wins_wherever_it_stands(void **state)
{
	assert_false(matches("Cgroup=!/a/b /a/*", "/a/b"));
	assert_false(matches("Cgroup=/a/* !/a/b", "/a/b"));
	assert_true(matches("Cgroup=/a/* !/a/b", "/a/c"));
	assert_false(matches("Cgroup=/a/*\nUnit=!b", "/a/b"));
	assert_true(matches("Cgroup=/a/*\nUnit=!b", "/a/c"));
}

static void test_exclusions_alone_match_everything_else(void **state)
{
	assert_true(matches("Unit=!a", "/x/b"));
	assert_false(matches("Unit=!a", "/x/a"));
}

static void test_escaped_unit_names_match_literally(void **state)
{
	assert_true(matches("Unit=dev-x\\x2dy.mount", "/system.slice/dev-x\\x2dy.mount"));
	assert_true(matches("Unit=dev-x\\\\x2dy*", "/system.slice/dev-x\\x2dy.mount"));
}

static void test_nothing_said_matches_nothing(void **state)
{
	assert_false(mp_match_cgroup(&(struct mp_match){}, "/a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cgroup_is_a_glob_on_the_whole_path),
		cmocka_unit_test(test_unit_is_a_glob_on_the_last_component),
		cmocka_unit_test(test_values_are_alternatives_and_keys_must_agree),
		cmocka_unit_test(test_exclusion_wins_wherever_it_stands),
		cmocka_unit_test(test_exclusions_alone_match_everything_else),
		cmocka_unit_test(test_escaped_unit_names_match_literally),
		cmocka_unit_test(test_nothing_said_matches_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
