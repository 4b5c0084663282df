// SPDX-License-Identifier: GPL-2.0-only
/*
 * A SYSCALL program that the verifier must reject: it reads a policy into what a map may not have. It comes with an engine,
 * because that is what the loader loads. Used by tests/vm only.
 */
#include "mempol_cache.bpf.h"
#include <mempol/abi.h>

extern int bpf_mempol_call(void *call, u32 call__sz) __ksym;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct mempol_call);
} unchecked_map SEC(".maps");

SEC("syscall")
int unchecked_call(void *ctx)
{
	struct mempol_call *value;
	u32 key = 0;

	value = bpf_map_lookup_elem(&unchecked_map, &key);
	return bpf_mempol_call(value, sizeof(*value));
}

SEC("struct_ops/added")
s32 BPF_PROG(unchecked_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return 0;
}

SEC("struct_ops/evict")
void BPF_PROG(unchecked_evict, struct mempol_cache_evict_ctx *ev)
{
}

MEMPOL_CACHE_ENGINE(unchecked);
