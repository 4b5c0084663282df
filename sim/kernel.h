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

_Static_assert(SIM_REJECTED == MEMPOL_CACHE_LISTS,
	       "a list in the simulator for each of an engine's");

_Static_assert(SIM_ENGINE_LISTS == MEMPOL_CACHE_LISTS, "what users are told");

/* DEF_PRIORITY of mm/vmscan.c */
#define SIM_FIRST_PRIORITY 12
/* At this priority and below the engine's word no longer matters. */
#define SIM_HARD_PRIORITY 2

/* Calls of engines in this process that the kernel would have refused. */
extern uint64_t sim_refusals;

struct sim_evict {
	struct mempol_cache_evict_ctx ctx;
	struct sim_cache *cache;
	uint64_t nr_victims; /* pages */
	uint64_t enough; /* of them not to be a strike */
	uint64_t nr_seen; /* pages taken in batches */
	uint64_t nr_kept; /* of them those that could have been named */
	uint64_t nr_idle; /* of these those that nothing was done about */
	uint64_t held_pages;
	unsigned int nr_batches;
	unsigned int held_list;
	bool held_tail;
	unsigned int nr; /* folios of the batch */
	unsigned int nr_held; /* of this and of earlier batches: no verdict, back where they were */
	unsigned int nr_busy; /* victims that cannot be freed */
	unsigned int looks; /* folios yet to look at on the lists */
	uint64_t changed; /* by folio: used since the last look, or aged */
	uint32_t folio[MEMPOL_CACHE_BATCH];
	uint32_t held[MEMPOL_CACHE_BATCH * MEMPOL_CACHE_MAX_BATCHES];
	uint32_t busy[MEMPOL_CACHE_BATCH * 3];
	uint8_t verdict[MEMPOL_CACHE_BATCH];
	uint8_t list[MEMPOL_CACHE_BATCH];
};

/*
 * As mempol_cache_select(): up to @nr_pages from the engine or, if it yields too few, by force. Returns the
 * pages taken; those in use are not freed. Sets cache->ejected when the kernel would throw the engine out.
 */
uint64_t sim_select(struct sim_cache *cache, const struct mempol_cache_ops *ops, uint64_t nr_pages,
		    int priority);

/* A look's harvest of the accessed bit; returns whether the folio counts as accessed. */
bool sim_harvest(struct sim_folio *folio);

/* Gives a folio another access count, as mempol_state_recount(). Returns whether it is lower than before. */
bool sim_recount(struct sim_folio *folio, unsigned int count);

static inline void sim_count(struct sim_folio *folio)
{
	if (folio->count < MEMPOL_CACHE_MAX_COUNT)
		folio->count++;
}

#endif
