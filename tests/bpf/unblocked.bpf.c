// SPDX-License-Identifier: GPL-2.0-only
/*
 * A SYSCALL program that the verifier must reject: it has a page block described in what a map may not have. It comes with an engine,
 * because that is what the loader loads. Used by tests/vm only.
 */
#include "mempol_cache.bpf.h"

extern int bpf_mempol_balloon_block(u64 pfn, void *block, u32 block__sz) __ksym;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} unblocked_map SEC(".maps");

SEC("syscall")
int unblocked_call(void *ctx)
{
	u64 *value;
	u32 key = 0;

	value = bpf_map_lookup_elem(&unblocked_map, &key);
	return bpf_mempol_balloon_block(0, value, sizeof(*value));
}

SEC("struct_ops/added")
s32 BPF_PROG(unblocked_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return 0;
}

SEC("struct_ops/evict")
void BPF_PROG(unblocked_evict, struct mempol_cache_evict_ctx *ev)
{
}

MEMPOL_CACHE_ENGINE(unblocked);
