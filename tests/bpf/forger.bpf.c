// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile engine: hands a kfunc a context of its own making, which is the only way to name a folio
 * that the kernel did not give it. The verifier lets it in, because the context is made of numbers only:
 * the kernel must see that it is not the one it gave. Used by tests/vm only.
 */
#include "mempol_cache.bpf.h"

static u64 forged[64];

SEC("struct_ops/added")
s32 BPF_PROG(forger_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return 0;
}

SEC("struct_ops/evict")
void BPF_PROG(forger_evict, struct mempol_cache_evict_ctx *ev)
{
	struct mempol_cache_evict_ctx *mine = (void *)forged;
	struct mempol_cache_info info;
	int i, nr;

	forged[0] = ev->cgroup_id;
	nr = mempol_batch(ev, 0, MEMPOL_CACHE_BATCH, MEMPOL_CACHE_TAIL);
	if (bpf_mempol_cache_batch(mine, 0, 1, 0) >= 0 || !mempol_look(mine, 0, &info) ||
	    !mempol_evict(mine, 0) || bpf_mempol_cache_list_pages(mine, 0) >= 0)
		return;
	bpf_for(i, 0, nr) mempol_evict(ev, i);
}

MEMPOL_CACHE_ENGINE(forger);
