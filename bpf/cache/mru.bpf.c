// SPDX-License-Identifier: GPL-2.0-only
/*
 * mru: the newest page goes first. For loops over more than fits, where every
 * other order evicts just what comes next. Loaded for Engine=mru.
 *
 * An access does not move a page: of a loop's pages the ones that came first
 * stay, and the rest passes through what is left.
 */
#include "mempol_cache.bpf.h"

/* Of the newest some are still being read. */
#define MRU_MARGIN 8

SEC("struct_ops/added")
s32 BPF_PROG(mru_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return 0;
}

SEC("struct_ops/evict")
void BPF_PROG(mru_evict, struct mempol_cache_evict_ctx *ev)
{
	struct mempol_cache_info info;
	u32 named = 0, want = ev->nr_to_evict;
	int round, i, nr;

	bpf_for(round, 0, MEMPOL_CACHE_MAX_BATCHES)
	{
		if (named >= want)
			break;
		nr = mempol_batch(ev, 0, want - named + MRU_MARGIN, 0);
		if (nr <= 0)
			break;
		bpf_for(i, 0, nr)
		{
			if (named >= want)
				break;
			/* The very newest are still being read: leave them. */
			if (mempol_look(ev, i, &info) || info.flags & MEMPOL_FOLIO_BUSY)
				continue;
			if (!mempol_evict(ev, i))
				named += info.nr_pages;
		}
	}
}

MEMPOL_CACHE_ENGINE(mru);
