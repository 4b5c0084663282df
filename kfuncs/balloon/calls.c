// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the daemon asks of a balloon policy: so many pages by hand, a block by its
 * name, what a block is like. They are ops of bpf_mempol_call().
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include "balloon.h"

/* Of a request by hand, so much is done before the heartbeat is looked after, in pages. */
#define MEMPOL_BALLOON_STRIDE (SZ_1G >> PAGE_SHIFT)

static struct mempol_balloon *mempol_balloon_get(u64 policy_id)
{
	struct mempol_policy *policy = mempol_policy_get(policy_id, MEMPOL_MECH_BALLOON);

	return policy ? mempol_balloon_of(policy) : NULL;
}

/*
 * Wait for a step that is under way.  As long as it gets on the daemon that waits here
 * is no dead one; one that waits for the host does not count.  False: killed.
 */
static bool mempol_balloon_lock(struct mempol_balloon *record)
{
	const struct mempol_balloon_stats *stats = &record->mm.stats;
	u64 moved = 0, now;

	while (!mutex_trylock(&record->lock)) {
		now = READ_ONCE(stats->taken) + READ_ONCE(stats->returned);
		if (now != moved)
			mempol_heartbeat_seen();
		moved = now;
		schedule_timeout_killable(HZ / 20);
		if (fatal_signal_pending(current))
			return false;
	}
	return true;
}

/*
 * On the way to @pages, a stride further, so that a request for much is no reason
 * to take the daemon for dead. Return: is there more to do?
 */
static bool mempol_balloon_stride(struct mempol_balloon *record, u64 pages)
{
	u64 held = mempol_balloon_held(record), before = held + record->small, after;

	lockdep_assert_held(&record->lock);
	if (pages == MEMPOL_BALLOON_AUTO)
		record->request = pages;
	else if (pages > before)
		record->request = min(pages, before + MEMPOL_BALLOON_STRIDE);
	else
		record->request = max_t(s64, pages, (s64)held - MEMPOL_BALLOON_STRIDE);
	mempol_balloon_step(record, MEMPOL_BALLOON_BY_ENGINE);

	after = mempol_balloon_held(record) + record->small;
	if (record->request != pages && after != before)
		return true;
	record->request = pages;
	return false;
}

/*
 * Hold so many pages, whatever the engine says; the guard applies. Returns once it has
 * been tried. 0; -ENOENT: there is no such balloon policy, -EINVAL: more than the
 * machine has.
 */
static s64 mempol_call_size(struct mempol_call *call)
{
	u64 pages = call->body.balloon.pages;
	struct mempol_balloon *record;
	bool ended = false, more;

	if (pages != MEMPOL_BALLOON_AUTO && pages > SIZE_MAX >> PAGE_SHIFT)
		return -EINVAL;

	record = mempol_balloon_get(call->body.balloon.policy_id);
	if (!record)
		return -ENOENT;
	do {
		if (!mempol_balloon_lock(record))
			break;
		ended = record->ended;
		more = !ended && mempol_balloon_stride(record, pages);
		mutex_unlock(&record->lock);
		mempol_heartbeat_seen();
	} while (more && !fatal_signal_pending(current));
	mempol_policy_put(&record->policy);
	return ended ? -ENOENT : 0;
}

/*
 * Take the block of an order, MEMPOL_BALLOON_ORDER_4M or _2M, that begins at a page.
 * As mempol_balloon_claim(); -ENOENT: there is no such balloon policy, -EAGAIN: the
 * guest has just been short of memory, -EDQUOT: it holds as much as it may.
 */
static s64 mempol_call_claim(struct mempol_call *call)
{
	struct mempol_balloon *record = mempol_balloon_get(call->body.block.policy_id);
	u32 order = call->body.block.order;
	s64 err;

	if (!record)
		return -ENOENT;
	/* It may wait for memory, which a step is there to return: not under its lock. */
	if (READ_ONCE(record->policy.exit_kind) || READ_ONCE(record->passive))
		err = -ESTALE;
	else if (mempol_balloon_paused(record))
		err = -EAGAIN;
	else if (mempol_balloon_held(record) +
			 (order == MAX_PAGE_ORDER ? MAX_ORDER_NR_PAGES : pageblock_nr_pages) >
		 mempol_balloon_limit(mempol_balloon_total()))
		err = -EDQUOT;
	else
		err = mempol_balloon_claim(&record->mm, call->body.block.pfn, order);
	mempol_policy_put(&record->policy);
	mempol_heartbeat_seen();
	return err;
}

/* What a page block is like; as mempol_balloon_block_info(). */
static s64 mempol_call_block(struct mempol_call *call)
{
	struct mempol_balloon_block block = {};
	int err = mempol_balloon_block_info(call->body.block.pfn, &block);

	call->body.block.order = block.order;
	call->body.block.flags = block.flags;
	return err;
}

/* Reclaim page cache: anonymous memory stays, and so do dirty pages. */
static s64 mempol_call_drop(struct mempol_call *call)
{
	u64 pages = min_t(u64, call->body.balloon.pages, ULONG_MAX >> PAGE_SHIFT);

	call->body.balloon.pages = mempol_balloon_drop_cache(pages);
	return 0;
}

const struct mempol_call_row mempol_balloon_calls[] = {
	{ MEMPOL_CALL_BALLOON_SIZE, mempol_call_size },
	{ MEMPOL_CALL_BALLOON_CLAIM, mempol_call_claim },
	{ MEMPOL_CALL_BALLOON_BLOCK, mempol_call_block },
	{ MEMPOL_CALL_BALLOON_DROP, mempol_call_drop },
};

static_assert(ARRAY_SIZE(mempol_balloon_calls) == MEMPOL_BALLOON_NR_CALLS);
