// SPDX-License-Identifier: GPL-2.0-only
/*
 * What mp_plan_make() has to answer: which attachments stay, go, come or are replaced live. No
 * kernel, no files; run by `make check`.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plan.h"

#define ITEM(id, name, v) \
	{ .mechanism = MEMPOL_MECH_CACHE, .cgroup_id = (id), .policy = (name), .version = (v) }
#define BLOCKED(id, name, v)              \
	{ .mechanism = MEMPOL_MECH_CACHE, \
	  .cgroup_id = (id),              \
	  .policy = (name),               \
	  .version = (v),                 \
	  .blocked = true }
#define MAKE(have, n_have, want, n_want, plan) \
	assert_int_equal(mp_plan_make(have, n_have, want, n_want, plan), 0)

static void nothing_gives_no_step(void **state)
{
	_cleanup_plan_ struct mp_plan plan = {};

	(void)state;
	MAKE(NULL, 0, NULL, 0, &plan);
	assert_int_equal(plan.count, 0);
}

static void what_is_as_wished_stays(void **state)
{
	const struct mp_plan_item have[] = { ITEM(7, "a", 1), ITEM(9, "b", 2) };
	const struct mp_plan_item want[] = { ITEM(9, "b", 2), ITEM(7, "a", 1) };
	_cleanup_plan_ struct mp_plan plan = {};

	(void)state;
	MAKE(have, 2, want, 2, &plan);
	assert_int_equal(plan.count, 0);
}

static void a_new_cgroup_is_attached(void **state)
{
	const struct mp_plan_item want[] = { ITEM(7, "a", 1) };
	_cleanup_plan_ struct mp_plan plan = {};

	(void)state;
	MAKE(NULL, 0, want, 1, &plan);
	assert_int_equal(plan.count, 1);
	assert_int_equal(plan.steps[0].verb, MP_PLAN_ATTACH);
	assert_null(plan.steps[0].from);
	assert_ptr_equal(plan.steps[0].to, &want[0]);
}

static void what_nobody_wishes_is_detached(void **state)
{
	const struct mp_plan_item have[] = { ITEM(7, "a", 1) };
	_cleanup_plan_ struct mp_plan plan = {};

	(void)state;
	MAKE(have, 1, NULL, 0, &plan);
	assert_int_equal(plan.count, 1);
	assert_int_equal(plan.steps[0].verb, MP_PLAN_DETACH);
	assert_ptr_equal(plan.steps[0].from, &have[0]);
}

static void another_winner_takes_over_live(void **state)
{
	const struct mp_plan_item have[] = { ITEM(7, "winner", 1) };
	const struct mp_plan_item want[] = { ITEM(7, "loser", 4) };
	_cleanup_plan_ struct mp_plan plan = {};

	(void)state;
	MAKE(have, 1, want, 1, &plan);
	assert_int_equal(plan.count, 1);
	assert_int_equal(plan.steps[0].verb, MP_PLAN_REPLACE);
	assert_ptr_equal(plan.steps[0].from, &have[0]);
	assert_ptr_equal(plan.steps[0].to, &want[0]);
}

static void an_edited_engine_is_replaced_live(void **state)
{
	const struct mp_plan_item have[] = { ITEM(7, "a", 1) };
	const struct mp_plan_item want[] = { ITEM(7, "a", 2) };
	_cleanup_plan_ struct mp_plan plan = {};

	(void)state;
	MAKE(have, 1, want, 1, &plan);
	assert_int_equal(plan.count, 1);
	assert_int_equal(plan.steps[0].verb, MP_PLAN_REPLACE);
}

static void a_cgroup_of_the_same_path_but_another_id_is_another(void **state)
{
	const struct mp_plan_item have[] = { ITEM(7, "a", 1) };
	const struct mp_plan_item want[] = { ITEM(8, "a", 1) };
	_cleanup_plan_ struct mp_plan plan = {};

	(void)state;
	MAKE(have, 1, want, 1, &plan);
	assert_int_equal(plan.count, 2);
	assert_int_equal(plan.steps[0].verb, MP_PLAN_DETACH);
	assert_int_equal(plan.steps[1].verb, MP_PLAN_ATTACH);
}

static void a_blocked_attempt_is_left_alone(void **state)
{
	const struct mp_plan_item want[] = { BLOCKED(7, "a", 1) };
	_cleanup_plan_ struct mp_plan plan = {};

	(void)state;
	MAKE(NULL, 0, want, 1, &plan);
	assert_int_equal(plan.count, 0);
}

static void a_blocked_successor_keeps_the_old_one_running(void **state)
{
	const struct mp_plan_item have[] = { ITEM(7, "a", 1) };
	const struct mp_plan_item want[] = { BLOCKED(7, "a", 2) };
	_cleanup_plan_ struct mp_plan plan = {};

	(void)state;
	MAKE(have, 1, want, 1, &plan);
	assert_int_equal(plan.count, 0);
}

static void replacements_come_first_attachments_last(void **state)
{
	const struct mp_plan_item have[] = { ITEM(2, "gone", 1), ITEM(3, "a", 1) };
	const struct mp_plan_item want[] = { ITEM(1, "new", 1), ITEM(3, "b", 1) };
	_cleanup_plan_ struct mp_plan plan = {};

	(void)state;
	MAKE(have, 2, want, 2, &plan);
	assert_int_equal(plan.count, 3);
	assert_int_equal(plan.steps[0].verb, MP_PLAN_REPLACE);
	assert_int_equal(plan.steps[1].verb, MP_PLAN_DETACH);
	assert_int_equal(plan.steps[2].verb, MP_PLAN_ATTACH);
}

static void mechanisms_do_not_displace_each_other(void **state)
{
	const struct mp_plan_item have[] = { ITEM(3, "a", 1) };
	struct mp_plan_item want[] = { ITEM(3, "a", 1), ITEM(3, "b", 1) };
	_cleanup_plan_ struct mp_plan plan = {};

	(void)state;
	want[1].mechanism = MEMPOL_MECH_PLACEMENT;
	MAKE(have, 1, want, 2, &plan);
	assert_int_equal(plan.count, 1);
	assert_int_equal(plan.steps[0].verb, MP_PLAN_ATTACH);
	assert_ptr_equal(plan.steps[0].to, &want[1]);
}

static void attempts_become_rarer_but_never_stop(void **state)
{
	uint64_t last = 0;

	(void)state;
	assert_true(mp_plan_retry_usec(0) <= 200000);
	for (unsigned int i = 0; i < 200; i++) {
		uint64_t usec = mp_plan_retry_usec(i);

		assert_true(usec >= last);
		assert_true(usec <= 60000000);
		last = usec;
	}
}

static void errors_that_may_pass_are_told_from_those_that_do_not(void **state)
{
	(void)state;
	assert_true(mp_plan_error_is_transient(-EBUSY));
	assert_true(mp_plan_error_is_transient(-EOPNOTSUPP));
	assert_false(mp_plan_error_is_transient(-EINVAL));
	assert_false(mp_plan_error_is_transient(-ENOENT));
}

static void only_the_kernels_own_decision_is_an_ejection(void **state)
{
	(void)state;
	assert_false(mp_plan_is_ejection(MEMPOL_EXIT_NONE));
	assert_false(mp_plan_is_ejection(MEMPOL_EXIT_DETACHED));
	assert_false(mp_plan_is_ejection(MEMPOL_EXIT_REPLACED));
	assert_false(mp_plan_is_ejection(MEMPOL_EXIT_CGROUP));
	assert_true(mp_plan_is_ejection(MEMPOL_EXIT_STALLED));
	assert_true(mp_plan_is_ejection(MEMPOL_EXIT_ERROR));
	assert_true(mp_plan_is_ejection(MEMPOL_EXIT_SLOW));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_gives_no_step),
		cmocka_unit_test(what_is_as_wished_stays),
		cmocka_unit_test(a_new_cgroup_is_attached),
		cmocka_unit_test(what_nobody_wishes_is_detached),
		cmocka_unit_test(another_winner_takes_over_live),
		cmocka_unit_test(an_edited_engine_is_replaced_live),
		cmocka_unit_test(a_cgroup_of_the_same_path_but_another_id_is_another),
		cmocka_unit_test(a_blocked_attempt_is_left_alone),
		cmocka_unit_test(a_blocked_successor_keeps_the_old_one_running),
		cmocka_unit_test(replacements_come_first_attachments_last),
		cmocka_unit_test(mechanisms_do_not_displace_each_other),
		cmocka_unit_test(attempts_become_rarer_but_never_stop),
		cmocka_unit_test(errors_that_may_pass_are_told_from_those_that_do_not),
		cmocka_unit_test(only_the_kernels_own_decision_is_an_ejection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
