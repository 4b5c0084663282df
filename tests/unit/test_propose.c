// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for a proposal: which engine of several sizes, when none, and a file that the daemon's reader takes,
 * or none at all.
 */
#include "fixture.h"

#include <errno.h>
#include <sys/stat.h>

#include "../../daemon/mempolctl/propose.h"
#include "engine.h"
#include "policy.h"

#define LRU(size, read) { "lru", false, false, size, 100, 50, read }
#define BELADY(size, read) { "belady", false, false, size, 100, 50, read }
#define ENGINE(name, size, read) { name, true, false, size, 100, 50, read }
#define EJECTED(name, size, read) { name, true, true, size, 100, 50, read }

static struct ctl_choice choose(const struct ctl_outcome outcomes[], size_t n, uint64_t working_set)
{
	struct ctl_choice choice;

	ctl_propose_choose(outcomes, n, working_set, &choice);
	return choice;
}

#define CHOOSE(working_set, ...)                      \
	choose((struct ctl_outcome[]){ __VA_ARGS__ }, \
	       ARRAY_SIZE(((struct ctl_outcome[]){ __VA_ARGS__ })), working_set)

static void test_the_least_mean_wins(void **state)
{
	struct ctl_choice choice = CHOOSE(0, LRU(10, 1000), ENGINE("a", 10, 400),
					  ENGINE("b", 10, 700), BELADY(10, 1), LRU(20, 100),
					  ENGINE("a", 20, 90), ENGINE("b", 20, 50), BELADY(20, 1));

	assert_int_equal(choice.reason, CTL_CHOICE_ENGINE);
	assert_string_equal(choice.engine, "b");
	assert_int_equal(choice.mean, 6000);
	assert_int_equal(choice.worst, 7000);
	assert_int_equal(choice.n_sizes, 2);
}

static void test_the_margin_is_five_percent(void **state)
{
	struct ctl_choice choice = CHOOSE(0, LRU(10, 10000), ENGINE("a", 10, 9500));

	assert_string_equal(choice.engine, "a");
	choice = CHOOSE(0, LRU(10, 10000), ENGINE("a", 10, 9501));
	assert_int_equal(choice.reason, CTL_CHOICE_NO_GAIN);
	assert_null(choice.engine);
	assert_string_equal(choice.best, "a");
	/* A fraction of a permyriad is none. */
	choice = CHOOSE(0, LRU(10, 1000003), ENGINE("a", 10, 950003));
	assert_null(choice.engine);
}

static void test_what_is_bad_in_one_size_is_out(void **state)
{
	struct ctl_choice choice = CHOOSE(0, LRU(10, 100), ENGINE("a", 10, 10), ENGINE("b", 10, 90),
					  LRU(20, 100), ENGINE("a", 20, 106), ENGINE("b", 20, 90));

	assert_string_equal(choice.engine, "b");
	choice = CHOOSE(0, LRU(10, 100), ENGINE("a", 10, 10), LRU(20, 100), ENGINE("a", 20, 105));
	assert_string_equal(choice.engine, "a");
	assert_int_equal(choice.worst, 10500);
	choice = CHOOSE(0, LRU(10, 100), EJECTED("a", 10, 10));
	assert_int_equal(choice.reason, CTL_CHOICE_NO_GAIN);
	assert_null(choice.best);
	/* Not simulated in the other size. */
	choice = CHOOSE(0, LRU(10, 100), ENGINE("a", 10, 10), LRU(20, 100), ENGINE("b", 20, 90),
			ENGINE("b", 10, 90));
	assert_string_equal(choice.engine, "b");
}

static void test_sizes_that_hold_everything_do_not_count(void **state)
{
	struct ctl_choice choice = CHOOSE(20, LRU(10, 100), ENGINE("a", 10, 50), LRU(20, 100),
					  EJECTED("a", 20, 100), LRU(30, 0), ENGINE("a", 30, 0));

	assert_string_equal(choice.engine, "a");
	assert_int_equal(choice.mean, 5000);
	assert_int_equal(choice.n_sizes, 1);
	choice = CHOOSE(10, LRU(10, 100), ENGINE("a", 10, 100));
	assert_int_equal(choice.reason, CTL_CHOICE_FITS);
}

static void test_without_lru_or_engine_there_is_no_choice(void **state)
{
	assert_int_equal(CHOOSE(0, ENGINE("a", 10, 10)).reason, CTL_CHOICE_NO_BASE);
	assert_int_equal(CHOOSE(0, LRU(10, 10), BELADY(10, 1)).reason, CTL_CHOICE_NO_BASE);
	assert_int_equal(choose(NULL, 0, 0).reason, CTL_CHOICE_NO_BASE);
}

static void test_equal_means_are_told_apart_by_the_worst(void **state)
{
	struct ctl_choice choice = CHOOSE(0, LRU(10, 100), ENGINE("a", 10, 20), ENGINE("b", 10, 50),
					  LRU(20, 100), ENGINE("a", 20, 80), ENGINE("b", 20, 50));

	assert_string_equal(choice.engine, "b");
	choice = CHOOSE(0, LRU(10, UINT64_MAX), ENGINE("a", 10, UINT64_MAX / 2));
	assert_int_equal(choice.mean, 5000);
}

/* Of those within 1 % of the least the first in the order. */
static void test_who_is_as_good_and_suits_more_is_chosen(void **state)
{
	struct ctl_choice choice = CHOOSE(0, LRU(10, 100000), ENGINE("mru", 10, 33800),
					  ENGINE("loop", 10, 33850), ENGINE("get-scan", 10, 34130),
					  ENGINE("mine", 10, 33800));

	assert_string_equal(choice.engine, "get-scan");
	assert_int_equal(choice.mean, 3413);
	assert_string_equal(choice.least, "mru");
	assert_int_equal(choice.least_mean, 3380);
	choice = CHOOSE(0, LRU(10, 100000), ENGINE("mru", 10, 33800), ENGINE("loop", 10, 33850),
			ENGINE("get-scan", 10, 34150));
	assert_string_equal(choice.engine, "loop");
	assert_string_equal(choice.least, "mru");
	choice = CHOOSE(0, LRU(10, 100000), ENGINE("mru", 10, 33800), ENGINE("loop", 10, 34150));
	assert_string_equal(choice.engine, "mru");
	assert_null(choice.least);
	/* Who does not save the margin is not as good as who does. */
	choice = CHOOSE(0, LRU(10, 10000), ENGINE("mru", 10, 9490), ENGINE("get-scan", 10, 9510));
	assert_string_equal(choice.engine, "mru");
	/* Nor is who is out. */
	choice = CHOOSE(0, LRU(10, 1000), ENGINE("mru", 10, 500), EJECTED("get-scan", 10, 500));
	assert_string_equal(choice.engine, "mru");
}

static void test_the_evidence_says_as_good_as(void **state)
{
	struct ctl_choice choice =
		CHOOSE(0, LRU(10, 100000), ENGINE("mru", 10, 33800), ENGINE("get-scan", 10, 34000));
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ctl_propose_say(f, &choice);
	fclose(f);
	assert_string_equal(
		text, "get-scan reads 34.0 % of what LRU reads, as good as mru with 33.8 %.\n");
}

/* As simulate rounds the miss ratio, 0.3570. */
static void test_shares_are_rounded(void **state)
{
	struct ctl_choice choice = CHOOSE(0, LRU(10, 122880), ENGINE("mru", 10, 43866));
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ctl_propose_say(f, &choice);
	fclose(f);
	assert_string_equal(text, "mru reads 35.7 % of what LRU reads.\n");
}

static void test_every_shipped_engine_has_a_place_in_the_order(void **state)
{
	const struct mp_engine *engine;

	for (size_t i = 0; (engine = mp_engine_at(i)); i++) {
		bool found = false;

		for (size_t k = 0; ctl_propose_order[k]; k++)
			found |= !strcmp(ctl_propose_order[k], engine->name);
		/* Under two of them pages are the kernel's own: lru in the simulator. */
		assert_int_equal(found, engine->mechanism == MEMPOL_MECH_CACHE &&
						strcmp(engine->name, "none") &&
						strcmp(engine->name, "kernel"));
	}
}

static const struct ctl_outcome outcomes[] = { LRU(1 << 20, 4096000),
					       ENGINE("s3fifo", 1 << 20, 2048000),
					       EJECTED("mru", 1 << 20, 1) };

static struct ctl_proposal proposal_of(const char *match)
{
	static const char *const notes[] = { "One note", NULL };
	struct ctl_proposal proposal = { .match_key = "Unit",
					 .match = match,
					 .trace = "a\nb",
					 .working_set_bytes = 2 << 20,
					 .notes = notes,
					 .outcomes = outcomes,
					 .n_outcomes = ARRAY_SIZE(outcomes) };

	ctl_propose_choose(outcomes, ARRAY_SIZE(outcomes), 0, &proposal.choice);
	return proposal;
}

static void test_the_file_is_a_policy_with_its_evidence(void **state)
{
	struct ctl_proposal proposal = proposal_of("x.service");
	_cleanup_free_ char *text = NULL, *problem = NULL;
	_cleanup_policy_ struct mp_policy *policy = NULL;
	_cleanup_errors_ struct mp_errors errors = {};

	assert_int_equal(ctl_propose_text(&proposal, &text, &problem), 0);
	assert_string_equal(
		text,
		"# Proposed by mempolctl " MP_VERSION ": s3fifo reads 50.0 % of what LRU reads.\n"
		"# It has been simulated, not tried: look at \"mempolctl stats\" when it runs.\n#\n"
		"# Trace: a?b\n# Working set: 2M\n# One note\n#\n"
		"#   ENGINE           SIZE   REFERENCES       MISSES         READ  OF LRU\n"
		"#   lru                1M          100           50        4000K  100.0 %\n"
		"#   s3fifo             1M          100           50        2000K  50.0 %\n"
		"#   mru                1M          100           50            1  0.0 %  ejected by the kernel\n"
		"\n[Match]\nUnit=x.service\n\n[Cache]\nEngine=s3fifo\n");
	assert_int_equal(mp_policy_parse("/p/a.mempolicy", text, strlen(text), &errors, &policy),
			 0);
	assert_string_equal(policy->choice.engine, "s3fifo");
}

static void test_a_match_that_is_none_is_refused(void **state)
{
	static const char *const wrong[] = { "", "x.service\n[Cache]\nEngine=lfu", "a,b", "x" };

	for (size_t i = 0; i < ARRAY_SIZE(wrong) - 1; i++) {
		struct ctl_proposal proposal = proposal_of(wrong[i]);
		_cleanup_free_ char *text = NULL, *problem = NULL;

		assert_int_equal(ctl_propose_text(&proposal, &text, &problem), -EINVAL);
		assert_null(text);
		assert_non_null(problem);
	}
}

static void test_no_policy_is_said_and_why(void **state)
{
	struct ctl_proposal proposal = proposal_of("x.service");
	_cleanup_free_ char *text = NULL, *problem = NULL;

	ctl_propose_choose(outcomes, 1, 0, &proposal.choice);
	assert_int_equal(ctl_propose_text(&proposal, &text, &problem), 0);
	assert_non_null(
		strstr(text, ": no policy: lru and at least one engine have to be simulated.\n"));
	assert_null(strstr(text, "[Match]"));
}

static void test_a_file_appears_whole_or_not_at_all(void **state)
{
	_cleanup_free_ char *path = tree_path(*state, "a.mempolicy");
	_cleanup_free_ char *other = tree_path(*state, "a.txt");
	_cleanup_free_ char *nowhere = tree_path(*state, "no/a.mempolicy");
	_cleanup_free_ char *dangling = tree_path(*state, "b.mempolicy");
	mode_t mask = umask(027);
	struct stat st;

	assert_int_equal(ctl_propose_save("simulate", path, "# text\n"), 0);
	umask(mask);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 7);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(ctl_propose_save("simulate", path, "# other\n"), -EINVAL);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 7);
	assert_int_equal(ctl_propose_save("simulate", other, "# text\n"), -EINVAL);
	assert_int_equal(stat(other, &st), -1);
	assert_int_equal(ctl_propose_save("simulate", nowhere, "# text\n"), -EINVAL);
	/* What is not there but for a link is not written through it. */
	assert_int_equal(symlink("nowhere", dangling), 0);
	assert_int_equal(ctl_propose_check("simulate", dangling), -EINVAL);
}

static void test_comments_alone_are_no_file(void **state)
{
	struct ctl_proposal proposal = proposal_of("x.service");
	_cleanup_free_ char *path = tree_path(*state, "a.mempolicy");

	ctl_propose_choose(outcomes, 1, 0, &proposal.choice);
	assert_int_equal(ctl_propose_deliver("advise", path, &proposal.choice, "# no\n"), 0);
	assert_int_equal(access(path, F_OK), -1);
	proposal = proposal_of("x.service");
	assert_int_equal(ctl_propose_deliver("advise", path, &proposal.choice, "# yes\n"), 0);
	assert_int_equal(access(path, F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_least_mean_wins),
		cmocka_unit_test(test_the_margin_is_five_percent),
		cmocka_unit_test(test_what_is_bad_in_one_size_is_out),
		cmocka_unit_test(test_sizes_that_hold_everything_do_not_count),
		cmocka_unit_test(test_without_lru_or_engine_there_is_no_choice),
		cmocka_unit_test(test_equal_means_are_told_apart_by_the_worst),
		cmocka_unit_test(test_who_is_as_good_and_suits_more_is_chosen),
		cmocka_unit_test(test_the_evidence_says_as_good_as),
		cmocka_unit_test(test_shares_are_rounded),
		cmocka_unit_test(test_every_shipped_engine_has_a_place_in_the_order),
		cmocka_unit_test(test_the_file_is_a_policy_with_its_evidence),
		cmocka_unit_test(test_a_match_that_is_none_is_refused),
		cmocka_unit_test(test_no_policy_is_said_and_why),
		TREE_TEST(test_a_file_appears_whole_or_not_at_all),
		TREE_TEST(test_comments_alone_are_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
