// SPDX-License-Identifier: GPL-2.0-only
/*
 * noop that also asks for every access and does nothing with it: what it costs more than noop for a hit is
 * one callback. Used by tests/bench only.
 */
#include "mempol_cache.bpf.h"

SEC("struct_ops/added")
s32 BPF_PROG(listener_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return 0;
}

SEC("struct_ops/accessed")
void BPF_PROG(listener_accessed, struct folio *folio)
{
}

SEC("struct_ops/evict")
void BPF_PROG(listener_evict, struct mempol_cache_evict_ctx *ev)
{
	int i, nr = mempol_batch(ev, 0, ev->nr_to_evict, MEMPOL_CACHE_TAIL);

	bpf_for(i, 0, nr) mempol_evict(ev, i);
}

SEC(".struct_ops.link")
struct mempol_cache_ops listener = {
	.added = (void *)listener_added,
	.accessed = (void *)listener_accessed,
	.evict = (void *)listener_evict,
	.name = "listener",
};
char LICENSE[] SEC("license") = "GPL";
