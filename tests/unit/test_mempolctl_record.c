// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for mempolctl record and advise before they ask the kernel, and for simulate with what record has
 * written. What they see of a kernel is tested in a virtual machine.
 */
#include "mempolctl.h"

static void wrong_options_are_said_with_the_remedy(void **state)
{
	static const struct {
		const char *args;
		const char *message;
	} cases[] = {
		{ "record", "mempolctl record: name a cgroup or a unit; as in: --unit" },
		{ "record --cgroup /a", "mempolctl record: no --seconds; as in: --seconds 60\n" },
		{ "record --cgroup /a --unit b --seconds 1", "not both" },
		{ "record --cgroup /a --seconds 0", "--seconds=0 is no time: write 60, or 5min" },
		{ "record --cgroup /a --seconds 25h", "--seconds=25h is no time" },
		{ "record --cgroup /a --seconds nan", "--seconds=nan is no time" },
		{ "record --cgroup /a --seconds 1x", "--seconds=1x is no time" },
		{ "record --cgroup /a --seconds ''", "--seconds= is no time" },
		{ "record --cgroup /a --seconds 1 --sample 21",
		  "--sample=21: write auto, or SHIFT" },
		{ "record --cgroup /a --seconds 1 --sample -1", "--sample=-1: write auto" },
		{ "record --cgroup /a --seconds 1 --output there",
		  "there exists: remove it, or name" },
		{ "record --cgroup /a --seconds 1 --output ''", "--output= names no file" },
		{ "record --cgroup /a --seconds 1 --output dangling",
		  "dangling exists: remove it, or name" },
		/* Before it has recorded for an hour. */
		{ "record --cgroup /a --seconds 1 --output no/t",
		  "no/t: No such file or directory: name an --output in a directory" },
		{ "record --cgroup '' --seconds 1", "--cgroup= names no cgroup" },
		{ "record --cgroup /a --seconds 1 x",
		  "'x' is too much: the trace goes to --output" },
		{ "record --cgroup", "'--cgroup' needs a value" },
		{ "record --nope", "unknown option '--nope'; see mempolctl record --help" },
		{ "advise --cgroup /a", "mempolctl advise: no --seconds" },
		{ "advise --cgroup /a --seconds 1 --size 1", "--size=1 is no size: write 64M" },
		{ "advise --cgroup /a --seconds 1 x", "the policy goes to --output FILE" },
		{ "--json advise --cgroup /a --seconds 1",
		  "--json and the policy would share standard output: name an --output" },
		{ "advise --cgroup /a --seconds 1 --output there.mempolicy", "exists" },
	};
	_cleanup_run_ struct run r = { .tree = *state };

	_cleanup_free_ char *dangling = tree_path(*state, "dangling");

	assert_int_equal(symlink("nowhere", dangling), 0);
	tree_write(*state, "there", "");
	tree_write(*state, "there.mempolicy", "");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *line = NULL;

		assert_true(asprintf(&line, "$M %s", cases[i].args) > 0);
		assert_int_equal(run(&r, line), 2);
		assert_string_equal(r.out, "");
		if (!strstr(r.err, cases[i].message))
			fail_msg("'%s' lacks '%s'", r.err, cases[i].message);
	}
}

static void they_have_help_and_completion(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	assert_int_equal(run(&r, "$M record --help && $M help advise"), 0);
	assert_non_null(strstr(r.out, "Usage: mempolctl record --cgroup PATH|--unit NAME"));
	assert_non_null(strstr(r.out, "Usage: mempolctl advise --cgroup PATH|--unit NAME"));
	expect(&r, "$M --complete record --se", 0, "--seconds\n", "");
	expect(&r, "$M --complete record --sample ''", 0, "auto\n", "");
	expect(&r, "$M --complete advise --output ''", 0, "PATH\n", "");
}

#define TRACE                                                          \
	"# mempol-record 1 sample=1/16\n# cgroup: /a\nr 0 17 12 run\n" \
	"w 0 17+3 12\na 0 5 1\nd 0 17 1\nm 1 17 4\nr 0 17 12\n"

static void a_recording_is_simulated_in_real_sizes(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	tree_write(*state, "t", TRACE);
	assert_int_equal(run(&r, "$M simulate --no-legend --size 1M,50% --engines lru t"), 0);
	/* Five pages of two files; 16 times as many would be used. */
	assert_string_equal(r.out, "lru   1M 7 1 6 0.8571\nlru 160K 7 1 6 0.8571\n");
	assert_string_equal(
		r.err,
		"mempolctl simulate: t is a sample: sizes are those of the cache, "
		"counts those of one page in 16\n"
		"mempolctl simulate: warning: of the sample a cache of 1M holds 16 pages, too few "
		"to tell engines apart: record with a smaller --sample\n"
		"mempolctl simulate: warning: of the sample a cache of 160K holds 2 pages, too few "
		"to tell engines apart: record with a smaller --sample\n");
	assert_int_equal(run(&r, "$M simulate --size 8M --engines lru t"), 0);
	assert_null(strstr(r.err, "warning"));
	assert_int_equal(run(&r, "$M simulate --json --size 8M --engines lru t"), 0);
	assert_non_null(strstr(r.out, "\"sampled_one_in\":16,"));
	/* As it comes from record. */
	assert_int_equal(run(&r, "$M simulate --no-legend --size 1M --engines lru "
				 "--format record - <t"),
			 0);
	assert_string_equal(r.out, "lru 1M 7 1 6 0.8571\n");
}

static void a_broken_recording_is_refused(void **state)
{
	static const struct {
		const char *text, *options, *message;
	} cases[] = {
		{ "# mempol-record 2 sample=1/16\nr 0 0 1\n", "",
		  "t:1: a recording of another version" },
		{ "# mempol-record 1 sample=1/3\nr 0 0 1\n", "", "t:1: the sample is 1/1, 1/2" },
		{ "# mempol-record 1 sample=1/2x\nr 0 0 1\n", "", "t:1: the sample is 1/1, 1/2" },
		{ "# mempol-record 1 sample=1/16\nr 0 0 1\n", "--readahead 128K",
		  "t:1: a sample of pages" },
		{ "# mempol-record 1 sample=1/1\nq 0 0 1\n", "",
		  "t:2: unknown operation: a line is OP" },
		{ "# mempol-record 1 sample=1/1\nr 0 0\n", "", "t:2: a line is OP FILE PAGE" },
		{ "# mempol-record 1 sample=1/1\nr 0 0 1 ran\n", "",
		  "t:2: a line is OP FILE PAGE" },
		{ "# mempol-record 1 sample=1/1\nr 0 0+ 1\n", "", "t:2: a line is OP FILE PAGE" },
		{ "# mempol-record 1 sample=1/1\nr 0 99999999999999999999 1\n", "",
		  "t:2: a line is OP" },
		{ "# mempol-record 1 sample=1/2\nr 0 0 1\n# mempol-record 1 sample=1/4\n", "",
		  "t:3: another recording begins here: simulate each by itself" },
		{ "r 0 0 1\n", "--format record", "t:1: this is no recording: its first line is" },
		{ "# mempol-record 1 sample=1/1\na 0 0\n", "", "t:2: a line is OP FILE PAGE" },
		{ "# mempol-record 1 sample=1/1\na 0 0 1\n", "", "the trace has no reference" },
	};
	_cleanup_run_ struct run r = { .tree = *state };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *line = NULL;

		tree_write(*state, "t", cases[i].text);
		assert_true(asprintf(&line, "$M simulate --size 1M %s t", cases[i].options) > 0);
		assert_int_equal(run(&r, line), 1);
		if (!strstr(r.err, cases[i].message))
			fail_msg("'%s' lacks '%s'", r.err, cases[i].message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(wrong_options_are_said_with_the_remedy, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(they_have_help_and_completion, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(a_recording_is_simulated_in_real_sizes, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(a_broken_recording_is_refused, tree_setup,
						tree_teardown),
	};

	return cmocka_run_group_tests_name("mempolctl_record", tests, NULL, NULL);
}
