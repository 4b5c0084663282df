/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold when mempolctl fails or has to end: a sentence on stderr, with --json an object on
 * stdout, the exit code, and no process that stays.
 */
#include "mempolctl-server.h"

#define EVENTS                                                                                 \
	"{\"events\":[{\"version\":1,\"type\":\"attached\",\"time_usec\":1000000,\"message\":" \
	"\"one\"},{\"version\":1,\"type\":\"ejected\",\"time_usec\":2000000,\"message\":\"two\"}]}"

static const struct reply replies[] = {
	{ "Events", "hold", EVENTS },
	{ "Show", NULL, "{\"name\":\"p\"}" },
	{ "Stats", NULL, "{\"policies\":[]}" },
	{ "List", NULL,
	  "{\"policies\":[{\"name\":\"-dash\"},{\"name\":\"-dash\"},{\"name\":\"plain\"}]}" },
};

/* One question that fails; "err" is looked for in what stderr says. */
static void assert_json(char *tree, struct reply reply, int code, const char *out, const char *err)
{
	_cleanup_free_ char *socket = tree_path(tree, "socket");
	_cleanup_run_ struct run r = { .tree = tree };

	special = reply;
	start_server(&r);
	special = (struct reply){};
	assert_int_equal(run(&r, "$M --json reload"), code);
	assert_string_equal(r.out, out);
	assert_non_null(strstr(r.err, err));
	assert_int_equal(unlink(socket), 0);
}

static void test_json_of_an_error_is_the_error_itself(void **state)
{
	assert_json(*state,
		    (struct reply){ "Reload", INTERFACE "InvalidPolicies",
				    "{\"errors\":[\"/etc/a:1: x\",\"/etc/b:2: y\"]}" },
		    1,
		    "{\"error\":\"io.mempolicy.Manager.InvalidPolicies\",\"parameters\":"
		    "{\"errors\":[\"/etc/a:1: x\",\"/etc/b:2: y\"]}}\n",
		    "/etc/a:1: x\n/etc/b:2: y\n");
	assert_json(*state,
		    (struct reply){ "Reload", INTERFACE "KernelCannot", "{\"reason\":\"old\"}" }, 3,
		    "{\"error\":\"io.mempolicy.Manager.KernelCannot\",\"parameters\":"
		    "{\"reason\":\"old\"}}\n",
		    "This kernel cannot: old\n");
	assert_json(*state,
		    (struct reply){ "Reload", "org.varlink.service.PermissionDenied", "{}" }, 4,
		    "{\"error\":\"org.varlink.service.PermissionDenied\",\"parameters\":{}}\n",
		    "Not permitted");
}

static void test_json_of_what_happens_on_the_way_has_words_of_its_own(void **state)
{
	static const char not_running[] =
		"{\"error\":\"mempolctl.NotRunning\",\"parameters\":{\"message\":"
		"\"mempolicyd is not running (systemctl start mempolicyd)\"}}\n";
	_cleanup_run_ struct run r = { .tree = *state };

	expect(&r, "$M --json list", 7, not_running,
	       "mempolicyd is not running (systemctl start mempolicyd)\n");
	expect(&r, "$M --json events -f", 7, not_running,
	       "mempolicyd is not running (systemctl start mempolicyd)\n");
	assert_json(*state, (struct reply){ "Reload", NULL, "close" }, 1,
		    "{\"error\":\"mempolctl.Disconnected\",\"parameters\":{\"message\":"
		    "\"mempolicyd closed the connection without an answer\"}}\n",
		    "without an answer\n");
}

static void test_json_of_a_socket_that_is_not_ours(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	if (geteuid() != 0 || access("/usr/bin/setpriv", X_OK) < 0)
		skip();
	start_server(&r);
	assert_int_equal(run(&r,
			     "chmod 755 . && setpriv --reuid 65534 --regid 65534 --clear-groups "
			     "$M --json list"),
			 4);
	assert_int_equal(strncmp(r.out, "{\"error\":\"mempolctl.NotPermitted\",",
				 strlen("{\"error\":\"mempolctl.NotPermitted\",")),
			 0);
	assert_non_null(strstr(r.err, "group mempolicy"));
}

static void test_a_bad_policy_name_asks_nobody(void **state)
{
	static const char *const verbs[] = { "show", "stats", "reset" };
	static const struct {
		const char *word, *shown;
	} names[] = {
		{ "../x", "../x" },
		{ "", "" },
		{ "a b", "a b" },
		{ "$(printf '\\377')", "?" },
		{ "$(printf %064d 0)",
		  "0000000000000000000000000000000000000000000000000000000000000000" },
	};
	_cleanup_run_ struct run r = { .tree = *state };

	for (size_t i = 0; i < ARRAY_SIZE(verbs) * ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *line = NULL, *wanted = NULL;

		assert_true(asprintf(&line, "$M %s \"%s\"", verbs[i % ARRAY_SIZE(verbs)],
				     names[i / ARRAY_SIZE(verbs)].word) > 0);
		assert_true(asprintf(&wanted, "'%s' is no policy name: ",
				     names[i / ARRAY_SIZE(verbs)].shown) > 0);
		assert_int_equal(run(&r, line), 2);
		assert_string_equal(r.out, "");
		assert_int_equal(strncmp(r.err, wanted, strlen(wanted)), 0);
	}
}

static void test_a_name_that_begins_with_a_dash_is_no_policys(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	start_server(&r);
	expect(&r, "$M show -dash", 2, "",
	       "mempolctl show: unknown option '-d'; see mempolctl show --help\n");
	assert_int_equal(run(&r, "$M show -- -dash"), 2);
	assert_non_null(strstr(r.err, "'-dash' is no policy name: "));
	expect(&r, "$M --complete show ''", 0, "plain\n", "");
}

static void test_following_ends_when_nobody_reads(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	start_server(&r);
	/* The reader has gone, and no event comes that would tell. */
	expect(&r, "{ timeout 30 $M events -f; echo $? >code; } | head -n 1; cat code", 0,
	       "1970-01-01 00:00:01 attached  one\n0\n", "");
	if (access("/dev/full", W_OK) == 0)
		expect(&r, "timeout 30 $M events -f >/dev/full", 1, "",
		       "mempolctl: cannot write: an earlier write failed\n");
}

static void test_following_says_that_the_daemon_ended(void **state)
{
	static const char line[] =
		": >seen; timeout 30 $M %s events -f >>seen & m=$!; n=0; "
		"until grep -q two seen || [ $((n += 1)) -gt 300 ]; do sleep 0.1; done; "
		"kill -9 %d; wait $m; code=$?; tail -n 1 seen; exit $code";
	_cleanup_run_ struct run text = { .tree = *state }, json = { .tree = *state };
	_cleanup_free_ char *text_line = NULL, *json_line = NULL;

	start_server(&text);
	assert_true(asprintf(&text_line, line, "", text.server) > 0);
	expect(&text, text_line, 7, "1970-01-01 00:00:02 ejected   two\n", "mempolicyd ended\n");
	assert_int_equal(run(&json, "rm socket seen"), 0);
	start_server(&json);
	assert_true(asprintf(&json_line, line, "--json", json.server) > 0);
	expect(&json, json_line, 7,
	       "{\"error\":\"mempolctl.Ended\",\"parameters\":{\"message\":\"mempolicyd ended\"}}\n",
	       "mempolicyd ended\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_json_of_an_error_is_the_error_itself),
		TREE_TEST(test_json_of_what_happens_on_the_way_has_words_of_its_own),
		TREE_TEST(test_json_of_a_socket_that_is_not_ours),
		TREE_TEST(test_a_bad_policy_name_asks_nobody),
		TREE_TEST(test_a_name_that_begins_with_a_dash_is_no_policys),
		TREE_TEST(test_following_ends_when_nobody_reads),
		TREE_TEST(test_following_says_that_the_daemon_ended),
	};

	server_replies = replies;
	n_server_replies = ARRAY_SIZE(replies);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
