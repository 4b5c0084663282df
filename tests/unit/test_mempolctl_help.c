/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for mempolctl's help and completion: both come from the tables of verbs and options,
 * so they name the same words, and neither needs a daemon.
 */
#include "mempolctl.h"

/* Every "  NAME  TEXT" of a list has its text in the same column; no line is wider than a terminal. */
static void assert_aligned(char *text)
{
	size_t column = 0;
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n"))) {
		char *gap = strncmp(line, "  ", 2) ? NULL : strstr(line + 2, "  ");

		assert_true(strlen(line) <= 80);
		if (!gap) {
			column = 0;
			continue;
		}
		gap += strspn(gap, " ");
		if (column && column != (size_t)(gap - line))
			fail_msg("out of column: %s", line);
		column = gap - line;
	}
}

static void test_help_is_a_verb_and_its_columns_are_straight(void **state)
{
	_cleanup_run_ struct run option = { .tree = *state }, verb = { .tree = *state };

	assert_int_equal(run(&option, "$M --help"), 0);
	assert_int_equal(run(&verb, "$M help"), 0);
	assert_string_equal(option.out, verb.out);
	assert_non_null(strstr(verb.out, "\n  help [VERB] "));
	assert_non_null(strstr(verb.out, "\n  -V, --version  "));
	assert_null(strstr(verb.out, "set-mode"));
	assert_aligned(verb.out);
}

static void test_each_verb_has_a_help_of_its_own(void **state)
{
	_cleanup_run_ struct run verbs = { .tree = *state }, r = { .tree = *state };
	char *rest, *verb;
	int n = 0;

	assert_int_equal(run(&verbs, "$M --complete ''"), 0);
	rest = verbs.out;
	while ((verb = strsep(&rest, "\n")) && *verb) {
		_cleanup_run_ struct run help = { .tree = *state };
		_cleanup_free_ char *line = NULL, *other = NULL;

		assert_true(asprintf(&line, "$M %s --help", verb) > 0);
		assert_true(asprintf(&other, "$M help %s", verb) > 0);
		assert_int_equal(run(&r, line), 0);
		assert_int_equal(run(&help, other), 0);
		assert_string_equal(r.out, help.out);
		assert_int_equal(strncmp(r.out, "Usage: mempolctl ", 17), 0);
		assert_non_null(strstr(r.out, verb));
		assert_null(strstr(r.out, "Exit status"));
		assert_aligned(help.out);
		n++;
	}
	assert_true(n >= 13);
	assert_int_equal(run(&r, "$M events -h | grep -c -e '-f, --follow'"), 0);
	assert_int_equal(run(&r, "$M list -h | grep -c -e --follow"), 1);
}

static void test_help_of_what_is_not_there_is_usage(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	expect(&r, "$M help lst", 2, "", "mempolctl: unknown verb 'lst', did you mean 'list'?\n");
	expect(&r, "$M help set-mode", 2, "",
	       "mempolctl set-mode: not available in this version\n");
	expect(&r, "$M help balloon autp", 2, "",
	       "mempolctl balloon: unknown verb 'autp', did you mean 'auto'?\n");
	expect(&r, "$M help list list", 2, "", "mempolctl help: list has no verbs of its own\n");
}

static void test_options_say_what_is_wrong_with_them(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	expect(&r, "$M -V", 0, "mempolctl " MP_VERSION "\n", "");
	expect(&r, "$M list -V --json", 0, "{\"version\":\"" MP_VERSION "\"}\n", "");
	expect(&r, "$M --nope list", 2, "",
	       "mempolctl: unknown option '--nope'; see mempolctl --help\n");
	expect(&r, "$M list --nope", 2, "",
	       "mempolctl list: unknown option '--nope'; see mempolctl list --help\n");
	expect(&r, "$M --json -zf list", 2, "",
	       "mempolctl: unknown option '-z'; see mempolctl --help\n");
	expect(&r, "$M list --json=1", 2, "",
	       "mempolctl list: '--json=1': this option takes no value\n");
	expect(&r, "$M list --socket", 2, "", "mempolctl list: '--socket' needs a value\n");
}

static void test_completion_knows_values_from_arguments(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	expect(&r, "$M --complete he", 0, "help\n", "");
	expect(&r, "$M --complete help ba", 0, "balloon\n", "");
	expect(&r, "$M --complete help list ''", 0, "", "");
	expect(&r, "$M --complete list --", 0, "--json\n--no-legend\n--socket\n--help\n--version\n",
	       "");
	expect(&r, "$M --complete --socket ''", 0, "PATH\n", "");
	expect(&r, "$M --complete --socket = ''", 0, "PATH\n", "");
	expect(&r, "$M --complete --socket list sho", 0, "show\n", "");
	expect(&r, "$M --complete simulate ''", 0, "PATH\n", "");
	expect(&r, "$M --complete simulate --size ''", 0, "auto\n", "");
	expect(&r, "$M --complete simulate --size 1M ''", 0, "PATH\n", "");
	expect(&r, "$M --complete simulate --rea", 0, "--readahead\n", "");
	expect(&r, "$M --complete simulate --readahead ''", 0, "", "");
	expect(&r, "$M --complete simulate --verbose ''", 0, "PATH\n", "");
	expect(&r, "$M --complete simulate --format ''", 0,
	       "text\ncsv\nmsr\ncloudphysics\nblkparse\nblkparse-d\nblkparse-c\nfio\nrecord\nlirs\noracle\n",
	       "");
	expect(&r, "$M --complete simulate --engines s3", 0, "s3fifo\n", "");
	expect(&r, "$M --complete simulate --engine ''", 0, "PATH\n", "");
	expect(&r, "$M --complete simulate --engines = s3", 0, "s3fifo\n", "");
	expect(&r, "$M --complete simulate --engines lru,mr", 0, "lru,mru\n", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_help_is_a_verb_and_its_columns_are_straight),
		TREE_TEST(test_each_verb_has_a_help_of_its_own),
		TREE_TEST(test_help_of_what_is_not_there_is_usage),
		TREE_TEST(test_options_say_what_is_wrong_with_them),
		TREE_TEST(test_completion_knows_values_from_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
