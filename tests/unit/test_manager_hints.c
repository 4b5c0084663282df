// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold in the manager for what programs say of cached pages: the policy's PinMax= reaches the kernel that
 * knows of it, and explain tells of it.
 */
#include "../../daemon/mempolicyd/explain.h"
#include "fake-kernel.h"

#define POLICY "[Match]\nCgroup=/a\n[Cache]\nEngine=mru\n"

static void assert_explained(struct daemon *d, const char *wanted)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *reply = NULL;
	_cleanup_free_ char *text = NULL;

	assert_int_equal(mp_explain(d->m, "/a", &reply), 0);
	assert_true(sd_json_variant_format(reply, 0, &text) >= 0);
	if (!strstr(text, wanted))
		fail_msg("'%s' lacks '%s'", text, wanted);
}

/* --- PinMax= ------------------------------------------------------------------------------------------ */

static void test_what_may_be_pinned_is_told_to_the_kernel(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	edit(NULL, *state, "p", POLICY);
	start(&d, *state);
	assert_int_equal(own_value(&kernel.values, "pin_permyriad"), 1000);
	assert_true(kernel.values.own[0].optional && kernel.values.n_own == 1);
	edit(&d, *state, "p", POLICY "PinMax=65%\n");
	assert_int_equal(own_value(&kernel.values, "pin_permyriad"), 6500);
	assert_int_equal(own_value(&kernel.values, "pin_pages"), 0);
	assert_false(kernel.values.own[0].optional);
	/* Another number is another engine to the kernel, which takes over what there is. */
	assert_int_equal(kernel.replacements, 1);
	edit(&d, *state, "p", POLICY "PinMax=1M\n");
	assert_int_equal(own_value(&kernel.values, "pin_permyriad"), 0);
	assert_int_equal(own_value(&kernel.values, "pin_pages"), (1 << 20) / sysconf(_SC_PAGESIZE));
}

static void test_where_nothing_may_be_pinned_nothing_is_told(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	edit(NULL, *state, "p", POLICY "PinMax=0\n");
	start(&d, *state);
	assert_int_equal(kernel.values.n_own, 0);
	edit(&d, *state, "p", "[Match]\nCgroup=/a\n[Cache]\nEngine=none\nPinMax=5%\n");
	assert_int_equal(kernel.loads, 2);
	assert_int_equal(kernel.values.n_own, 0);
}

static void test_a_kernel_without_hints_is_told_nothing_and_the_policy_runs(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	kernel.hints_missing = "this is a kernel without CONFIG_MEMPOL_VERBS";
	edit(NULL, *state, "p", POLICY "PinMax=65%\n");
	start(&d, *state);
	assert_int_equal(kernel.values.n_own, 0);
	assert_int_equal(at(&d, "p")->state, MP_STATE_ACTIVE);
	assert_explained(&d, "\"reason\":\"programs can pin nothing: this is a kernel without "
			     "CONFIG_MEMPOL_VERBS\"");
	edit(&d, *state, "p", POLICY);
	assert_explained(&d, "\"reason\":null");
}

static void test_explain_says_how_much_may_be_pinned_and_is(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	edit(NULL, *state, "p", POLICY);
	start(&d, *state);
	/* What is usual is not worth a word. */
	assert_explained(&d, "\"reason\":null");
	kernel.counters[MEMPOL_CACHE_PINNED_PAGES] = 1;
	assert_explained(&d, "programs may pin 10% of its memory, 1 page is pinned");
	kernel.counters[MEMPOL_CACHE_PINNED_PAGES] = 0;
	edit(&d, *state, "p", POLICY "PinMax=64M\n");
	assert_explained(&d, "programs may pin 64M, 0 pages are pinned");
	kernel.query_error = -EIO;
	assert_explained(&d, "how much of it is pinned cannot be read now");
}

static int setup(void **state)
{
	fake_reset();
	return tree_setup(state);
}

#define DAEMON_TEST(f) cmocka_unit_test_setup_teardown(f, setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DAEMON_TEST(test_what_may_be_pinned_is_told_to_the_kernel),
		DAEMON_TEST(test_where_nothing_may_be_pinned_nothing_is_told),
		DAEMON_TEST(test_a_kernel_without_hints_is_told_nothing_and_the_policy_runs),
		DAEMON_TEST(test_explain_says_how_much_may_be_pinned_and_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
