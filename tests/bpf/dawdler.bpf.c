// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile engine, once it is told to be: from then on it takes 90 ms in every callback of a kind, which is
 * never long enough to be remarkable by itself. Used by tests/vm only; the loader's `set` tells it.
 */
#include "mempol_cache.bpf.h"
#include "spin.h"

#define DAWDLER_NS 90000000

#define DAWDLER_EVICT 1
#define DAWDLER_ADDED 2
#define DAWDLER_REMOVED 4

/* In which callbacks. */
volatile u64 dawdler_where;

static __always_inline void dawdle(u64 where)
{
	if (dawdler_where & where)
		spin(DAWDLER_NS);
}

SEC("struct_ops/added")
s32 BPF_PROG(dawdler_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	dawdle(DAWDLER_ADDED);
	return 0;
}

SEC("struct_ops/removed")
void BPF_PROG(dawdler_removed, struct folio *folio, u32 why)
{
	dawdle(DAWDLER_REMOVED);
}

SEC("struct_ops/evict")
void BPF_PROG(dawdler_evict, struct mempol_cache_evict_ctx *ev)
{
	int i, nr;

	dawdle(DAWDLER_EVICT);
	nr = mempol_batch(ev, 0, MEMPOL_CACHE_BATCH, MEMPOL_CACHE_TAIL);
	bpf_for(i, 0, nr) mempol_evict(ev, i);
}

SEC(".struct_ops.link")
struct mempol_cache_ops dawdler = {
	.added = (void *)dawdler_added,
	.removed = (void *)dawdler_removed,
	.evict = (void *)dawdler_evict,
	.name = "dawdler",
};

char LICENSE[] SEC("license") = "GPL";
