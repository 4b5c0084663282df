/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the simulated policies share: a table of the trace's objects, each on one of a few lists or on
 * none. Arrays by object number, no hash and no allocation: this is the inner loop. Nothing here decides
 * anything.
 */
#ifndef SIM_CACHE_H
#define SIM_CACHE_H

#include <errno.h>
#include <stdlib.h>

#include "sim.h"

#define SIM_LISTS 9
#define SIM_REJECTED 8 /* behind an engine's own: what could not be freed */
#define SIM_NO_LIST 0xff
#define SIM_NEVER_EVICTED 0
#define SIM_PREFETCH 8 /* references ahead */

/* Four to a cache line: engines walk lists, and that is most of a simulation's time. */
struct sim_folio {
	uint32_t next, prev;
	uint32_t pages;
	uint8_t list;
	uint8_t count;
	bool young; /* the accessed bit of the page table */
	union {
		struct {
			bool fresh : 1; /* not used yet; the accessed bit is the fault's own */
			/* All of these only with readahead: */
			bool locked : 1; /* to be read from the disk */
			bool marked : 1; /* when it is read, more is read ahead */
			bool held : 1; /* somebody copies from it */
			bool rejected : 1; /* has been where rejected folios wait */
			bool pinned : 1; /* for a device; no trace says so */
		};
		uint8_t bits; /* all of them at once */
	};
};

_Static_assert(sizeof(struct sim_folio) == 16, "four to a cache line");

struct sim_cache {
	const struct sim_setup *setup;
	const struct sim_trace *trace;
	struct sim_result *result;
	struct sim_folio *folios; /* behind those of the objects a head for each list */
	uint64_t *shadows; /* of each object: 1 + what had been evicted when it was, in pages */
	uint32_t *dirtied; /* of each object: the number of its write; NULL: nothing is dirty */
	uint32_t nr_dirtied; /* writes of clean pages so far */
	uint32_t nr_cleaned; /* of them the oldest, which have been written back */
	uint32_t nr_objects;
	uint64_t nr_run; /* pages of runs of a sample so far */
	uint64_t used; /* pages */
	uint64_t list_pages[SIM_LISTS];
	/* Callbacks in a row that withheld pages; pages shown and kept since the last that did not. */
	unsigned int strikes;
	uint64_t worked;
	bool ejected; /* the engine */
};

/* The thread whose reference it is: what bpf_get_current_pid_tgid() says. */
extern uint32_t sim_thread;
/* It was in a run when it was recorded; the sample itself has lost what was between its pages. */
extern bool sim_in_run;

static inline void sim_set_thread(const struct sim_trace *trace, size_t at)
{
	sim_thread = trace->threads ? trace->threads[at] : 0;
	sim_in_run = trace->sample_shift && trace->in_run && trace->in_run[at / 8] >> at % 8 & 1;
}

int sim_cache_init(struct sim_cache *cache, const struct sim_setup *setup,
		   const struct sim_trace *trace, struct sim_result *result);
void sim_cache_done(struct sim_cache *cache);

/* The file an object is a page of, and which page. */
static inline uint64_t sim_ino(const struct sim_trace *trace, uint32_t object)
{
	if (trace->are_files)
		return object + 1ULL;
	return trace->files ? trace->files[object] + 1ULL : 1;
}

static inline uint64_t sim_index(const struct sim_trace *trace, uint32_t object)
{
	if (trace->are_files)
		return 0;
	return trace->index ? trace->index[object] : object;
}

static inline bool sim_cached(const struct sim_folio *folio)
{
	return folio->list != SIM_NO_LIST;
}

/* Its uses are seen as through mmap. */
static inline bool sim_mapped(const struct sim_cache *cache, uint32_t object)
{
	return cache->setup->accessed_bits ||
	       (cache->trace->mapped && cache->trace->mapped[object]);
}

/* Somebody reads or copies it. */
static inline bool sim_in_use(const struct sim_folio *folio)
{
	return folio->locked | folio->held | folio->pinned;
}

static inline bool sim_dirty(const struct sim_cache *cache, uint32_t index)
{
	return cache->dirtied && cache->dirtied[index] > cache->nr_cleaned;
}

/* It is written; the oldest write beyond those that stay dirty is written back. */
static inline void sim_write(struct sim_cache *cache, uint32_t index)
{
	uint32_t stay = cache->setup->dirty_pages;

	if (!cache->dirtied || sim_dirty(cache, index))
		return;
	cache->dirtied[index] = ++cache->nr_dirtied;
	if (cache->nr_dirtied - cache->nr_cleaned > stay)
		cache->nr_cleaned = cache->nr_dirtied - stay;
}

static inline uint32_t sim_head(const struct sim_cache *cache, unsigned int list)
{
	return cache->nr_objects + list;
}

/* The first from an end; the list's head when it is empty. */
static inline uint32_t sim_first(const struct sim_cache *cache, unsigned int list, bool tail)
{
	const struct sim_folio *head = &cache->folios[sim_head(cache, list)];

	return tail ? head->prev : head->next;
}

static inline void sim_link(struct sim_cache *cache, uint32_t index, unsigned int list, bool tail)
{
	struct sim_folio *folio = &cache->folios[index];
	uint32_t head = sim_head(cache, list);
	uint32_t next = tail ? head : cache->folios[head].next;
	uint32_t prev = tail ? cache->folios[head].prev : head;

	folio->next = next;
	folio->prev = prev;
	cache->folios[next].prev = index;
	cache->folios[prev].next = index;
	folio->list = list;
	cache->list_pages[list] += folio->pages;
}

/* Off its list, and still cached: whoever calls this links or evicts it. */
static inline void sim_unlink(struct sim_cache *cache, uint32_t index)
{
	struct sim_folio *folio = &cache->folios[index];

	cache->folios[folio->prev].next = folio->next;
	cache->folios[folio->next].prev = folio->prev;
	cache->list_pages[folio->list] -= folio->pages;
}

/* What is linked no more has left the cache. */
static inline void sim_forget(struct sim_cache *cache, uint32_t index)
{
	cache->folios[index].list = SIM_NO_LIST;
	cache->used -= cache->folios[index].pages;
}

/* Evicted by a policy that asks no shadow. */
static inline void sim_discard(struct sim_cache *cache, uint32_t index)
{
	sim_forget(cache, index);
	cache->result->evicted_pages += cache->folios[index].pages;
}

static inline void sim_evict(struct sim_cache *cache, uint32_t index)
{
	sim_discard(cache, index);
	cache->shadows[index] = 1 + cache->result->evicted_pages;
}

/* The table is larger than the processor's cache: what comes soon is fetched meanwhile. */
static inline void sim_prefetch(const struct sim_cache *cache, const struct sim_trace *trace,
				size_t now)
{
	if (now + SIM_PREFETCH < trace->nr_refs)
		__builtin_prefetch(&cache->folios[trace->refs[now + SIM_PREFETCH].object], 1);
}

static inline void sim_miss(struct sim_cache *cache, const struct sim_ref *ref)
{
	cache->result->misses++;
	cache->result->write_misses += ref->op == SIM_WRITE;
	cache->result->missed_pages += ref->pages;
}

/* Is there no room for @pages more? */
static inline bool sim_full(const struct sim_cache *cache, uint32_t pages)
{
	return cache->used + pages > cache->setup->cache_pages;
}

/* How much a cgroup reclaims that lacks room for @pages. */
static inline uint64_t sim_shortage(const struct sim_cache *cache, uint32_t pages)
{
	uint64_t lacking = cache->used + pages - cache->setup->cache_pages;

	return lacking > cache->setup->reclaim_pages ? lacking : cache->setup->reclaim_pages;
}

int sim_run_engine(const struct sim_policy *policy, const struct sim_setup *setup,
		   const struct sim_trace *trace, struct sim_result *result);
int sim_run_lru(const struct sim_policy *policy, const struct sim_setup *setup,
		const struct sim_trace *trace, struct sim_result *result);
int sim_run_belady(const struct sim_policy *policy, const struct sim_setup *setup,
		   const struct sim_trace *trace, struct sim_result *result);

#endif
