// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel: pages are the kernel's, as without a policy, but for those of which a program has said something: what is
 * pinned goes last, and what is cold as soon as its part of the pressure is due. It has pages only that were pinned and
 * are not any more, or that were used although somebody gave them up: they leave in that order.
 */
#include "mempol_cache.bpf.h"

SEC("struct_ops/added")
s32 BPF_PROG(kernel_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return MEMPOL_CACHE_TO_KERNEL;
}

SEC("struct_ops/evict")
void BPF_PROG(kernel_evict, struct mempol_cache_evict_ctx *ev)
{
	int i, nr = mempol_batch(ev, 0, ev->nr_to_evict, MEMPOL_CACHE_TAIL);

	bpf_for(i, 0, nr) mempol_evict(ev, i);
}

MEMPOL_CACHE_ENGINE(kernel);
