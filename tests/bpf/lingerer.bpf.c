// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile engine: yields as fifo does, but takes its time with each folio that leaves, which it is told of with
 * interrupts off. Used by tests/vm only.
 */
#include "mempol_cache.bpf.h"
#include "spin.h"

#define LINGERER_NS 200000000

SEC("struct_ops/added")
s32 BPF_PROG(lingerer_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return 0;
}

SEC("struct_ops/removed")
void BPF_PROG(lingerer_removed, struct folio *folio, u32 why)
{
	spin(LINGERER_NS);
}

SEC("struct_ops/evict")
void BPF_PROG(lingerer_evict, struct mempol_cache_evict_ctx *ev)
{
	int i, nr;

	nr = mempol_batch(ev, 0, MEMPOL_CACHE_BATCH, MEMPOL_CACHE_TAIL);
	bpf_for(i, 0, nr) mempol_evict(ev, i);
}

SEC(".struct_ops.link")
struct mempol_cache_ops lingerer = {
	.added = (void *)lingerer_added,
	.removed = (void *)lingerer_removed,
	.evict = (void *)lingerer_evict,
	.name = "lingerer",
};
char LICENSE[] SEC("license") = "GPL";
