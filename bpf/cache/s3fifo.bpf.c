// SPDX-License-Identifier: GPL-2.0-only
/*
 * s3fifo: new pages have a tenth of the memory to be used once more in, else they go; the rest belongs to
 * those that were. For reads with a skew, also one that moves, among pages that are read once. Loaded for
 * Engine=s3fifo.
 *
 * Two queues, see queues.bpf.h. Folios that come back soon enter the main queue at once.
 */
#include "queues.bpf.h"

SEC("struct_ops/added")
s32 BPF_PROG(s3fifo_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return queues_added(folio, ev);
}

SEC("struct_ops/evict")
void BPF_PROG(s3fifo_evict, struct mempol_cache_evict_ctx *ev)
{
	struct queues_round round = { .want = ev->nr_to_evict };

	queues_evict(ev, &round, MEMPOL_CACHE_MAX_BATCHES);
}

MEMPOL_CACHE_ENGINE(s3fifo);
