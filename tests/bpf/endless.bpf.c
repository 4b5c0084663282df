// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile engine: the verifier must say no to a loop that has no end at all. (Long ones have one:
 * tests/bpf/spinner.) Used by tests/vm only.
 */
#include "mempol_cache.bpf.h"

static volatile u64 endless_turns;

SEC("struct_ops/added")
s32 BPF_PROG(endless_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return 0;
}

SEC("struct_ops/evict")
void BPF_PROG(endless_evict, struct mempol_cache_evict_ctx *ev)
{
	for (;;)
		endless_turns++;
}

MEMPOL_CACHE_ENGINE(endless);
