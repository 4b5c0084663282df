// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of an attached refcount policy: which cgroup it is for, put in charge,
 * replaced, stopped and ended. Whose reads are sampled is decided here; what becomes
 * of a sample is in policy.c, and what becomes of a file in mm.
 */
#include <linux/cgroup.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include "refcount.h"

/* Those whose engines are asked, at most MEMPOL_REF_SLOTS; read under RCU. */
static LIST_HEAD(mempol_refcounts);
static DEFINE_SPINLOCK(mempol_refcounts_lock);

/**
 * mempol_refcount_governs - are the reads of the current task this policy's to sample?
 * @record: the policy.
 *
 * The nearest one governs, as for every mechanism that is attached to cgroups.
 *
 * Context: any, with preemption off.
 */
bool mempol_refcount_governs(const struct mempol_refcount *record)
{
	const struct cgroup *own = READ_ONCE(record->cgroup);
	const struct mempol_refcount *other;
	struct cgroup *cgroup;
	bool found = false;

	rcu_read_lock();
	for (cgroup = task_dfl_cgroup(current); cgroup && cgroup != own && !found;
	     cgroup = cgroup_parent(cgroup))
		list_for_each_entry_rcu(other, &mempol_refcounts, node)
			found |= READ_ONCE(other->cgroup) == cgroup;
	rcu_read_unlock();
	return cgroup && !found;
}

/* The number of the policy that mm has in @slot, 0: none. */
u64 mempol_refcount_in_slot(u32 slot)
{
	const struct mempol_refcount *record;
	u64 id = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(record, &mempol_refcounts, node)
		if (READ_ONCE(record->mm.slot) == slot)
			id = record->policy.id;
	rcu_read_unlock();
	return id;
}

static int mempol_refcount_list(struct mempol_refcount *record)
{
	const struct mempol_refcount *other;
	int err = 0;

	spin_lock(&mempol_refcounts_lock);
	list_for_each_entry(other, &mempol_refcounts, node)
		if (other->cgroup == record->cgroup)
			err = -EBUSY;
	if (!err)
		list_add_rcu(&record->node, &mempol_refcounts);
	spin_unlock(&mempol_refcounts_lock);
	return err;
}

/* Its engine is not asked any more, but for a call that runs. */
static void mempol_refcount_unlist(struct mempol_refcount *record)
{
	spin_lock(&mempol_refcounts_lock);
	list_del_rcu(&record->node);
	spin_unlock(&mempol_refcounts_lock);
}

struct mempol_policy *mempol_refcount_alloc(void *kdata)
{
	struct mempol_refcount *record = kzalloc(sizeof(*record), GFP_KERNEL);
	struct mempol_refcount_ops *ops = kdata;

	if (!record)
		return NULL;
	record->ops = ops;
	record->mm.ops = &mempol_refcount_callbacks;
	record->mm.sample = ops->sample ?: MEMPOL_REFCOUNT_SAMPLE;
	record->mm.sample_cause = MEMPOL_REF_BY_SAMPLE;
	record->mm.max_files = ops->max_files ?: MEMPOL_REFCOUNT_DEFAULT_FILES;
	record->period = msecs_to_jiffies(ops->period_ms ?: MEMPOL_REFCOUNT_PERIOD_MS);
	record->next_review = jiffies + record->period;
	record->entries.since = jiffies;
	record->events.since = jiffies;
	record->reviewed_ns = ktime_get_ns();
	mutex_init(&record->lock);
	INIT_DELAYED_WORK(&record->work, mempol_refcount_work);
	return &record->policy;
}

void mempol_refcount_free(struct mempol_policy *policy)
{
	struct mempol_refcount *record = mempol_refcount_of(policy);

	if (record->cgroup)
		cgroup_put(record->cgroup);
	kfree(record);
}

static void mempol_refcount_begin(struct mempol_refcount *record)
{
	queue_delayed_work(system_unbound_wq, &record->work,
			   min_t(unsigned long, record->period, HZ));
}

/**
 * mempol_refcount_attach - put a policy in charge of its cgroup's reads
 * @policy: the policy.
 *
 * Context: process.
 * Return: 0; -ENOENT: no such cgroup, -EBUSY: it has a refcount policy, -ENOSPC: there
 * are MEMPOL_REF_SLOTS of them.
 */
int mempol_refcount_attach(struct mempol_policy *policy)
{
	struct mempol_refcount *record = mempol_refcount_of(policy);
	struct cgroup *cgroup = cgroup_get_from_id(policy->cgroup_id);
	int err;

	if (IS_ERR(cgroup))
		return PTR_ERR(cgroup);
	record->cgroup = cgroup;
	/* No slot of mm's yet: mempol_refcount_in_slot() must not find it. */
	record->mm.slot = MEMPOL_REF_SLOTS;
	err = mempol_refcount_list(record);
	if (err)
		return err;
	mutex_lock(&record->lock);
	err = mempol_ref_attach(&record->mm);
	record->attached = !err;
	mutex_unlock(&record->lock);
	if (err) {
		mempol_refcount_unlist(record);
		synchronize_rcu();
		return err;
	}
	mempol_refcount_begin(record);
	return 0;
}

/* Everything of @old is @new's: its place, its cgroup and its files. */
static int mempol_refcount_take_over(struct mempol_refcount *old, struct mempol_refcount *new)
{
	int err;

	if (!old->attached || READ_ONCE(old->policy.leaves))
		return -ESTALE;
	/* Before mm calls the new engine, which then asks whether a task is below this cgroup. */
	new->cgroup = old->cgroup;
	err = mempol_ref_replace(&old->mm, &new->mm);
	if (err) {
		new->cgroup = NULL;
		return err;
	}
	spin_lock(&mempol_refcounts_lock);
	list_replace_rcu(&old->node, &new->node);
	spin_unlock(&mempol_refcounts_lock);
	mempol_ref_sum(&new->mm, &new->before);
	mempol_refcount_sum(old, &old->last);
	new->attached = true;
	old->attached = false;
	old->ended = true;
	return 0;
}

int mempol_refcount_replace(struct mempol_policy *old_policy, struct mempol_policy *new_policy)
{
	struct mempol_refcount *old = mempol_refcount_of(old_policy);
	struct mempol_refcount *new = mempol_refcount_of(new_policy);
	int err;

	mutex_lock(&old->lock);
	err = mempol_refcount_take_over(old, new);
	mutex_unlock(&old->lock);
	if (err)
		return err;
	cancel_delayed_work_sync(&old->work);
	/* Others may have found @old in the list and read its cgroup still. */
	synchronize_rcu();
	old->cgroup = NULL;
	mempol_policy_drained(old_policy);
	mempol_refcount_begin(new);
	return 0;
}

/* No callback runs when this returns, and no request changes its files. */
void mempol_refcount_stop(struct mempol_policy *policy)
{
	struct mempol_refcount *record = mempol_refcount_of(policy);

	mutex_lock(&record->lock);
	record->ended = true;
	if (record->attached)
		mempol_ref_stop(&record->mm);
	mutex_unlock(&record->lock);
	cancel_delayed_work_sync(&record->work);
}

/**
 * mempol_refcount_end_files - take all files of a policy out
 * @record: the policy, under its lock; stopped.
 * @cause: enum mempol_ref_cause.
 *
 * One grace period, and one look at the cells of all CPUs.
 *
 * Context: process.
 */
void mempol_refcount_end_files(struct mempol_refcount *record, u32 cause)
{
	struct mempol_ref_info info;
	u64 id = 0;

	lockdep_assert_held(&record->lock);
	if (!record->attached)
		return;
	/* mm waits for RCU before the files are out: nobody looks at it in the list then. */
	mempol_refcount_unlist(record);
	while (mempol_ref_next(&record->mm, id, false, &info)) {
		mempol_refcount_went_out(record, &info, cause);
		id = info.id;
	}
	mempol_refcount_sum(record, &record->last);
	mempol_ref_detach(&record->mm);
	record->attached = false;
}

void mempol_refcount_detach(struct mempol_policy *policy)
{
	struct mempol_refcount *record = mempol_refcount_of(policy);

	mutex_lock(&record->lock);
	mempol_refcount_end_files(record, MEMPOL_REF_BY_POLICY);
	mutex_unlock(&record->lock);
	mempol_policy_drained(policy);
}
