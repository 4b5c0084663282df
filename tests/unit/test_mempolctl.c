/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for mempolctl as a user sees it: text, JSON and exit code of every verb, against
 * a server of our own that gives fixed replies. The program itself runs, with sanitizers.
 */
#include "mempolctl-server.h"

#define ROWS                                                                                       \
	"{\"policies\":["                                                                          \
	"{\"name\":\"60-search\",\"mechanism\":\"cache\",\"engine\":\"mru\",\"mode\":\"enforce\"," \
	"\"state\":\"active\",\"cgroup\":\"/system.slice/search.service\",\"reason\":null%s},"     \
	"{\"name\":\"70-b\",\"mechanism\":\"cache\",\"engine\":\"lfu\",\"mode\":\"enforce\","      \
	"\"state\":\"waiting\",\"cgroup\":null,\"reason\":\"no cgroup matches yet, and this "      \
	"sentence is long enough to be cut if anything were ever cut\"%s}]}"
#define COUNTERS                                                                                 \
	",\"counters\":{\"governed_pages\":12,\"added\":18446744073709551615,\"accessed\":3,"    \
	"\"evicted\":4,\"removed\":5,\"refaults\":6,\"refused\":7,\"forced\":8,\"ejections\":0," \
	"\"held\":9,\"pinned\":10,\"pinned_pages\":11,\"pins_refused\":12,\"pins_broken\":13}"

static char rows[2048], rows_with_counters[4096];

static const struct reply replies[] = {
	{ "Status", NULL,
	  "{\"version\":\"0.1\",\"kernel\":\"6.12.1\",\"state\":\"running\",\"policies\":2,"
	  "\"active\":1,\"failed\":0,\"lost_events\":5,\"message\":\"all is well\"}" },
	{ "List", NULL, rows },
	{ "Stats", NULL, rows_with_counters },
	{ "Engines", NULL,
	  "{\"engines\":[{\"name\":\"mru\",\"mechanism\":\"cache\",\"path\":\"/e/mru.bpf.o\","
	  "\"description\":\"evicts what came last\",\"available\":true,\"reason\":null}]}" },
	{ "Features", NULL,
	  "{\"kernel\":\"6.12.1\",\"features\":[{\"name\":\"cache\",\"available\":false,"
	  "\"reason\":\"the module mempol is not loaded\"}]}" },
	{ "Show", NULL,
	  "{\"name\":\"60-search\",\"path\":\"/etc/60-search.mempolicy\",\"description\":\"d\","
	  "\"priority\":-3,\"mode\":\"enforce\",\"files\":[\"/etc/60-search.mempolicy\"],"
	  "\"attachments\":[{\"mechanism\":\"cache\",\"engine\":\"mru\",\"state\":\"ejected\","
	  "\"cgroup\":\"/a\",\"reason\":\"it withheld pages\",\"since_usec\":1000000,"
	  "\"exit_kind\":\"stalled\",\"dump\":\"one\\n\\u001b[2Jtwo\",\"refusals\":{\"list\":2,"
	  "\"index\":0},\"counters\":{\"added\":1,\"evicted\":2}}],\"errors\":[\"f:1: bad\"],"
	  "\"log\":\"line 1\\nline 2\"}" },
	{ "Reload", NULL, "{\"changed\":2}" },
	{ "Reset", NULL, "{\"changed\":3}" },
	{ "Events", NULL,
	  "{\"events\":[{\"version\":1,\"type\":\"attached\",\"policy\":\"p\",\"cgroup\":\"/a\","
	  "\"cgroup_id\":7,\"time_usec\":1000000,\"message\":\"policy p governs /a now\"},"
	  "{\"version\":1,\"type\":\"ejected\",\"policy\":\"p\",\"cgroup\":\"/a\","
	  "\"cgroup_id\":7,\"time_usec\":2000000,\"message\":\"policy p was ejected\"}]}" },
};

static void test_list_is_a_table_that_is_never_cut(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	start_server(&r);
	expect(&r, "COLUMNS=20 $M list", 0,
	       "NAME      MECHANISM ENGINE MODE    STATE   CGROUP                       REASON\n"
	       "60-search cache     mru    enforce active  /system.slice/search.service -\n"
	       "70-b      cache     lfu    enforce waiting -                            no cgroup "
	       "matches yet, and this sentence is long enough to be cut if anything were ever "
	       "cut\n",
	       "");
	expect(&r, "$M list --no-legend | head -n 1 | cut -c 1-20", 0, "60-search cache mru \n",
	       "");
}

static void test_json_is_the_reply_itself(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	start_server(&r);
	assert_int_equal(run(&r, "$M --json list"), 0);
	assert_int_equal(strncmp(r.out, rows, strlen(rows)), 0);
	assert_string_equal(r.out + strlen(rows), "\n");
	assert_int_equal(run(&r, "$M stats --json"), 0);
	assert_int_equal(strncmp(r.out, rows_with_counters, strlen(rows_with_counters)), 0);
	for (size_t i = 0; i < ARRAY_SIZE(replies); i++) {
		_cleanup_free_ char *line = NULL, *wanted = NULL;

		if (!strcmp(replies[i].method, "Events"))
			continue;
		assert_true(asprintf(&line, "$M --json %s%s", replies[i].method,
				     strcmp(replies[i].method, "Show") &&
						     strcmp(replies[i].method, "Reset") ?
					     "" :
					     " p") > 0);
		line[strlen("$M --json ")] += 'a' - 'A';
		assert_true(asprintf(&wanted, "%s\n", replies[i].json) > 0);
		expect(&r, line, 0, wanted, "");
	}
}

static void test_stats_shows_every_counter(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	start_server(&r);
	assert_int_equal(run(&r, "$M stats 60-search"), 0);
	assert_non_null(strstr(r.out, "GOVERNED                ADDED ACCESSED EVICTED REMOVED "
				      "REFAULTS REFUSED FORCED EJECTIONS HELD PINNED PINS "
				      "CAPPED BROKEN\n"));
	assert_non_null(strstr(r.out,
			       "      12 18446744073709551615        3       4       5     "
			       "   6       7      8         0    9     10   11     12     13\n"));
}

static void test_show_says_why_and_cleans_what_it_prints(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	start_server(&r);
	expect(&r, "$M show 60-search", 0,
	       "       Name: 60-search\n"
	       "Description: d\n"
	       "       File: /etc/60-search.mempolicy\n"
	       "       Mode: enforce\n"
	       "   Priority: -3\n"
	       "      Error: f:1: bad\n"
	       "\n"
	       "     Cgroup: /a\n"
	       "  Mechanism: cache, engine mru\n"
	       "      State: ejected since 1970-01-01 00:00:01\n"
	       "     Reason: it withheld pages\n"
	       "  Exit kind: stalled\n"
	       "   Counters: added=1 evicted=2\n"
	       "   Refusals: list=2\n"
	       "       Dump: \n"
	       "             one\n"
	       "             ?[2Jtwo\n"
	       "\n"
	       "Verifier log:\n"
	       "  line 1\n"
	       "  line 2\n",
	       "");
}

static void test_status_engines_and_features_print_their_reply(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	start_server(&r);
	expect(&r, "$M status", 0,
	       "      State: running\n    Version: 0.1\n     Kernel: 6.12.1\n"
	       "   Policies: 2 (1 active, 0 failed)\nLost events: 5\n    Message: all is well\n",
	       "");
	expect(&r, "$M engines", 0,
	       "NAME MECHANISM AVAILABLE PATH         DESCRIPTION           REASON\n"
	       "mru  cache     yes       /e/mru.bpf.o evicts what came last -\n",
	       "");
	expect(&r, "$M features", 0,
	       "     Kernel: 6.12.1\nFEATURE AVAILABLE REASON\n"
	       "cache   no        the module mempol is not loaded\n",
	       "");
}

static void test_events_are_one_line_each(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	start_server(&r);
	expect(&r, "$M events", 0,
	       "1970-01-01 00:00:01 attached  policy p governs /a now\n"
	       "1970-01-01 00:00:02 ejected   policy p was ejected\n",
	       "");
	expect(&r, "$M events --json | cut -c 1-30", 0,
	       "{\"version\":1,\"type\":\"attached\"\n{\"version\":1,\"type\":\"ejected\",\n", "");
	/* The server notifies once and then ends: the same two events twice. */
	expect(&r, "timeout 10 $M events -f | wc -l", 0, "4\n", "");
}

static void test_empty_table_has_its_titles(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	special = (struct reply){ "List", NULL, "{\"policies\":[]}" };
	start_server(&r);
	special = (struct reply){};
	expect(&r, "$M list", 0, "NAME MECHANISM ENGINE MODE STATE CGROUP REASON\n", "");
	expect(&r, "$M list --no-legend", 0, "", "");
}

static void test_reload_says_what_changed_or_every_error(void **state)
{
	_cleanup_run_ struct run good = { .tree = *state };
	_cleanup_run_ struct run r = { .tree = *state };

	start_server(&good);
	expect(&good, "$M reload", 0, "2 policies changed\n", "");
	run_done(&good);
	good = (struct run){ .tree = *state };
	assert_int_equal(run(&good, "rm socket"), 0);
	special = (struct reply){ "Reload", INTERFACE "InvalidPolicies",
				  "{\"errors\":[\"/etc/a:1: x\",\"/etc/b:2: y\"]}" };
	start_server(&r);
	special = (struct reply){};
	expect(&r, "$M reload", 1, "", "/etc/a:1: x\n/etc/b:2: y\n");
}

static void test_reset_says_at_how_many_cgroups_or_that_there_was_nothing(void **state)
{
	_cleanup_run_ struct run some = { .tree = *state };
	_cleanup_run_ struct run one = { .tree = *state };
	_cleanup_run_ struct run none = { .tree = *state };
	_cleanup_run_ struct run nobody = { .tree = *state };
	_cleanup_run_ struct run reader = { .tree = *state };

	start_server(&some);
	expect(&some, "$M reset p", 0, "policy p starts anew at 3 cgroups\n", "");
	expect(&some, "$M reset", 2, "", "Usage: mempolctl reset NAME\n");
	assert_int_equal(run(&some, "rm socket"), 0);
	special = (struct reply){ "Reset", NULL, "{\"changed\":1}" };
	start_server(&one);
	expect(&one, "$M reset p", 0, "policy p starts anew\n", "");
	assert_int_equal(run(&one, "rm socket"), 0);
	special = (struct reply){ "Reset", NULL, "{\"changed\":0}" };
	start_server(&none);
	expect(&none, "$M reset p", 0, "policy p was not ejected and has not failed anywhere\n",
	       "");
	assert_int_equal(run(&none, "rm socket"), 0);
	special = (struct reply){ "Reset", INTERFACE "NoSuchPolicy", "{\"name\":\"p\"}" };
	start_server(&nobody);
	expect(&nobody, "$M reset p", 1, "", "There is no policy 'p'\n");
	assert_int_equal(run(&nobody, "rm socket"), 0);
	special = (struct reply){ "Reset", "org.varlink.service.PermissionDenied", "{}" };
	start_server(&reader);
	special = (struct reply){};
	expect(&reader, "$M reset p", 4, "",
	       "Not permitted: mempolicyd does this for root only, use sudo\n");
}

static void assert_error_code(char *tree, const char *error, const char *json, int code,
			      const char *message)
{
	_cleanup_free_ char *socket = tree_path(tree, "socket");
	_cleanup_run_ struct run r = { .tree = tree };

	special = (struct reply){ "Show", error, json };
	start_server(&r);
	special = (struct reply){};
	assert_int_equal(run(&r, "$M show p"), code);
	assert_string_equal(r.out, "");
	assert_non_null(strstr(r.err, message));
	assert_int_equal(unlink(socket), 0);
}

static void test_errors_have_their_exit_codes(void **state)
{
	assert_error_code(*state, INTERFACE "NoSuchPolicy", "{\"name\":\"p\"}", 1, "no policy 'p'");
	assert_error_code(*state, INTERFACE "KernelCannot", "{\"reason\":\"no module\"}", 3,
			  "no module");
	assert_error_code(*state, "org.varlink.service.PermissionDenied", "{}", 4, "Not permitted");
	assert_error_code(*state, "org.varlink.service.MethodNotFound", "{}", 1, "version");
	assert_error_code(*state, "com.example.Else", "{}", 1, "com.example.Else");
	assert_error_code(*state, NULL, "close", 1, "closed the connection");
}

static void test_nobody_listening_is_seven(void **state)
{
	static const char message[] = "mempolicyd is not running (systemctl start mempolicyd)\n";
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	_cleanup_run_ struct run r = { .tree = *state };

	expect(&r, "$M list", 7, "", message);
	expect(&r, "$M events -f", 7, "", message);
	expect(&r, "$M --socket $PWD/other features", 7, "", message);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", (char *)*state);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	expect(&r, "$M list", 7, "", message);
}

static void test_silent_server_does_not_hang_the_shell(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	_cleanup_run_ struct run r = { .tree = *state };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", (char *)*state);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	expect(&r, "timeout 10 $M --complete show ''", 0, "", "");
}

static void test_socket_without_permission_is_four(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	if (geteuid() != 0 || access("/usr/bin/setpriv", X_OK) < 0)
		skip();
	start_server(&r);
	assert_int_equal(run(&r,
			     "chmod 755 . && setpriv --reuid 65534 --regid 65534 --clear-groups "
			     "$M list"),
			 4);
	assert_non_null(strstr(r.err, "group mempolicy"));
}

static void test_explain_says_what_each_policy_says_of_a_cgroup(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	special = (struct reply){
		"Explain", NULL,
		"{\"cgroup\":\"/s/x\",\"missing\":null,\"policies\":["
		"{\"policy\":\"p\",\"mechanism\":\"cache\",\"engine\":\"mru\",\"priority\":1,"
		"\"verdict\":\"governs\",\"reason\":\"through /s\"},"
		"{\"policy\":\"q\",\"mechanism\":\"cache\",\"engine\":\"lfu\",\"priority\":0,"
		"\"verdict\":\"no-match\",\"reason\":null}]}"
	};
	start_server(&r);
	special = (struct reply){};
	expect(&r, "$M explain /sys/fs/cgroup/s/x", 0,
	       "     Cgroup: /s/x\n"
	       "\n"
	       "POLICY MECHANISM ENGINE PRIORITY VERDICT  REASON\n"
	       "p      cache     mru           1 governs  through /s\n"
	       "q      cache     lfu           0 no-match -\n",
	       "");
}

static void test_explain_of_nothing_says_what_a_cgroup_is(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	special = (struct reply){ "Explain", INTERFACE "NoSuchCgroup", "{\"cgroup\":\"/x\"}" };
	start_server(&r);
	special = (struct reply){};
	expect(&r, "$M explain x", 1, "",
	       "There is no cgroup '/x'; a cgroup is a path below /sys/fs/cgroup, such as "
	       "/system.slice\n");
}

static void test_usage_is_two(void **state)
{
	static const char *const unbuilt[] = { "set-mode p observe", "top x --y", "metrics",
					       "dump" };
	_cleanup_run_ struct run r = { .tree = *state };

	for (size_t i = 0; i < ARRAY_SIZE(unbuilt); i++) {
		_cleanup_free_ char *line = NULL;

		assert_true(asprintf(&line, "$M %s", unbuilt[i]) > 0);
		assert_int_equal(run(&r, line), 2);
		assert_non_null(strstr(r.err, "not available in this version\n"));
	}
	expect(&r, "$M lst", 2, "", "mempolctl: unknown verb 'lst', did you mean 'list'?\n");
	expect(&r, "$M show", 2, "", "Usage: mempolctl show NAME\n");
	expect(&r, "$M reset", 2, "", "Usage: mempolctl reset NAME\n");
	expect(&r, "$M list x", 2, "", "Usage: mempolctl list\n");
	expect(&r, "$M list -f", 2, "", "mempolctl list: there is nothing to follow\n");
	assert_int_equal(run(&r, "$M"), 2);
	assert_int_equal(run(&r, "$M --nope list"), 2);
}

static void test_version_and_help_need_nothing(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	expect(&r, "$M --version", 0, "mempolctl " MP_VERSION "\n", "");
	expect(&r, "$M --json --version", 0, "{\"version\":\"" MP_VERSION "\"}\n", "");
	assert_int_equal(run(&r, "$M --help"), 0);
	assert_non_null(strstr(r.out, "\n  features "));
	assert_null(strstr(r.out, "set-mode"));
	if (access("/dev/full", W_OK) == 0)
		assert_int_equal(run(&r, "$M --version >/dev/full"), 1);
}

static void test_completion_offers_what_is_built(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	start_server(&r);
	expect(&r, "$M --complete s", 0, "status\nshow\nstats\nsimulate\n", "");
	expect(&r, "$M --complete top", 0, "", "");
	expect(&r, "$M --complete res", 0, "reset\n", "");
	expect(&r, "$M --complete reset ''", 0, "60-search\n70-b\n", "");
	expect(&r, "$M --complete show ''", 0, "60-search\n70-b\n", "");
	expect(&r, "$M --complete --json show 6", 0, "60-search\n", "");
	expect(&r, "$M --complete show 60-search ''", 0, "", "");
	expect(&r, "$M --complete check ''", 0, "FILE\n", "");
	expect(&r, "$M --complete events --f", 0, "--follow\n", "");
	expect(&r, "$M --complete list --f", 0, "", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_explain_says_what_each_policy_says_of_a_cgroup),
		TREE_TEST(test_explain_of_nothing_says_what_a_cgroup_is),
		TREE_TEST(test_list_is_a_table_that_is_never_cut),
		TREE_TEST(test_json_is_the_reply_itself),
		TREE_TEST(test_stats_shows_every_counter),
		TREE_TEST(test_show_says_why_and_cleans_what_it_prints),
		TREE_TEST(test_status_engines_and_features_print_their_reply),
		TREE_TEST(test_events_are_one_line_each),
		TREE_TEST(test_empty_table_has_its_titles),
		TREE_TEST(test_reload_says_what_changed_or_every_error),
		TREE_TEST(test_reset_says_at_how_many_cgroups_or_that_there_was_nothing),
		TREE_TEST(test_errors_have_their_exit_codes),
		TREE_TEST(test_nobody_listening_is_seven),
		TREE_TEST(test_silent_server_does_not_hang_the_shell),
		TREE_TEST(test_socket_without_permission_is_four),
		TREE_TEST(test_usage_is_two),
		TREE_TEST(test_version_and_help_need_nothing),
		TREE_TEST(test_completion_offers_what_is_built),
	};

	server_replies = replies;
	n_server_replies = ARRAY_SIZE(replies);
	snprintf(rows, sizeof(rows), ROWS, "", "");
	snprintf(rows_with_counters, sizeof(rows_with_counters), ROWS, COUNTERS, COUNTERS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
