// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile engine: writes to the context of evict(), which is the kernel's. The verifier must say no.
 * Used by tests/vm only.
 */
#include "mempol_cache.bpf.h"

SEC("struct_ops/added")
s32 BPF_PROG(scribbler_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return 0;
}

SEC("struct_ops/evict")
void BPF_PROG(scribbler_evict, struct mempol_cache_evict_ctx *ev)
{
	ev->nr_to_evict = 0;
}

MEMPOL_CACHE_ENGINE(scribbler);
