// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of an attached balloon policy: put in charge, set to work, paused, thrown
 * out and ended; and mm's callbacks, which it passes on to the engine. What a step
 * does is in balloon.c.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include "../core/run.h"
#include "balloon.h"

#define MEMPOL_BALLOON_MIN_PERIOD_MS 10U

static struct mempol_balloon *from_mm(struct mempol_balloon_policy *mm)
{
	return container_of(mm, struct mempol_balloon, mm);
}

static void mempol_balloon_work(struct work_struct *work)
{
	struct mempol_balloon *record =
		container_of(to_delayed_work(work), struct mempol_balloon, work);

	mutex_lock(&record->lock);
	if (!READ_ONCE(record->ended)) {
		bool again = mempol_balloon_step(record, MEMPOL_BALLOON_BY_ENGINE);

		queue_delayed_work(system_freezable_wq, &record->work, again ? 0 : record->period);
	}
	mutex_unlock(&record->lock);
}

/* Step at once: something happened that does not wait for the period. Any context. */
void mempol_balloon_kick(struct mempol_balloon *record)
{
	mod_delayed_work(system_freezable_wq, &record->work, 0);
}

/* Before the device's own balloon goes there by single pages. */
static void mempol_balloon_host_changed(struct mempol_balloon_policy *mm, unsigned long pages)
{
	struct mempol_balloon *record = from_mm(mm);

	mutex_lock(&record->lock);
	if (!READ_ONCE(record->ended) && mempol_balloon_step(record, MEMPOL_BALLOON_BY_HOST))
		mempol_balloon_kick(record);
	mutex_unlock(&record->lock);
}

/* May the engine be asked from outside of a step? */
static bool mempol_balloon_may_ask(struct mempol_balloon *record)
{
	return !READ_ONCE(record->ended) && !READ_ONCE(record->policy.exit_kind);
}

/* Under RCU. */
static u32 mempol_balloon_score(struct mempol_balloon_policy *mm,
				const struct mempol_balloon_block *block)
{
	struct mempol_balloon *record = from_mm(mm);
	struct mempol_balloon_block copy = *block;
	u64 begin;
	u32 score;

	if (!mempol_balloon_may_ask(record))
		return 0;
	begin = mempol_task_begin();
	score = record->ops->score(&copy);
	mempol_task_end(&record->policy, begin);
	return score;
}

/* Under oom_lock: nothing in here may wait for memory. */
static unsigned long mempol_balloon_oom(struct mempol_balloon_policy *mm)
{
	struct mempol_balloon *record = from_mm(mm);
	struct mempol_balloon_ctx ctx;
	u64 pages = U64_MAX;
	u64 begin;

	mempol_balloon_pause_now(record);
	/* It returns the pages beside the blocks. */
	mempol_balloon_kick(record);
	if (record->ops->oom && !READ_ONCE(record->passive) && mempol_balloon_may_ask(record)) {
		mempol_balloon_fill_ctx(record, &ctx);
		begin = mempol_task_begin();
		pages = record->ops->oom(&ctx);
		mempol_task_end(&record->policy, begin);
	}
	return min_t(u64, pages, ULONG_MAX);
}

void mempol_balloon_fill(struct mempol_policy *policy, struct mempol_policy_info *info)
{
	struct mempol_balloon *record = mempol_balloon_of(policy);
	const struct mempol_balloon_stats *stats = &record->mm.stats;
	u64 *counters = info->counters;

	counters[MEMPOL_BALLOON_HELD_PAGES] = mempol_balloon_held(record);
	counters[MEMPOL_BALLOON_SMALL_PAGES] = READ_ONCE(record->small);
	counters[MEMPOL_BALLOON_HOST_PAGES] = READ_ONCE(record->host);
	counters[MEMPOL_BALLOON_TARGET_PAGES] = READ_ONCE(record->target);
	counters[MEMPOL_BALLOON_TAKEN] = READ_ONCE(stats->taken);
	counters[MEMPOL_BALLOON_RETURNED] = READ_ONCE(stats->returned);
	counters[MEMPOL_BALLOON_KICKS] = READ_ONCE(stats->kicks);
	counters[MEMPOL_BALLOON_DISCARDS] = READ_ONCE(stats->discards);
	counters[MEMPOL_BALLOON_REFUSED_FLOOR] = stats->refused[MEMPOL_BALLOON_FLOOR];
	counters[MEMPOL_BALLOON_REFUSED_BLOCK] = stats->refused[MEMPOL_BALLOON_NO_BLOCK];
	counters[MEMPOL_BALLOON_REFUSED_SCORE] = stats->refused[MEMPOL_BALLOON_SCORE];
	counters[MEMPOL_BALLOON_REFUSED_HOST] = stats->refused[MEMPOL_BALLOON_HOST];
	counters[MEMPOL_BALLOON_REFUSED_BUSY] = stats->refused[MEMPOL_BALLOON_BUSY];
	counters[MEMPOL_BALLOON_DEFLATED_OOM] = READ_ONCE(stats->oom_pages);
	counters[MEMPOL_BALLOON_DEFLATED_PRESSURE] = READ_ONCE(record->by_pressure);
	counters[MEMPOL_BALLOON_DEFLATED_GUARD] = READ_ONCE(record->by_guard);
	counters[MEMPOL_BALLOON_LEAKED] = READ_ONCE(stats->leaked);
	counters[MEMPOL_BALLOON_MOVING] = atomic_read(&record->asked) !=
					  READ_ONCE(record->answered);
	info->passive = READ_ONCE(record->passive);
	info->attached = !info->exit_kind;
}

void mempol_balloon_extent(struct mempol_policy *policy, u64 *pages, u64 *cgroups)
{
	*pages = mempol_balloon_held(mempol_balloon_of(policy));
	*cgroups = 0;
}

bool mempol_balloon_pause(struct mempol_policy *policy, bool passive)
{
	struct mempol_balloon *record = mempol_balloon_of(policy);

	if (record->passive == passive || policy->exit_kind)
		return false;
	WRITE_ONCE(record->passive, passive);
	mempol_balloon_kick(record);
	return true;
}

/* What it held. */
int mempol_balloon_dump(struct mempol_policy *policy, char *buf, size_t size)
{
	struct mempol_balloon *record = mempol_balloon_of(policy);

	return scnprintf(buf, size, "held %llu target %llu host %llu oom %llu",
			 mempol_balloon_held(record), READ_ONCE(record->target),
			 READ_ONCE(record->host), READ_ONCE(record->mm.stats.oom_pages));
}

/* From any context, so the work does it: it returns everything. */
void mempol_balloon_throw_out(struct mempol_policy *policy, u32 kind)
{
	struct mempol_balloon *record = mempol_balloon_of(policy);

	if (mempol_note_exit(policy, kind)) {
		mempol_tell_exit(policy, MEMPOL_EV_EJECTED, mempol_balloon_held(record));
		mempol_balloon_kick(record);
	}
}

static const struct mempol_balloon_policy_ops mempol_balloon_callbacks = {
	.host_changed = mempol_balloon_host_changed,
	.oom = mempol_balloon_oom,
};

static const struct mempol_balloon_policy_ops mempol_balloon_scoring_callbacks = {
	.host_changed = mempol_balloon_host_changed,
	.score = mempol_balloon_score,
	.oom = mempol_balloon_oom,
};

struct mempol_policy *mempol_balloon_alloc(void *kdata)
{
	struct mempol_balloon *record = kzalloc(sizeof(*record), GFP_KERNEL);
	struct mempol_balloon_ops *ops = kdata;
	u32 period = ops->period_ms ?: MSEC_PER_SEC;

	if (!record)
		return NULL;
	record->ops = ops;
	record->mm.ops = ops->score ? &mempol_balloon_scoring_callbacks : &mempol_balloon_callbacks;
	record->keep_pages = ops->keep_pages;
	record->period = msecs_to_jiffies(max(period, MEMPOL_BALLOON_MIN_PERIOD_MS));
	record->request = MEMPOL_BALLOON_AUTO;
	mutex_init(&record->lock);
	INIT_DELAYED_WORK(&record->work, mempol_balloon_work);
	mutex_init(&record->job.lock);
	INIT_WORK(&record->job.work, mempol_balloon_job_work);
	return &record->policy;
}

void mempol_balloon_free(struct mempol_policy *policy)
{
	kfree(mempol_balloon_of(policy));
}

/*
 * A caller that has found the record and waits for a lock comes too late. A step that waits
 * for the host ends within seconds, even if the host is silent.
 */
void mempol_balloon_stop(struct mempol_policy *policy)
{
	struct mempol_balloon *record = mempol_balloon_of(policy);

	WRITE_ONCE(record->ended, true);
	mempol_balloon_leave(&record->mm);
	mutex_lock(&record->lock);
	mutex_unlock(&record->lock);
	mutex_lock(&record->job.lock);
	mutex_unlock(&record->job.lock);
	cancel_work_sync(&record->job.work);
	cancel_delayed_work_sync(&record->work);
}

int mempol_balloon_put_in_charge(struct mempol_policy *policy)
{
	struct mempol_balloon *record = mempol_balloon_of(policy);
	struct mempol_balloon_ctx ctx;
	int err;

	err = mempol_balloon_attach(&record->mm);
	if (err) {
		/* A missing beat or a request may have set it to work. */
		mempol_balloon_stop(policy);
		return err;
	}
	mempol_balloon_fill_ctx(record, &ctx);
	mempol_balloon_pressed(record, &ctx);
	mempol_balloon_kick(record);
	return 0;
}

/* Of a policy that was stopped: everything is returned. */
void mempol_balloon_end(struct mempol_policy *policy)
{
	struct mempol_balloon *record = mempol_balloon_of(policy);

	/* Before that mm may still call. */
	mempol_balloon_detach(&record->mm);
	cancel_delayed_work_sync(&record->work);
	mempol_policy_drained(policy);
}
