// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for what runs that were killed leave behind: it goes when the command has ended, and nothing else does.
 */
#include <signal.h>
#include <sys/wait.h>

#include "../../daemon/mempolctl/run.h"
#include "fixture.h"

/* A number that no process has: of one that has ended. */
static pid_t dead(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return pid;
}

/* A policy's file named so, with the process' number. */
static char *make(const char *tree, const char *format, pid_t pid)
{
	_cleanup_free_ char *name = NULL;

	assert_true(asprintf(&name, format, pid) > 0);
	tree_write(tree, name, "");
	return tree_path(tree, name);
}

static bool is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

static void sweep(const char *tree)
{
	_cleanup_free_ char *policies = tree_path(tree, "policies");
	_cleanup_free_ char *scopes = tree_path(tree, "scopes");

	run_sweep(policies, scopes);
}

static void test_names_belong_together(void **state)
{
	struct run_names names;

	run_names_make(123, &names);
	assert_string_equal(names.unit, "mempol-run-123.scope");
	assert_string_equal(names.policy, "run-123");
	assert_string_equal(names.path, "/run/mempolicyd/policy.d/run-123.mempolicy");
}

static void test_what_a_killed_run_left_goes(void **state)
{
	_cleanup_free_ char *file = make(*state, "policies/run-%d.mempolicy", dead());
	_cleanup_free_ char *half = make(*state, "policies/.run-%d", dead());

	sweep(*state);
	assert_false(is_there(file));
	assert_false(is_there(half));
}

static void test_as_long_as_its_scope_is_there_it_stays(void **state)
{
	pid_t pid = dead();
	_cleanup_free_ char *file = make(*state, "policies/run-%d.mempolicy", pid);
	_cleanup_free_ char *scope = make(*state, "scopes/mempol-run-%d.scope", pid);

	sweep(*state);
	assert_true(is_there(file));
	assert_int_equal(unlink(scope), 0);
	sweep(*state);
	assert_false(is_there(file));
}

static void test_what_a_run_that_lives_has_stays(void **state)
{
	_cleanup_free_ char *file = make(*state, "policies/run-%d.mempolicy", getpid());

	sweep(*state);
	assert_true(is_there(file));
}

static void test_files_of_others_stay(void **state)
{
	static const char *const formats[] = {
		"policies/60-run-%d.mempolicy",
		"policies/run-%d.mempolicy.d",
		"policies/run-%d",
		"policies/run-0%d.mempolicy",
		"policies/run-%dx.mempolicy",
		"policies/run-x%d.mempolicy",
		"policies/run--%d.mempolicy",
		"policies/run-%d99999999999.mempolicy",
	};
	pid_t pid = dead();

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		_cleanup_free_ char *file = make(*state, formats[i], pid);

		sweep(*state);
		/* Half a file has no suffix, and a dot. */
		if (!is_there(file))
			fail_msg("%s", file);
	}
}

static void test_without_a_directory_there_is_nothing_to_do(void **state)
{
	run_sweep("/nowhere/at/all", "/nowhere");
}

static int setup(void **state)
{
	int r = tree_setup(state);

	if (r == 0) {
		tree_mkdirs(*state, "policies/x");
		tree_mkdirs(*state, "scopes/x");
	}
	return r;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_names_belong_together),
		TEST(test_what_a_killed_run_left_goes),
		TEST(test_as_long_as_its_scope_is_there_it_stays),
		TEST(test_what_a_run_that_lives_has_stays),
		TEST(test_files_of_others_stay),
		TEST(test_without_a_directory_there_is_nothing_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
