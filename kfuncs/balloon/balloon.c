// SPDX-License-Identifier: GPL-2.0-only
/*
 * The balloon mechanism: asks the engine from time to time how many pages the
 * host should have, holds its answer against the guard, and lets mm take and
 * return blocks. mm keeps the floors; the life of a policy is in policy.c.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/swap.h>
#include <linux/timekeeping.h>
#include <linux/vmstat.h>
#include "../core/run.h"
#include "balloon.h"

/* A period in which tasks waited longer than this part of it: the guest needs memory. */
#define MEMPOL_BALLOON_PRESSURE_PART 10
/* So long after pressure or OOM nothing is taken. */
#define MEMPOL_BALLOON_PAUSE (10 * HZ)
/* Of a request by hand, so much is done before the pressure is looked at again, in pages. */
#define MEMPOL_BALLOON_STRIDE (SZ_1G >> PAGE_SHIFT)

static unsigned int mempol_balloon_percent = 90;
module_param_named(balloon_percent, mempol_balloon_percent, uint, 0644);
MODULE_PARM_DESC(balloon_percent, "No balloon policy holds more of the memory than that");

/* Pages held, without mm's lock: counters are read in any context. */
u64 mempol_balloon_held(struct mempol_balloon *record)
{
	const struct mempol_balloon_stats *stats = &record->mm.stats;

	return (READ_ONCE(stats->blocks[0]) << pageblock_order) +
	       (READ_ONCE(stats->blocks[1]) << MAX_PAGE_ORDER);
}

/* Of a machine of @total_pages, so many may be held. */
u64 mempol_balloon_limit(u64 total_pages)
{
	return div_u64(total_pages * min(READ_ONCE(mempol_balloon_percent), 100U), 100);
}

void mempol_balloon_fill_ctx(struct mempol_balloon *record, struct mempol_balloon_ctx *ctx)
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
	WRITE_ONCE(record->host, host);
	ctx->keep_pages = record->keep_pages;
	ctx->psi_some_us = pressure.some_us;
	ctx->psi_full_us = pressure.full_us;
	ctx->refaults = global_node_page_state(WORKINGSET_REFAULT_FILE);
	ctx->stalls = pressure.stalls;
}

/*
 * Told at most once a second, but for what nobody asked for, and for the end of a request,
 * @answered.
 */
static void mempol_balloon_tell(struct mempol_balloon *record, u32 cause, bool answered)
{
	struct mempol_event event = {};
	unsigned long held, host;

	mempol_balloon_sizes(&held, &host);
	if (held == record->told_held && !answered)
		return;
	if (cause <= MEMPOL_BALLOON_BY_HOST && !answered &&
	    time_before(jiffies, record->policy.next_report))
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
bool mempol_balloon_pressed(struct mempol_balloon *record, const struct mempol_balloon_ctx *ctx)
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
bool mempol_balloon_paused(const struct mempol_balloon *record)
{
	return time_before64(get_jiffies_64(), READ_ONCE(record->pause_until));
}

/* For a while nothing is taken. */
void mempol_balloon_pause_now(struct mempol_balloon *record)
{
	WRITE_ONCE(record->pause_until, get_jiffies_64() + MEMPOL_BALLOON_PAUSE);
}

/*
 * Take blocks of @order for @missing pages. Return: how many are still missing; 0 if a
 * device that fails is the reason, which does no better with smaller ones.
 */
static unsigned long mempol_balloon_grow(struct mempol_balloon *record, unsigned int order,
					 unsigned long missing)
{
	unsigned long pages = round_down(missing, 1UL << order);
	long got;

	if (!pages || mempol_balloon_paused(record))
		return missing;
	got = mempol_balloon_take(&record->mm, order, pages);
	return got < 0 ? 0 : missing - min_t(unsigned long, got, missing);
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

/* Let the host have free memory that stays free. */
static void mempol_balloon_report_free(struct mempol_balloon *record)
{
	struct mempol_balloon_ctx ctx;
	unsigned long pages;
	u64 begin;

	mempol_balloon_fill_ctx(record, &ctx);
	begin = mempol_task_begin();
	pages = min(record->ops->report(&ctx), ctx.free_pages);
	mempol_task_end(&record->policy, begin);
	mempol_balloon_report(&record->mm, pages);
}

/* The engine's answers, if it may give any. */
static u64 mempol_balloon_ask(struct mempol_balloon *record, struct mempol_balloon_ctx *ctx,
			      unsigned int *order)
{
	u64 begin = mempol_task_begin();
	s64 target;

	target = record->ops->target(ctx);
	*order = record->ops->order ? record->ops->order(ctx) : MEMPOL_BALLOON_ORDER_2M;
	mempol_task_end(&record->policy, begin);
	if (*order != MEMPOL_BALLOON_ORDER_4M && *order != MEMPOL_BALLOON_ORDER_2M &&
	    *order != MEMPOL_BALLOON_ORDER_PAGE) {
		mempol_refuse(&record->policy, MEMPOL_REFUSED_SIZE);
		*order = MEMPOL_BALLOON_ORDER_2M;
	}
	return target < 0 ? ctx->held_pages + ctx->small_pages : target;
}

/* On the way to the @pages of a request, from @held and @small. */
static u64 mempol_balloon_stride(u64 pages, u64 held, u64 small)
{
	if (pages > held + small)
		return min(pages, held + small + MEMPOL_BALLOON_STRIDE);
	return max_t(s64, pages, (s64)held - MEMPOL_BALLOON_STRIDE);
}

/**
 * mempol_balloon_step - look at the machine, and get to where the balloon should be
 * @record: the policy; under its lock.
 * @cause: of the step, as it is told.
 *
 * Context: process, and waits for the host.
 * Return: is there more to do of a request at once?
 */
bool mempol_balloon_step(struct mempol_balloon *record, u32 cause)
{
	/* Before the request: one that comes meanwhile is not answered by this step. */
	int nr_asked = atomic_read_acquire(&record->asked);
	u64 request = READ_ONCE(record->request);
	unsigned int order = MEMPOL_BALLOON_ORDER_2M;
	bool asked = false, needed = false, more = false, answered;
	struct mempol_balloon_ctx ctx;
	unsigned long left, host;
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
		mempol_balloon_pause_now(record);
		record->by_pressure += held - target;
		needed = true;
		cause = MEMPOL_BALLOON_BY_PRESSURE;
	} else if (request != MEMPOL_BALLOON_AUTO) {
		target = mempol_balloon_stride(request, held, record->small);
		more = target != request;
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

	target = min(target, mempol_balloon_limit(ctx.total_pages));
	if (mempol_balloon_paused(record)) {
		target = min(target, held);
		asked = false;
	}
	WRITE_ONCE(record->target, target);
	mempol_balloon_move(record, held, target, order, needed);
	/* Not while the device has pages of its own: it would return and take as many. */
	if (asked && record->ops->report && !record->small && ctx.host_pages <= held &&
	    !mempol_balloon_paused(record))
		mempol_balloon_report_free(record);
	mempol_balloon_sizes(&left, &host);
	record->left_held = left;
	/* Where nothing moves it is as far as it gets. */
	more = more && left + record->small != ctx.held_pages + ctx.small_pages;
	answered = !more && nr_asked != record->answered;
	if (answered)
		WRITE_ONCE(record->answered, nr_asked);
	mempol_balloon_tell(record, cause, answered);
	mempol_report_now(&record->policy);
	return more;
}
