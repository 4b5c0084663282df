// SPDX-License-Identifier: GPL-2.0-only
/*
 * An engine that is fifo and notes how it is asked: how often, and at how urgent a priority. Used by tests/vm only.
 */
#include "mempol_cache.bpf.h"

/* Read by name with the loader's `value`. */
volatile u64 gauge_calls;
volatile u64 gauge_urgent;

SEC("struct_ops/added")
s32 BPF_PROG(gauge_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return 0;
}

SEC("struct_ops/evict")
void BPF_PROG(gauge_evict, struct mempol_cache_evict_ctx *ev)
{
	int i, nr;

	gauge_calls++;
	/* 12 is the first one; at 11 reclaim has met nothing but what is left of a removed cgroup before. */
	if (ev->priority < 11)
		gauge_urgent++;
	nr = mempol_batch(ev, 0, MEMPOL_CACHE_BATCH, MEMPOL_CACHE_TAIL);
	bpf_for(i, 0, nr) mempol_evict(ev, i);
}

SEC(".struct_ops.link")
struct mempol_cache_ops gauge_ops = {
	.added = (void *)gauge_added,
	.evict = (void *)gauge_evict,
	.name = "gauge",
};

char LICENSE[] SEC("license") = "GPL";
