// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile engine: its evict() is sleepable, but mm calls it with preemption off. It must be refused
 * when it is loaded. Used by tests/vm only.
 */
#include "mempol_cache.bpf.h"

SEC("struct_ops/added")
s32 BPF_PROG(sleeper_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return 0;
}

SEC("struct_ops.s/evict")
void BPF_PROG(sleeper_evict, struct mempol_cache_evict_ctx *ev)
{
}

MEMPOL_CACHE_ENGINE(sleeper);
