// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the daemon asks of a balloon policy: so many pages by hand, a block by its
 * name, what a block is like. They are called by its agent, a SYSCALL program.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include "balloon.h"

/* Of a request by hand, so much is done before the heartbeat is looked after, in pages. */
#define MEMPOL_BALLOON_STRIDE (SZ_1G >> PAGE_SHIFT)

/*
 * The attached balloon policy of that number, or NULL; it is there until
 * mempol_balloon_put(). What is done with it may take as long as the host takes,
 * hence without mempol_policies_mutex, which the heartbeat wants.
 */
static struct mempol_balloon *mempol_balloon_get(u64 policy_id)
{
	struct mempol_balloon *record = NULL;
	struct mempol_policy *policy;

	mutex_lock(&mempol_policies_mutex);
	list_for_each_entry(policy, &mempol_policies, node)
		if (policy->id == policy_id && policy->mechanism->id == MEMPOL_MECH_BALLOON) {
			record = mempol_balloon_of(policy);
			refcount_inc(&record->users);
			break;
		}
	mutex_unlock(&mempol_policies_mutex);
	return record;
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
	bool ended = false, more;

	if (pages != MEMPOL_BALLOON_AUTO && pages > SIZE_MAX >> PAGE_SHIFT)
		return -EINVAL;

	record = mempol_balloon_get(policy_id);
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
	mempol_balloon_put(record);
	return ended ? -ENOENT : 0;
}

/**
 * bpf_mempol_balloon_claim - take the block that begins at a page
 * @policy_id: the policy in charge.
 * @pfn: its first page.
 * @order: of the block, MEMPOL_BALLOON_ORDER_4M or MEMPOL_BALLOON_ORDER_2M.
 *
 * Context: may sleep; SYSCALL programs only.
 * Return: as mempol_balloon_claim(); -ENOENT: there is no such balloon policy,
 * -EAGAIN: the guest has just been short of memory, -EDQUOT: it holds as much as
 * it may.
 */
__bpf_kfunc int bpf_mempol_balloon_claim(u64 policy_id, u64 pfn, u32 order)
{
	struct mempol_balloon *record = mempol_balloon_get(policy_id);
	int err;

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
		err = mempol_balloon_claim(&record->mm, pfn, order);
	mempol_balloon_put(record);
	mempol_heartbeat_seen();
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
