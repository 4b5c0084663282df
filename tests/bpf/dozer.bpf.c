// SPDX-License-Identifier: GPL-2.0-only
/*
 * fifo, of an owner that promises a heartbeat: without one the kernel asks it no more and evicts by itself.
 * Used by tests/vm only.
 */
#include "mempol_cache.bpf.h"
#include <mempol/abi.h>

SEC("struct_ops/added")
s32 BPF_PROG(dozer_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return 0;
}

SEC("struct_ops/evict")
void BPF_PROG(dozer_evict, struct mempol_cache_evict_ctx *ev)
{
	int i, nr = mempol_batch(ev, 0, ev->nr_to_evict, MEMPOL_CACHE_TAIL);

	bpf_for(i, 0, nr) mempol_evict(ev, i);
}

SEC(".struct_ops.link")
struct mempol_cache_ops dozer = {
	.added = (void *)dozer_added,
	.evict = (void *)dozer_evict,
	.flags = MEMPOL_OPS_HEARTBEAT,
	.name = "dozer",
};

char LICENSE[] SEC("license") = "GPL";
