// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who runs here: the policy whose callback has this CPU, by context, and how much
 * CPU time callbacks take. Mechanisms enter and leave; the kfuncs ask. Never stops
 * a callback: 6.12 has no way to.
 */
#include <linux/sched/clock.h>
#include <linux/vtime.h>
#include "core.h"

/* Slow callbacks are summed up for so long. */
#define MEMPOL_SLOW_WINDOW (10 * HZ)

/* Task, softirq, hardirq: one may interrupt the other, and that is no recursion. */
#define MEMPOL_NR_CONTEXTS 3

struct mempol_slots {
	struct mempol_slot slot[MEMPOL_NR_CONTEXTS];
};

static DEFINE_PER_CPU(struct mempol_slots, mempol_slots);

static struct mempol_slot *mempol_this_slot(void)
{
	struct mempol_slots *slots = this_cpu_ptr(&mempol_slots);
	unsigned int count = preempt_count();

	if (likely(!(count & (HARDIRQ_MASK | SOFTIRQ_OFFSET))))
		return &slots->slot[0];
	return &slots->slot[count & HARDIRQ_MASK ? 2 : 1];
}

/*
 * A running program cannot be stopped, and the verifier lets loops in loops run
 * for long: note it, and do not call it again.
 */
static noinline void mempol_was_slow(struct mempol_policy *policy, u64 took)
{
	atomic_inc(&policy->nr_slow);
	if (took > READ_ONCE(policy->slowest))
		WRITE_ONCE(policy->slowest, took);
	if (time_after(jiffies, READ_ONCE(policy->slow_since) + MEMPOL_SLOW_WINDOW)) {
		WRITE_ONCE(policy->slow_since, jiffies);
		WRITE_ONCE(policy->slow_sum, 0);
	}
	WRITE_ONCE(policy->slow_sum, READ_ONCE(policy->slow_sum) + took);
	if (READ_ONCE(policy->slow_sum) > policy->mechanism->slow_sum_ns)
		policy->mechanism->eject(policy, MEMPOL_EXIT_SLOW);
}

static void mempol_took(struct mempol_policy *policy, u64 took)
{
	this_cpu_inc(policy->stats->common[MEMPOL_COMMON_CALLS]);
	if (likely(!took))
		return;
	this_cpu_add(policy->stats->common[MEMPOL_COMMON_CALL_NS], took);
	if (took > policy->mechanism->slow_ns)
		mempol_was_slow(policy, took);
}

/**
 * mempol_enter - a callback that must not sleep is about to run
 * @policy: whose.
 *
 * struct_ops programs have no recursion guard in 6.12. A callback that finds
 * another one running in its context was called from within it, which is not its
 * fault: it is left out, and counted.
 *
 * It is timed by what its CPU runs. Nothing preempts it, but the CPU of a guest may
 * wait for one of the host's, and that is not the engine's fault: the tick counts
 * what ran only. Where no tick counts (nohz_full, or interrupts are off) the clock
 * has to do.
 *
 * Context: any, with preemption off until mempol_leave().
 * Return: for mempol_leave(); NULL: it may not run, and the caller does what the
 * kernel does by itself.
 */
struct mempol_slot *mempol_enter(struct mempol_policy *policy)
{
	struct mempol_slot *slot = mempol_this_slot();

	if (unlikely(slot->policy)) {
		this_cpu_inc(policy->stats->common[MEMPOL_COMMON_NESTED]);
		return NULL;
	}
	slot->policy = policy;
	slot->wall = irqs_disabled() || vtime_accounting_enabled_this_cpu();
	slot->begin = unlikely(slot->wall) ? local_clock() : READ_ONCE(current->stime);
	return slot;
}

/**
 * mempol_leave - a callback has returned
 * @slot: of mempol_enter().
 *
 * Context: as there.
 */
void mempol_leave(struct mempol_slot *slot)
{
	u64 now = unlikely(slot->wall) ? local_clock() : READ_ONCE(current->stime);
	struct mempol_policy *policy = slot->policy;

	slot->policy = NULL;
	mempol_took(policy, now - slot->begin);
}

/* The policy whose callback runs in this context, or NULL. Preemption is off. */
struct mempol_policy *mempol_current(void)
{
	return mempol_this_slot()->policy;
}

/**
 * mempol_task_begin - a callback is about to run that may be preempted
 *
 * Such a callback is on no CPU's slot and may not call kfuncs that ask for one. It
 * is timed by what its task runs, whoever else has the CPU meanwhile.
 *
 * Context: process.
 * Return: for mempol_task_end().
 */
u64 mempol_task_begin(void)
{
	return READ_ONCE(current->stime);
}

void mempol_task_end(struct mempol_policy *policy, u64 begin)
{
	mempol_took(policy, READ_ONCE(current->stime) - begin);
}
