/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What runs round every callback: it takes the slot of its context, and what the
 * clock says of it is charged to its policy. Inline, because the page cache calls back
 * for each page; what happens once in a tick only is in run.c.
 */
#ifndef _MEMPOL_RUN_H
#define _MEMPOL_RUN_H

#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/vtime.h>
#include "core.h"

/* Task, softirq, hardirq: one may interrupt the other, and that is no recursion. */
#define MEMPOL_NR_CONTEXTS 3

/**
 * struct mempol_slot - a context of a CPU, and whose callback has it
 * @policy: whose, or NULL.
 * @begin: when it began, in ns.
 * @kernel: how much of it kfuncs have taken, in ns; 0 between callbacks.
 * @nested: how much callbacks of other contexts have taken that interrupted it, in ns.
 *	What the clock has not seen by the end of the callback is there for its next one.
 * @kfuncs: of how many more of its kfuncs the time is the kernel's; what a callback that
 *	calls kfuncs begins with is the mechanism's to set.
 * @wall: by the wall clock and not by the tick.
 */
struct mempol_slot {
	struct mempol_policy *policy;
	u64 begin;
	u64 kernel;
	u64 nested;
	long kfuncs;
	bool wall;
};

struct mempol_slots {
	struct mempol_slot slot[MEMPOL_NR_CONTEXTS];
};

DECLARE_PER_CPU(struct mempol_slots, mempol_slots);

void mempol_nested(struct mempol_policy *policy);
void mempol_charge(struct mempol_policy *policy, struct mempol_slot *slot, u64 now);
u64 mempol_task_begin(void);
void mempol_task_end(struct mempol_policy *policy, u64 begin);
void mempol_task_count(struct mempol_policy *policy, u64 begin);

static __always_inline struct mempol_slot *mempol_this_slot(void)
{
	struct mempol_slots *slots = this_cpu_ptr(&mempol_slots);
	unsigned int count = preempt_count();

	if (likely(!(count & (HARDIRQ_MASK | SOFTIRQ_OFFSET))))
		return &slots->slot[0];
	return &slots->slot[count & HARDIRQ_MASK ? 2 : 1];
}

/* The policy whose callback runs in this context, or NULL. Preemption is off. */
static __always_inline struct mempol_policy *mempol_current(void)
{
	return mempol_this_slot()->policy;
}

static __always_inline u64 mempol_clock(bool wall)
{
	return unlikely(wall) ? local_clock() : READ_ONCE(current->stime);
}

/**
 * mempol_enter - a callback that must not sleep is about to run
 * @policy: whose.
 *
 * struct_ops programs have no recursion guard in 6.12. A callback that finds
 * another one running in its context was called from within it, which is not its
 * fault: it is left out, and counted.
 *
 * A callback of another context that interrupts it has a slot of its own, and what it
 * takes is its own policy's.
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
static __always_inline struct mempol_slot *mempol_enter(struct mempol_policy *policy)
{
	struct mempol_slot *slot = mempol_this_slot();

	if (unlikely(slot->policy)) {
		mempol_nested(policy);
		return NULL;
	}
	slot->policy = policy;
	slot->wall = irqs_disabled() || vtime_accounting_enabled_this_cpu();
	slot->begin = mempol_clock(slot->wall);
	return slot;
}

/**
 * mempol_leave - a callback has returned
 * @slot: of mempol_enter().
 *
 * Context: as there.
 */
static __always_inline void mempol_leave(struct mempol_slot *slot)
{
	u64 now = mempol_clock(slot->wall);
	struct mempol_policy *policy = slot->policy;

	slot->policy = NULL;
	this_cpu_inc(policy->stats->common[MEMPOL_COMMON_CALLS]);
	if (unlikely(now != slot->begin))
		mempol_charge(policy, slot, now);
}

/**
 * mempol_kfunc_begin - a kfunc is about to wait for locks or to walk page tables
 *
 * What that takes depends on the machine and not on the engine: it counts as the
 * policy's time, and not against its budget. Only of as many calls as the callback
 * can have a use for, or an engine could spend its time in calls.
 *
 * Context: a callback between mempol_enter() and mempol_leave(), interrupts on.
 * Return: for mempol_kfunc_end().
 */
static __always_inline u64 mempol_kfunc_begin(void)
{
	return mempol_clock(vtime_accounting_enabled_this_cpu());
}

static __always_inline void mempol_kfunc_end(u64 begin)
{
	u64 now = mempol_clock(vtime_accounting_enabled_this_cpu());
	struct mempol_slot *slot = mempol_this_slot();

	slot->kfuncs--;
	if (unlikely(now != begin) && slot->kfuncs >= 0)
		slot->kernel += now - begin;
}

#endif /* _MEMPOL_RUN_H */
