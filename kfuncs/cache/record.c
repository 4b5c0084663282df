// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recording what cgroups use of the page cache, as an op of bpf_mempol_call(): for as
 * long as a recorder asks again and again, policies pass the uses of a sample of their
 * folios through mm's tracepoint. A recorder that was killed asks no more, and a work
 * item ends it.
 */
#include <linux/cgroup.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/workqueue.h>
#include "cache.h"
#include "hints.h"

static void mempol_lease_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(mempol_lease_work, mempol_lease_fn);

/* How often leases are looked at while there are any. */
#define MEMPOL_LEASE_JIFFIES (HZ / 2)

/* The attached cache policies, from the list of all; under its mutex. */
static struct mempol_cache *mempol_attached_cache(struct mempol_policy *policy)
{
	if (policy->mechanism != &mempol_cache_mechanism || READ_ONCE(policy->leaves))
		return NULL;
	return container_of(policy, struct mempol_cache, policy);
}

static bool mempol_is_leased(struct mempol_cache *record)
{
	return record->recorder && time_before(jiffies, record->record_until);
}

static void mempol_record_end(struct mempol_cache *record)
{
	record->recorder = 0;
	mempol_cache_record(&record->cache, -1);
}

static void mempol_lease_fn(struct work_struct *work)
{
	struct mempol_policy *policy;
	struct mempol_cache *record;
	bool more = false;

	mutex_lock(&mempol_policies_mutex);
	list_for_each_entry(policy, &mempol_policies, node) {
		record = mempol_attached_cache(policy);
		if (record && mempol_is_leased(record))
			more = true;
		else if (record && record->recorder)
			mempol_record_end(record);
	}
	mutex_unlock(&mempol_policies_mutex);
	if (more)
		schedule_delayed_work(&mempol_lease_work, MEMPOL_LEASE_JIFFIES);
}

/*
 * How a policy's cgroup lies to the recorded one: its level if it is that one or above,
 * INT_MAX if it is below, -1: neither.
 */
static int mempol_relation(struct mempol_policy *policy, struct cgroup *recorded)
{
	struct cgroup *own = cgroup_get_from_id(policy->cgroup_id);
	int relation = -1;

	if (IS_ERR(own))
		return -1;
	if (cgroup_is_descendant(recorded, own))
		relation = own->level;
	else if (cgroup_is_descendant(own, recorded))
		relation = INT_MAX;
	cgroup_put(own);
	return relation;
}

/* The level of the cgroup from which @recorded is governed, or left to the kernel; -1: none. */
static int mempol_governed_from(struct cgroup *recorded)
{
	struct mempol_policy *policy;
	int level, nearest = -1;

	list_for_each_entry(policy, &mempol_policies, node) {
		if (!mempol_attached_cache(policy))
			continue;
		level = mempol_relation(policy, recorded);
		if (level != INT_MAX && level > nearest)
			nearest = level;
	}
	return nearest;
}

typedef int (*mempol_governor_fn)(struct mempol_cache *record, struct mempol_call *call);

/* Each policy that has a say in @recorded. 0, or what fn() returned. */
static int mempol_ask_governors(struct cgroup *recorded, struct mempol_call *call,
				mempol_governor_fn fn)
{
	int nearest = mempol_governed_from(recorded), level, err = 0;
	struct mempol_policy *policy;
	struct mempol_cache *record;

	list_for_each_entry(policy, &mempol_policies, node) {
		record = mempol_attached_cache(policy);
		if (!record)
			continue;
		level = mempol_relation(policy, recorded);
		if (level >= 0 && (level == nearest || level == INT_MAX))
			err = fn(record, call);
		if (err)
			return err;
	}
	return 0;
}

static int mempol_can_record(struct mempol_cache *record, struct mempol_call *call)
{
	if (call->body.record.shift < 0)
		return 0;
	/* An exclusion: what is used there is the kernel's, and nobody tells of it. */
	if (record->cache.head.to_kernel)
		return -EXDEV;
	return mempol_is_leased(record) && record->recorder != task_tgid_nr(current) ? -EBUSY : 0;
}

static int mempol_record_policy(struct mempol_cache *record, struct mempol_call *call)
{
	s32 shift = call->body.record.shift;

	if (shift >= 0) {
		call->body.record.fresh += record->recorder != task_tgid_nr(current);
		record->recorder = task_tgid_nr(current);
		record->record_until = jiffies + msecs_to_jiffies(call->body.record.ms);
		mempol_cache_record(&record->cache, shift);
	} else if (record->recorder == task_tgid_nr(current)) {
		mempol_record_end(record);
	}
	call->body.record.policies++;
	return 0;
}

/*
 * 0; -ENOENT: no policy governs the cgroup or one below it, or there is no such cgroup;
 * -EXDEV: some of it is left to the kernel, whose folios nobody tells of; -EBUSY: another
 * process records one of the policies; -EINVAL. Nothing has changed then.
 */
static s64 mempol_call_record(struct mempol_call *call)
{
	struct cgroup *recorded;
	int err;

	call->body.record.policies = 0;
	call->body.record.fresh = 0;
	if (call->body.record.shift < -1 || call->body.record.shift > 63 ||
	    call->body.record.ms > MEMPOL_CACHE_RECORD_MS)
		return -EINVAL;
	recorded = cgroup_get_from_id(call->body.record.cgroup_id);
	if (IS_ERR(recorded))
		return PTR_ERR(recorded);

	mutex_lock(&mempol_policies_mutex);
	err = mempol_ask_governors(recorded, call, mempol_can_record);
	if (!err)
		err = mempol_ask_governors(recorded, call, mempol_record_policy);
	mutex_unlock(&mempol_policies_mutex);
	cgroup_put(recorded);
	if (err)
		return err;
	schedule_delayed_work(&mempol_lease_work, MEMPOL_LEASE_JIFFIES);
	return call->body.record.policies ? 0 : -ENOENT;
}

const struct mempol_call_row mempol_cache_calls[] = {
	{ MEMPOL_CALL_CACHE_RECORD, mempol_call_record },
};

static_assert(ARRAY_SIZE(mempol_cache_calls) == MEMPOL_CACHE_NR_CALLS);

/* The module goes: there is no policy any more, and the last of them may just have gone. */
void mempol_cache_flush(void)
{
	mempol_hints_flush();
	mempol_scope_flush();
	cancel_delayed_work_sync(&mempol_lease_work);
}
