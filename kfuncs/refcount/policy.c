// SPDX-License-Identifier: GPL-2.0-only
/*
 * An attached refcount policy at work: between mm and an engine the checks, counts and
 * reports. mm shows samples and takes files in and out; the engine says which; whether
 * it may is judged here and in mm, never there.
 */
#include <linux/cgroup.h>
#include <linux/string.h>
#include "../core/run.h"
#include "refcount.h"

/* An engine opts in so many files a second: each is a lock of its tree and a path to write down. */
#define MEMPOL_REFCOUNT_ENTRIES 10
/* So many files are told of in a second; the counters know of all. */
#define MEMPOL_REFCOUNT_EVENTS 32

static struct mempol_refcount *from_mm(struct mempol_ref_policy *mm)
{
	return container_of(mm, struct mempol_refcount, mm);
}

/* Another one of what there may be @limit of in a second? */
static bool mempol_refcount_may(struct mempol_refcount_rate *rate, int limit)
{
	unsigned long since = READ_ONCE(rate->since);

	if (time_after_eq(jiffies, since + HZ) && try_cmpxchg(&rate->since, &since, jiffies))
		atomic_set(&rate->nr, 0);
	return atomic_read(&rate->nr) < limit && atomic_inc_return(&rate->nr) <= limit;
}

/* Context: any. */
void mempol_refcount_tell_file(struct mempol_refcount *record, const struct mempol_ref_info *info,
			       bool on, u32 cause)
{
	struct mempol_event event = {};

	if (!mempol_refcount_may(&record->events, MEMPOL_REFCOUNT_EVENTS))
		return;
	event.body.file.id = info->id;
	event.body.file.ino = info->ino;
	event.body.file.dev = info->dev;
	event.body.file.on = on;
	event.body.file.cause = cause;
	strscpy(event.body.file.name, info->path, sizeof(event.body.file.name));
	mempol_tell(&event, &record->policy, MEMPOL_EV_REF_FILE);
}

/*
 * A file could not be opted in. That is not held against an engine, as other refusals
 * are: it cannot know which files can be in, nor how many are.
 */
static void mempol_refcount_refused(struct mempol_refcount *record, int err)
{
	enum mempol_refusal why;

	atomic64_inc(&record->refused);
	switch (err) {
	case -EBUSY:
		why = MEMPOL_REFUSED_OWNED;
		break;
	case -ENOSPC:
		why = MEMPOL_REFUSED_FULL;
		break;
	case -EDQUOT:
		why = MEMPOL_REFUSED_RATE;
		break;
	case -ENOMEM:
		return;
	default:
		why = MEMPOL_REFUSED_KIND;
	}
	this_cpu_inc(record->policy.stats->refusals[why]);
}

/**
 * mempol_refcount_went_in - a file was opted in, or could not be
 * @record: the policy.
 * @info: the file, if @err is 0.
 * @cause: enum mempol_ref_cause.
 * @err: of mempol_ref_in().
 *
 * Context: any.
 */
void mempol_refcount_went_in(struct mempol_refcount *record, const struct mempol_ref_info *info,
			     u32 cause, int err)
{
	if (!err) {
		atomic64_inc(&record->opted_in);
		mempol_refcount_tell_file(record, info, true, cause);
	} else if (err != -EALREADY) {
		mempol_refcount_refused(record, err);
	}
}

/* Context: any. */
void mempol_refcount_went_out(struct mempol_refcount *record, const struct mempol_ref_info *info,
			      u32 cause)
{
	atomic64_inc(&record->opted_out);
	mempol_refcount_tell_file(record, info, false, cause);
}

/* Is the engine asked at all? */
static bool mempol_refcount_may_ask(const struct mempol_refcount *record)
{
	return !READ_ONCE(record->passive) && !READ_ONCE(record->policy.leaves);
}

/* The engine's answer, if it is one. */
static bool mempol_refcount_answer(struct mempol_refcount *record, s32 answer)
{
	if (likely(answer == 0 || answer == 1))
		return answer;
	mempol_refuse(&record->policy, MEMPOL_REFUSED_VERDICT);
	return false;
}

static bool mempol_refcount_sampled(struct mempol_ref_policy *mm, struct mempol_ref_sample *sample)
{
	struct mempol_refcount *record = from_mm(mm);
	struct mempol_slot *slot;
	bool wants;

	if (!mempol_refcount_may_ask(record) || !mempol_refcount_governs(record))
		return false;
	slot = mempol_enter(&record->policy);
	if (!slot)
		return false;
	wants = mempol_refcount_answer(record, record->ops->sampled(sample));
	mempol_leave(slot);
	mempol_report(&record->policy);
	if (!wants)
		return false;
	if (mempol_refcount_may(&record->entries, MEMPOL_REFCOUNT_ENTRIES))
		return true;
	mempol_refcount_refused(record, -EDQUOT);
	return false;
}

static void mempol_refcount_entered(struct mempol_ref_policy *mm,
				    const struct mempol_ref_info *info, int err)
{
	mempol_refcount_went_in(from_mm(mm), info, MEMPOL_REF_BY_SAMPLE, err);
}

static void mempol_refcount_gone(struct mempol_ref_policy *mm, const struct mempol_ref_info *info)
{
	mempol_refcount_went_out(from_mm(mm), info, MEMPOL_REF_BY_EVICTION);
}

const struct mempol_ref_policy_ops mempol_refcount_callbacks = {
	.sampled = mempol_refcount_sampled,
	.entered = mempol_refcount_entered,
	.gone = mempol_refcount_gone,
};

/* Does the engine want the file out? @now: CLOCK_MONOTONIC. */
static bool mempol_refcount_ask(struct mempol_refcount *record, const struct mempol_ref_info *info,
				u64 now)
{
	struct mempol_refcount_file file = {
		.time_ns = now,
		.ino = info->ino,
		.age_ns = info->age_ns,
		.period_ns = min(info->age_ns, now - record->reviewed_ns),
		.reads = info->reads,
		.fell_back = info->fell_back,
		.busy = info->busy,
		.dev = info->dev,
		.cpus = info->cpus,
		.cause = info->cause,
	};
	u64 begin = mempol_task_begin();
	s32 answer = record->ops->review(&file);

	mempol_task_end(&record->policy, begin);
	return mempol_refcount_answer(record, answer);
}

/* The next file behind @id. Return: was there one? */
static bool mempol_refcount_review_one(struct mempol_refcount *record, u64 *id, u64 now)
{
	struct mempol_ref_info info;
	bool found;

	mutex_lock(&record->lock);
	found = !record->ended && record->attached && mempol_refcount_may_ask(record) &&
		mempol_ref_next(&record->mm, *id, true, &info);
	if (found) {
		*id = info.id;
		if (mempol_refcount_ask(record, &info, now) &&
		    !mempol_ref_out_id(&record->mm, info.id, &info))
			mempol_refcount_went_out(record, &info, MEMPOL_REF_BY_REVIEW);
	}
	mutex_unlock(&record->lock);
	return found;
}

/* The lock is taken for each file: a request or the policy's end need not wait for all. */
static void mempol_refcount_review(struct mempol_refcount *record)
{
	u64 now = ktime_get_ns(), id = 0;

	while (mempol_refcount_review_one(record, &id, now))
		cond_resched();
	record->reviewed_ns = now;
	record->next_review = jiffies + record->period;
}

static bool mempol_refcount_cgroup_is_gone(const struct mempol_refcount *record)
{
	return !(READ_ONCE(record->cgroup->self.flags) & CSS_ONLINE);
}

/* Has it to go? Under its lock. */
static bool mempol_refcount_goes(struct mempol_refcount *record)
{
	if (READ_ONCE(record->policy.leaves)) {
		mempol_ref_stop(&record->mm);
		mempol_refcount_end_files(record, MEMPOL_REF_BY_GUARD);
		return true;
	}
	if (!mempol_refcount_cgroup_is_gone(record))
		return false;
	if (mempol_note_exit(&record->policy, MEMPOL_EXIT_CGROUP))
		mempol_tell_exit(&record->policy, MEMPOL_EV_DETACHED, 0);
	mempol_ref_stop(&record->mm);
	mempol_refcount_end_files(record, MEMPOL_REF_BY_POLICY);
	return true;
}

void mempol_refcount_work(struct work_struct *work)
{
	struct mempol_refcount *record =
		container_of(to_delayed_work(work), struct mempol_refcount, work);
	bool goes;

	mutex_lock(&record->lock);
	goes = record->ended || !record->attached || mempol_refcount_goes(record);
	mutex_unlock(&record->lock);
	if (goes)
		return;
	if (record->ops->review && time_after_eq(jiffies, record->next_review))
		mempol_refcount_review(record);
	mempol_report(&record->policy);
	queue_delayed_work(system_unbound_wq, &record->work,
			   min_t(unsigned long, record->period, HZ));
}

/* What mm has counted for it; under its lock. */
void mempol_refcount_sum(struct mempol_refcount *record, struct mempol_ref_stats *stats)
{
	int i;

	lockdep_assert_held(&record->lock);
	*stats = record->last;
	if (!record->attached)
		return;
	mempol_ref_sum(&record->mm, stats);
	for (i = 0; i < MEMPOL_REF_NR_STATS; i++)
		stats->item[i] -= record->before.item[i];
}

void mempol_refcount_fill(struct mempol_policy *policy, struct mempol_policy_info *info)
{
	struct mempol_refcount *record = mempol_refcount_of(policy);
	u64 *counters = info->counters;
	struct mempol_ref_stats stats;

	mutex_lock(&record->lock);
	mempol_refcount_sum(record, &stats);
	counters[MEMPOL_REFCOUNT_FILES] = record->attached ? mempol_ref_files(&record->mm) : 0;
	mutex_unlock(&record->lock);
	counters[MEMPOL_REFCOUNT_READS] = stats.item[MEMPOL_REF_STAT_READS];
	counters[MEMPOL_REFCOUNT_FELL_BACK] = stats.item[MEMPOL_REF_STAT_FULL] +
					      stats.item[MEMPOL_REF_STAT_FROZEN] +
					      stats.item[MEMPOL_REF_STAT_RACED];
	counters[MEMPOL_REFCOUNT_UNMARKED] = stats.item[MEMPOL_REF_STAT_UNMARKED];
	counters[MEMPOL_REFCOUNT_MOVED] = stats.item[MEMPOL_REF_STAT_MOVED];
	counters[MEMPOL_REFCOUNT_CONVERTED] = stats.item[MEMPOL_REF_STAT_CONVERTED];
	counters[MEMPOL_REFCOUNT_QUERIES] = stats.item[MEMPOL_REF_STAT_QUERIES];
	counters[MEMPOL_REFCOUNT_BUSY] = stats.item[MEMPOL_REF_STAT_BUSY];
	counters[MEMPOL_REFCOUNT_OPTED_IN] = atomic64_read(&record->opted_in);
	counters[MEMPOL_REFCOUNT_OPTED_OUT] = atomic64_read(&record->opted_out);
	counters[MEMPOL_REFCOUNT_REFUSED] = atomic64_read(&record->refused);
	counters[MEMPOL_REFCOUNT_EJECTIONS] = info->exit_kind >= MEMPOL_EXIT_STALLED;
	info->cgroups = 1;
	info->passive = READ_ONCE(record->passive);
	/* One that is being ejected is until it is noted why. */
	info->attached = !info->exit_kind;
}

/* It has files, and no pages. */
void mempol_refcount_extent(struct mempol_policy *policy, u64 *pages, u64 *cgroups)
{
	*pages = 0;
	*cgroups = mempol_refcount_of(policy)->attached;
}

/* Its files stay in: reads by cells need neither the engine nor the daemon. */
bool mempol_refcount_pause(struct mempol_policy *policy, bool passive)
{
	struct mempol_refcount *record = mempol_refcount_of(policy);

	if (record->passive == passive || policy->exit_kind)
		return false;
	WRITE_ONCE(record->passive, passive);
	return true;
}

/* What it had when it left. */
int mempol_refcount_dump(struct mempol_policy *policy, char *buf, size_t size)
{
	struct mempol_refcount *record = mempol_refcount_of(policy);

	return scnprintf(buf, size, "files %u opted in %lld out %lld refused %lld",
			 mempol_ref_files(&record->mm), atomic64_read(&record->opted_in),
			 atomic64_read(&record->opted_out), atomic64_read(&record->refused));
}

/* From any context, so the work does it: it takes everything out. */
void mempol_refcount_eject(struct mempol_policy *policy, u32 kind)
{
	struct mempol_refcount *record = mempol_refcount_of(policy);

	if (mempol_note_exit(policy, kind)) {
		mempol_tell_exit(policy, MEMPOL_EV_EJECTED, 0);
		mod_delayed_work(system_unbound_wq, &record->work, 0);
	}
}
