/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for run before anything is run: the policy that it writes is one that the reader takes, and whatever
 * cannot be is said before anybody is asked to do something. Scopes are for the tests in a VM.
 */
#include "mempolctl-server.h"

#include "../../daemon/mempolctl/run.h"
#include "policy.h"

static const struct reply replies[] = {
	{ "Features", NULL,
	  "{\"kernel\":\"6.12\",\"features\":[{\"name\":\"cache\",\"available\":false,"
	  "\"reason\":\"no module\"}]}" },
};

static void test_the_policy_is_of_one_scope_and_before_all_others(void **state)
{
	const struct run_request request = { .engine = "mru", .pin_max = "65%" };
	_cleanup_policy_ struct mp_policy *policy = NULL;
	_cleanup_errors_ struct mp_errors errors = {};
	_cleanup_free_ char *text = NULL, *problem = NULL;
	struct run_names names;

	run_names_make(123, &names);
	assert_string_equal(names.unit, "mempol-run-123.scope");
	assert_string_equal(names.path, "/run/mempolicyd/policy.d/run-123.mempolicy");
	assert_int_equal(run_policy_text(&request, &names, &text, &problem), 0);
	assert_int_equal(mp_policy_parse(names.path, text, strlen(text), &errors, &policy), 0);
	assert_string_equal(policy->name, "run-123");
	assert_string_equal(policy->choice.engine, "mru");
	assert_int_equal(policy->priority, MP_PRIORITY_MAX);
	assert_int_equal(policy->match.unit.count, 1);
	assert_string_equal(policy->match.unit.items[0].glob, names.unit);
	assert_non_null(strstr(text, "\nPinMax=65%\n"));
}

static void test_what_the_reader_would_refuse_is_refused_in_its_words(void **state)
{
	static const struct {
		struct run_request request;
		const char *problem;
	} bad[] = {
		{ { .engine = "mruu" }, "Engine=mruu: " },
		{ { .engine = "balloon-psi" }, "this engine is for [Balloon]" },
		{ { .engine = "mru", .pin_max = "101%" }, "PinMax=101%: more than 100%" },
		{ { .engine = "mru\nX=1" }, "a value has one line" },
		{ { .engine = "mru", .pin_max = "1\n[Policy]" }, "a value has one line" },
	};
	struct run_names names;

	run_names_make(1, &names);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *text = NULL, *problem = NULL;

		assert_int_equal(run_policy_text(&bad[i].request, &names, &text, &problem),
				 -EBADMSG);
		assert_null(text);
		if (!strstr(problem, bad[i].problem))
			fail_msg("'%s' lacks '%s'", problem, bad[i].problem);
	}
}

static void test_nothing_is_run_where_nobody_can(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	expect(&r, "$M run --engine mru -- touch began", 7, "",
	       "mempolicyd is not running (systemctl start mempolicyd)\n");
	start_server(&r);
	expect(&r, "$M run --engine mru -- touch began", 3, "", "This kernel cannot: no module\n");
	assert_int_equal(run(&r, "test -e began"), 1);
}

static void test_usage_is_two(void **state)
{
	static const char *const lines[][2] = {
		{ "run", "Usage: mempolctl run --engine NAME" },
		{ "run -- true", "Usage: mempolctl run --engine NAME" },
		{ "run --engine mru", "Usage: mempolctl run --engine NAME" },
		{ "run --nonsense -- true", "unknown option '--nonsense'" },
		{ "run --engine", "'--engine' needs a value" },
		{ "run --engine mru --memory-max x -- true", "--memory-max x: a size in bytes" },
	};
	_cleanup_run_ struct run r = { .tree = *state };

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		_cleanup_free_ char *line = NULL;

		assert_true(asprintf(&line, "$M %s", lines[i][0]) > 0);
		if (run(&r, line) != 2 || !strstr(r.err, lines[i][1]))
			fail_msg("%s: %s", line, r.err);
	}
	assert_int_equal(run(&r, "$M run --help"), 0);
	assert_non_null(strstr(r.out, "Only for root."));
}

#define TREE(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE(test_the_policy_is_of_one_scope_and_before_all_others),
		TREE(test_what_the_reader_would_refuse_is_refused_in_its_words),
		TREE(test_nothing_is_run_where_nobody_can),
		TREE(test_usage_is_two),
	};

	server_replies = replies;
	n_server_replies = ARRAY_SIZE(replies);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
