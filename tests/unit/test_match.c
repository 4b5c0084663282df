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
	assert_false(matches("Unit=!a.slice", "/"));
}

static void test_values_are_alternatives_and_keys_must_agree(void **state)
{
	assert_true(matches("Unit=a.slice b.slice", "/b.slice"));
	assert_true(matches("Unit=a.slice\nUnit=b.slice", "/b.slice"));
	assert_true(matches("Cgroup=/x/*\nUnit=b.slice", "/x/b.slice"));
	assert_false(matches("Cgroup=/x/*\nUnit=b.slice", "/y/b.slice"));
	assert_false(matches("Cgroup=/x/*\nUnit=b.slice", "/x/c.slice"));
}

static void test_exclusion_wins_wherever_it_stands(void **state)
{
	assert_false(matches("Cgroup=!/a/b /a/*", "/a/b"));
	assert_false(matches("Cgroup=/a/* !/a/b", "/a/b"));
	assert_true(matches("Cgroup=/a/* !/a/b", "/a/c"));
	assert_false(matches("Cgroup=/a/*\nUnit=!b.slice", "/a/b.slice"));
	assert_true(matches("Cgroup=/a/*\nUnit=!b.slice", "/a/c.slice"));
}

static void test_exclusions_alone_match_everything_else(void **state)
{
	assert_true(matches("Unit=!a.slice", "/x/b.slice"));
	assert_false(matches("Unit=!a.slice", "/x/a.slice"));
}

/* As systemd-cgls shows them: the four letters \x2d are part of the name. */
static void test_a_systemd_escape_is_text_with_a_wildcard_and_without(void **state)
{
	static const char vm[] = "/machine.slice/machine-qemu\\x2d3\\x2dvm1.scope";
	static const char bus[] = "/user.slice/app-dbus\\x2d:1.2\\x2dorg.a11y.atspi.Registry.slice";
	static const char app[] = "/system.slice/app-Editor\\x2dlate@autostart.service";

	assert_true(matches("Cgroup=/machine.slice/machine-qemu\\x2d*.scope", vm));
	assert_true(matches("Cgroup=/machine.slice/machine-qemu\\x2d?\\x2dvm[0-9].scope", vm));
	assert_true(matches("Unit=app-dbus\\x2d*.slice", bus));
	assert_true(matches("Unit=app-Editor\\x2dlate@autostart.service", app));
	assert_true(matches("Unit=app-Editor\\x2dlate@*.service", app));
	assert_false(matches("Unit=app-dbus\\x2d*.slice", "/user.slice/app-dbusx2da.slice"));
	assert_false(matches("Unit=app-dbus\\x2e*.slice", bus));
	assert_true(matches("Unit=dev-x\\x2dy.mount", "/system.slice/dev-x\\x2dy.mount"));
	assert_true(matches("Unit=dev-x\\\\x2dy*", "/system.slice/dev-x\\x2dy.mount"));
}

static void test_an_escaped_letter_is_itself(void **state)
{
	assert_true(matches("Cgroup=/a/b\\,c\\{\\}\\%\\'\\\"", "/a/b,c{}%'\""));
	assert_true(matches("Cgroup=/\\#x", "/#x"));
	assert_true(matches("Cgroup=/a\\*", "/a*"));
	assert_false(matches("Cgroup=/a\\*", "/ab"));
}

static void test_one_pattern_hits_whether_it_is_negated_or_not(void **state)
{
	struct mp_pattern pattern = { .glob = (char *)"/a/*", .negated = true };
	struct mp_pattern unit = { .glob = (char *)"*" };

	assert_true(mp_pattern_hits(&pattern, true, "/a/b"));
	assert_false(mp_pattern_hits(&pattern, true, "/b"));
	assert_true(mp_pattern_hits(&unit, false, "/a/b"));
	assert_false(mp_pattern_hits(&unit, false, "/"));
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
		cmocka_unit_test(test_a_systemd_escape_is_text_with_a_wildcard_and_without),
		cmocka_unit_test(test_an_escaped_letter_is_itself),
		cmocka_unit_test(test_one_pattern_hits_whether_it_is_negated_or_not),
		cmocka_unit_test(test_nothing_said_matches_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
