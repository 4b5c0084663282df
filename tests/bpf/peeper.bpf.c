// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile engine: looks at one folio a callback, of the wrong list at that, and yields none. Looking
 * must not pass for working: it must be thrown out like one that does nothing. Used by tests/vm only.
 */
#include "mempol_cache.bpf.h"

SEC("struct_ops/added")
s32 BPF_PROG(peeper_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return 3;
}

SEC("struct_ops/evict")
void BPF_PROG(peeper_evict, struct mempol_cache_evict_ctx *ev)
{
	bpf_mempol_cache_batch(ev, 3, 1, 0);
	bpf_mempol_cache_batch(ev, 0, 1, 0);
}

MEMPOL_CACHE_ENGINE(peeper);
