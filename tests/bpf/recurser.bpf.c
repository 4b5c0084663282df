// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile engine: evict() calls itself as a tail call until the kernel stops it, with a batch each
 * time; the calls of one eviction must share one budget. Used by tests/vm only.
 */
#include "mempol_cache.bpf.h"

#define BPF_MAP_TYPE_PROG_ARRAY 3

void recurser_evict(unsigned long long *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(u32));
	__array(values, void(void *));
} recurser_calls SEC(".maps") = {
	.values = {
		[0] = (void *)&recurser_evict,
	},
};

SEC("struct_ops/added")
s32 BPF_PROG(recurser_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return 0;
}

SEC("struct_ops/evict")
void recurser_evict(unsigned long long *ctx)
{
	struct mempol_cache_evict_ctx *ev = (void *)ctx[0];
	int i, nr;

	/* So few that the budget ends before what is wanted is there. */
	nr = bpf_mempol_cache_batch(ev, 0, 2, MEMPOL_CACHE_TAIL);
	bpf_for(i, 0, nr) mempol_evict(ev, i);
	bpf_tail_call(ctx, &recurser_calls, 0);
}

MEMPOL_CACHE_ENGINE(recurser);
