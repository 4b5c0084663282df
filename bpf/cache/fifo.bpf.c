// SPDX-License-Identifier: GPL-2.0-only
/*
 * fifo: first in, first out. The simplest engine there is, for comparison and
 * to start your own from. Loaded by mempolicyd for Engine=fifo.
 */
#include "mempol_cache.bpf.h"

SEC("struct_ops/added")
s32 BPF_PROG(fifo_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return 0;
}

SEC("struct_ops/evict")
void BPF_PROG(fifo_evict, struct mempol_cache_evict_ctx *ev)
{
	struct mempol_cache_info info;
	int round, i, nr;

	bpf_for(round, 0, MEMPOL_CACHE_MAX_BATCHES)
	{
		nr = mempol_batch(ev, 0, ev->nr_to_evict, MEMPOL_CACHE_TAIL);
		if (nr <= 0)
			break;
		bpf_for(i, 0, nr)
		{
			/* The kernel could not free it now: it goes to the head instead. The kernel counts such folios. */
			if (!mempol_look(ev, i, &info) && info.flags & MEMPOL_FOLIO_STUCK)
				mempol_move(ev, i, 0, MEMPOL_CACHE_SAME_COUNT);
			else
				mempol_evict(ev, i);
		}
	}
}

MEMPOL_CACHE_ENGINE(fifo);
