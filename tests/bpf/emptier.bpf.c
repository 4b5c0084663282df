// SPDX-License-Identifier: GPL-2.0-only
/*
 * An engine that has all pages of a small cgroup in its batches for a while, and then names some of them: what
 * others find there meanwhile is nothing. Used by tests/vm only.
 */
#include "mempol_cache.bpf.h"
#include "spin.h"

/* Read by name with the loader's `value`. */
volatile u64 emptier_calls;

SEC("struct_ops/added")
s32 BPF_PROG(emptier_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return 0;
}

SEC("struct_ops/evict")
void BPF_PROG(emptier_evict, struct mempol_cache_evict_ctx *ev)
{
	int round, i, nr, last = 0;

	emptier_calls++;
	bpf_for(round, 0, MEMPOL_CACHE_MAX_BATCHES)
	{
		nr = mempol_batch(ev, 0, MEMPOL_CACHE_BATCH, MEMPOL_CACHE_TAIL);
		if (nr <= 0)
			break;
		last = nr;
		/* A batch that is not full is the last one. */
		if (nr < MEMPOL_CACHE_BATCH)
			break;
	}
	spin(20 * 1000000);
	bpf_for(i, 0, last) mempol_evict(ev, i);
}

SEC(".struct_ops.link")
struct mempol_cache_ops emptier_ops = {
	.added = (void *)emptier_added,
	.evict = (void *)emptier_evict,
	.name = "emptier",
};

char LICENSE[] SEC("license") = "GPL";
