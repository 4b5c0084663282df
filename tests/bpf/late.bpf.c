// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile engine: gives verdicts after their batch has ended, where they must not reach the folios of
 * that batch, nor of the next. Otherwise it yields as fifo does, so that it stays. Used by tests/vm only.
 */
#include "mempol_cache.bpf.h"

SEC("struct_ops/added")
s32 BPF_PROG(late_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return 0;
}

SEC("struct_ops/evict")
void BPF_PROG(late_evict, struct mempol_cache_evict_ctx *ev)
{
	struct mempol_cache_info info;
	int i, nr;

	nr = bpf_mempol_cache_batch(ev, 0, 32, MEMPOL_CACHE_TAIL);
	if (nr <= 0)
		return;
	/* The second batch has one folio: the indices of the first are outside of it. */
	bpf_mempol_cache_batch(ev, 0, 1, 0);
	mempol_evict(ev, 31);
	mempol_look(ev, 31, &info);
	/* No batch at all: nothing is on list 5. */
	bpf_mempol_cache_batch(ev, 5, 1, 0);
	mempol_evict(ev, 0);
	mempol_look(ev, 0, &info);

	nr = mempol_batch(ev, 0, MEMPOL_CACHE_BATCH, MEMPOL_CACHE_TAIL);
	bpf_for(i, 0, nr) mempol_evict(ev, i);
}

MEMPOL_CACHE_ENGINE(late);
