// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile engine: tries to keep a folio beyond the callback, in a map, to hand it back later. The
 * verifier must say no: the pointer is not one that may be kept. Used by tests/vm only.
 */
#include "mempol_cache.bpf.h"

struct kept {
	struct folio __attribute__((btf_type_tag("kptr"))) * folio;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct kept);
} keeper_map SEC(".maps");

SEC("struct_ops/added")
s32 BPF_PROG(keeper_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	struct kept *kept;
	u32 key = 0;

	kept = bpf_map_lookup_elem(&keeper_map, &key);
	if (kept)
		bpf_kptr_xchg(&kept->folio, folio);
	return 0;
}

SEC("struct_ops/evict")
void BPF_PROG(keeper_evict, struct mempol_cache_evict_ctx *ev)
{
}

MEMPOL_CACHE_ENGINE(keeper);
