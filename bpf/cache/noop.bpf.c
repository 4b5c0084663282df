// SPDX-License-Identifier: GPL-2.0-only
/*
 * noop: governs and decides nothing: pages leave in the order they came, with the least work that evict()
 * can do. For measuring, where its cost is the mechanism's own, and the template to start an engine from.
 *
 * To start your own: copy this file, replace noop by your engine's name in all five places, compile it
 * with clang -target bpf -g -O2, name the object in a policy's Engine=. What can be called is in
 * mempol_cache.bpf.h; `mempolctl check` says whether the object is one.
 */
#include "mempol_cache.bpf.h"

/*
 * A page comes into the cache: on which list, 0 to 7, is it to begin? With MEMPOL_CACHE_TAIL it goes to
 * that list's tail, MEMPOL_CACHE_TO_KERNEL leaves it to the kernel. No kfunc may be called here.
 */
SEC("struct_ops/added")
s32 BPF_PROG(noop_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return 0;
}

/*
 * Memory is short: name ev->nr_to_evict pages. Take batches from an end of a list, look at each folio if
 * you need to know more (mempol_look()), and evict it or move it elsewhere; what gets no verdict returns
 * to where it was. A batch is all this needs, for no more is ever wanted.
 */
SEC("struct_ops/evict")
void BPF_PROG(noop_evict, struct mempol_cache_evict_ctx *ev)
{
	int i, nr = mempol_batch(ev, 0, ev->nr_to_evict, MEMPOL_CACHE_TAIL);

	bpf_for(i, 0, nr) mempol_evict(ev, i);
}

MEMPOL_CACHE_ENGINE(noop);
