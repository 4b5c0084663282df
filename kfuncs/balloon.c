// SPDX-License-Identifier: GPL-2.0-only
/*
 * The balloon mechanism: asks the engine from time to time how many pages the
 * host should have, holds its answer against the guard, and lets mm take and
 * return blocks. mm keeps the floors; the struct_ops type is in balloon-ops.c.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/timekeeping.h>
#include <linux/vmstat.h>
#include "balloon.h"

/* A period in which tasks waited longer than this part of it: the guest needs memory. */
#define MEMPOL_BALLOON_PRESSURE_PART 10
/* So long after pressure or OOM nothing is taken. */
#define MEMPOL_BALLOON_PAUSE (10 * HZ)
#define MEMPOL_BALLOON_MIN_PERIOD_MS 10U

static unsigned int mempol_balloon_percent = 90;
module_param_named(balloon_percent, mempol_balloon_percent, uint, 0644);
MODULE_PARM_DESC(balloon_percent, "No balloon policy holds more of the memory than that");

static struct mempol_balloon *from_mm(struct mempol_balloon_policy *mm)
{
	return container_of(mm, struct mempol_balloon, mm);
}

static struct mempol_balloon *from_policy(struct mempol_policy *policy)
{
	return container_of(policy, struct mempol_balloon, policy);
}

static void mempol_balloon_fill_ctx(struct mempol_balloon *record, struct mempol_balloon_ctx *ctx)
{
	struct mempol_balloon_pressure pressure;
	unsigned long held, host;

	memset(ctx, 0, sizeof(*ctx));
	mempol_balloon_sizes(&held, &host);
	mempol_balloon_pressure(&pressure);
	ctx->time_ns = ktime_get_ns();
	ctx->total_pages = mempol_balloon_total();
	ctx->free_pages = global_zone_page_state(NR_FREE_PAGES);
	ctx->available_pages = max(si_mem_available(), 0L);
	ctx->file_pages = global_node_page_state(NR_FILE_PAGES);
	ctx->held_pages = held;
	ctx->small_pages = READ_ONCE(record->small);
	ctx->host_pages = host;
	ctx->keep_pages = record->keep_pages;
	ctx->psi_some_us = pressure.some_us;
	ctx->psi_full_us = pressure.full_us;
	ctx->refaults = global_node_page_state(WORKINGSET_REFAULT_FILE);
	ctx->stalls = pressure.stalls;
}

/* Told at most once a second, but for what nobody asked for. */
static void mempol_balloon_tell(struct mempol_balloon *record, u32 cause)
{
	struct mempol_event event = {};
	unsigned long held, host;

	mempol_balloon_sizes(&held, &host);
	if (held == record->told_held)
		return;
	if (cause <= MEMPOL_BALLOON_BY_HOST && time_before(jiffies, record->policy.next_report))
		return;
	record->policy.next_report = jiffies + HZ;
	record->told_held = held;
	event.body.resized.held = held;
	event.body.resized.target = record->target;
	event.body.resized.host = host;
	event.body.resized.cause = cause;
	mempol_tell(&event, &record->policy, MEMPOL_EV_RESIZED);
}

/* Do tasks wait for memory? What they waited since the last look decides. */
static bool mempol_balloon_pressed(struct mempol_balloon *record,
				   const struct mempol_balloon_ctx *ctx)
{
	u64 waited = ctx->psi_full_us - record->last_full_us;
	u64 passed = div_u64(ctx->time_ns - record->last_time_ns, NSEC_PER_USEC);
	bool stalled = ctx->stalls != record->last_stalls;

	record->last_full_us = ctx->psi_full_us;
	record->last_time_ns = ctx->time_ns;
	record->last_stalls = ctx->stalls;
	/* PSI's sums advance every two seconds only. */
	return stalled || waited > max(passed, 2ULL * USEC_PER_SEC) / MEMPOL_BALLOON_PRESSURE_PART;
}

/* An OOM says so at any time, in the middle of a step, too. */
static bool mempol_balloon_paused(const struct mempol_balloon *record)
{
	return time_before64(get_jiffies_64(), READ_ONCE(record->pause_until));
}

/* Take blocks of @order for @missing pages. Return: how many are still missing. */
static unsigned long mempol_balloon_grow(struct mempol_balloon *record, unsigned int order,
					 unsigned long missing)
{
	unsigned long pages = round_down(missing, 1UL << order);
	long got;

	if (!pages || mempol_balloon_paused(record))
		return missing;
	got = mempol_balloon_take(&record->mm, order, pages);
	return missing - (got > 0 ? min_t(unsigned long, got, missing) : 0);
}

/*
 * Pages and blocks to get to @target; @order: the smallest block to take; @needed:
 * the guest is short of what it gets back.
 */
static void mempol_balloon_move(struct mempol_balloon *record, u64 held, u64 target,
				unsigned int order, bool needed)
{
	unsigned long missing = 0;

	if (target < held) {
		/* Less than a block too much is no reason to return one, unless pages will do. */
		if (held - target >= pageblock_nr_pages || !target || !order)
			held -= mempol_balloon_return(&record->mm, held - target, needed);
		missing = target > held ? target - held : 0;
	} else {
		missing = mempol_balloon_grow(record, MAX_PAGE_ORDER, target - held);
		if (order <= pageblock_order)
			missing = mempol_balloon_grow(record, pageblock_order, missing);
	}
	WRITE_ONCE(record->small, order || mempol_balloon_paused(record) ? 0 : missing);
	mempol_balloon_set_small(&record->mm, record->small);
}

/*
 * Let the host have free memory that stays free. Taken and put back at once, it
 * is known to be the host's, and costs no request the next time.
 */
static void mempol_balloon_report(struct mempol_balloon *record)
{
	unsigned long start = jiffies, pages, missing;
	struct mempol_balloon_ctx ctx;

	mempol_balloon_fill_ctx(record, &ctx);
	pages = min(record->ops->report(&ctx), ctx.free_pages);
	mempol_took(&record->policy, start);
	missing = mempol_balloon_grow(record, MAX_PAGE_ORDER, pages);
	missing = mempol_balloon_grow(record, pageblock_order, missing);
	/* What was taken last goes first. */
	if (missing < pages)
		mempol_balloon_return(&record->mm, pages - missing, false);
}

/* The engine's answers, if it may give any. */
static u64 mempol_balloon_ask(struct mempol_balloon *record, struct mempol_balloon_ctx *ctx,
			      unsigned int *order)
{
	unsigned long start = jiffies;
	s64 target;

	target = record->ops->target(ctx);
	*order = record->ops->order ? record->ops->order(ctx) : MEMPOL_BALLOON_ORDER_2M;
	mempol_took(&record->policy, start);
	if (*order != MEMPOL_BALLOON_ORDER_4M && *order != MEMPOL_BALLOON_ORDER_2M &&
	    *order != MEMPOL_BALLOON_ORDER_PAGE) {
		mempol_refuse(&record->policy, MEMPOL_REFUSED_SIZE);
		*order = MEMPOL_BALLOON_ORDER_2M;
	}
	return target < 0 ? ctx->held_pages + ctx->small_pages : target;
}

static void mempol_balloon_step(struct mempol_balloon *record, u32 cause)
{
	unsigned int order = MEMPOL_BALLOON_ORDER_2M;
	struct mempol_balloon_ctx ctx;
	unsigned long left, host;
	bool asked = false, needed = false;
	u64 target, held;

	lockdep_assert_held(&record->lock);
	mempol_balloon_fill_ctx(record, &ctx);
	held = ctx.held_pages;

	if (READ_ONCE(record->passive) || record->policy.exit_kind) {
		target = 0;
		cause = MEMPOL_BALLOON_BY_GUARD;
		record->by_guard += held;
	} else if (mempol_balloon_pressed(record, &ctx) && (held || record->small)) {
		/* A quarter at once, and no more for a while. */
		target = held - max(held / 4, min_t(u64, held, MAX_ORDER_NR_PAGES));
		WRITE_ONCE(record->pause_until, get_jiffies_64() + MEMPOL_BALLOON_PAUSE);
		record->by_pressure += held - target;
		needed = true;
		cause = MEMPOL_BALLOON_BY_PRESSURE;
	} else if (record->request != MEMPOL_BALLOON_AUTO) {
		target = record->request;
		order = MEMPOL_BALLOON_ORDER_PAGE;
		cause = MEMPOL_BALLOON_BY_REQUEST;
	} else {
		target = mempol_balloon_ask(record, &ctx, &order);
		asked = true;
	}

	/* Nobody but mm takes blocks away between two steps. */
	if (held < record->left_held)
		cause = record->mm.stats.oom_pages != record->seen_oom ? MEMPOL_BALLOON_BY_OOM :
									 MEMPOL_BALLOON_BY_DEVICE;
	record->seen_oom = record->mm.stats.oom_pages;

	target = min(target, div_u64(ctx.total_pages * min(mempol_balloon_percent, 100U), 100));
	if (mempol_balloon_paused(record)) {
		target = min(target, held);
		asked = false;
	}
	WRITE_ONCE(record->target, target);
	mempol_balloon_move(record, held, target, order, needed);
	/* Not while the device has pages of its own: it would return and take as many. */
	if (asked && record->ops->report && !record->small && ctx.host_pages <= held &&
	    !mempol_balloon_paused(record))
		mempol_balloon_report(record);
	mempol_balloon_sizes(&left, &host);
	record->left_held = left;
	mempol_balloon_tell(record, cause);
	mempol_tell_refused(&record->policy);
}

static void mempol_balloon_work(struct work_struct *work)
{
	struct mempol_balloon *record =
		container_of(to_delayed_work(work), struct mempol_balloon, work);

	mutex_lock(&record->lock);
	mempol_balloon_step(record, MEMPOL_BALLOON_BY_ENGINE);
	mutex_unlock(&record->lock);
	queue_delayed_work(system_freezable_wq, &record->work, record->period);
}

/* Step at once: something happened that does not wait for the period. */
static void mempol_balloon_kick(struct mempol_balloon *record)
{
	mod_delayed_work(system_freezable_wq, &record->work, 0);
}

/* Before the device's own balloon goes there by single pages. */
static void mempol_balloon_host_changed(struct mempol_balloon_policy *mm, unsigned long pages)
{
	struct mempol_balloon *record = from_mm(mm);

	mutex_lock(&record->lock);
	mempol_balloon_step(record, MEMPOL_BALLOON_BY_HOST);
	mutex_unlock(&record->lock);
}

static u32 mempol_balloon_score(struct mempol_balloon_policy *mm,
				const struct mempol_balloon_block *block)
{
	struct mempol_balloon *record = from_mm(mm);
	struct mempol_balloon_block copy = *block;
	unsigned long start = jiffies;
	u32 score;

	if (READ_ONCE(record->policy.exit_kind))
		return 0;
	score = record->ops->score(&copy);
	mempol_took(&record->policy, start);
	return score;
}

/* Under oom_lock: nothing in here may wait for memory. */
static unsigned long mempol_balloon_oom(struct mempol_balloon_policy *mm)
{
	struct mempol_balloon *record = from_mm(mm);
	unsigned long start = jiffies;
	struct mempol_balloon_ctx ctx;
	u64 pages = U64_MAX;

	WRITE_ONCE(record->pause_until, get_jiffies_64() + MEMPOL_BALLOON_PAUSE);
	/* It returns the pages beside the blocks. */
	mempol_balloon_kick(record);
	if (record->ops->oom && !READ_ONCE(record->passive) && !record->policy.exit_kind) {
		mempol_balloon_fill_ctx(record, &ctx);
		pages = record->ops->oom(&ctx);
		mempol_took(&record->policy, start);
	}
	return min_t(u64, pages, ULONG_MAX);
}

static void mempol_balloon_fill(struct mempol_policy *policy, struct mempol_policy_info *info)
{
	struct mempol_balloon *record = from_policy(policy);
	const struct mempol_balloon_stats *stats = &record->mm.stats;
	unsigned long held, host;
	u64 *counters = info->counters;

	mempol_balloon_sizes(&held, &host);
	counters[MEMPOL_BALLOON_HELD_PAGES] = held;
	counters[MEMPOL_BALLOON_SMALL_PAGES] = READ_ONCE(record->small);
	counters[MEMPOL_BALLOON_HOST_PAGES] = host;
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
	info->passive = READ_ONCE(record->passive);
	info->attached = !policy->exit_kind;
	info->exit_kind = policy->exit_kind;
}

static void mempol_balloon_extent(struct mempol_policy *policy, u64 *pages, u64 *cgroups)
{
	unsigned long held, host;

	mempol_balloon_sizes(&held, &host);
	*pages = held;
	*cgroups = 0;
}

static bool mempol_balloon_pause(struct mempol_policy *policy, bool passive)
{
	struct mempol_balloon *record = from_policy(policy);

	if (record->passive == passive || policy->exit_kind)
		return false;
	WRITE_ONCE(record->passive, passive);
	mempol_balloon_kick(record);
	return true;
}

/* From any context, so the work does it: it returns everything. */
static void mempol_balloon_throw_out(struct mempol_policy *policy, u32 kind)
{
	struct mempol_balloon *record = from_policy(policy);

	if (cmpxchg(&policy->exit_kind, MEMPOL_EXIT_NONE, kind))
		return;
	strscpy(policy->reason,
		kind == MEMPOL_EXIT_SLOW ? "its callbacks ran too long" :
					   "it made too many invalid requests",
		sizeof(policy->reason));
	mempol_tell_exit(policy, MEMPOL_EV_EJECTED, 0);
	mempol_balloon_kick(record);
}

static const struct mempol_mechanism_ops mempol_balloon_mechanism = {
	.id = MEMPOL_MECH_BALLOON,
	.fill = mempol_balloon_fill,
	.count = mempol_balloon_extent,
	.set_passive = mempol_balloon_pause,
	.eject = mempol_balloon_throw_out,
};

static const struct mempol_balloon_policy_ops mempol_balloon_callbacks = {
	.host_changed = mempol_balloon_host_changed,
	.oom = mempol_balloon_oom,
};

static const struct mempol_balloon_policy_ops mempol_balloon_scoring_callbacks = {
	.host_changed = mempol_balloon_host_changed,
	.score = mempol_balloon_score,
	.oom = mempol_balloon_oom,
};

/* A record of @ops with nothing held; attached by mempol_balloon_begin(). */
struct mempol_balloon *mempol_balloon_alloc(struct mempol_balloon_ops *ops, struct bpf_link *link)
{
	struct mempol_balloon *record = kzalloc(sizeof(*record), GFP_KERNEL);
	u32 period = ops->period_ms ?: MSEC_PER_SEC;

	if (!record ||
	    mempol_policy_init(&record->policy, &mempol_balloon_mechanism, link, ops->name)) {
		kfree(record);
		return NULL;
	}
	record->policy.id = ops->policy_id;
	record->policy.heartbeat = ops->flags & MEMPOL_OPS_HEARTBEAT;
	record->ops = ops;
	record->mm.ops = ops->score ? &mempol_balloon_scoring_callbacks : &mempol_balloon_callbacks;
	record->keep_pages = ops->keep_pages;
	record->period = msecs_to_jiffies(max(period, MEMPOL_BALLOON_MIN_PERIOD_MS));
	record->request = MEMPOL_BALLOON_AUTO;
	mutex_init(&record->lock);
	INIT_DELAYED_WORK(&record->work, mempol_balloon_work);
	return record;
}

void mempol_balloon_free(struct mempol_balloon *record)
{
	mempol_policy_destroy(&record->policy);
	kfree(record);
}

/* Context: process. Return: as mempol_balloon_attach(). */
int mempol_balloon_begin(struct mempol_balloon *record)
{
	struct mempol_balloon_ctx ctx;
	int err;

	err = mempol_balloon_attach(&record->mm);
	if (err)
		return err;
	mempol_balloon_fill_ctx(record, &ctx);
	mempol_balloon_pressed(record, &ctx);
	mempol_balloon_kick(record);
	return 0;
}

/* No callback runs any more, nothing is held. Context: process. */
void mempol_balloon_end(struct mempol_balloon *record)
{
	/* Before that mm may still call. */
	cancel_delayed_work_sync(&record->work);
	mempol_balloon_detach(&record->mm);
	cancel_delayed_work_sync(&record->work);
}

/* The attached balloon policy of that number, or NULL; under mempol_policies_mutex. */
static struct mempol_balloon *mempol_balloon_find(u64 policy_id)
{
	struct mempol_policy *policy;

	lockdep_assert_held(&mempol_policies_mutex);
	list_for_each_entry(policy, &mempol_policies, node)
		if (policy->id == policy_id && policy->mechanism == &mempol_balloon_mechanism)
			return from_policy(policy);
	return NULL;
}

__bpf_kfunc_start_defs();

/**
 * bpf_mempol_balloon_request - hold so many pages, whatever the engine says
 * @policy_id: the policy in charge.
 * @pages: how many, in all, or MEMPOL_BALLOON_AUTO: what the engine says.
 *
 * The guard applies. Returns once it has been tried.
 *
 * Context: may sleep; SYSCALL programs only.
 * Return: 0; -ENOENT: there is no such balloon policy, -EINVAL: more than the
 * machine has.
 */
__bpf_kfunc int bpf_mempol_balloon_request(u64 policy_id, u64 pages)
{
	struct mempol_balloon *record;

	if (pages != MEMPOL_BALLOON_AUTO && pages > SIZE_MAX >> PAGE_SHIFT)
		return -EINVAL;

	mutex_lock(&mempol_policies_mutex);
	record = mempol_balloon_find(policy_id);
	if (record) {
		mutex_lock(&record->lock);
		record->request = pages;
		mempol_balloon_step(record, MEMPOL_BALLOON_BY_ENGINE);
		mutex_unlock(&record->lock);
		mempol_heartbeat_seen();
	}
	mutex_unlock(&mempol_policies_mutex);
	return record ? 0 : -ENOENT;
}

/**
 * bpf_mempol_balloon_claim - take the block that begins at a page
 * @policy_id: the policy in charge.
 * @pfn: its first page.
 * @order: of the block, MEMPOL_BALLOON_ORDER_4M or MEMPOL_BALLOON_ORDER_2M.
 *
 * Context: may sleep; SYSCALL programs only.
 * Return: as mempol_balloon_claim(); -ENOENT: there is no such balloon policy.
 */
__bpf_kfunc int bpf_mempol_balloon_claim(u64 policy_id, u64 pfn, u32 order)
{
	struct mempol_balloon *record;
	int err = -ENOENT;

	mutex_lock(&mempol_policies_mutex);
	record = mempol_balloon_find(policy_id);
	if (record) {
		/* It may wait for memory, which a step is there to return: not under its lock. */
		err = READ_ONCE(record->policy.exit_kind) || READ_ONCE(record->passive) ?
			      -ESTALE :
			      mempol_balloon_claim(&record->mm, pfn, order);
		mempol_heartbeat_seen();
	}
	mutex_unlock(&mempol_policies_mutex);
	return err;
}

/**
 * bpf_mempol_balloon_block - what a page block is like
 * @pfn: a page of it.
 * @block: filled in, a struct mempol_balloon_block.
 * @block__sz: its size.
 *
 * Context: any; SYSCALL programs only.
 * Return: as mempol_balloon_block_info(); -EMSGSIZE: wrong size.
 */
__bpf_kfunc int bpf_mempol_balloon_block(u64 pfn, void *block, u32 block__sz)
{
	if (block__sz != sizeof(struct mempol_balloon_block))
		return -EMSGSIZE;
	return mempol_balloon_block_info(pfn, block);
}

/**
 * bpf_mempol_drop_cache - reclaim page cache
 * @pages: how much.
 *
 * Anonymous memory stays, and so do dirty pages.
 *
 * Context: may sleep; SYSCALL programs only.
 * Return: pages reclaimed.
 */
__bpf_kfunc u64 bpf_mempol_drop_cache(u64 pages)
{
	return mempol_balloon_drop_cache(min_t(u64, pages, ULONG_MAX >> PAGE_SHIFT));
}

__bpf_kfunc_end_defs();
