/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * How mru evicts the newest first, and get-scan what is read in runs: two lists, one of what is kept and one of
 * what passes through. Included by these engines; mru.h has the decisions.
 *
 * The newest page is not the newest use: readahead brings in pages that are about to be used. They wait on the
 * list of what passes, oldest at the tail, until they have been read. What is dirty goes like the rest: the
 * kernel puts it on its own list of victims that it could not free, and frees it when it has been written back.
 * To pass it over, as long as the newest are dirty, would be to evict what has been kept.
 */
#ifndef MEMPOL_NEWEST_BPF_H
#define MEMPOL_NEWEST_BPF_H

#include "mempol_cache.bpf.h"
#include "mru.h"
#include "s3fifo.h"

/* Batches that look for what has been read among what waits, before something that is kept goes. */
#define NEWEST_PATIENCE 3
#define NEWEST_NO_LIST 0xff

/* Of one callback. */
struct newest_round {
	u64 others; /* pages on lists that are neither of these two */
	u32 want, named;
	u32 kept, waiting; /* lists */
	u32 used; /* where what has been used goes; NEWEST_NO_LIST: uses do not matter */
	u32 excess; /* pages too many that wait */
	u32 renew; /* pages that waited and are kept now, in place of old ones */
	bool turn; /* more wait than a callback sees: what nobody may read must not be in the way */
};

/* It waits: has it been read, or waited for too long? */
static inline bool newest_may_go(struct newest_round *round, struct mempol_cache_info *info)
{
	if (round->named >= round->want || info->flags & MEMPOL_FOLIO_STUCK)
		return false;
	if (!(info->flags & MEMPOL_FOLIO_UNREAD))
		return true;
	if (!round->excess)
		return false;
	round->excess -= info->nr_pages < round->excess ? info->nr_pages : round->excess;
	return true;
}

/* What has been used leaves, as far as uses matter. */
static inline bool newest_leaves(struct mempol_cache_evict_ctx *ev, struct newest_round *round,
				 struct mempol_cache_info *info, int i)
{
	bool mapped = info->flags & MEMPOL_FOLIO_MAPPED;

	if (round->used == NEWEST_NO_LIST || !s3fifo_uses(info->count, mapped))
		return false;
	mempol_move(ev, i, round->used, s3fifo_count(0, mapped));
	return true;
}

/*
 * The old end of a list of what is kept: what was used since it came in or was looked at last goes to @used, the
 * rest for good, and as many of those that wait take its place.
 */
static inline void newest_renew(struct mempol_cache_evict_ctx *ev, struct newest_round *round,
				u32 list, u32 used, u32 pages)
{
	struct mempol_cache_info info;
	int i, nr = mempol_batch(ev, list, pages, MEMPOL_CACHE_TAIL);

	bpf_for(i, 0, nr)
	{
		bool mapped;

		if (mempol_look(ev, i, &info) || info.flags & MEMPOL_FOLIO_STUCK)
			continue;
		mapped = info.flags & MEMPOL_FOLIO_MAPPED;
		if (s3fifo_uses(info.count, mapped)) {
			mempol_move(ev, i, used, s3fifo_count(0, mapped));
			continue;
		}
		if (round->named >= round->want || mempol_evict(ev, i))
			continue;
		round->named += info.nr_pages;
		round->renew += info.nr_pages;
	}
}

/* It waits, and there is room where things are kept. */
static inline bool newest_keeps(struct mempol_cache_evict_ctx *ev, struct newest_round *round,
				struct mempol_cache_info *info, int i)
{
	if (round->renew < info->nr_pages || info->flags & MEMPOL_FOLIO_UNREAD)
		return false;
	round->renew -= info->nr_pages;
	mempol_move(ev, i, round->kept, MEMPOL_CACHE_SAME_COUNT);
	return true;
}

/*
 * The oldest of those that wait. Where they belong to one stream, those that have been read come first, and
 * what is behind them waits in its place. What has others that were read behind it lets them pass, and so
 * does all of the batch if @turn.
 */
static inline void newest_pass_waiting(struct mempol_cache_evict_ctx *ev,
				       struct newest_round *round, int nr, bool turn)
{
	struct mempol_cache_info info;
	u8 stays[MEMPOL_CACHE_BATCH];
	int i, passed = turn ? nr : 0;

	bpf_for(i, 0, nr)
	{
		u32 slot = i & (MEMPOL_CACHE_BATCH - 1);

		stays[slot] = 1;
		if (mempol_look(ev, i, &info))
			continue;
		if (newest_leaves(ev, round, &info, i) || newest_keeps(ev, round, &info, i)) {
			stays[slot] = 0;
			continue;
		}
		if (!newest_may_go(round, &info) || mempol_evict(ev, i))
			continue;
		stays[slot] = 0;
		if (!turn)
			passed = i;
		round->named += info.nr_pages;
	}
	bpf_for(i, 0, passed)
	{
		if (stays[i & (MEMPOL_CACHE_BATCH - 1)])
			mempol_move(ev, i, round->waiting, MEMPOL_CACHE_SAME_COUNT);
	}
}

/* The newest of what is kept. What cannot be the newest use waits, behind what came in later. */
static inline void newest_pass_kept(struct mempol_cache_evict_ctx *ev, struct newest_round *round,
				    int nr)
{
	struct mempol_cache_info info;
	int i;

	bpf_for(i, 0, nr)
	{
		if (mempol_look(ev, i, &info) || newest_leaves(ev, round, &info, i))
			continue;
		if (info.flags & (MEMPOL_FOLIO_STUCK | MEMPOL_FOLIO_UNREAD))
			bpf_mempol_cache_verdict(ev, i, MEMPOL_VERDICT_TAIL, round->waiting,
						 MEMPOL_CACHE_SAME_COUNT);
		else if (round->named < round->want && !mempol_evict(ev, i))
			round->named += info.nr_pages;
	}
}

/*
 * Batches of both lists, @left at most, until what is wanted is named. Returns how many batches are left.
 */
MEMPOL_PART int newest_evict(struct mempol_cache_evict_ctx *ev __arg_trusted,
			     struct newest_round *round __arg_nonnull, u32 first, u32 second,
			     u32 left)
{
	u64 a = bpf_mempol_cache_list_pages(ev, first), b = bpf_mempol_cache_list_pages(ev, second);
	u64 most = mru_waiting_max(a + b, round->others), waiting;
	u32 batch;
	int nr;

	round->kept = mru_kept(a, b, round->others) ? second : first;
	round->waiting = round->kept == first ? second : first;
	waiting = round->kept == first ? b : a;
	round->turn = waiting > NEWEST_PATIENCE * MEMPOL_CACHE_BATCH;
	if (waiting > most)
		round->excess = waiting - most;

	bpf_for(batch, 0, NEWEST_PATIENCE)
	{
		if (round->named >= round->want)
			return left;
		nr = mempol_batch(ev, round->waiting, batch ? MEMPOL_CACHE_BATCH : round->want,
				  MEMPOL_CACHE_TAIL);
		left--;
		if (nr <= 0)
			break;
		/* What is at the very end keeps its place, so that a stream stays in order. */
		newest_pass_waiting(ev, round, nr, batch && round->turn);
	}
	bpf_for(batch, 0, left)
	{
		if (round->named >= round->want)
			return left;
		nr = mempol_batch(ev, round->kept,
				  batch ? MEMPOL_CACHE_BATCH : round->want - round->named, 0);
		left--;
		if (nr <= 0)
			break;
		newest_pass_kept(ev, round, nr);
	}
	return left;
}

#endif
