// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for the keys of [Translation] beside its engine, and for what is said of its policies: each key has its
 * range and its default, what it says makes policies different, and errors and events have sentences of their own.
 */
#include "fixture.h"
#include "mechanism-translation.h"
#include "mechanism.h"
#include "names.h"

#define TRANSLATION "[Match]\nUnit=a.service\n[Translation]\nEngine=dmt\n"

static struct mp_policy *parse(const char *key, struct mp_errors *errors)
{
	_cleanup_free_ char *text = NULL;
	struct mp_policy *policy = NULL;
	int r;

	assert_true(asprintf(&text, TRANSLATION "%s\n", key) > 0);
	r = mp_policy_parse("/a/x.mempolicy", text, strlen(text), errors, &policy);
	assert_int_equal(r, errors->count ? -EBADMSG : 0);
	return policy;
}

static void test_keys_have_their_ranges_and_defaults(void **state)
{
	static const struct {
		const char *key;
		struct mp_translation value;
	} good[] = {
		{ "", { 64 << 20, 0, 2, 1000, 1024, 25, 0, false } },
		{ "MinRange=2M\nMaxMemory=4K\nBubbles=0%\nPeriod=100ms\nMoveRate=1\n"
		  "MaxIdle=0.1%\nTrim=1s\nNode=data",
		  { 2 << 20, 4096, 0, 100, 1, 1, 1000, true } },
		{ "MinRange=2G\nMaxMemory=1T\nBubbles=50%\nPeriod=1h\nMoveRate=1048576\n"
		  "MaxIdle=100%\nTrim=24h\nNode=keep",
		  { 2ULL << 30, 1ULL << 40, 50, 3600000, 1048576, 1000, 86400000, false } },
		{ "MinRange=1G\nMinRange=\nMaxMemory=1G\nMaxMemory=\nBubbles=9%\nBubbles=\nPeriod=2s\nPeriod=\n"
		  "MoveRate=7\nMoveRate=\nMaxIdle=7.5%\nMaxIdle=\nTrim=5min\nTrim=no\nNode=data\nNode=",
		  { 64 << 20, 0, 2, 1000, 1024, 25, 0, false } },
		{ "MaxIdle=12.5%\nTrim=5min", { 64 << 20, 0, 2, 1000, 1024, 125, 300000, false } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		_cleanup_errors_ struct mp_errors errors = {};
		_cleanup_policy_ struct mp_policy *policy = parse(good[i].key, &errors);
		const struct mp_translation *value;

		assert_non_null(policy);
		value = mp_translation_of(policy);
		assert_int_equal(value->min_range, good[i].value.min_range);
		assert_int_equal(value->max_memory, good[i].value.max_memory);
		assert_int_equal(value->bubbles, good[i].value.bubbles);
		assert_int_equal(value->period_ms, good[i].value.period_ms);
		assert_int_equal(value->move_rate, good[i].value.move_rate);
		assert_int_equal(value->max_idle, good[i].value.max_idle);
		assert_int_equal(value->trim_ms, good[i].value.trim_ms);
		assert_int_equal(value->follows, good[i].value.follows);
	}
	assert_int_equal(mp_translation_windows(2 << 20), 1);
	assert_int_equal(mp_translation_windows((2 << 20) + 1), 2);
}

static void test_what_is_none_of_these_is_refused(void **state)
{
	static const char *const bad[][2] = {
		{ "MinRange=1M", "MinRange=1M: not a size from 2M to 2G" },
		{ "MinRange=3G", "not a size from 2M to 2G" },
		{ "MinRange=big", "not a size from 2M to 2G" },
		{ "MaxMemory=4095", "MaxMemory=4095: not a size of 4K or more" },
		{ "MaxMemory=10%", "not a size of 4K or more" },
		{ "Bubbles=51%", "Bubbles=51%: not a whole percentage from 0% to 50%" },
		{ "Bubbles=2", "not a whole percentage" },
		{ "Period=99ms", "Period=99ms: not a time from 100ms to 1h" },
		{ "Period=61min", "not a time from 100ms to 1h" },
		{ "Period=5", "not a time from 100ms to 1h" },
		{ "MoveRate=0",
		  "MoveRate=0: not a whole number of page tables a second from 1 to 1048576" },
		{ "MoveRate=1048577", "from 1 to 1048576" },
		{ "MoveRate=+1", "from 1 to 1048576" },
		{ "MoveRate=99999999999999999999", "from 1 to 1048576" },
		{ "MaxIdle=0%", "MaxIdle=0%: not a percentage from 0.1% to 100%" },
		{ "MaxIdle=100.1%", "not a percentage from 0.1% to 100%" },
		{ "MaxIdle=2.55%", "not a percentage" },
		{ "MaxIdle=2.%", "not a percentage" },
		{ "MaxIdle=.5%", "not a percentage" },
		{ "MaxIdle=2.5", "not a percentage" },
		{ "MaxIdle=3.-%", "not a percentage" },
		{ "MaxIdle=00000002.5%", "not a percentage" },
		{ "Trim=yes", "Trim=yes: neither no nor a time from 1s to 24h" },
		{ "Trim=999ms", "neither no nor a time" },
		{ "Trim=25h", "neither no nor a time" },
		{ "Node=1", "Node=1: neither keep nor data" },
		{ "Node=Data", "neither keep nor data" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_errors_ struct mp_errors errors = {};

		assert_null(parse(bad[i][0], &errors));
		assert_error(&errors, "5", bad[i][1]);
	}
}

static void test_policies_that_say_the_same_are_equal(void **state)
{
	static const char *const others[] = { "MinRange=65M", "MaxMemory=1M",  "Bubbles=3%",
					      "Period=2s",    "MoveRate=1023", "MaxIdle=2%",
					      "Trim=1min",    "Node=data" };
	_cleanup_errors_ struct mp_errors errors = {};
	_cleanup_policy_ struct mp_policy *policy = parse("", &errors);
	_cleanup_policy_ struct mp_policy *said =
		parse("MinRange=64M\nPeriod=1s\nBubbles=2%", &errors);

	assert_true(mp_policy_equal(policy, said));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		_cleanup_policy_ struct mp_policy *other = parse(others[i], &errors);

		assert_false(mp_policy_equal(policy, other));
		/* The kernel has the numbers from the engine that is attached. */
		assert_false(mp_policy_runs_alike(policy, other));
	}
}

static void test_attachments_that_are_refused_say_why(void **state)
{
	assert_non_null(strstr(mp_mechanism_translation.attach_problem(-ENOENT), "going away"));
	assert_non_null(
		strstr(mp_mechanism_translation.attach_problem(-EBUSY), "another attachment"));
	assert_non_null(strstr(mp_mechanism_translation.attach_problem(-EOPNOTSUPP), "Xen PV"));
	assert_null(mp_mechanism_translation.attach_problem(-ENOMEM));
}

static void test_events_have_sentences(void **state)
{
	static const struct {
		uint16_t type;
		const char *wanted;
	} rows[] = {
		{ MEMPOL_EV_DRAINED, "is drained: the kernel has its page tables" },
		{ MEMPOL_EV_REPLACED, "runs engine dmt now, and keeps its page tables" },
		{ MEMPOL_EV_DETACHED, "page tables stay where they are, as the kernel's own" },
		{ MEMPOL_EV_EJECTED, "page tables stay where they are, as the kernel's own" },
		{ MEMPOL_EV_ATTACHED, "governs /a.slice now, with engine dmt" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct mempol_event event = { .version = MEMPOL_ABI_VERSION,
						    .mechanism = MEMPOL_MECH_TRANSLATION,
						    .type = rows[i].type,
						    .body.exit.kind = MEMPOL_EXIT_DETACHED };
		_cleanup_free_ char *text = NULL;

		assert_int_equal(mp_event_format(&event, "60-s", "dmt", "/a.slice", &text), 0);
		if (!strstr(text, rows[i].wanted))
			fail_msg("'%s' is not in '%s'", rows[i].wanted, text);
	}
}

static void test_what_became_of_page_tables_is_one_sentence(void **state)
{
	static const struct {
		uint32_t created, grown, freed, failed;
		uint64_t moved, teas, pages;
		const char *sentence;
	} rows[] = {
		{ 11, 0, 0, 0, 896, 11, 896,
		  "policy p at /a: 11 runs of page tables made, 0 of them larger than before, 0 given up; "
		  "896 tables moved to their place; 11 runs now, of 896 frames" },
		{ 1, 1, 2, 3, 1, 1, 64,
		  "policy p at /a: 1 run of page tables made, 1 of them larger than before, 2 given up; "
		  "1 table moved to its place; 1 run now, of 64 frames; 3 times there was no run of frames" },
		{ 0, 0, 0, 1, 0, 0, 0,
		  "policy p at /a: 0 runs of page tables made, 0 of them larger than before, 0 given up; "
		  "0 tables moved to their place; 0 runs now, of 0 frames; 1 time there was no run of "
		  "frames" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct mempol_event event = {
			.version = MEMPOL_ABI_VERSION,
			.mechanism = MEMPOL_MECH_TRANSLATION,
			.type = MEMPOL_EV_TABLES,
			.body.tables = { rows[i].created, rows[i].grown, rows[i].freed,
					 rows[i].failed, rows[i].moved, rows[i].teas,
					 rows[i].pages },
		};
		_cleanup_free_ char *text = NULL;

		assert_int_equal(mp_event_format(&event, "p", "dmt", "/a", &text), 0);
		assert_string_equal(text, rows[i].sentence);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys_have_their_ranges_and_defaults),
		cmocka_unit_test(test_what_is_none_of_these_is_refused),
		cmocka_unit_test(test_policies_that_say_the_same_are_equal),
		cmocka_unit_test(test_attachments_that_are_refused_say_why),
		cmocka_unit_test(test_events_have_sentences),
		cmocka_unit_test(test_what_became_of_page_tables_is_one_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
