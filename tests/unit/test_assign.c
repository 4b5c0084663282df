/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for who governs what: one attachment a governed subtree, the right winner, and a
 * reason for everybody who stands back.
 */
#include "fixture.h"
#include "match.h"

struct policies {
	struct mp_policy *items[8];
	size_t count;
};

static void policies_done(struct policies *policies)
{
	for (size_t i = 0; i < policies->count; i++)
		mp_policy_free(policies->items[i]);
}

#define _cleanup_policies_ _cleanup_(policies_done)

static void add(struct policies *policies, const char *name, int priority, const char *cgroup)
{
	_cleanup_free_ char *path = NULL, *text = NULL;
	_cleanup_errors_ struct mp_errors errors = {};

	assert_true(asprintf(&path, "/%s.mempolicy", name) > 0);
	assert_true(asprintf(&text,
			     "[Policy]\nPriority=%d\n[Match]\nCgroup=%s\n[Cache]\nEngine=mru\n",
			     priority, cgroup) > 0);
	assert_int_equal(mp_policy_parse(path, text, strlen(text), &errors,
					 &policies->items[policies->count++]),
			 0);
}

static void add_balloon(struct policies *policies, const char *name, int priority)
{
	_cleanup_free_ char *path = NULL, *text = NULL;
	_cleanup_errors_ struct mp_errors errors = {};

	assert_true(asprintf(&path, "/%s.mempolicy", name) > 0);
	assert_true(asprintf(&text, "[Policy]\nPriority=%d\n[Balloon]\nEngine=balloon-psi\n",
			     priority) > 0);
	assert_int_equal(mp_policy_parse(path, text, strlen(text), &errors,
					 &policies->items[policies->count++]),
			 0);
}

/* @userdata: "policy@cgroup" of those that are out, space-separated. */
static bool is_out(const struct mp_policy *policy, const char *cgroup, void *userdata)
{
	char word[128];

	snprintf(word, sizeof(word), "%s@%s ", policy->name, cgroup ? cgroup : "machine");
	return strstr(userdata, word);
}

/* The rows as "cgroup:policy" "cgroup:policy<winner" or
 * "cgroup:!policy" for an exclusion, in their order. */
static void assert_rows_out(const struct policies *policies, const char *cgroups, const char *out,
			    const char *wanted)
{
	_cleanup_assignments_ struct mp_assignments rows = {};
	_cleanup_free_ char *copy = strdup(cgroups);
	char *rest = copy, text[1024] = "";
	const char *paths[16];
	size_t n_paths = 0;

	while (rest)
		paths[n_paths++] = strsep(&rest, " ");
	assert_int_equal(mp_assign((const struct mp_policy *const *)policies->items,
				   policies->count, paths, n_paths, is_out, (void *)out, &rows),
			 0);
	for (size_t i = 0; i < rows.count; i++) {
		const struct mp_assignment *row = &rows.items[i];
		size_t n = strlen(text);

		assert_int_equal(row->mechanism, row->policy->choice.mechanism);
		assert_int_equal(!row->cgroup, row->mechanism == MEMPOL_MECH_BALLOON);
		assert_int_equal(row->policy == row->winner ||
					 is_out(row->policy, row->cgroup, (void *)out),
				 !row->reason);
		snprintf(text + n, sizeof(text) - n, "%s%s:%s%s%s%s", n ? " " : "",
			 row->cgroup ? row->cgroup : "machine", row->excluded ? "!" : "",
			 row->policy->name, row->policy != row->winner ? "<" : "",
			 row->policy != row->winner ? row->winner->name : "");
	}
	assert_string_equal(text, wanted);
}

static void assert_rows(const struct policies *policies, const char *cgroups, const char *wanted)
{
	assert_rows_out(policies, cgroups, "", wanted);
}

static void test_nothing_matched_gives_no_row(void **state)
{
	_cleanup_policies_ struct policies policies = {};

	assert_rows(&policies, "/ /a", "");
	add(&policies, "p", 0, "/b");
	assert_rows(&policies, "/ /a", "");
}

static void test_every_matched_cgroup_is_attached(void **state)
{
	_cleanup_policies_ struct policies policies = {};

	add(&policies, "p", 0, "/a/*");
	assert_rows(&policies, "/ /a/y /a /a/x /b/x", "/a/x:p /a/y:p");
}

static void test_descendant_of_a_governed_cgroup_gets_no_attachment(void **state)
{
	_cleanup_policies_ struct policies policies = {};

	add(&policies, "p", 0, "/a /a/* /a/*/*");
	assert_rows(&policies, "/a /a/b /a/b/c /ab /a-", "/a:p");
	assert_rows(&policies, "/a/b/c /a/x", "/a/b/c:p /a/x:p");
}

static void test_siblings_that_share_a_prefix_are_no_descendants(void **state)
{
	_cleanup_policies_ struct policies policies = {};

	add(&policies, "p", 0, "/a /a-b /a.c /a/b");
	assert_rows(&policies, "/a.c /a-b /a/b /a", "/a:p /a-b:p /a.c:p");
}

static void test_root_is_the_ancestor_of_all(void **state)
{
	_cleanup_policies_ struct policies policies = {};

	add(&policies, "p", 0, "/ /a");
	assert_rows(&policies, "/a /", "/:p");
}

static void test_higher_priority_wins_then_the_later_name(void **state)
{
	_cleanup_policies_ struct policies policies = {};

	add(&policies, "z", 1, "/a");
	add(&policies, "m", 5, "/a");
	add(&policies, "n", 5, "/a");
	assert_rows(&policies, "/a", "/a:n /a:m<n /a:z<n");
}

static void test_reason_names_the_winner_and_why(void **state)
{
	_cleanup_assignments_ struct mp_assignments rows = {};
	_cleanup_policies_ struct policies policies = {};
	const char *path = "/a";

	add(&policies, "low", 1, "/a");
	add(&policies, "high", 2, "/a");
	add(&policies, "equal", 2, "/a");
	assert_int_equal(mp_assign((const struct mp_policy *const *)policies.items, 3, &path, 1,
				   NULL, NULL, &rows),
			 0);
	assert_string_equal(rows.items[1].reason,
			    "policy high governs it: both have priority 2 and its name is the "
			    "later one");
	assert_string_equal(rows.items[2].reason,
			    "policy high governs it: its priority 2 is higher than 1");
}

static void test_nearest_match_governs_whatever_the_priority_above(void **state)
{
	_cleanup_policies_ struct policies policies = {};

	add(&policies, "top", 100, "/a");
	add(&policies, "low", 0, "/a/b");
	assert_rows(&policies, "/a /a/b", "/a:top /a/b:low");
}

static void test_policy_is_attached_again_below_another_one(void **state)
{
	_cleanup_policies_ struct policies policies = {};

	add(&policies, "wide", 0, "/a /a/* /a/*/*");
	add(&policies, "mid", 5, "/a/b");
	assert_rows(&policies, "/a /a/b /a/b/c /a/d", "/a:wide /a/b:mid /a/b:wide<mid /a/b/c:wide");
}

static void test_standing_back_is_said_once_for_a_subtree(void **state)
{
	_cleanup_policies_ struct policies policies = {};

	add(&policies, "one", 5, "/a /a/*");
	add(&policies, "two", 0, "/a /a/*");
	assert_rows(&policies, "/a /a/b /a/c", "/a:one /a:two<one");
}

static void test_standing_back_first_below_the_attachment_is_said_there(void **state)
{
	_cleanup_policies_ struct policies policies = {};

	add(&policies, "one", 5, "/a /a/*");
	add(&policies, "two", 0, "/a/*");
	assert_rows(&policies, "/a /a/b /a/c", "/a:one /a/b:two<one /a/c:two<one");
}

static void test_loser_takes_over_when_the_winner_is_left_out(void **state)
{
	_cleanup_policies_ struct policies policies = {};

	add(&policies, "two", 0, "/a");
	assert_rows(&policies, "/a", "/a:two");
	add(&policies, "one", 5, "/a");
	assert_rows(&policies, "/a", "/a:one /a:two<one");
}

static void test_same_cgroup_twice_counts_once(void **state)
{
	_cleanup_policies_ struct policies policies = {};

	add(&policies, "p", 0, "/a");
	assert_rows(&policies, "/a /a", "/a:p");
}

static void test_who_is_out_at_a_cgroup_leaves_it_to_the_next(void **state)
{
	_cleanup_policies_ struct policies policies = {};

	add(&policies, "low", 1, "/a /b");
	add(&policies, "high", 2, "/a /b");
	assert_rows_out(&policies, "/a /b", "high@/a ", "/a:low /a:high<low /b:high /b:low<high");
	assert_rows_out(&policies, "/a", "low@/a ", "/a:high /a:low<high");
	/* With nobody else it is still the one who would. */
	assert_rows_out(&policies, "/a", "low@/a high@/a ", "/a:high /a:low<high");
}

static void test_who_is_out_does_not_come_back_one_level_below(void **state)
{
	_cleanup_policies_ struct policies policies = {};

	add(&policies, "low", 1, "/a");
	add(&policies, "high", 2, "/a /a/b /a/b/c");
	assert_rows_out(&policies, "/a /a/b /a/b/c", "", "/a:high /a:low<high");
	assert_rows_out(&policies, "/a /a/b /a/b/c", "high@/a ", "/a:low /a:high<low");
	/* Nobody else matches there: it would be governed through its own attachment above. */
	assert_rows_out(&policies, "/a/b /a/b/c", "high@/a/b ", "/a/b:high");
}

static void test_who_is_out_above_leaves_what_is_below_to_the_next(void **state)
{
	_cleanup_assignments_ struct mp_assignments rows = {};
	_cleanup_policies_ struct policies policies = {};
	const char *const paths[] = { "/a", "/a/b" };

	add(&policies, "high", 2, "/a /a/b");
	add(&policies, "low", 1, "/a/b");
	assert_rows_out(&policies, "/a /a/b", "high@/a ", "/a:high /a/b:low /a/b:high<low");
	assert_int_equal(mp_assign((const struct mp_policy *const *)policies.items, 2, paths, 2,
				   is_out, "high@/a ", &rows),
			 0);
	assert_string_equal(rows.items[2].reason,
			    "policy low governs it: policy high is quarantined at /a");
}

static void test_who_is_out_above_keeps_an_attachment_of_its_own_below(void **state)
{
	_cleanup_policies_ struct policies policies = {};

	add(&policies, "low", 1, "/a");
	add(&policies, "mid", 2, "/a /a/b/c");
	add(&policies, "top", 3, "/a/b");
	assert_rows_out(&policies, "/a /a/b /a/b/c", "mid@/a ",
			"/a:low /a:mid<low /a/b:top /a/b/c:mid");
}

static void test_policies_for_the_machine_compete_once_and_with_no_cache(void **state)
{
	_cleanup_assignments_ struct mp_assignments rows = {};
	_cleanup_policies_ struct policies policies = {};

	add_balloon(&policies, "one", 0);
	assert_rows(&policies, "/ /a", "machine:one");
	add_balloon(&policies, "two", 5);
	add_balloon(&policies, "three", 5);
	add(&policies, "cache", 9, "/a");
	assert_rows(&policies, "/ /a", "/a:cache machine:two machine:one<two machine:three<two");
	assert_int_equal(mp_assign((const struct mp_policy *const *)policies.items, policies.count,
				   NULL, 0, NULL, NULL, &rows),
			 0);
	assert_int_equal(rows.count, 3);
	assert_string_equal(rows.items[1].reason,
			    "policy two governs it: its priority 5 is higher than 0");
}

static void test_who_is_out_at_the_machine_leaves_it_to_the_next(void **state)
{
	_cleanup_policies_ struct policies policies = {};

	add_balloon(&policies, "low", 0);
	add_balloon(&policies, "high", 5);
	assert_rows_out(&policies, "/", "high@machine ", "machine:low machine:high<low");
	assert_rows_out(&policies, "/", "low@machine ", "machine:high machine:low<high");
	/* With nobody else it is still the one who would. */
	assert_rows_out(&policies, "/", "low@machine high@machine ",
			"machine:high machine:low<high");
}

static void test_an_excluded_cgroup_below_a_governed_one_is_left_to_the_kernel(void **state)
{
	_cleanup_policies_ struct policies policies = {};

	add(&policies, "p", 0, "/a !/a/x");
	assert_rows(&policies, "/a /a/x /a/x/deep /a/y", "/a:p /a/x:!p");
}

static void test_an_exclusion_where_nothing_is_inherited_needs_no_row(void **state)
{
	_cleanup_policies_ struct policies policies = {};

	add(&policies, "p", 0, "/a/* !/a/x");
	assert_rows(&policies, "/a /a/x /a/y", "/a/y:p");
}

static void test_an_excluded_cgroup_can_have_another_policy(void **state)
{
	_cleanup_policies_ struct policies policies = {};

	add(&policies, "p", 5, "/a !/a/x");
	add(&policies, "q", 0, "/a/x");
	assert_rows(&policies, "/a /a/x /a/x/deep", "/a:p /a/x:q");
}

static void test_below_an_exclusion_a_policy_can_match_again(void **state)
{
	_cleanup_policies_ struct policies policies = {};

	add(&policies, "p", 0, "/a /a/x/back !/a/x");
	assert_rows(&policies, "/a /a/x /a/x/back /a/x/y", "/a:p /a/x:!p /a/x/back:p");
}

static void test_an_exclusion_of_a_policy_that_does_not_govern_above_says_nothing(void **state)
{
	_cleanup_policies_ struct policies policies = {};

	add(&policies, "p", 0, "/a !/a/x");
	add(&policies, "q", 5, "/a");
	assert_rows(&policies, "/a /a/x", "/a:q /a:p<q");
}

static void test_a_quarantined_policy_excludes_nothing(void **state)
{
	_cleanup_policies_ struct policies policies = {};

	add(&policies, "p", 5, "/a !/a/x");
	add(&policies, "q", 0, "/a");
	assert_rows_out(&policies, "/a /a/x", "p@/a ", "/a:q /a:p<q");
}

/* The one of docs/which-policy-governs.md. */
static void test_the_worked_example(void **state)
{
	_cleanup_policies_ struct policies first = {}, last = {};

	add(&first, "A", 5, "/a /a/*");
	add(&first, "B", 0, "/a");
	add(&first, "C", 0, "/a/b");
	assert_rows(&first, "/a /a/b /a/c", "/a:A /a:B<A /a/b:C<A");
	assert_rows_out(&first, "/a /a/b /a/c", "A@/a ", "/a:B /a:A<B /a/b:C /a/b:A<C");

	add(&last, "A", 5, "/a !/a/c");
	add(&last, "B", 0, "/a");
	add(&last, "C", 0, "/a/b");
	assert_rows(&last, "/a /a/b /a/c", "/a:A /a:B<A /a/b:C /a/c:!A");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_worked_example),
		cmocka_unit_test(
			test_an_excluded_cgroup_below_a_governed_one_is_left_to_the_kernel),
		cmocka_unit_test(test_an_exclusion_where_nothing_is_inherited_needs_no_row),
		cmocka_unit_test(test_an_excluded_cgroup_can_have_another_policy),
		cmocka_unit_test(test_below_an_exclusion_a_policy_can_match_again),
		cmocka_unit_test(
			test_an_exclusion_of_a_policy_that_does_not_govern_above_says_nothing),
		cmocka_unit_test(test_a_quarantined_policy_excludes_nothing),
		cmocka_unit_test(test_nothing_matched_gives_no_row),
		cmocka_unit_test(test_every_matched_cgroup_is_attached),
		cmocka_unit_test(test_descendant_of_a_governed_cgroup_gets_no_attachment),
		cmocka_unit_test(test_siblings_that_share_a_prefix_are_no_descendants),
		cmocka_unit_test(test_root_is_the_ancestor_of_all),
		cmocka_unit_test(test_higher_priority_wins_then_the_later_name),
		cmocka_unit_test(test_reason_names_the_winner_and_why),
		cmocka_unit_test(test_nearest_match_governs_whatever_the_priority_above),
		cmocka_unit_test(test_policy_is_attached_again_below_another_one),
		cmocka_unit_test(test_standing_back_is_said_once_for_a_subtree),
		cmocka_unit_test(test_standing_back_first_below_the_attachment_is_said_there),
		cmocka_unit_test(test_loser_takes_over_when_the_winner_is_left_out),
		cmocka_unit_test(test_same_cgroup_twice_counts_once),
		cmocka_unit_test(test_who_is_out_at_a_cgroup_leaves_it_to_the_next),
		cmocka_unit_test(test_who_is_out_does_not_come_back_one_level_below),
		cmocka_unit_test(test_who_is_out_above_leaves_what_is_below_to_the_next),
		cmocka_unit_test(test_who_is_out_above_keeps_an_attachment_of_its_own_below),
		cmocka_unit_test(test_policies_for_the_machine_compete_once_and_with_no_cache),
		cmocka_unit_test(test_who_is_out_at_the_machine_leaves_it_to_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
