// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile engine: names only what the kernel cannot free now, dirty folios and those under writeback,
 * and hides clean ones on another list. Used by tests/vm only.
 */
#include "mempol_cache.bpf.h"

SEC("struct_ops/added")
s32 BPF_PROG(muddler_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return 0;
}

SEC("struct_ops/evict")
void BPF_PROG(muddler_evict, struct mempol_cache_evict_ctx *ev)
{
	struct mempol_cache_info info;
	int round, i, nr;

	bpf_for(round, 0, MEMPOL_CACHE_MAX_BATCHES)
	{
		nr = mempol_batch(ev, 0, MEMPOL_CACHE_BATCH, MEMPOL_CACHE_TAIL);
		if (nr <= 0)
			break;
		bpf_for(i, 0, nr)
		{
			if (mempol_look(ev, i, &info))
				continue;
			if (info.flags & (MEMPOL_FOLIO_DIRTY | MEMPOL_FOLIO_WRITEBACK))
				mempol_evict(ev, i);
			else
				mempol_move(ev, i, 7, 0);
		}
	}
}

MEMPOL_CACHE_ENGINE(muddler);
