// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of an attached translation policy: which cgroup's processes it is for, put in
 * charge, replaced, stopped and ended. What a round does is in round.c, what becomes of a
 * table in mm.
 */
#include <linux/cgroup.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include "tea.h"

/* Those in charge; read under RCU. */
static LIST_HEAD(mempol_translations);
static DEFINE_SPINLOCK(mempol_translations_lock);

/**
 * mempol_translation_governs - is the process this policy's?
 * @record: the policy.
 * @task: of the process.
 *
 * The nearest one governs, as for every mechanism that is attached to cgroups.
 *
 * Context: any, under RCU.
 */
bool mempol_translation_governs(const struct mempol_translation *record, struct task_struct *task)
{
	const struct cgroup *own = READ_ONCE(record->cgroup);
	const struct mempol_translation *other;
	struct cgroup *cgroup;

	for (cgroup = task_dfl_cgroup(task); cgroup && cgroup != own;
	     cgroup = cgroup_parent(cgroup))
		list_for_each_entry_rcu(other, &mempol_translations, node)
			if (READ_ONCE(other->cgroup) == cgroup)
				return false;
	return cgroup;
}

/* The number of the policy that mm knows so; 0: it has gone. */
u64 mempol_translation_id(const struct mempol_tea_policy *mm)
{
	const struct mempol_translation *record;
	u64 id = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(record, &mempol_translations, node)
		if (&record->mm == mm)
			id = record->policy.id;
	rcu_read_unlock();
	return id;
}

static int mempol_translation_list(struct mempol_translation *record)
{
	const struct mempol_translation *other;
	int err = 0;

	spin_lock(&mempol_translations_lock);
	list_for_each_entry(other, &mempol_translations, node)
		if (other->cgroup == record->cgroup)
			err = -EBUSY;
	if (!err)
		list_add_rcu(&record->node, &mempol_translations);
	spin_unlock(&mempol_translations_lock);
	return err;
}

static void mempol_translation_unlist(struct mempol_translation *record)
{
	spin_lock(&mempol_translations_lock);
	list_del_rcu(&record->node);
	spin_unlock(&mempol_translations_lock);
	synchronize_rcu();
}

static bool mempol_translation_cgroup_is_gone(const struct mempol_translation *record)
{
	return !(READ_ONCE(record->cgroup->self.flags) & CSS_ONLINE);
}

/* All of its TEAs end; under its lock. */
static void mempol_translation_end(struct mempol_translation *record)
{
	lockdep_assert_held(&record->lock);
	record->ended = true;
	if (!record->attached)
		return;
	mempol_translation_unlist(record);
	mempol_tea_close(&record->mm);
	mempol_tea_detach(&record->mm);
	record->attached = false;
}

/* Has it to go? Under its lock. */
static bool mempol_translation_goes(struct mempol_translation *record)
{
	if (READ_ONCE(record->policy.leaves)) {
		mempol_translation_end(record);
		return true;
	}
	if (!mempol_translation_cgroup_is_gone(record))
		return false;
	if (mempol_note_exit(&record->policy, MEMPOL_EXIT_CGROUP))
		mempol_tell_exit(&record->policy, MEMPOL_EV_DETACHED, record->mm.pages);
	mempol_translation_end(record);
	return true;
}

static void mempol_translation_queue(struct mempol_translation *record)
{
	queue_delayed_work(system_unbound_wq, &record->work,
			   min_t(unsigned long, record->period, HZ));
}

static void mempol_translation_work(struct work_struct *work)
{
	struct mempol_translation *record =
		container_of(to_delayed_work(work), struct mempol_translation, work);
	bool goes;

	mutex_lock(&record->lock);
	goes = record->ended || mempol_translation_goes(record);
	mutex_unlock(&record->lock);
	if (goes)
		return;
	if (!READ_ONCE(record->passive) && time_after_eq(jiffies, record->next_round)) {
		mempol_translation_round(record);
		record->next_round = jiffies + record->period;
	}
	mempol_report(&record->policy);
	mempol_translation_queue(record);
}

struct mempol_policy *mempol_translation_alloc(void *kdata)
{
	struct mempol_translation *record = kzalloc(sizeof(*record), GFP_KERNEL);
	struct mempol_translation_ops *ops = kdata;

	if (!record)
		return NULL;
	record->ops = ops;
	record->mm.max_pages = ops->max_frames ?: totalram_pages() / 256;
	record->period = msecs_to_jiffies(ops->period_ms ?: MEMPOL_TEA_PERIOD_MS);
	record->next_round = jiffies;
	record->next_trim = jiffies + msecs_to_jiffies(ops->trim_ms);
	record->dear.next = jiffies;
	mutex_init(&record->lock);
	INIT_DELAYED_WORK(&record->work, mempol_translation_work);
	return &record->policy;
}

void mempol_translation_free(struct mempol_policy *policy)
{
	struct mempol_translation *record = mempol_translation_of(policy);

	if (record->cgroup)
		cgroup_put(record->cgroup);
	kfree(record);
}

/**
 * mempol_translation_attach - put a policy in charge of its cgroup's page tables
 * @policy: the policy.
 *
 * Context: process.
 * Return: 0; -ENOENT: no such cgroup, -EBUSY: it has a translation policy, -EOPNOTSUPP: the
 * hypervisor keeps the page tables.
 */
int mempol_translation_attach(struct mempol_policy *policy)
{
	struct mempol_translation *record = mempol_translation_of(policy);
	struct cgroup *cgroup = cgroup_get_from_id(policy->cgroup_id);
	int err;

	if (IS_ERR(cgroup))
		return PTR_ERR(cgroup);
	record->cgroup = cgroup;
	err = mempol_translation_list(record);
	if (err)
		return err;
	err = mempol_tea_attach(&record->mm);
	if (err) {
		mempol_translation_unlist(record);
		return err;
	}
	record->attached = true;
	mempol_translation_queue(record);
	return 0;
}

/* Everything of @old is @new's: its cgroup and its TEAs. */
static int mempol_translation_take_over(struct mempol_translation *old,
					struct mempol_translation *new)
{
	int err;

	lockdep_assert_held(&old->lock);
	if (old->ended || !old->attached || READ_ONCE(old->policy.leaves))
		return -ESTALE;
	err = mempol_tea_replace(&old->mm, &new->mm);
	if (err)
		return err;
	new->cgroup = old->cgroup;
	new->found = old->found;
	new->attached = true;
	spin_lock(&mempol_translations_lock);
	list_replace_rcu(&old->node, &new->node);
	spin_unlock(&mempol_translations_lock);
	old->attached = false;
	old->ended = true;
	return 0;
}

int mempol_translation_replace(struct mempol_policy *old_policy, struct mempol_policy *new_policy)
{
	struct mempol_translation *old = mempol_translation_of(old_policy);
	struct mempol_translation *new = mempol_translation_of(new_policy);
	int err;

	mutex_lock(&old->lock);
	err = mempol_translation_take_over(old, new);
	mutex_unlock(&old->lock);
	if (err)
		return err;
	cancel_delayed_work_sync(&old->work);
	/* Others may have found @old in the list and read its cgroup still. */
	synchronize_rcu();
	old->cgroup = NULL;
	mempol_policy_drained(old_policy);
	mempol_translation_queue(new);
	return 0;
}

/* No callback runs when this returns. */
void mempol_translation_stop(struct mempol_policy *policy)
{
	struct mempol_translation *record = mempol_translation_of(policy);

	mutex_lock(&record->lock);
	record->ended = true;
	mutex_unlock(&record->lock);
	cancel_delayed_work_sync(&record->work);
}

void mempol_translation_detach(struct mempol_policy *policy)
{
	struct mempol_translation *record = mempol_translation_of(policy);

	mutex_lock(&record->lock);
	mempol_translation_end(record);
	mutex_unlock(&record->lock);
	mempol_policy_drained(policy);
}

/* What one call of mempol_tea_move() has done. */
void mempol_translation_count(struct mempol_translation *record, const struct mempol_tea_move *move)
{
	struct mempol_tea_done *done = &record->done;
	int i;

	lockdep_assert_held(&record->lock);
	switch (move->verb) {
	case MEMPOL_TEA_FILL:
		done->moved += move->done;
		break;
	case MEMPOL_TEA_VACATE:
		done->vacated += move->done;
		break;
	case MEMPOL_TEA_NODE:
		done->relocated += move->done;
		break;
	case MEMPOL_TEA_TRIM:
		done->trimmed += move->done;
		break;
	}
	for (i = 0; i < MEMPOL_TEA_NR_REFUSED; i++)
		done->refused[i] += move->refused[i];
	done->batches += !!move->held_ns;
	done->held_max_ns = max(done->held_max_ns, move->held_ns);
}

void mempol_translation_fill(struct mempol_policy *policy, struct mempol_policy_info *info)
{
	struct mempol_translation *record = mempol_translation_of(policy);
	u64 *counters = info->counters;
	int i;

	counters[MEMPOL_TRANSLATION_TEAS] = READ_ONCE(record->mm.teas);
	counters[MEMPOL_TRANSLATION_TEA_PAGES] = READ_ONCE(record->mm.pages);
	counters[MEMPOL_TRANSLATION_PROCESSES] = READ_ONCE(record->found.processes);
	counters[MEMPOL_TRANSLATION_RANGES] = READ_ONCE(record->found.ranges);
	counters[MEMPOL_TRANSLATION_TABLES] = READ_ONCE(record->found.tables);
	counters[MEMPOL_TRANSLATION_PLACED_TABLES] = READ_ONCE(record->found.placed);
	counters[MEMPOL_TRANSLATION_HUGE_WINDOWS] = READ_ONCE(record->found.huge);
	counters[MEMPOL_TRANSLATION_CLAIMED] =
		atomic64_read(&record->mm.stats[MEMPOL_TEA_STAT_CLAIMED]);
	counters[MEMPOL_TRANSLATION_BUSY] = atomic64_read(&record->mm.stats[MEMPOL_TEA_STAT_BUSY]);
	counters[MEMPOL_TRANSLATION_SWAPPED] =
		atomic64_read(&record->mm.stats[MEMPOL_TEA_STAT_SWAPPED]);
	counters[MEMPOL_TRANSLATION_MISSED] =
		atomic64_read(&record->mm.stats[MEMPOL_TEA_STAT_MISSED]);
	counters[MEMPOL_TRANSLATION_RELEASED] =
		atomic64_read(&record->mm.stats[MEMPOL_TEA_STAT_RELEASED]);
	counters[MEMPOL_TRANSLATION_MOVED] = READ_ONCE(record->done.moved);
	counters[MEMPOL_TRANSLATION_VACATED] = READ_ONCE(record->done.vacated);
	counters[MEMPOL_TRANSLATION_RELOCATED] = READ_ONCE(record->done.relocated);
	counters[MEMPOL_TRANSLATION_TRIMMED] = READ_ONCE(record->done.trimmed);
	counters[MEMPOL_TRANSLATION_CREATED] = READ_ONCE(record->done.created);
	counters[MEMPOL_TRANSLATION_GROWN] = READ_ONCE(record->done.grown);
	counters[MEMPOL_TRANSLATION_FREED] = READ_ONCE(record->done.freed);
	counters[MEMPOL_TRANSLATION_FAILED] = READ_ONCE(record->done.failed);
	for (i = 0; i < MEMPOL_TEA_NR_REFUSED; i++)
		counters[MEMPOL_TRANSLATION_REFUSED_WINDOWS] += READ_ONCE(record->done.refused[i]);
	counters[MEMPOL_TRANSLATION_REFUSED_BUSY] =
		READ_ONCE(record->done.refused[MEMPOL_TEA_REFUSED_BUSY]);
	counters[MEMPOL_TRANSLATION_REFUSED_LOCKS] =
		READ_ONCE(record->done.refused[MEMPOL_TEA_REFUSED_LOCKS]);
	counters[MEMPOL_TRANSLATION_BATCHES] = READ_ONCE(record->done.batches);
	counters[MEMPOL_TRANSLATION_HELD_MAX_NS] = READ_ONCE(record->done.held_max_ns);
	counters[MEMPOL_TRANSLATION_ROUNDS] = READ_ONCE(record->done.rounds);
	counters[MEMPOL_TRANSLATION_REFUSED] = atomic64_read(&policy->nr_refused);
	counters[MEMPOL_TRANSLATION_EJECTIONS] = info->exit_kind >= MEMPOL_EXIT_STALLED;
	info->cgroups = 1;
	info->passive = READ_ONCE(record->passive);
	/* One that is being ejected is until it is noted why. */
	info->attached = !info->exit_kind;
}

void mempol_translation_extent(struct mempol_policy *policy, u64 *pages, u64 *cgroups)
{
	struct mempol_translation *record = mempol_translation_of(policy);

	*pages = READ_ONCE(record->mm.pages);
	*cgroups = record->attached;
}

/* TEAs stay, and page faults take tables from them: that needs neither engine nor daemon. */
bool mempol_translation_pause(struct mempol_policy *policy, bool passive)
{
	struct mempol_translation *record = mempol_translation_of(policy);

	if (record->passive == passive || policy->exit_kind)
		return false;
	WRITE_ONCE(record->passive, passive);
	return true;
}

/* Rows that came and went, and tables that were moved, since the last time. */
void mempol_translation_tell(struct mempol_policy *policy)
{
	struct mempol_translation *record = mempol_translation_of(policy);
	struct mempol_tea_done *told = &record->told, now;
	struct mempol_event event = {};

	/* Not under the lock, which whoever ends the policy holds: figures of about this moment. */
	now = record->done;
	event.body.tables.created = now.created - told->created;
	event.body.tables.grown = now.grown - told->grown;
	event.body.tables.freed = now.freed - told->freed;
	event.body.tables.failed = now.failed - told->failed;
	event.body.tables.moved = now.moved - told->moved;
	if (!event.body.tables.created && !event.body.tables.freed && !event.body.tables.failed &&
	    !event.body.tables.moved)
		return;
	*told = now;
	event.body.tables.teas = READ_ONCE(record->mm.teas);
	event.body.tables.pages = READ_ONCE(record->mm.pages);
	mempol_tell(&event, policy, MEMPOL_EV_TABLES);
}

/* What it had when it left. */
int mempol_translation_dump(struct mempol_policy *policy, char *buf, size_t size)
{
	struct mempol_translation *record = mempol_translation_of(policy);

	return scnprintf(buf, size, "teas %lu frames %lu moved %llu failed %llu rounds %llu",
			 record->mm.teas, record->mm.pages, record->done.moved, record->done.failed,
			 record->done.rounds);
}

/* From any context, so the work does it: it takes everything back. */
void mempol_translation_eject(struct mempol_policy *policy, u32 kind)
{
	struct mempol_translation *record = mempol_translation_of(policy);

	if (mempol_note_exit(policy, kind)) {
		mempol_tell_exit(policy, MEMPOL_EV_EJECTED, record->mm.pages);
		mod_delayed_work(system_unbound_wq, &record->work, 0);
	}
}
