/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * How s3fifo evicts: two queues, from the end of the small one folios are evicted or, if used since they came
 * in, moved to the main one; at its end they have another turn for each use. Included by s3fifo, and by get-scan
 * for all that is not read in runs; s3fifo.h has the decisions.
 */
#ifndef MEMPOL_QUEUES_BPF_H
#define MEMPOL_QUEUES_BPF_H

#include "mempol_cache.bpf.h"
#include "program.bpf.h"
#include "s3fifo.h"

MEMPOL_TUNABLE(u32, small_percent, 10, "1..50 %",
	       "share of the cache where new pages wait to be used again");

#define SMALL 0
#define MAIN 1
/* Behind those of get-scan: what is mapped, and was looked at once. */
#define LOOKED 4
/* Batches in which what cannot go now is passed over, before it is named all the same. */
#define QUEUES_PATIENCE (MEMPOL_CACHE_MAX_BATCHES / 2)

/*
 * Shared by all CPUs without a lock: estimates, where a lost update does no harm. Not static: clang would
 * take the structure apart and leave BTF that the kernel refuses.
 */
MEMPOL_SHARED struct s3fifo_window queues_window;
static bool queues_mapped_lately;
static u64 queues_due;

/* Of one callback. */
struct queues_round {
	/*
	 * Of the queues, as far as it is known. Sums of 32 bits wrap, so that the verifier's bounds of them
	 * are all or nothing; those of 64 bits would be others after each turn of a loop.
	 */
	u32 small_pages, main_pages;
	u32 want, named;
	u32 list; /* where the batch is from */
	bool patient;
	bool seen; /* what is new has been looked at */
};

/*
 * All that is known of a mapped folio is its accessed bit, and the fault that brought the folio in has set it.
 * So it takes two looks to know. Where most folios are mapped, the first one is while the folio is new: the bit is
 * read, and so cleared. If it is set again at the end of the queue, the folio really was used. Where mapped folios are few
 * among others, such as those of a program that reads much, the first look is at the end of the queue; then they wait for
 * the second one on a list of their own.
 */
static inline void queues_see_newest(struct mempol_cache_evict_ctx *ev)
{
	struct mempol_cache_info info;
	int i, nr;

	nr = mempol_batch(ev, SMALL, MEMPOL_CACHE_BATCH, 0);
	bpf_for(i, 0, nr) mempol_look(ev, i, &info);
}

/* It leaves the end of its queue, for the main one or for good. */
static inline void queues_leave(struct queues_round *round, u32 pages, bool stays)
{
	if (round->list == SMALL)
		round->small_pages -= pages;
	else if (round->list == MAIN)
		round->main_pages -= pages;
	if (stays)
		round->main_pages += pages;
	else
		round->named += pages;
}

/* It leaves the end of its queue to be looked at once more. */
static inline void queues_wait(struct queues_round *round, u32 pages)
{
	if (round->list == SMALL)
		round->small_pages -= pages;
	else
		round->main_pages -= pages;
}

static inline void queues_judge(struct mempol_cache_evict_ctx *ev, struct queues_round *round,
				int i)
{
	struct mempol_cache_info info;
	bool mapped;
	u32 uses;

	if (mempol_look(ev, i, &info))
		return;
	mapped = info.flags & MEMPOL_FOLIO_MAPPED;
	if (round->list != LOOKED)
		queues_mapped_lately = mapped;
	uses = s3fifo_uses(info.count, mapped);
	if (round->list == MAIN)
		s3fifo_note(&queues_window, uses);

	if (uses) {
		uses = round->list == MAIN ? uses - 1 : 0;
		mempol_move(ev, i, MAIN, s3fifo_count(uses, mapped));
		queues_leave(round, info.nr_pages, true);
		return;
	}
	if (mapped && !round->seen && round->list != LOOKED) {
		mempol_move(ev, i, LOOKED, s3fifo_count(0, mapped));
		queues_wait(round, info.nr_pages);
		return;
	}
	if (round->named >= round->want)
		return;
	/* In the end it is named: the kernel writes it back, and keeps it elsewhere until then. */
	if (info.flags & MEMPOL_FOLIO_BUSY && round->patient) {
		mempol_move(ev, i, round->list, MEMPOL_CACHE_SAME_COUNT);
		return;
	}
	mempol_evict(ev, i);
	queues_leave(round, info.nr_pages, false);
}

/*
 * All that was met has been used: a warm cache under a scan. Of the last batch the least used go, no more
 * than the kernel wants to see before it takes pages by force.
 */
static inline void queues_judge_last(struct mempol_cache_evict_ctx *ev, struct queues_round *round,
				     int nr)
{
	u32 least = S3FIFO_USES, enough = s3fifo_enough(round->want);
	struct mempol_cache_info info;
	u8 uses[MEMPOL_CACHE_BATCH];
	u16 pages[MEMPOL_CACHE_BATCH];
	int i;

	bpf_for(i, 0, nr)
	{
		u32 slot = i & (MEMPOL_CACHE_BATCH - 1);

		uses[slot] = S3FIFO_NONE;
		if (mempol_look(ev, i, &info) || info.flags & MEMPOL_FOLIO_BUSY)
			continue;
		uses[slot] = s3fifo_uses(info.count, info.flags & MEMPOL_FOLIO_MAPPED);
		pages[slot] = info.nr_pages;
		if (uses[slot] < least)
			least = uses[slot];
	}
	bpf_for(i, 0, nr)
	{
		u32 slot = i & (MEMPOL_CACHE_BATCH - 1);

		if (uses[slot] == least && round->named < enough) {
			mempol_evict(ev, i);
			queues_leave(round, pages[slot], false);
			continue;
		}
		queues_judge(ev, round, i);
	}
}

/* Of a folio that comes in and is no program's: which queue? */
static inline s32 queues_added_of_file(struct mempol_cache_added_ctx *ev)
{
	return s3fifo_admit(&queues_window, ev->distance, ev->nr_governed) ? MAIN : SMALL;
}

/* Of any. What is a program's belongs to what is used again and again. */
static inline s32 queues_added(struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return program_has(folio) ? MAIN : queues_added_of_file(ev);
}

/* From the queues, in @left batches at most, until what is wanted is named. Returns how much is. */
MEMPOL_PART int queues_evict(struct mempol_cache_evict_ctx *ev __arg_trusted,
			     struct queues_round *round __arg_nonnull, int left)
{
	u64 looked = bpf_mempol_cache_list_pages(ev, LOOKED);
	int batch, i, nr;
	u32 looks;

	round->small_pages = bpf_mempol_cache_list_pages(ev, SMALL);
	round->main_pages = bpf_mempol_cache_list_pages(ev, MAIN);
	round->seen = queues_mapped_lately;
	if (round->seen) {
		queues_see_newest(ev);
		left--;
	}
	looks = s3fifo_second_looks(&queues_due, looked, round->small_pages, round->want);
	if (looks) {
		round->list = LOOKED;
		nr = mempol_batch(ev, LOOKED, looks, MEMPOL_CACHE_TAIL);
		bpf_for(i, 0, nr) queues_judge(ev, round, i);
		left--;
	}

	bpf_for(batch, 0, left)
	{
		if (round->named >= round->want)
			break;
		round->list = SMALL;
		if (!s3fifo_from_small(round->small_pages, round->main_pages, small_percent))
			round->list = MAIN;
		round->patient = batch < QUEUES_PATIENCE || round->named * 2 >= round->want;
		/*
		 * What is wanted, if all of it goes; then whole batches: where most have been used, less would
		 * withhold so much that the kernel takes pages by force.
		 */
		nr = mempol_batch(ev, round->list, batch ? MEMPOL_CACHE_BATCH : round->want,
				  MEMPOL_CACHE_TAIL);
		/* Nothing but what waits is left. */
		if (nr <= 0) {
			round->list = LOOKED;
			nr = mempol_batch(ev, LOOKED, MEMPOL_CACHE_BATCH, MEMPOL_CACHE_TAIL);
		}
		if (nr <= 0)
			break;
		if (batch == left - 1 && round->named < s3fifo_enough(round->want)) {
			queues_judge_last(ev, round, nr);
			break;
		}
		bpf_for(i, 0, nr) queues_judge(ev, round, i);
	}
	return round->named;
}

#endif
