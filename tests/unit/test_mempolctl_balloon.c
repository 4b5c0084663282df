/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for the balloon as a user of mempolctl sees it: its own verbs, and its rows among
 * those of other mechanisms.
 */
#include "mempolctl-server.h"

#define COUNTERS                                                                             \
	"{\"held_pages\":262144,\"small_pages\":1,\"host_pages\":0,\"target_pages\":131072," \
	"\"taken\":5,\"returned\":6,\"kicks\":7,\"discards\":8,\"refused_floor\":9,"         \
	"\"refused_block\":0,\"refused_score\":10,\"refused_host\":0,\"refused_busy\":11,"   \
	"\"deflated_oom\":12,\"deflated_pressure\":0,\"deflated_guard\":13,"                 \
	"\"leaked\":512,\"moving\":0}"
/* While it is under way, and where it gets. */
#define MOVING "{\"held_pages\":256,\"small_pages\":0,\"moving\":1}"
#define REACHED "{\"held_pages\":131071,\"small_pages\":1,\"moving\":0}"
#define BALLOON(manual, counters)                                                               \
	"{\"policy\":\"50-b\",\"engine\":\"balloon-psi\",\"state\":\"active\",\"reason\":null," \
	"\"manual\":" manual ",\"page_size\":4096,\"counters\":" counters "}"
#define ROW                                                                          \
	"{\"name\":\"50-b\",\"mechanism\":\"balloon\",\"engine\":\"balloon-psi\","   \
	"\"mode\":\"enforce\",\"state\":\"active\",\"cgroup\":null,\"reason\":null," \
	"\"counters\":" COUNTERS "}"
#define CACHE_ROW                                                                             \
	"{\"name\":\"60-c\",\"mechanism\":\"cache\",\"engine\":\"mru\",\"mode\":\"enforce\"," \
	"\"state\":\"active\",\"cgroup\":\"/a\",\"reason\":null,\"counters\":{"               \
	"\"governed_pages\":1,\"added\":2,\"accessed\":3,\"evicted\":4,\"removed\":5,"        \
	"\"refaults\":6,\"refused\":7,\"forced\":8,\"ejections\":0,"                          \
	"\"held\":9,\"pinned\":10}}"

static const struct reply replies[] = {
	{ "BalloonStatus", NULL, BALLOON("false", COUNTERS) },
	{ "BalloonInflate", NULL, BALLOON("true,\"request_pages\":131072", COUNTERS) },
	{ "BalloonDeflate", NULL, BALLOON("true,\"request_pages\":0", COUNTERS) },
	{ "BalloonAuto", NULL, BALLOON("false", COUNTERS) },
	{ "Stats", NULL, "{\"policies\":[" ROW "," CACHE_ROW "]}" },
	{ "List", NULL, "{\"policies\":[" ROW "]}" },
};

static const struct question questions[] = {
	{ "BalloonInflate", "{\"bytes\":536870912}" },
	{ "BalloonDeflate", "{\"bytes\":9223372036854775807}" },
	{},
};

static void test_status_says_what_the_host_has_and_why_not_more(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	start_server(&r);
	expect(&r, "$M balloon status", 0,
	       "     Policy: 50-b\n"
	       "     Engine: balloon-psi\n"
	       "      State: active\n"
	       "       Mode: automatic\n"
	       "       Held: 1G (262144 pages)\n"
	       "      Small: 4K (1 page)\n"
	       "  Host asks: 0 (0 pages)\n"
	       "        Aim: 512M (131072 pages)\n"
	       "      Kicks: 7\n"
	       "   Discards: 8\n"
	       "   Refusals: floor 9, score 10, busy 11\n"
	       "Emergencies: oom 12, guard 13\n"
	       "     Leaked: 2M (512 pages)\n",
	       "");
	expect(&r, "$M balloon status --json", 0, BALLOON("false", COUNTERS) "\n", "");
}

static void test_status_of_a_size_that_was_asked_for_and_of_figures_that_are_not_there(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	special = (struct reply){ "BalloonStatus", NULL,
				  BALLOON("true,\"request_pages\":256", "null") };
	start_server(&r);
	special = (struct reply){};
	expect(&r, "$M balloon status", 0,
	       "     Policy: 50-b\n     Engine: balloon-psi\n      State: active\n"
	       "       Mode: manual, 1M\n",
	       "");
}

static void test_sizes_arrive_in_bytes_and_what_is_aimed_at_is_said(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	start_server(&r);
	expect(&r, "$M balloon inflate 512M", 0,
	       "the balloon goes to 512M as far as it can, it holds 1048580K; mempolctl balloon "
	       "status says why\n",
	       "");
	expect(&r, "$M balloon deflate 9223372036854775807", 0,
	       "the balloon goes to 0 as far as it can, it holds 1048580K; mempolctl balloon "
	       "status says why\n",
	       "");
	expect(&r, "$M balloon auto", 0, "the balloon is as large as engine balloon-psi wants it\n",
	       "");
	expect(&r, "$M --json balloon inflate 512M", 0,
	       BALLOON("true,\"request_pages\":131072", COUNTERS) "\n", "");
}

static void expect_inflate(char *tree, const char *answer, const char *later, int code,
			   const char *out, const char *err)
{
	const struct reply moving[] = { { "BalloonInflate", NULL, answer },
					{ "BalloonStatus", NULL, later } };
	_cleanup_free_ char *socket = tree_path(tree, "socket");
	_cleanup_run_ struct run r = { .tree = tree };

	server_replies = moving;
	n_server_replies = ARRAY_SIZE(moving);
	start_server(&r);
	server_replies = replies;
	n_server_replies = ARRAY_SIZE(replies);
	expect(&r, "$M balloon inflate 512M", code, out, err);
	assert_int_equal(unlink(socket), 0);
}

static void test_a_size_is_waited_for_but_not_if_it_stands_still(void **state)
{
	static const char there[] =
		"the balloon goes to 512M and stays there until mempolctl balloon auto\n";

	expect_inflate(*state, BALLOON("true,\"request_pages\":131072", MOVING),
		       BALLOON("true,\"request_pages\":131072", REACHED), 0, there, "");
	expect_inflate(*state, BALLOON("true,\"request_pages\":131072", "null"), "close", 0, there,
		       "");
	expect_inflate(
		*state, BALLOON("true,\"request_pages\":131072", MOVING),
		BALLOON("true,\"request_pages\":131072", MOVING), 1, "",
		"the balloon holds 1M and has not moved for 5 s: its host does not answer. It "
		"goes on when that does\n");
}

static void test_usage_is_two_and_asks_nobody(void **state)
{
	static const char *const bad[] = { "512m", "1P", "-1", "10%", "", "9223372036854775808" };
	_cleanup_run_ struct run r = { .tree = *state };

	expect(&r, "$M balloon status 1M", 2, "", "Usage: mempolctl balloon status\n");
	expect(&r, "$M balloon auto 1M", 2, "", "Usage: mempolctl balloon auto\n");
	expect(&r, "$M balloon inflate", 2, "", "Usage: mempolctl balloon inflate SIZE\n");
	expect(&r, "$M balloon inflat 1M", 2, "",
	       "mempolctl balloon: unknown verb 'inflat', did you mean 'inflate'?\n");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *line = NULL, *wanted = NULL;

		assert_true(asprintf(&line, "$M balloon deflate -- '%s'", bad[i]) > 0);
		assert_true(
			asprintf(&wanted,
				 "mempolctl balloon: '%s' is no size; bytes, or with K, M, G or T, "
				 "as in: 512M\n",
				 bad[i]) > 0);
		expect(&r, line, 2, "", wanted);
	}
	expect(&r, "$M balloon status", 7, "",
	       "mempolicyd is not running (systemctl start mempolicyd)\n");
}

static void test_alone_it_names_its_verbs(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	assert_int_equal(run(&r, "$M balloon"), 2);
	assert_string_equal(r.out, "");
	assert_non_null(strstr(r.err, "\n  inflate SIZE  "));
	assert_non_null(strstr(r.err, "\n  auto          "));
	assert_int_equal(run(&r, "$M balloon --help"), 0);
	assert_non_null(strstr(r.out, "\n  deflate SIZE  "));
	assert_int_equal(run(&r, "$M balloon inflate --help"), 0);
	assert_non_null(strstr(r.out, "balloon inflate SIZE\n"));
	assert_non_null(strstr(r.out, "\nOnly for root.\n"));
}

static void assert_refused(char *tree, const char *error, const char *json, int code,
			   const char *message)
{
	_cleanup_free_ char *socket = tree_path(tree, "socket");
	_cleanup_run_ struct run r = { .tree = tree };

	special = (struct reply){ "BalloonInflate", error, json };
	start_server(&r);
	special = (struct reply){};
	expect(&r, "$M balloon inflate 512M", code, "", message);
	assert_int_equal(unlink(socket), 0);
}

static void test_refusals_have_their_exit_codes(void **state)
{
	assert_refused(*state, INTERFACE "BalloonCannot",
		       "{\"reason\":\"There is no balloon policy: put one there\"}", 1,
		       "There is no balloon policy: put one there\n");
	assert_refused(*state, INTERFACE "KernelCannot",
		       "{\"reason\":\"this machine has no virtio balloon that a policy can use\"}",
		       3,
		       "This kernel cannot: this machine has no virtio balloon that a policy can "
		       "use\n");
	/* As another mechanism may have one. */
	assert_refused(*state, INTERFACE "PlacementCannot", "{\"reason\":\"Not here\\u001b\"}", 1,
		       "Not here?\n");
	assert_refused(*state, INTERFACE "PlacementCannot", "{}", 1,
		       "mempolicyd refused: io.mempolicy.Manager.PlacementCannot\n");
	assert_refused(*state, "org.varlink.service.PermissionDenied", "{}", 4,
		       "Not permitted: mempolicyd does this for root only, use sudo\n");
}

static void test_stats_has_a_table_for_each_mechanism(void **state)
{
	static const char balloon[] =
		"NAME MECHANISM ENGINE      STATE  CGROUP   HELD SMALL HOST TARGET TAKEN RETURNED "
		"KICKS DISCARDS REFUSED FLOOR REFUSED BLOCK REFUSED SCORE REFUSED HOST REFUSED BUSY "
		"DEFLATED OOM DEFLATED PRESSURE DEFLATED GUARD LEAKED\n"
		"50-b balloon   balloon-psi active -      262144     1    0 131072     5        6 "
		"    7        8             9             0            10            0           11 "
		"          12                 0             13    512\n";
	_cleanup_free_ char *both = NULL;
	_cleanup_run_ struct run r = { .tree = *state }, one = { .tree = *state };

	assert_true(
		asprintf(
			&both,
			"NAME MECHANISM ENGINE STATE  CGROUP GOVERNED ADDED ACCESSED EVICTED "
			"REMOVED REFAULTS REFUSED FORCED EJECTIONS HELD PINNED PINS CAPPED BROKEN\n"
			"60-c cache     mru    active /a            1     2        3       4 "
			"      5        6       7      8         0    9     10    -      -      -\n"
			"\n%s",
			balloon) > 0);
	start_server(&r);
	expect(&r, "$M stats", 0, both, "");
	assert_int_equal(run(&r, "rm socket"), 0);
	special = (struct reply){ "Stats", NULL, "{\"policies\":[" ROW "]}" };
	start_server(&one);
	special = (struct reply){};
	expect(&one, "$M stats 50-b", 0, balloon, "");
}

static void test_stats_shows_a_mechanism_it_does_not_know_in_the_first_table(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	special = (struct reply){ "Stats", NULL,
				  "{\"policies\":[" ROW
				  ",{\"name\":\"70-n\",\"mechanism\":\"new\"},{\"name\":"
				  "\"71-bad\",\"mechanism\":\"\",\"state\":\"failed\"}]}" };
	start_server(&r);
	special = (struct reply){};
	assert_int_equal(run(&r, "$M stats --no-legend | tr -s ' '"), 0);
	assert_int_equal(
		strncmp(r.out,
			"70-n new - - - - - - - - - - - - - - - - -\n"
			"71-bad - - failed - - - - - - - - - - - - - - -\n50-b balloon ",
			strlen("70-n new - - - - - - - - - - - - - - - - -\n"
			       "71-bad - - failed - - - - - - - - - - - - - - -\n50-b balloon ")),
		0);
}

static void test_list_shows_no_cgroup_for_the_machine(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	start_server(&r);
	expect(&r, "$M list", 0,
	       "NAME MECHANISM ENGINE      MODE    STATE  CGROUP REASON\n"
	       "50-b balloon   balloon-psi enforce active -      -\n",
	       "");
}

static void test_completion_offers_its_verbs_once(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	expect(&r, "$M --complete ba", 0, "balloon\n", "");
	expect(&r, "$M --complete balloon ''", 0, "status\ninflate\ndeflate\nauto\n", "");
	expect(&r, "$M --complete balloon in", 0, "inflate\n", "");
	expect(&r, "$M --complete balloon inflate ''", 0, "", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_status_says_what_the_host_has_and_why_not_more),
		TREE_TEST(
			test_status_of_a_size_that_was_asked_for_and_of_figures_that_are_not_there),
		TREE_TEST(test_sizes_arrive_in_bytes_and_what_is_aimed_at_is_said),
		TREE_TEST(test_a_size_is_waited_for_but_not_if_it_stands_still),
		TREE_TEST(test_usage_is_two_and_asks_nobody),
		TREE_TEST(test_alone_it_names_its_verbs),
		TREE_TEST(test_refusals_have_their_exit_codes),
		TREE_TEST(test_stats_has_a_table_for_each_mechanism),
		TREE_TEST(test_stats_shows_a_mechanism_it_does_not_know_in_the_first_table),
		TREE_TEST(test_list_shows_no_cgroup_for_the_machine),
		TREE_TEST(test_completion_offers_its_verbs_once),
	};

	server_replies = replies;
	n_server_replies = ARRAY_SIZE(replies);
	server_questions = questions;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
