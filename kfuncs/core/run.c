// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much CPU time the callbacks of a policy take, and when that is too much: a
 * budget for all of them on a CPU, and a mean for each of them on all CPUs together.
 * Called when a tick has hit a callback. Never stops a callback: 6.12 has no way to.
 */
#include <linux/kernel_stat.h>
#include "run.h"

/* Budgets are for so long, by the clock that counts. */
#define MEMPOL_WINDOW_NS (2 * NSEC_PER_SEC)

/*
 * With interrupts off, of one callback so much counts against the budget at most: the
 * host may have taken the CPU away meanwhile, for any time, and no clock of 6.12 that
 * a module may read tells how much of it ran. A host that stops a CPU eleven times in
 * two seconds, each time in a callback that runs for a microsecond, does not exist.
 */
#define MEMPOL_WALL_MAX_NS (50 * NSEC_PER_MSEC)

/* A CPU tells the others of what it has spent in portions of so much. */
#define MEMPOL_POOL_NS (10 * NSEC_PER_MSEC)

/* A mean of less than so much in all says nothing. */
#define MEMPOL_MEAN_OF_NS (100 * NSEC_PER_MSEC)

DEFINE_PER_CPU(struct mempol_slots, mempol_slots);

void mempol_nested(struct mempol_policy *policy)
{
	this_cpu_inc(policy->stats->common[MEMPOL_COMMON_NESTED]);
}

/*
 * What this CPU has run and idled, by its ticks: those that a host has taken away are
 * in here as little as they are in what a callback took.
 */
static u64 mempol_cpu_time(void)
{
	static const u8 kinds[] = { CPUTIME_USER, CPUTIME_NICE, CPUTIME_SYSTEM, CPUTIME_SOFTIRQ,
				    CPUTIME_IRQ,  CPUTIME_IDLE, CPUTIME_IOWAIT };
	const u64 *cpustat = kcpustat_this_cpu->cpustat;
	u64 sum = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		sum += READ_ONCE(cpustat[kinds[i]]);
	return sum;
}

/*
 * The callbacks of all CPUs together: is the mean of what they took since the window
 * began too long? Two CPUs may begin it at once; a little is lost then.
 */
static bool mempol_mean_is_long(struct mempol_policy *policy, struct mempol_policy_stats *stats)
{
	u64 calls = stats->common[MEMPOL_COMMON_CALLS] - stats->pooled_calls, spent;

	if (stats->unpooled < MEMPOL_POOL_NS)
		return false;
	if (time_after(jiffies,
		       READ_ONCE(policy->pool_since) + nsecs_to_jiffies(MEMPOL_WINDOW_NS))) {
		WRITE_ONCE(policy->pool_since, jiffies);
		atomic64_set(&policy->pool_ns, 0);
		atomic64_set(&policy->pool_calls, 0);
	}
	spent = atomic64_add_return(stats->unpooled, &policy->pool_ns);
	calls = atomic64_add_return(calls, &policy->pool_calls);
	stats->unpooled = 0;
	stats->pooled_calls = stats->common[MEMPOL_COMMON_CALLS];
	return spent >= MEMPOL_MEAN_OF_NS && spent > calls * policy->mechanism->mean_ns;
}

/*
 * @ns of the engine's own, with the clock that they were measured by at @now. A running
 * program cannot be stopped, and the verifier lets loops in loops run for long: it is
 * not called again.
 */
static void mempol_spend(struct mempol_policy *policy, u64 ns, bool wall, u64 now)
{
	struct mempol_policy_stats *stats = this_cpu_ptr(policy->stats);
	struct mempol_spending *spending = &stats->spending[wall];

	if (now - spending->since > MEMPOL_WINDOW_NS) {
		spending->since = now;
		spending->ns = 0;
	}
	spending->ns += ns;
	stats->unpooled += ns;
	if (spending->ns > policy->mechanism->budget_ns || mempol_mean_is_long(policy, stats))
		policy->mechanism->eject(policy, MEMPOL_EXIT_SLOW);
}

/*
 * A callback has taken @took: that is not the time of those that it interrupted. With
 * interrupts off no tick has seen it, but one may have waited for it, and finds them.
 * It is one, however many were due.
 */
static void mempol_interrupted(const struct mempol_slot *slot, u64 took)
{
	struct mempol_slot *below = this_cpu_ptr(&mempol_slots)->slot;

	for (; below < slot; below++)
		if (below->policy)
			below->nested += slot->wall && !below->wall ? min(took, TICK_NSEC) : took;
}

/**
 * mempol_charge - the clock says that a callback took time
 * @policy: whose.
 * @slot: where it ran.
 * @now: when it returned, by the clock of @slot.
 *
 * With interrupts on that is once in a tick. Each tick finds either a callback or
 * something else, whichever there is more of more often, so what many callbacks took
 * is known even if each of them was short.
 *
 * Context: any, with preemption off.
 */
noinline void mempol_charge(struct mempol_policy *policy, struct mempol_slot *slot, u64 now)
{
	struct mempol_spending *wall = &this_cpu_ptr(policy->stats)->spending[true];
	u64 took = now - slot->begin, kernel, own;

	took -= min(slot->nested, took);
	kernel = min(slot->kernel, took);
	own = took - kernel;
	slot->nested = 0;
	slot->kernel = 0;
	mempol_interrupted(slot, took);
	this_cpu_add(policy->stats->common[MEMPOL_COMMON_CALL_NS], took);
	this_cpu_add(policy->stats->common[MEMPOL_COMMON_KFUNC_NS], kernel);
	if (slot->wall) {
		/* What does not count has not passed, either. */
		wall->since += own - min(own, MEMPOL_WALL_MAX_NS);
		mempol_spend(policy, min(own, MEMPOL_WALL_MAX_NS), true, now);
	} else if (own) {
		mempol_spend(policy, own, false, mempol_cpu_time());
	}
}

/**
 * mempol_task_begin - a callback is about to run that may be preempted
 *
 * Such a callback is on no CPU's slot and may not call kfuncs that ask for one. It
 * is timed by what its task runs, whoever else has the CPU meanwhile.
 *
 * Context: process.
 * Return: for mempol_task_end() or mempol_task_count().
 */
u64 mempol_task_begin(void)
{
	return READ_ONCE(current->stime);
}

/* It has returned, and is the budget's of the CPU that it is on by now. */
void mempol_task_end(struct mempol_policy *policy, u64 begin)
{
	u64 took = READ_ONCE(current->stime) - begin;

	mempol_task_count(policy, begin);
	if (took) {
		preempt_disable();
		mempol_spend(policy, took, false, mempol_cpu_time());
		preempt_enable();
	}
}

/* Likewise one that runs once, before the policy is attached: it has no budget. */
void mempol_task_count(struct mempol_policy *policy, u64 begin)
{
	this_cpu_inc(policy->stats->common[MEMPOL_COMMON_CALLS]);
	this_cpu_add(policy->stats->common[MEMPOL_COMMON_CALL_NS],
		     READ_ONCE(current->stime) - begin);
}
