// SPDX-License-Identifier: GPL-2.0-only
/*
 * What runs round callbacks, without a kernel: whose callback a context has, and whose time it is when one interrupts
 * another. The module's own source over a CPU that the test moves on; what a kernel's clocks really say is
 * tests/vm/test_cache_budget's affair.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "kernel.h"
#include "run.h"

#define TICK TICK_NSEC
#define MS NSEC_PER_MSEC
#define BUDGET_NS (500 * MS)
#define MEAN_NS (5 * MS)

enum { TASK, SOFTIRQ, HARDIRQ };

static void eject(struct mempol_policy *policy, u32 kind)
{
	policy->exit_kind = kind;
}

static struct mempol_mechanism mechanism = {
	.budget_ns = BUDGET_NS,
	.mean_ns = MEAN_NS,
	.eject = eject,
};

/* Of three policies, one for each context. */
static struct mempol_policy_stats stats[3];
static struct mempol_policy policies[3];
#define OUTER (&policies[TASK])
#define MIDDLE (&policies[SOFTIRQ])
#define INNER (&policies[HARDIRQ])

static u64 common(const struct mempol_policy *policy, enum mempol_common_counter which)
{
	return policy->stats->common[which];
}

#define time_of(policy) common(policy, MEMPOL_COMMON_CALL_NS)
#define calls_of(policy) common(policy, MEMPOL_COMMON_CALLS)
#define nested_of(policy) common(policy, MEMPOL_COMMON_NESTED)

static int fresh(void **state)
{
	memset(&native_machine, 0, sizeof(native_machine));
	memset(&mempol_slots, 0, sizeof(mempol_slots));
	memset(stats, 0, sizeof(stats));
	memset(policies, 0, sizeof(policies));
	for (int i = 0; i < 3; i++) {
		policies[i].mechanism = &mechanism;
		policies[i].stats = &stats[i];
		policies[i].exit_kind = MEMPOL_EXIT_NONE;
	}
	/* Windows that begin at 0 have passed. */
	native_machine.clock = 1000 * TICK;
	native_machine.cpustat.cpustat[CPUTIME_IDLE] = 1000 * TICK;
	native_cpu = 0;
	return 0;
}

static int in_context(unsigned int count)
{
	return count & HARDIRQ_MASK   ? CPUTIME_IRQ :
	       count & SOFTIRQ_OFFSET ? CPUTIME_SOFTIRQ :
					CPUTIME_SYSTEM;
}

/* One that was due while interrupts were off comes when they are on; of several, one does. */
static void tick(void)
{
	native_machine.task.stime += TICK;
	native_machine.cpustat.cpustat[in_context(native_machine.preempt_count)] += TICK;
}

/* The CPU runs on for @ns in the context that it is in. */
static void run(u64 ns)
{
	const u64 before = native_machine.clock / TICK;
	u64 seen;

	native_machine.clock += ns;
	seen = native_machine.clock / TICK - before;
	if (native_machine.vtime || native_machine.irqs_off)
		return;
	while (seen--)
		tick();
}

struct interrupted {
	unsigned int preempt_count;
	bool irqs_off;
	u64 clock;
};

static struct interrupted interrupt(int context)
{
	const struct interrupted was = { native_machine.preempt_count, native_machine.irqs_off,
					 native_machine.clock };

	native_machine.preempt_count += context == HARDIRQ ? HARDIRQ_OFFSET : SOFTIRQ_OFFSET;
	native_machine.irqs_off = context == HARDIRQ;
	return was;
}

static void resume(struct interrupted was)
{
	const bool held_back = native_machine.irqs_off && !was.irqs_off && !native_machine.vtime &&
			       native_machine.clock / TICK != was.clock / TICK;

	native_machine.preempt_count = was.preempt_count;
	native_machine.irqs_off = was.irqs_off;
	if (held_back)
		tick();
}

/* A callback of @policy that runs for @ns, in the context that the CPU is in. */
static bool call(struct mempol_policy *policy, u64 ns)
{
	struct mempol_slot *slot = mempol_enter(policy);

	if (!slot)
		return false;
	assert_ptr_equal(mempol_current(), policy);
	run(ns);
	mempol_leave(slot);
	return true;
}

/* Likewise, interrupting what runs. */
static bool call_in(int context, struct mempol_policy *policy, u64 ns)
{
	const struct interrupted was = interrupt(context);
	const bool called = call(policy, ns);

	resume(was);
	return called;
}

/* @before of the outer one's own, then @nested of one that interrupts it, then @after of its own. */
static void call_around(u64 before, int context, u64 nested, u64 after)
{
	struct mempol_slot *slot = mempol_enter(OUTER);

	assert_non_null(slot);
	run(before);
	assert_true(call_in(context, &policies[context], nested));
	assert_ptr_equal(mempol_current(), OUTER);
	run(after);
	mempol_leave(slot);
}

static void each_context_has_one_callback(void **state)
{
	struct mempol_slot *slots[3];
	struct interrupted was[3] = {};

	for (int c = TASK; c <= HARDIRQ; c++) {
		if (c != TASK)
			was[c] = interrupt(c);
		assert_null(mempol_current());
		slots[c] = mempol_enter(&policies[c]);
		assert_non_null(slots[c]);
		assert_ptr_equal(mempol_current(), &policies[c]);
		/* Whoever it is, itself included. */
		for (int other = TASK; other <= HARDIRQ; other++)
			assert_null(mempol_enter(&policies[other]));
		assert_ptr_equal(mempol_current(), &policies[c]);
	}
	for (int c = TASK; c <= HARDIRQ; c++)
		assert_int_equal(nested_of(&policies[c]), 3);
	for (int c = HARDIRQ; c >= TASK; c--) {
		mempol_leave(slots[c]);
		assert_null(mempol_current());
		assert_true(call(&policies[c], 0));
		if (c != TASK)
			resume(was[c]);
	}
	for (int c = TASK; c <= HARDIRQ; c++)
		assert_int_equal(calls_of(&policies[c]), 2);
}

static void a_softirq_that_is_held_off_is_no_context(void **state)
{
	struct mempol_slot *slot = mempol_enter(OUTER);

	/* local_bh_disable() in a task adds two. */
	native_machine.preempt_count += 2 * SOFTIRQ_OFFSET;
	assert_ptr_equal(mempol_current(), OUTER);
	assert_null(mempol_enter(MIDDLE));
	native_machine.preempt_count -= 2 * SOFTIRQ_OFFSET;
	mempol_leave(slot);
}

static void one_that_was_left_out_costs_nobody_anything(void **state)
{
	struct mempol_slot *slot = mempol_enter(OUTER);

	assert_false(call(MIDDLE, 10 * TICK));
	run(3 * TICK);
	mempol_leave(slot);
	assert_int_equal(time_of(OUTER), 3 * TICK);
	assert_int_equal(time_of(MIDDLE), 0);
	assert_int_equal(calls_of(MIDDLE), 0);
}

static void what_interrupts_in_a_softirq_is_not_the_outer_ones_time(void **state)
{
	call_around(2 * TICK, SOFTIRQ, 7 * TICK, 3 * TICK);
	assert_int_equal(time_of(OUTER), 5 * TICK);
	assert_int_equal(time_of(MIDDLE), 7 * TICK);
}

static void nor_in_a_hardirq(void **state)
{
	call_around(2 * TICK, HARDIRQ, 7 * TICK, 3 * TICK);
	/* Of seven ticks, one has waited: it is nobody's. */
	assert_int_equal(time_of(OUTER), 5 * TICK);
	assert_int_equal(time_of(INNER), 7 * TICK);
}

static void nor_where_no_tick_counts(void **state)
{
	native_machine.vtime = true;
	call_around(2 * MS, SOFTIRQ, 7 * MS, 3 * MS);
	assert_int_equal(time_of(OUTER), 5 * MS);
	assert_int_equal(time_of(MIDDLE), 7 * MS);
	call_around(2 * MS, HARDIRQ, 7 * MS, 3 * MS);
	assert_int_equal(time_of(OUTER), 10 * MS);
	assert_int_equal(time_of(INNER), 7 * MS);
}

static void three_deep_each_has_its_own(void **state)
{
	struct mempol_slot *outer = mempol_enter(OUTER), *middle;
	struct interrupted was;

	run(TICK);
	was = interrupt(SOFTIRQ);
	middle = mempol_enter(MIDDLE);
	run(2 * TICK);
	assert_true(call_in(HARDIRQ, INNER, 4 * TICK));
	run(8 * TICK);
	mempol_leave(middle);
	/* Another one in the same softirq. */
	assert_true(call(MIDDLE, 16 * TICK));
	resume(was);
	run(32 * TICK);
	mempol_leave(outer);
	assert_int_equal(time_of(INNER), 4 * TICK);
	assert_int_equal(time_of(MIDDLE), 26 * TICK);
	assert_int_equal(time_of(OUTER), 33 * TICK);
}

static void what_interrupted_one_callback_is_not_the_next_ones(void **state)
{
	call_around(TICK, SOFTIRQ, 5 * TICK, TICK);
	assert_true(call(OUTER, 3 * TICK));
	assert_int_equal(time_of(OUTER), 5 * TICK);
}

/* The kernel's part of it stays what it is. */
static void what_kfuncs_take_is_told_apart(void **state)
{
	struct mempol_slot *slot = mempol_enter(OUTER);
	u64 begin;

	slot->kfuncs = 1;
	begin = mempol_kfunc_begin();
	run(3 * TICK);
	mempol_kfunc_end(begin);
	assert_true(call_in(SOFTIRQ, MIDDLE, 5 * TICK));
	run(2 * TICK);
	mempol_leave(slot);
	assert_int_equal(time_of(OUTER), 5 * TICK);
	assert_int_equal(common(OUTER, MEMPOL_COMMON_KFUNC_NS), 3 * TICK);
	assert_int_equal(common(MIDDLE, MEMPOL_COMMON_KFUNC_NS), 0);
}

/* Callbacks of a policy that others interrupt, for a second of the CPU's time. */
static void for_a_second(u64 own, int context, u64 nested)
{
	const u64 end = native_machine.clock + NSEC_PER_SEC;

	while (native_machine.clock < end)
		call_around(own, context, nested, own);
}

static void who_interrupts_is_ejected_and_not_who_was_interrupted(void **state)
{
	for (int c = SOFTIRQ; c <= HARDIRQ; c++) {
		for (int vtime = 0; vtime < 2; vtime++) {
			fresh(NULL);
			native_machine.vtime = vtime;
			for_a_second(MS / 10, c, 10 * MS);
			assert_int_equal(policies[c].exit_kind, MEMPOL_EXIT_SLOW);
			assert_int_equal(OUTER->exit_kind, MEMPOL_EXIT_NONE);
			assert_true(time_of(&policies[c]) >= BUDGET_NS);
			assert_true(time_of(OUTER) < BUDGET_NS / 5);
		}
	}
}

static void and_the_other_way_round(void **state)
{
	for (int c = SOFTIRQ; c <= HARDIRQ; c++) {
		for (int vtime = 0; vtime < 2; vtime++) {
			fresh(NULL);
			native_machine.vtime = vtime;
			for_a_second(10 * MS, c, MS / 10);
			assert_int_equal(OUTER->exit_kind, MEMPOL_EXIT_SLOW);
			assert_int_equal(policies[c].exit_kind, MEMPOL_EXIT_NONE);
			assert_true(time_of(OUTER) >= BUDGET_NS);
			assert_true(time_of(&policies[c]) < BUDGET_NS / 5);
		}
	}
}

/* Both at half of what is too much, for two windows. */
static void two_are_not_added_up(void **state)
{
	for (int c = SOFTIRQ; c <= HARDIRQ; c++) {
		fresh(NULL);
		for (int i = 0; i < 50; i++) {
			call_around(2 * MS, c, 4 * MS, 2 * MS);
			run(32 * MS);
		}
		for (int p = TASK; p <= HARDIRQ; p++)
			assert_int_equal(policies[p].exit_kind, MEMPOL_EXIT_NONE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_context_has_one_callback, fresh),
		cmocka_unit_test_setup(a_softirq_that_is_held_off_is_no_context, fresh),
		cmocka_unit_test_setup(one_that_was_left_out_costs_nobody_anything, fresh),
		cmocka_unit_test_setup(what_interrupts_in_a_softirq_is_not_the_outer_ones_time,
				       fresh),
		cmocka_unit_test_setup(nor_in_a_hardirq, fresh),
		cmocka_unit_test_setup(nor_where_no_tick_counts, fresh),
		cmocka_unit_test_setup(three_deep_each_has_its_own, fresh),
		cmocka_unit_test_setup(what_interrupted_one_callback_is_not_the_next_ones, fresh),
		cmocka_unit_test_setup(what_kfuncs_take_is_told_apart, fresh),
		cmocka_unit_test_setup(who_interrupts_is_ejected_and_not_who_was_interrupted,
				       fresh),
		cmocka_unit_test_setup(and_the_other_way_round, fresh),
		cmocka_unit_test_setup(two_are_not_added_up, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
