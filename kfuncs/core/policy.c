// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of attached policies: what is common in their lives, the events that
 * tell of it, and why one left. Called by registration and by the mechanisms;
 * never takes a decision.
 */
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include "core.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

LIST_HEAD(mempol_policies);
DEFINE_MUTEX(mempol_policies_mutex); /* guards the list above */

/* One sentence each; user space has its own words for the same kinds. */
static const char *const mempol_reasons[] = {
	[MEMPOL_EXIT_NONE] = "",
	[MEMPOL_EXIT_DETACHED] = "its link was closed",
	[MEMPOL_EXIT_REPLACED] = "another engine took its lists over",
	[MEMPOL_EXIT_CGROUP] = "its cgroup was removed",
	[MEMPOL_EXIT_STALLED] = "it withheld pages while its cgroup was under pressure",
	[MEMPOL_EXIT_ERROR] = "it made too many invalid requests",
	[MEMPOL_EXIT_SLOW] = "its callbacks took too much CPU time",
};

void mempol_policy_add(struct mempol_policy *policy)
{
	mutex_lock(&mempol_policies_mutex);
	list_add(&policy->node, &mempol_policies);
	mutex_unlock(&mempol_policies_mutex);
}

/* No longer found by its link, but still there until it has drained. */
void mempol_policy_forget(struct mempol_policy *policy)
{
	mutex_lock(&mempol_policies_mutex);
	policy->link = NULL;
	mutex_unlock(&mempol_policies_mutex);
}

struct mempol_policy *mempol_policy_find(const struct bpf_link *link)
{
	struct mempol_policy *policy, *found = NULL;

	mutex_lock(&mempol_policies_mutex);
	list_for_each_entry(policy, &mempol_policies, node)
		if (policy->link == link)
			found = policy;
	mutex_unlock(&mempol_policies_mutex);
	return found;
}

/**
 * mempol_policy_get - a policy by its number, to do something with it that sleeps
 * @id: its number.
 * @mechanism: whose it has to be.
 *
 * Context: process.
 * Return: the policy, there until mempol_policy_put(), or NULL. It may leave
 * meanwhile; what is done with it asks its mechanism whether it has.
 */
struct mempol_policy *mempol_policy_get(u64 id, u32 mechanism)
{
	struct mempol_policy *policy, *found = NULL;

	mutex_lock(&mempol_policies_mutex);
	list_for_each_entry(policy, &mempol_policies, node)
		if (policy->id == id && policy->mechanism->id == mechanism &&
		    refcount_inc_not_zero(&policy->refs)) {
			found = policy;
			break;
		}
	mutex_unlock(&mempol_policies_mutex);
	return found;
}

void mempol_policy_put(struct mempol_policy *policy)
{
	struct mempol_policy_stats __percpu *stats = policy->stats;

	if (!refcount_dec_and_test(&policy->refs))
		return;
	policy->mechanism->free(policy);
	free_percpu(stats);
}

/* Not found any more; freed with the last reference. */
void mempol_policy_del(struct mempol_policy *policy)
{
	mutex_lock(&mempol_policies_mutex);
	list_del(&policy->node);
	mutex_unlock(&mempol_policies_mutex);
	mempol_policy_put(policy);
}

/**
 * mempol_policy_drained - nothing of a policy is left
 * @policy: one that has left; not to be touched after this.
 *
 * Context: process.
 */
void mempol_policy_drained(struct mempol_policy *policy)
{
	mempol_tell_state(policy, MEMPOL_EV_DRAINED);
	mempol_policy_del(policy);
}

/**
 * mempol_tell - report an event
 * @event: its body filled in.
 * @policy: whose.
 * @type: enum mempol_event_type.
 *
 * Context: any.
 */
void mempol_tell(struct mempol_event *event, struct mempol_policy *policy, u16 type)
{
	event->version = MEMPOL_ABI_VERSION;
	event->type = type;
	event->mechanism = policy->mechanism->id;
	event->policy_id = policy->id;
	event->cgroup_id = policy->cgroup_id;
	event->time_ns = ktime_get_ns();
	trace_mempol_event(event);
}

/* Context: process. */
void mempol_tell_state(struct mempol_policy *policy, u16 type)
{
	struct mempol_event event = {};

	policy->mechanism->count(policy, &event.body.state.pages, &event.body.state.cgroups);
	mempol_tell(&event, policy, type);
}

/* @pages: what it governed. Context: any. */
void mempol_tell_exit(struct mempol_policy *policy, u16 type, u64 pages)
{
	struct mempol_event event = {};

	event.body.exit.kind = policy->exit_kind;
	event.body.exit.pages = pages;
	strscpy(event.body.exit.reason, mempol_reasons[policy->exit_kind],
		sizeof(event.body.exit.reason));
	mempol_tell(&event, policy, type);
}

/* The bad requests since it was last told of them. */
static void mempol_tell_refused(struct mempol_policy *policy)
{
	struct mempol_event event = {};
	u64 now = atomic64_read(&policy->nr_refused);

	if (now <= policy->told_refused)
		return;
	event.body.refused.count = now - policy->told_refused;
	event.body.refused.reason = READ_ONCE(policy->last_refusal);
	policy->told_refused = now;
	mempol_tell(&event, policy, MEMPOL_EV_REFUSED);
}

/* What happens often, and has since it was last told. Context: any. */
void mempol_report_now(struct mempol_policy *policy)
{
	if (policy->mechanism->tell)
		policy->mechanism->tell(policy);
	mempol_tell_refused(policy);
}

/* Likewise at most once a second, by one CPU. */
void mempol_report(struct mempol_policy *policy)
{
	unsigned long next = READ_ONCE(policy->next_report);

	if (time_after_eq(jiffies, next) && try_cmpxchg(&policy->next_report, &next, jiffies + HZ))
		mempol_report_now(policy);
}

/**
 * mempol_refuse - count a request that was not valid
 * @policy: whose.
 * @why: what was wrong with it.
 *
 * Context: a callback of @policy.
 */
void mempol_refuse(struct mempol_policy *policy, enum mempol_refusal why)
{
	this_cpu_inc(policy->stats->refusals[why]);
	WRITE_ONCE(policy->last_refusal, why);
	if (atomic64_inc_return(&policy->nr_refused) == MEMPOL_REFUSAL_LIMIT)
		policy->mechanism->eject(policy, MEMPOL_EXIT_ERROR);
}

/* @common: zeroed; filled in. */
static void mempol_sum_common(struct mempol_policy *policy, u64 *common)
{
	int cpu, i;

	for_each_possible_cpu(cpu)
		for (i = 0; i < MEMPOL_NR_COMMON; i++)
			common[i] += per_cpu_ptr(policy->stats, cpu)->common[i];
}

/**
 * mempol_note_exit - write down why a policy leaves, and what it had then
 * @policy: the policy.
 * @kind: enum mempol_exit_kind.
 *
 * Context: any that the mechanism's dump() may be called in.
 * Return: it had not been written down before.
 */
bool mempol_note_exit(struct mempol_policy *policy, u32 kind)
{
	size_t size = sizeof(policy->dump);
	u64 common[MEMPOL_NR_COMMON] = {};
	int len;

	if (xchg(&policy->leaves, true))
		return false;
	mempol_report_now(policy);
	mempol_sum_common(policy, common);
	len = scnprintf(policy->dump, size,
			"refused %lld calls %llu, %llu ms, of them kfuncs %llu; ",
			atomic64_read(&policy->nr_refused), common[MEMPOL_COMMON_CALLS],
			div_u64(common[MEMPOL_COMMON_CALL_NS], NSEC_PER_MSEC),
			div_u64(common[MEMPOL_COMMON_KFUNC_NS], NSEC_PER_MSEC));
	policy->mechanism->dump(policy, policy->dump + len, size - len);
	/* Pairs with the acquire of mempol_fill_info(). */
	smp_store_release(&policy->exit_kind, kind);
	return true;
}

/* What is common to all in a reply; under mempol_policies_mutex. */
static void mempol_fill_info(struct mempol_policy *policy, struct mempol_policy_info *info)
{
	int cpu, i;

	info->size = sizeof(*info);
	info->mechanism = policy->mechanism->id;
	info->policy_id = policy->id;
	info->cgroup_id = policy->cgroup_id;
	info->mode = policy->mode;
	info->nr_counters = policy->mechanism->nr_counters;
	info->nr_refusals = policy->mechanism->nr_refusals;
	mempol_sum_common(policy, info->common);
	for_each_possible_cpu(cpu)
		for (i = 0; i < policy->mechanism->nr_refusals; i++)
			info->refusals[i] += per_cpu_ptr(policy->stats, cpu)->refusals[i];
	memcpy(info->engine, policy->engine, sizeof(info->engine));
	/* Why it has left is written before that it has. */
	info->exit_kind = smp_load_acquire(&policy->exit_kind);
	if (info->exit_kind) {
		strscpy(info->reason, mempol_reasons[info->exit_kind], sizeof(info->reason));
		memcpy(info->dump, policy->dump, sizeof(info->dump));
	}
	policy->mechanism->fill(policy, info);
}

/**
 * mempol_policy_read - what the module knows of a policy
 * @id: its number.
 * @info: zeroed; filled in.
 *
 * Context: process.
 * Return: 0; -ENOENT: no such policy.
 */
int mempol_policy_read(u64 id, struct mempol_policy_info *info)
{
	struct mempol_policy *policy;
	int err = -ENOENT;

	mutex_lock(&mempol_policies_mutex);
	list_for_each_entry(policy, &mempol_policies, node)
		if (policy->id == id) {
			mempol_fill_info(policy, info);
			err = 0;
			break;
		}
	mutex_unlock(&mempol_policies_mutex);
	return err;
}
