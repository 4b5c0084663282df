// SPDX-License-Identifier: GPL-2.0-only
/*
 * An engine that has much to do for each folio, a quarter of its budget when it is busy, and means no harm: on a
 * host that lets its CPU wait it must not be taken for one that takes too much. Used by tests/vm only.
 */
#include "mempol_cache.bpf.h"

/* Some 2 us under emulation. */
#define PLODDER_TURNS 32

static volatile u64 plodder_turns;

static __always_inline void plod(void)
{
	int i;

	bpf_for(i, 0, PLODDER_TURNS) plodder_turns++;
}

SEC("struct_ops/added")
s32 BPF_PROG(plodder_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	plod();
	return 0;
}

/* With interrupts off: what a host takes away then looks like the engine's. */
SEC("struct_ops/removed")
void BPF_PROG(plodder_removed, struct folio *folio, u32 why)
{
	plod();
}

SEC("struct_ops/evict")
void BPF_PROG(plodder_evict, struct mempol_cache_evict_ctx *ev)
{
	int i, nr;

	nr = mempol_batch(ev, 0, MEMPOL_CACHE_BATCH, MEMPOL_CACHE_TAIL);
	bpf_for(i, 0, nr) mempol_evict(ev, i);
}

SEC(".struct_ops.link")
struct mempol_cache_ops plodder = {
	.added = (void *)plodder_added,
	.removed = (void *)plodder_removed,
	.evict = (void *)plodder_evict,
	.name = "plodder",
};

char LICENSE[] SEC("license") = "GPL";
