// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile engine: adopts everything and never yields a page. The kernel must take pages from it
 * all the same, and throw it out. Used by tests/vm only.
 */
#include "mempol_cache.bpf.h"

SEC("struct_ops/added")
s32 BPF_PROG(hog_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return 3;
}

SEC("struct_ops/evict")
void BPF_PROG(hog_evict, struct mempol_cache_evict_ctx *ev)
{
}

MEMPOL_CACHE_ENGINE(hog);
