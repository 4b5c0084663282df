// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile engine: takes far too long in every twentieth eviction. It measures how long;
 * tests/stress/deathwatch reads it from the map "spinner.bss". Used by tests/vm only.
 */
#include "mempol_cache.bpf.h"
#include "spin.h"

/* By the clock; what counts is processor time, of which a busy host gives a part. */
#define SPINNER_NS 500000000

volatile u64 spinner_last_ns;
volatile u64 spinner_calls;
volatile u64 spinner_longest_ns;

SEC("struct_ops/added")
s32 BPF_PROG(spinner_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return 0;
}

SEC("struct_ops/evict")
void BPF_PROG(spinner_evict, struct mempol_cache_evict_ctx *ev)
{
	u64 start = bpf_ktime_get_ns(), taken;
	int i, nr;

	spinner_last_ns = start;
	if (spinner_calls++ % 20 == 0)
		spin(SPINNER_NS);

	nr = mempol_batch(ev, 0, MEMPOL_CACHE_BATCH, MEMPOL_CACHE_TAIL);
	bpf_for(i, 0, nr) mempol_evict(ev, i);

	spinner_last_ns = bpf_ktime_get_ns();
	taken = spinner_last_ns - start;
	if (taken > spinner_longest_ns)
		spinner_longest_ns = taken;
}

MEMPOL_CACHE_ENGINE(spinner);
