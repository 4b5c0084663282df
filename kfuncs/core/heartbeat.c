// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon's heartbeat: a policy that asked for it is passive while the beat
 * is missing, so that a daemon that hangs is as harmless as one that died. Only
 * pauses and resumes; whoever attached a policy takes it away.
 */
#include <linux/module.h>
#include <linux/workqueue.h>
#include "core.h"

static unsigned int mempol_heartbeat_ms = 10000;
module_param_named(heartbeat_ms, mempol_heartbeat_ms, uint, 0644);
MODULE_PARM_DESC(heartbeat_ms, "Policies are passive after so long without a beat, 0: never");

static void mempol_heartbeat_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(mempol_heartbeat_work, mempol_heartbeat_fn);

/* Under mempol_policies_mutex, in jiffies. */
static unsigned long mempol_last_beat;

static unsigned long mempol_heartbeat_jiffies(void)
{
	return msecs_to_jiffies(READ_ONCE(mempol_heartbeat_ms));
}

static void mempol_heartbeat_set(bool passive)
{
	struct mempol_policy *policy;

	lockdep_assert_held(&mempol_policies_mutex);
	list_for_each_entry(policy, &mempol_policies, node)
		if (policy->heartbeat && policy->mechanism->set_passive(policy, passive))
			mempol_tell_state(policy, passive ? MEMPOL_EV_PASSIVE : MEMPOL_EV_ACTIVE);
}

/* No beat for as long as it may take, or one that came just before this. */
static void mempol_heartbeat_fn(struct work_struct *work)
{
	unsigned long limit = mempol_heartbeat_jiffies();

	if (!limit)
		return;

	mutex_lock(&mempol_policies_mutex);
	if (time_before(jiffies, mempol_last_beat + limit))
		mod_delayed_work(system_wq, &mempol_heartbeat_work,
				 mempol_last_beat + limit - jiffies);
	else
		mempol_heartbeat_set(true);
	mutex_unlock(&mempol_policies_mutex);
}

/**
 * mempol_heartbeat_beat - the daemon is alive
 *
 * Passive policies go on at once.
 *
 * Context: process, may sleep.
 */
void mempol_heartbeat_beat(void)
{
	mutex_lock(&mempol_policies_mutex);
	mempol_last_beat = jiffies;
	mempol_heartbeat_set(false);
	mutex_unlock(&mempol_policies_mutex);
	if (mempol_heartbeat_jiffies())
		mod_delayed_work(system_wq, &mempol_heartbeat_work, mempol_heartbeat_jiffies());
}

/**
 * mempol_heartbeat_join - being attached is a beat
 * @policy: that has just been attached.
 *
 * Context: process, may sleep.
 */
void mempol_heartbeat_join(struct mempol_policy *policy)
{
	if (policy->heartbeat)
		mempol_heartbeat_beat();
}

void mempol_heartbeat_exit(void)
{
	cancel_delayed_work_sync(&mempol_heartbeat_work);
}
