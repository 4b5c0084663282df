// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile engine: every request it can get wrong is wrong. Each must be refused and counted under
 * its reason, and nothing else may happen. Used by tests/vm only.
 */
#include "mempol_cache.bpf.h"

static u32 turn;

SEC("struct_ops/added")
s32 BPF_PROG(liar_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return ++turn % 8 ? 1 : 42; /* no such list, now and then */
}

SEC("struct_ops/evict")
void BPF_PROG(liar_evict, struct mempol_cache_evict_ctx *ev)
{
	struct mempol_cache_info info;
	int i, nr;

	mempol_evict(ev, 0); /* no batch yet */
	mempol_look(ev, 0, &info);
	bpf_mempol_cache_batch(ev, 99, 1, 0); /* no such list */
	bpf_mempol_cache_batch(ev, 1, 1, 0x40); /* no such flag */
	nr = bpf_mempol_cache_batch(ev, 1, 100000, MEMPOL_CACHE_TAIL);
	mempol_evict(ev, 64); /* outside of the batch */
	mempol_evict(ev, 0xffffffff);
	bpf_mempol_cache_look(ev, 0, &info, sizeof(info) - 4);
	bpf_mempol_cache_verdict(ev, 0, 77, 0, 0); /* no such verdict */
	bpf_mempol_cache_verdict(ev, 1, MEMPOL_VERDICT_HEAD, 8, 0);
	/* Enough not to be thrown out, too few for the kernel to stop asking. */
	bpf_for(i, 0, nr)
	{
		if (i < 24)
			mempol_evict(ev, i);
		mempol_move(ev, i, 0, 7); /* a second verdict */
	}
	bpf_for(i, 0, 20) bpf_mempol_cache_batch(ev, 1, 1, 0); /* over the budget */
}

MEMPOL_CACHE_ENGINE(liar);
