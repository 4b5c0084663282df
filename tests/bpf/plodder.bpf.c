// SPDX-License-Identifier: GPL-2.0-only
/*
 * An engine that takes its time, in every callback about a tenth of what is too long, and means no harm: on a
 * host that lets its CPU wait it must not be taken for one that hangs. Used by tests/vm only.
 */
#include "mempol_cache.bpf.h"

/* Some 10 ms under emulation. */
#define PLODDER_TURNS (1 << 18)

static volatile u64 plodder_turns;

SEC("struct_ops/added")
s32 BPF_PROG(plodder_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	int i;

	bpf_for(i, 0, PLODDER_TURNS) plodder_turns++;
	return 0;
}

SEC("struct_ops/evict")
void BPF_PROG(plodder_evict, struct mempol_cache_evict_ctx *ev)
{
	int i, nr;

	nr = mempol_batch(ev, 0, MEMPOL_CACHE_BATCH, MEMPOL_CACHE_TAIL);
	bpf_for(i, 0, nr) mempol_evict(ev, i);
}

MEMPOL_CACHE_ENGINE(plodder);
