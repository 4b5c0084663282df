/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's side of one evict() callback: mm/mempol_reclaim.c and mempol.ko over a simulated cache.
 * The kfuncs work on the callback that runs now, as in the kernel; there is one at a time. The engines'
 * own header is included here first, because it brings its own bool.
 */
#ifndef SIM_KERNEL_H
#define SIM_KERNEL_H

#include "mempol_cache.bpf.h"

#include "cache.h"

_Static_assert(SIM_LISTS == MEMPOL_CACHE_LISTS, "a list in the simulator for each of an engine's");

struct sim_evict {
	struct mempol_cache_evict_ctx ctx;
	struct sim_cache *cache;
	uint64_t nr_victims; /* pages */
	unsigned int nr_batches;
	unsigned int held_list;
	bool held_tail;
	unsigned int nr; /* folios of the batch */
	unsigned int nr_held; /* of this and of earlier batches: no verdict, back where they were */
	uint32_t folio[MEMPOL_CACHE_BATCH];
	uint32_t held[MEMPOL_CACHE_BATCH * MEMPOL_CACHE_MAX_BATCHES];
	uint8_t verdict[MEMPOL_CACHE_BATCH];
	uint8_t list[MEMPOL_CACHE_BATCH];
};

/* As mempol_cache_select(): up to @nr_pages from the engine or, if it yields too few, by force. */
uint64_t sim_select(struct sim_cache *cache, const struct mempol_cache_ops *ops, uint64_t nr_pages);

/* A look's harvest of the accessed bit; returns whether the folio counts as accessed. */
bool sim_harvest(struct sim_folio *folio);

static inline void sim_count(struct sim_folio *folio)
{
	if (folio->count < MEMPOL_CACHE_MAX_COUNT)
		folio->count++;
}

#endif
