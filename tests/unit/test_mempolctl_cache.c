/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for cache as a user sees it: which files words mean, what has become of them, sets of pins, what is
 * cached; and that whoever cannot be answered learns why. bpf(2) is forbidden here, so that the library asks the
 * daemon, which is the test's.
 */
#include "mempolctl-server.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/syscall.h>

#define RESULT(done, applied, absent, capped, error)                                     \
	"{\"done\":" done ",\"applied\":" applied ",\"already\":0,\"absent\":" absent    \
	",\"foreign\":0,\"capped\":" capped ",\"unevictable\":0,\"busy\":0,\"other\":0," \
	"\"error\":" error "}"

static const struct reply replies[] = {
	{ "OpenHints", NULL, "{\"program\":0}" },
	{ "HintSession", NULL, "{\"session\":\"abc\"}" },
	{ "Hint", NULL, "{\"ranges\":[" RESULT("40960", "8", "2", "0", "0") "]}" },
	{ "Pin", NULL, "{\"result\":" RESULT("40960", "10", "0", "0", "0") "}" },
	{ "Unpin", NULL, "{\"result\":" RESULT("40960", "10", "0", "0", "0") "}" },
	{ "UnpinSet", NULL, "{}" },
	{ "Pins", NULL,
	  "{\"sets\":[{\"name\":\"db\",\"files\":[{\"path\":\"/srv/a\",\"bytes\":8192,"
	  "\"ranges\":[{\"offset\":0,\"length\":4096},{\"offset\":8192,\"length\":4096}]},"
	  "{\"path\":\"/srv/b\",\"bytes\":4096,\"ranges\":[{\"offset\":0,\"length\":4096}]}]}"
	  "]}" },
	{ "RefsFile", "io.mempolicy.Manager.KernelCannot", "{\"reason\":\"no module\"}" },
};

#define ONE(verb, offset, length)                                                                 \
	"{\"file\":0,\"ranges\":[{\"verb\":\"" verb "\",\"offset\":" offset ",\"length\":" length \
	"}]}"

static struct question questions[3];

static void ask_for(const char *method, const char *json)
{
	questions[0] = (struct question){ method, json };
	questions[1] = (struct question){};
}

/* As many pages as it says. */
static void write_file(const char *tree, const char *name, unsigned int pages)
{
	_cleanup_free_ char *path = tree_path(tree, name);

	tree_write(tree, name, "");
	assert_int_equal(truncate(path, pages * sysconf(_SC_PAGESIZE)), 0);
}

/* --- what is said of files ------------------------------------------------------------------------------ */

static void test_a_file_has_a_row_with_what_has_become_of_it(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	write_file(r.tree, "data", 10);
	ask_for("Hint", ONE("activate", "0", "40960"));
	start_server(&r);
	expect(&r, "$M cache activate data", 0,
	       "FILE DONE ALREADY ABSENT\n"
	       "data    8       0      2\n",
	       "");
	expect(&r, "$M cache --json activate data", 0,
	       "{\"files\":[{\"path\":\"data\",\"bytes\":40960,\"applied\":8,\"already\":0,"
	       "\"absent\":2,\"foreign\":0,\"capped\":0,\"busy\":0,\"unevictable\":0,\"other\":0,"
	       "\"error\":0}]}\n",
	       "");
}

static void test_a_range_is_of_bytes(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	write_file(r.tree, "data", 10);
	ask_for("Hint", ONE("evict", "8192", "40960"));
	start_server(&r);
	expect(&r, "$M cache --no-legend evict data:8K+40K", 0, "data 8 0 2\n", "");
}

static void test_directories_are_gone_through_when_that_is_wanted(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	tree_mkdirs(r.tree, "d/deep/x");
	write_file(r.tree, "d/a", 10);
	write_file(r.tree, "d/deep/b", 10);
	write_file(r.tree, "other/c", 10);
	assert_int_equal(run(&r, "mkfifo d/fifo; ln -s ../other d/link; ln -s nowhere d/broken"),
			 0);
	start_server(&r);
	expect(&r, "$M cache activate d", 1, "",
	       "mempolctl cache: 'd' is a directory: use -r for the files below it\n");
	expect(&r, "$M cache activate -r d:0+1", 1, "",
	       "mempolctl cache: 'd' is a directory: a range is of a file\n");
	expect(&r, "$M cache activate -r --no-legend d | sort", 0,
	       "d/a      8 0 2\nd/deep/b 8 0 2\n", "");
	/* What is named is meant, link or not. */
	expect(&r, "$M cache activate -r --no-legend d/link", 0, "d/link/c 8 0 2\n", "");
	assert_int_equal(run(&r, "rm d/broken; $M cache activate -r --follow-links --no-legend d"),
			 0);
	assert_non_null(strstr(r.out, "d/link/c"));
}

static void test_what_is_wrong_with_one_file_does_not_keep_the_others(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	write_file(r.tree, "data", 10);
	start_server(&r);
	expect(&r, "$M cache deactivate --no-legend nowhere data", 1, "data 8 0 2\n",
	       "mempolctl cache: 'nowhere': No such file or directory\n");
}

static void test_an_answer_that_is_an_error_is_told_in_words(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	write_file(r.tree, "data", 10);
	special = (struct reply){ "Hint", NULL,
				  "{\"ranges\":[" RESULT("0", "0", "0", "0", "95") "]}" };
	start_server(&r);
	special = (struct reply){};
	assert_int_equal(run(&r, "$M cache activate data"), 1);
	assert_non_null(strstr(r.err, "'data': its pages cannot be reclaimed, so nothing can be "
				      "said of them: it is on tmpfs"));
	assert_int_equal(run(&r, "$M --json cache activate data"), 1);
	assert_non_null(strstr(r.out, "\"error\":95,\"why\":\"its pages cannot"));
}

static void test_what_may_not_be_done_is_4(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	write_file(r.tree, "data", 10);
	special = (struct reply){ "Hint", NULL,
				  "{\"ranges\":[" RESULT("0", "0", "0", "0", "13") "]}" };
	start_server(&r);
	special = (struct reply){};
	assert_int_equal(run(&r, "$M cache prefetch data"), 4);
	assert_non_null(strstr(r.err, "'data': it is not open for reading"));
}

static void test_nobody_and_a_kernel_that_cannot_are_told_once(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };
	static const char *const lines[] = { "activate a b", "pin a b", "pin --wait a b" };

	write_file(r.tree, "a", 1);
	write_file(r.tree, "b", 1);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		_cleanup_free_ char *line = NULL;

		assert_true(asprintf(&line, "$M cache %s", lines[i]) > 0);
		expect(&r, line, 7, "", "mempolicyd is not running (systemctl start mempolicyd)\n");
	}
	special = (struct reply){ "OpenHints", "io.mempolicy.Manager.KernelCannot",
				  "{\"reason\":\"this is a kernel without CONFIG_MEMPOL_VERBS\"}" };
	start_server(&r);
	special = (struct reply){};
	expect(&r, "$M cache activate a b", 3, "",
	       "This kernel cannot: this is a kernel without CONFIG_MEMPOL_VERBS\n");
}

/* --- pins ------------------------------------------------------------------------------------------------ */

static void test_a_set_is_pinned_and_unpinned(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	write_file(r.tree, "data", 10);
	ask_for("Pin", "{\"set\":\"db\",\"file\":0,\"offset\":0,\"length\":40960}");
	start_server(&r);
	expect(&r, "$M cache --set db pin data", 0,
	       "FILE DONE ALREADY ABSENT\n"
	       "data   10       0      0\n",
	       "");
	expect(&r, "$M cache unpin --no-legend data", 0, "data 10 0 0\n", "");
	expect(&r, "$M cache unpin", 0, "", "");
}

static void test_a_pin_goes_on_until_the_end_of_the_file(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	write_file(r.tree, "data", 10);
	/* A fifth of it in each call. */
	special = (struct reply){ "Pin", NULL,
				  "{\"result\":" RESULT("8192", "2", "0", "0", "11") "}" };
	start_server(&r);
	special = (struct reply){};
	expect(&r, "$M cache --no-legend pin data", 0, "data 10 0 0\n", "");
}

static void test_what_is_beyond_the_cap_is_told_though_more_follows(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	write_file(r.tree, "data", 4);
	special = (struct reply){ "Pin", NULL,
				  "{\"result\":" RESULT("8192", "1", "0", "1", "11") "}" };
	start_server(&r);
	special = (struct reply){};
	expect(&r, "$M cache pin data", 1,
	       "FILE DONE ALREADY ABSENT CAPPED\n"
	       "data    2       0      0      2\n",
	       "mempolctl cache: 'data': no more may be pinned: what fitted is; raise PinMax= of "
	       "the policy\n");
}

static void test_pins_lists_the_files_of_all_sets(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	start_server(&r);
	expect(&r, "$M cache pins", 0,
	       "SET FILE   BYTES RANGES\n"
	       "db  /srv/a  8192      2\n"
	       "db  /srv/b  4096      1\n",
	       "");
	assert_int_equal(run(&r, "$M cache --json pins"), 0);
	assert_non_null(strstr(r.out, "\"ranges\":[{\"offset\":0,\"length\":4096},{"));
}

static void test_pins_of_ones_own_last_as_long_as_the_command(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	write_file(r.tree, "data", 10);
	ask_for("Hint",
		"{\"file\":0,\"session\":\"abc\",\"ranges\":[{\"verb\":\"pin\",\"offset\":0,"
		"\"length\":40960}]}");
	start_server(&r);
	/* It ends by the signal, and not before. */
	expect(&r,
	       "$M cache pin --wait --no-legend data >said & pid=$!; "
	       "until [ -s said ]; do kill -0 $pid || exit 9; sleep 0.01; done; cat said; "
	       "kill $pid; wait $pid",
	       0, "data 8 0 2\n", "");
}

/* --- what is cached -------------------------------------------------------------------------------------- */

static void test_residency_is_a_bar_with_its_legend(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	tree_write(r.tree, "data", "x");
	write_file(r.tree, "hole", 200);
	assert_int_equal(run(&r, "cat data; $M cache residency data hole"), 0);
	assert_non_null(strstr(r.out, "data: 1 of 1 pages cached"));
	assert_non_null(strstr(r.out,
			       "hole: 0 of 200 pages cached, 0 dirty\n"
			       "  [............................................................]"
			       "\n. not cached, x cached, d dirty; capital: all of the part is "
			       "cached\n"
			       "not known here: on which list a page is, what is cold, what is "
			       "pinned, what is governed: mempolicyd does not run, or this kernel "
			       "cannot (mempolctl features)\n"));
	assert_int_equal(run(&r, "$M cache --json residency hole:0+8K"), 0);
	assert_non_null(strstr(r.out, "{\"files\":[{\"page\":0,\"pages\":2,\"cached\":0,"
				      "\"absent\":2,\"inactive\":null,"));
	assert_non_null(strstr(r.out, "\"governed\":null,\"dirty\":0,\"writeback\":0,\"path\":"
				      "\"hole\",\"parts\":[{\"page\":0,\"pages\":1,"));
}

static void test_what_is_governed_is_shown_if_the_daemon_tells(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	tree_write(r.tree, "data", "x");
	special = (struct reply){ "RefsFile", NULL,
				  "{\"pages\":[{\"index\":0,\"folios\":1,\"pages\":1,\"flags\":["
				  "\"lru\",\"file\",\"governed\"]}]}" };
	start_server(&r);
	special = (struct reply){};
	assert_int_equal(run(&r, "cat data >/dev/null; $M cache residency data"), 0);
	assert_non_null(strstr(r.out, "data: 1 of 1 pages cached, 1 governed, "));
	assert_non_null(strstr(r.out, ". not cached, g governed by an engine, k the kernel's, d "));
}

static void test_others_files_are_not_ones_to_look_at(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	if (geteuid() != 0)
		skip();
	tree_write(r.tree, "data", "x");
	assert_int_equal(run(&r, "chmod 755 .; chmod 644 data; cat data >/dev/null"), 0);
	expect(&r, "setpriv --reuid 65534 --regid 65534 --clear-groups $M cache residency data", 4,
	       "",
	       "mempolctl cache: 'data' is another user's: only root, the owner and who may write "
	       "it are told which of its pages are cached\n");
}

static void test_what_has_no_pages_is_said(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	expect(&r, "$M cache residency /dev/null", 1, "",
	       "mempolctl cache: '/dev/null': its pages are not cached pages of a file\n");
}

/* --- words ----------------------------------------------------------------------------------------------- */

static void test_usage_is_two_and_asks_nobody(void **state)
{
	static const char *const lines[][2] = {
		{ "cache", "Usage: mempolctl cache activate" },
		{ "cache activate", "Usage: mempolctl cache activate" },
		{ "cache pins x", "Usage: mempolctl cache activate" },
		{ "cache pinn x", "unknown verb 'pinn', did you mean 'pin'?" },
		{ "cache --nonsense pins", "unknown option '--nonsense'" },
		{ "cache -r pins", "--recursive does not go with pins" },
		{ "cache --set x activate y", "--set does not go with activate" },
		{ "cache --set ../x pin y", "--set=../x: 1 to 63 letters" },
		{ "cache --set x --wait pin y", "--set is for the daemon's sets" },
		{ "cache --fetch pin y", "--fetch goes with pin --wait only" },
		{ "cache --follow-links evict y", "--follow-links goes with -r only" },
		{ "cache --watch 1 residency y", "--watch=1: a time from 100ms to 1h" },
		{ "cache activate y:1+0", "'1+0' is no range" },
	};
	_cleanup_run_ struct run r = { .tree = *state };

	start_server(&r);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		_cleanup_free_ char *line = NULL;

		assert_true(asprintf(&line, "$M %s", lines[i][0]) > 0);
		if (run(&r, line) != 2 || !strstr(r.err, lines[i][1]))
			fail_msg("%s: %s", line, r.err);
	}
}

static void test_help_and_completion_know_the_verbs(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	assert_int_equal(run(&r, "$M cache --help"), 0);
	assert_non_null(strstr(r.out, "  residency         how much is cached"));
	expect(&r, "$M --complete cache p", 0, "prefetch\npin\npins\n", "");
	expect(&r, "$M --complete cache pin x", 0, "PATH\n", "");
	expect(&r, "$M --complete cache --s", 0, "--set\n--socket\n", "");
}

/* For this process and those that it starts. */
static void forbid_bpf(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { .len = ARRAY_SIZE(code), .filter = code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
		abort();
}

static int setup(void **state)
{
	memset(questions, 0, sizeof(questions));
	return tree_setup(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_file_has_a_row_with_what_has_become_of_it),
		TEST(test_a_range_is_of_bytes),
		TEST(test_directories_are_gone_through_when_that_is_wanted),
		TEST(test_what_is_wrong_with_one_file_does_not_keep_the_others),
		TEST(test_an_answer_that_is_an_error_is_told_in_words),
		TEST(test_what_may_not_be_done_is_4),
		TEST(test_nobody_and_a_kernel_that_cannot_are_told_once),
		TEST(test_a_set_is_pinned_and_unpinned),
		TEST(test_a_pin_goes_on_until_the_end_of_the_file),
		TEST(test_what_is_beyond_the_cap_is_told_though_more_follows),
		TEST(test_pins_lists_the_files_of_all_sets),
		TEST(test_pins_of_ones_own_last_as_long_as_the_command),
		TEST(test_residency_is_a_bar_with_its_legend),
		TEST(test_what_is_governed_is_shown_if_the_daemon_tells),
		TEST(test_others_files_are_not_ones_to_look_at),
		TEST(test_what_has_no_pages_is_said),
		TEST(test_usage_is_two_and_asks_nobody),
		TEST(test_help_and_completion_know_the_verbs),
	};

	forbid_bpf();
	server_replies = replies;
	n_server_replies = ARRAY_SIZE(replies);
	server_questions = questions;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
