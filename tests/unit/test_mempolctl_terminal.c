/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for mempolctl's tables on a terminal: no line is wider, no word is broken, nothing
 * but what can be told from the rest is left out; and names are fit to be pasted everywhere.
 */
#include "mempolctl-server.h"

#include <pty.h>

#define POD \
	"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0a1b2c3d_4e5f_6789.slice"
#define LONG_CGROUP POD "/cri-containerd-0123456789abcdef0123456789abcdef.scope"
#define REASON                                                                            \
	"the engine /usr/lib/mempolicyd/cache/mru.bpf.o withheld pages while memory was " \
	"short; it is attached again after 30 s, or at once with mempolctl reset 60-search"
#define ROW(name, mode, cgroup, reason)                                                          \
	"{\"name\":\"" name "\",\"mechanism\":\"cache\",\"engine\":\"mru\",\"mode\":\"" mode     \
	"\",\"state\":\"ejected\",\"cgroup\":\"" cgroup "\",\"reason\":" reason ",\"counters\":" \
	"{\"governed_pages\":12345678,\"added\":18446744073709551615,\"accessed\":3,"            \
	"\"evicted\":4,\"removed\":5,\"refaults\":6,\"refused\":7,\"forced\":8,\"ejections\":9," \
	"\"held\":10,\"pinned\":11}}"
#define ESCAPED "/user.slice/app-gnome-firefox\\\\x2desr-1234.scope"

static const struct reply replies[] = {
	{ "List", NULL,
	  "{\"policies\":[" ROW("60-search", "enforce", LONG_CGROUP,
				"\"" REASON "\"") "," ROW("70-b", "enforce", "/b", "null") "]}" },
	{ "Stats", NULL, "{\"policies\":[" ROW("60-search", "enforce", LONG_CGROUP, "null") "]}" },
	{ "Features", NULL,
	  "{\"kernel\":\"6.12.1\",\"features\":[{\"name\":\"cache\",\"available\":false,"
	  "\"reason\":\"" REASON "\"},{\"name\":\"heartbeat\",\"available\":true,"
	  "\"reason\":null}]}" },
	{ "Engines", NULL,
	  "{\"engines\":[{\"name\":\"mru\",\"mechanism\":\"cache\",\"path\":"
	  "\"/usr/lib/mempolicyd/engines/cache/mru.bpf.o\",\"description\":\"evicts what came "
	  "last, for loops that are larger than the cache\",\"available\":false,"
	  "\"reason\":\"" REASON "\"}]}" },
};

/* What a line of the shell prints on a terminal of so many columns. */
static void run_on_terminal(struct run *run, unsigned short columns, const char *line)
{
	struct winsize size = { .ws_row = 24, .ws_col = columns };
	_cleanup_free_ char *command = NULL;
	size_t n = 0, k = 0;
	int fd, status;
	ssize_t r;
	pid_t pid;

	free(run->out);
	run->out = calloc(1, 65536);
	assert_true(asprintf(&command,
			     "unset COLUMNS; export TZ=UTC LC_ALL=C MEMPOLCTL_SOCKET=%s/socket "
			     "M=" TEST_MEMPOLCTL "; %s",
			     run->tree, line) > 0);
	pid = forkpty(&fd, NULL, NULL, &size);
	assert_true(pid >= 0);
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	while (n < 65535 && (r = read(fd, run->out + n, 65535 - n)) > 0)
		n += r;
	close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		fail_msg("%s: %s", line, run->out);
	for (size_t i = 0; i < n; i++)
		if (run->out[i] != '\r')
			run->out[k++] = run->out[i];
	run->out[k] = '\0';
}

static void assert_lines(const char *text, size_t width)
{
	for (const char *end; (end = strchr(text, '\n')); text = end + 1)
		if ((size_t)(end - text) > width)
			fail_msg("wider than %zu: %.*s", width, (int)(end - text), text);
}

/* With any blanks and line ends taken for one blank. */
static void assert_has_words(const char *text, const char *words)
{
	_cleanup_free_ char *flat = calloc(1, strlen(text) + 1);
	size_t n = 0;

	for (; *text; text++) {
		if (*text != ' ' && *text != '\n')
			flat[n++] = *text;
		else if (n && flat[n - 1] != ' ')
			flat[n++] = ' ';
	}
	if (!strstr(flat, words))
		fail_msg("'%s' is not in: %s", words, flat);
}

static void test_eighty_columns_break_no_word_and_no_line_is_wider(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	start_server(&r);
	run_on_terminal(&r, 80, "$M list");
	assert_lines(r.out, 80);
	assert_has_words(r.out, REASON);
	run_on_terminal(&r, 80, "$M features");
	assert_lines(r.out, 80);
	assert_has_words(r.out, REASON);
	run_on_terminal(&r, 80, "$M engines");
	assert_lines(r.out, 80);
	assert_has_words(r.out, REASON);
	assert_has_words(r.out, "evicts what came last, for loops that are larger than the cache");
	run_on_terminal(&r, 80, "$M stats");
	assert_lines(r.out, 80);
	assert_has_words(r.out, "GOVERNED 12345678 ADDED 18446744073709551615 ACCESSED 3");
	assert_has_words(r.out, "EJECTIONS 9 HELD 10 PINNED 11");
}

static void test_a_reason_stands_below_its_row_and_the_cgroup_is_cut_in_the_middle(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	start_server(&r);
	run_on_terminal(&r, 80, "$M list");
	assert_string_equal(
		r.out,
		"NAME      MECHANISM ENGINE STATE   CGROUP\n"
		"60-search cache     mru    ejected /kubepods.slice/kubep...123456789abcdef.scope\n"
		"    the engine /usr/lib/mempolicyd/cache/mru.bpf.o withheld pages while memory\n"
		"    was short; it is attached again after 30 s, or at once with mempolctl reset\n"
		"    60-search\n"
		"70-b      cache     mru    ejected /b\n");
	run_on_terminal(&r, 80, "$M features");
	assert_string_equal(
		r.out,
		"     Kernel: 6.12.1\n"
		"FEATURE   AVAILABLE\n"
		"cache     no\n"
		"    the engine /usr/lib/mempolicyd/cache/mru.bpf.o withheld pages while memory\n"
		"    was short; it is attached again after 30 s, or at once with mempolctl reset\n"
		"    60-search\n"
		"heartbeat yes\n");
	run_on_terminal(&r, 80, "$M list --no-legend | tail -n 1");
	assert_non_null(strstr(r.out, " enforce "));
}

static void test_a_wide_terminal_has_everything_in_its_row(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	start_server(&r);
	run_on_terminal(&r, 500, "$M list");
	assert_non_null(strstr(r.out, "ejected " LONG_CGROUP " " REASON "\n"));
	run_on_terminal(&r, 500, "$M stats");
	assert_non_null(strstr(r.out, LONG_CGROUP " 12345678 18446744073709551615 "));
}

static void test_mode_is_shown_when_there_are_two(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	special = (struct reply){ "List", NULL,
				  "{\"policies\":[" ROW("a", "enforce", "/a", "null") "," ROW(
					  "b", "observe", "/b", "null") "]}" };
	start_server(&r);
	special = (struct reply){};
	run_on_terminal(&r, 80, "$M list");
	assert_non_null(strstr(r.out, " MODE "));
	assert_non_null(strstr(r.out, " observe "));
}

static void test_a_terminal_that_is_too_narrow_still_gets_every_word(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	start_server(&r);
	run_on_terminal(&r, 20, "$M list");
	assert_has_words(r.out, REASON);
	run_on_terminal(&r, 20, "$M stats");
	assert_has_words(r.out, "EJECTIONS 9 HELD 10 PINNED 11");
}

static void test_a_name_with_backslashes_is_printed_as_it_is(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	special = (struct reply){ "List", NULL,
				  "{\"policies\":[" ROW("a", "enforce", ESCAPED, "null") "]}" };
	start_server(&r);
	special = (struct reply){};
	expect(&r, "$M list --no-legend | tr -s ' '", 0,
	       "a cache mru enforce ejected /user.slice/app-gnome-firefox\\x2desr-1234.scope -\n",
	       "");
	for (unsigned short columns = 81; columns < 100; columns++) {
		run_on_terminal(&r, columns, "$M list");
		assert_lines(r.out, columns);
		assert_non_null(strstr(r.out, " /user.slice/app-gnome-firefox\\x2desr-1234.scope"));
	}
}

static void test_a_terminal_is_never_told_what_to_do(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	special = (struct reply){ "List", NULL,
				  "{\"policies\":[" ROW("a", "enforce", "/a\\u001b[2J\\n",
							"\"b\\u001b[2J\\u009b\"") "]}" };
	start_server(&r);
	special = (struct reply){};
	for (unsigned short columns = 30; columns < 200; columns += 20) {
		run_on_terminal(&r, columns, "$M list");
		assert_null(strchr(r.out, '\033'));
		assert_null(strstr(r.out, "\xc2\x9b"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_eighty_columns_break_no_word_and_no_line_is_wider),
		TREE_TEST(test_a_reason_stands_below_its_row_and_the_cgroup_is_cut_in_the_middle),
		TREE_TEST(test_a_wide_terminal_has_everything_in_its_row),
		TREE_TEST(test_mode_is_shown_when_there_are_two),
		TREE_TEST(test_a_terminal_that_is_too_narrow_still_gets_every_word),
		TREE_TEST(test_a_name_with_backslashes_is_printed_as_it_is),
		TREE_TEST(test_a_terminal_is_never_told_what_to_do),
	};

	server_replies = replies;
	n_server_replies = ARRAY_SIZE(replies);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
