// SPDX-License-Identifier: GPL-2.0-only
/*
 * An engine that is fifo and says when it was called last, in its .bss, which tests/stress/deathwatch
 * reads whoever attached it. With every callback there is. Used by tests/vm only.
 */
#include "mempol_cache.bpf.h"

/* Read by name from the map "pulse.bss"; volatile: no other file here reads them. */
volatile u64 pulse_last_ns;
volatile u64 pulse_calls;

static void pulse(void)
{
	pulse_last_ns = bpf_ktime_get_ns();
	pulse_calls++;
}

SEC("struct_ops/added")
s32 BPF_PROG(pulse_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	pulse();
	return 0;
}

SEC("struct_ops/removed")
void BPF_PROG(pulse_removed, struct folio *folio, u32 why)
{
	pulse();
}

SEC("struct_ops/accessed")
void BPF_PROG(pulse_accessed, struct folio *folio)
{
	pulse();
}

SEC("struct_ops/evict")
void BPF_PROG(pulse_evict, struct mempol_cache_evict_ctx *ev)
{
	int round, i, nr;

	pulse();
	bpf_for(round, 0, MEMPOL_CACHE_MAX_BATCHES)
	{
		nr = mempol_batch(ev, 0, MEMPOL_CACHE_BATCH, MEMPOL_CACHE_TAIL);
		if (nr <= 0)
			break;
		bpf_for(i, 0, nr) mempol_evict(ev, i);
	}
}

SEC(".struct_ops.link")
struct mempol_cache_ops pulse_ops = {
	.added = (void *)pulse_added,
	.removed = (void *)pulse_removed,
	.accessed = (void *)pulse_accessed,
	.evict = (void *)pulse_evict,
	.name = "pulse",
};

char LICENSE[] SEC("license") = "GPL";
