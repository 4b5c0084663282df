// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile engine: works all the time and comes to no end. It moves folios from list to list and back and
 * names none. Used by tests/vm only.
 */
#include "mempol_cache.bpf.h"

SEC("struct_ops/added")
s32 BPF_PROG(shuffler_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return 0;
}

SEC("struct_ops/evict")
void BPF_PROG(shuffler_evict, struct mempol_cache_evict_ctx *ev)
{
	u32 list = bpf_mempol_cache_list_pages(ev, 0) < bpf_mempol_cache_list_pages(ev, 1);
	int round, i, nr;

	bpf_for(round, 0, MEMPOL_CACHE_MAX_BATCHES)
	{
		nr = mempol_batch(ev, list, MEMPOL_CACHE_BATCH, MEMPOL_CACHE_TAIL);
		if (nr <= 0)
			break;
		bpf_for(i, 0, nr) mempol_move(ev, i, !list, MEMPOL_CACHE_SAME_COUNT);
	}
}

MEMPOL_CACHE_ENGINE(shuffler);
