// SPDX-License-Identifier: GPL-2.0-only
/*
 * An engine that calls a kfunc of evict() from another callback: the verifier must say that it is not
 * allowed there, before it looks at the arguments. Used by tests/vm only.
 */
#include "mempol_cache.bpf.h"

SEC("struct_ops/added")
s32 BPF_PROG(trespasser_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return bpf_mempol_cache_list_pages((void *)folio, 0) > 0;
}

SEC("struct_ops/evict")
void BPF_PROG(trespasser_evict, struct mempol_cache_evict_ctx *ev)
{
}

MEMPOL_CACHE_ENGINE(trespasser);
