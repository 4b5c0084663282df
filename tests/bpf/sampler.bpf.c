// SPDX-License-Identifier: GPL-2.0-only
/*
 * An engine that is told of the accesses to one folio in eight. It counts them, and those of them that
 * the documented hash would not have chosen; the test reads both with bpftool.
 * Used by tests/vm only.
 */
#include "mempol_cache.bpf.h"

#define SHIFT 3
#define GOLDEN_RATIO_64 0x61C8864680B583EBull

u64 sampler_told, sampler_wrong;

SEC("struct_ops/added")
s32 BPF_PROG(sampler_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return 0;
}

SEC("struct_ops/evict")
void BPF_PROG(sampler_evict, struct mempol_cache_evict_ctx *ev)
{
	int i, nr = mempol_batch(ev, 0, ev->nr_to_evict, MEMPOL_CACHE_TAIL);

	bpf_for(i, 0, nr) mempol_evict(ev, i);
}

SEC("struct_ops/accessed")
void BPF_PROG(sampler_accessed, struct folio *folio)
{
	struct address_space *mapping = folio->mapping;
	u64 hash;

	__sync_fetch_and_add(&sampler_told, 1);
	if (!mapping || !mapping->host)
		return;
	hash = (mapping->host->i_ino * GOLDEN_RATIO_64 + folio->index) * GOLDEN_RATIO_64;
	if (hash >> (64 - SHIFT))
		__sync_fetch_and_add(&sampler_wrong, 1);
}

SEC(".struct_ops.link")
struct mempol_cache_ops sampler = {
	.added = (void *)sampler_added,
	.evict = (void *)sampler_evict,
	.accessed = (void *)sampler_accessed,
	.access_shift = SHIFT,
	.name = "sampler",
};

char LICENSE[] SEC("license") = "GPL";
