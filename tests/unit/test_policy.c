/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for policies as things: their names and when two are the same.
 */
#include "fixture.h"
#include "mechanism-balloon.h"
#include "policy.h"

static void assert_name(const char *path, const char *wanted)
{
	_cleanup_free_ char *name = NULL;

	assert_int_equal(mp_policy_name_from_path(path, &name), wanted ? 0 : -EINVAL);
	if (wanted)
		assert_string_equal(name, wanted);
	else
		assert_null(name);
}

static void test_names_are_of_the_design_s_letters_and_length(void **state)
{
	char path[100];

	assert_name("60-search.mempolicy", "60-search");
	assert_name("/etc/x.d/A_b.C@d-9.mempolicy", "A_b.C@d-9");
	assert_name("x.mempolicy.mempolicy", "x.mempolicy");
	assert_name(".hidden.mempolicy", NULL);
	assert_name("-dash.mempolicy", NULL);
	assert_name("a.-b.mempolicy", "a.-b");
	assert_name(".mempolicy", NULL);
	assert_name("x.conf", NULL);
	assert_name("x.mempolicy~", NULL);
	assert_name("a b.mempolicy", NULL);
	assert_name("\xc3\xa4.mempolicy", NULL);
	assert_name("", NULL);

	memset(path, 'a', sizeof(path));
	strcpy(path + 63, ".mempolicy");
	path[63 + strlen(".mempolicy")] = '\0';
	assert_non_null(strstr(path, "a.mempolicy"));
	assert_true(mp_policy_name_valid(path, 63));
	assert_false(mp_policy_name_valid(path, 64));
}

static struct mp_policy *parse(const char *path, const char *text)
{
	_cleanup_errors_ struct mp_errors errors = {};
	struct mp_policy *policy = NULL;

	assert_int_equal(mp_policy_parse(path, text, strlen(text), &errors, &policy), 0);
	return policy;
}

static void test_equal_is_what_it_does_not_where_it_lies(void **state)
{
	static const char base[] =
		"[Policy]\nPriority=1\n[Match]\nUnit=a.service\n[Cache]\nEngine=mru\n";
	static const char *const others[] = {
		"[Match]\nUnit=a.service\n[Cache]\nEngine=mru\n",
		"[Policy]\nPriority=1\n[Match]\nUnit=b.service\n[Cache]\nEngine=mru\n",
		"[Policy]\nPriority=1\n[Match]\nUnit=!a.service\n[Cache]\nEngine=mru\n",
		"[Policy]\nPriority=1\n[Match]\nUnit=a.service b.service\n[Cache]\nEngine=mru\n",
		"[Policy]\nPriority=1\n[Match]\nUnit=a.service\nCgroup=b\n[Cache]\nEngine=mru\n",
		"[Policy]\nPriority=1\n[Match]\nUnit=a.service\n[Cache]\nEngine=lfu\n",
		"[Policy]\nPriority=1\nDescription=x\n[Match]\nUnit=a.service\n[Cache]\nEngine=mru\n",
	};
	_cleanup_policy_ struct mp_policy *policy = parse("/a/x.mempolicy", base);
	_cleanup_policy_ struct mp_policy *moved = parse(
		"/b/x.mempolicy",
		"# moved\n[Match]\nUnit=a.service\n[Cache]\nEngine=mru\n[Policy]\nPriority=1\n");
	_cleanup_policy_ struct mp_policy *renamed = parse("/a/y.mempolicy", base);

	assert_true(mp_policy_equal(policy, moved));
	assert_false(mp_policy_equal(policy, renamed));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		_cleanup_policy_ struct mp_policy *other = parse("/a/x.mempolicy", others[i]);

		assert_false(mp_policy_equal(policy, other));
	}
}

static void test_balloons_are_equal_when_they_keep_and_ask_alike(void **state)
{
	_cleanup_policy_ struct mp_policy *policy =
		parse("/a/x.mempolicy", "[Balloon]\nEngine=balloon-psi\n");
	_cleanup_policy_ struct mp_policy *said =
		parse("/a/x.mempolicy", "[Balloon]\nEngine=balloon-psi\nKeep=10%\nPeriod=1000ms\n");
	_cleanup_policy_ struct mp_policy *ranked =
		parse("/a/x.mempolicy", "[Policy]\nPriority=1\n[Balloon]\nEngine=balloon-psi\n");
	static const char *const others[] = { "Keep=10", "Keep=11%", "Period=2s" };

	assert_true(mp_policy_equal(policy, said));
	assert_true(mp_policy_runs_alike(policy, ranked));
	assert_false(mp_policy_equal(policy, ranked));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		_cleanup_policy_ struct mp_policy *other = NULL;
		_cleanup_free_ char *text = NULL;

		assert_true(asprintf(&text, "[Balloon]\nEngine=balloon-psi\n%s\n", others[i]) > 0);
		other = parse("/a/x.mempolicy", text);
		assert_false(mp_policy_runs_alike(policy, other));
		assert_false(mp_policy_equal(policy, other));
	}
}

static void test_what_is_kept_is_whole_pages_rounded_up(void **state)
{
	static const struct {
		struct mp_balloon balloon;
		uint64_t total, pages;
	} cases[] = {
		{ { .keep = 0 }, 1 << 30, 0 },
		{ { .keep = 1 }, 1 << 30, 1 },
		{ { .keep = 8192 }, 1 << 30, 2 },
		{ { .keep = 8193 }, 1 << 30, 3 },
		{ { .keep = UINT64_MAX }, 1 << 30, 1ULL << 52 },
		{ { .keep_is_share = true, .keep = 10 }, 40960 * 100, 100 },
		{ { .keep_is_share = true, .keep = 10 }, 40960 * 100 + 50, 101 },
		{ { .keep_is_share = true, .keep = 100 }, UINT64_MAX, 1ULL << 52 },
		{ { .keep_is_share = true, .keep = 0 }, UINT64_MAX, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_true(mp_balloon_keep_pages(&cases[i].balloon, cases[i].total, 4096) ==
			    cases[i].pages);
}

static void test_free_takes_null(void **state)
{
	assert_null(mp_policy_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_are_of_the_design_s_letters_and_length),
		cmocka_unit_test(test_equal_is_what_it_does_not_where_it_lies),
		cmocka_unit_test(test_balloons_are_equal_when_they_keep_and_ask_alike),
		cmocka_unit_test(test_what_is_kept_is_whole_pages_rounded_up),
		cmocka_unit_test(test_free_takes_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
