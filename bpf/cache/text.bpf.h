/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * A list for the text of programs, beside the lists of an engine whose own order throws it out: the newest first, the least
 * used first, or after a look that says nothing yet of a mapped page. Included by mru, loop, lfu and second.
 *
 * The list turns as the whole cache does: by the time that as many pages have gone as there are, each page of it has been
 * looked at once. One that was not used since the look before goes. Without such pages nothing of this runs but a look at the
 * size of the list.
 */
#ifndef MEMPOL_TEXT_BPF_H
#define MEMPOL_TEXT_BPF_H

#include "program.bpf.h"
#include "s3fifo.h"

/* The count of a page that has been looked at and not been used since; that of a new one is 0 if it is only mapped. */
#define TEXT_LOOKED 1

/* What is left of a page to look at. Shared by all CPUs without a lock: an estimate. */
MEMPOL_SHARED u64 text_due;

/* Of one callback. */
struct text_round {
	u32 list;
	u32 want, named;
	bool all; /* what is wanted must come from this batch, used or not */
};

static inline void text_judge(struct mempol_cache_evict_ctx *ev, struct text_round *round, int i)
{
	struct mempol_cache_info info;

	if (mempol_look(ev, i, &info))
		return;
	if (info.count != TEXT_LOOKED && !round->all) {
		mempol_move(ev, i, round->list, TEXT_LOOKED);
		return;
	}
	if (round->named >= round->want || info.flags & MEMPOL_FOLIO_STUCK)
		return;
	if (!mempol_evict(ev, i))
		round->named += info.nr_pages;
}

/*
 * The turn of the list, beside the @others that the engine has. Returns how many batches it has taken.
 */
MEMPOL_PART int text_turn(struct mempol_cache_evict_ctx *ev __arg_trusted,
			  struct text_round *round __arg_nonnull, u64 others)
{
	u64 pages = bpf_mempol_cache_list_pages(ev, round->list);
	u32 looks;
	int i, nr;

	if (!pages)
		return 0;
	looks = s3fifo_second_looks(&text_due, pages, others + pages, round->want);
	if (!looks)
		return 0;
	nr = mempol_batch(ev, round->list, looks, MEMPOL_CACHE_TAIL);
	bpf_for(i, 0, nr) text_judge(ev, round, i);
	return 1;
}

/* The engine's own lists are at their end: the rest is taken from here, in @left batches at most. */
MEMPOL_PART int text_rest(struct mempol_cache_evict_ctx *ev __arg_trusted,
			  struct text_round *round __arg_nonnull, int left)
{
	int batch, i, nr;

	bpf_for(batch, 0, left)
	{
		if (round->named >= round->want)
			break;
		nr = mempol_batch(ev, round->list, MEMPOL_CACHE_BATCH, MEMPOL_CACHE_TAIL);
		if (nr <= 0)
			break;
		round->all = batch == left - 1;
		bpf_for(i, 0, nr) text_judge(ev, round, i);
	}
	return round->named;
}

#endif
