// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile engine: takes all it can be given in one callback, gives none of it a verdict, and notes in its
 * .bss how many pages it had at once at most and how large a folio was. Used by tests/vm only.
 */
#include "mempol_cache.bpf.h"

/* Read by name; volatile: no other file here reads them. */
volatile u64 grabber_pages;
volatile u64 grabber_folio;

SEC("struct_ops/added")
s32 BPF_PROG(grabber_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return 0;
}

SEC("struct_ops/evict")
void BPF_PROG(grabber_evict, struct mempol_cache_evict_ctx *ev)
{
	struct mempol_cache_info info;
	int round, i, nr;
	u64 pages = 0;

	bpf_for(round, 0, MEMPOL_CACHE_MAX_BATCHES)
	{
		nr = mempol_batch(ev, 0, MEMPOL_CACHE_BATCH, MEMPOL_CACHE_TAIL);
		if (nr <= 0)
			break;
		bpf_for(i, 0, nr)
		{
			if (mempol_look(ev, i, &info))
				continue;
			pages += info.nr_pages;
			if (info.nr_pages > grabber_folio)
				grabber_folio = info.nr_pages;
		}
	}
	if (pages > grabber_pages)
		grabber_pages = pages;
}

MEMPOL_CACHE_ENGINE(grabber);
