// SPDX-License-Identifier: GPL-2.0-only
/*
 * An engine that the verifier must reject: it follows a number as if it were a pointer. What the
 * daemon does with it, and what it keeps of the verifier's log, is the test. Used by tests/vm only.
 */
#include "mempol_cache.bpf.h"

SEC("struct_ops/added")
s32 BPF_PROG(rejected_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return *(volatile s32 *)(long)(ev->distance + 8);
}

SEC("struct_ops/evict")
void BPF_PROG(rejected_evict, struct mempol_cache_evict_ctx *ev)
{
}

MEMPOL_CACHE_ENGINE(rejected);
