// SPDX-License-Identifier: GPL-2.0-only
/*
 * A trace under an engine: what mm does around the callbacks. A folio is offered as it comes in, with what
 * its shadow tells; accesses are counted or leave a bit; a full cgroup reclaims. Called by the table of
 * policies, in a process whose engine globals are fresh.
 */
#include "kernel.h"

struct run {
	struct sim_cache cache;
	const struct mempol_cache_ops *ops;
};

static void make_room(struct run *run, uint32_t pages)
{
	while (sim_full(&run->cache, pages)) {
		uint64_t left = sim_shortage(&run->cache, pages);

		while (left) {
			uint64_t freed = sim_select(&run->cache, run->ops, left);

			/* Less was cached than is reclaimed at a time: the cache is empty. */
			if (!freed)
				return;
			left -= freed < left ? freed : left;
		}
	}
}

/* See __mempol_cache_offer(). */
static int offer(struct run *run, const struct sim_ref *ref)
{
	struct sim_cache *cache = &run->cache;
	struct sim_folio *folio = &cache->folios[ref->object];
	uint64_t shadow = cache->shadows[ref->object];
	struct folio shown = { .index = ref->object };
	struct mempol_cache_added_ctx ctx = {
		.distance = MEMPOL_CACHE_NO_DISTANCE,
		.nr_governed = cache->used,
		.reason = MEMPOL_ADDED_NEW,
	};
	int list;

	if (shadow != SIM_NEVER_EVICTED) {
		ctx.distance = cache->result->evicted_pages - (shadow - 1);
		ctx.reason = MEMPOL_ADDED_REFAULT;
	}
	list = run->ops->added(&shown, &ctx);
	/* No shipped engine leaves folios to the kernel's own lists, and those are not simulated. */
	if (list < 0 || (list & ~MEMPOL_CACHE_TAIL) >= MEMPOL_CACHE_LISTS)
		return -ENOTSUP;

	folio->pages = ref->pages;
	folio->fresh = true;
	folio->young = cache->setup->accessed_bits;
	/* read() counts what it has brought in as well; see folio_mark_accessed(). */
	folio->count = cache->setup->accessed_bits ? 0 : 1;
	cache->used += ref->pages;
	sim_link(cache, ref->object, list & ~MEMPOL_CACHE_TAIL, list & MEMPOL_CACHE_TAIL);
	return 0;
}

static void accessed(struct sim_cache *cache, struct sim_folio *folio)
{
	if (cache->setup->accessed_bits)
		folio->young = true;
	else
		sim_count(folio);
}

/* It leaves without a shadow: truncated, or another size has taken its place. */
static void drop(struct sim_cache *cache, uint32_t object)
{
	cache->shadows[object] = SIM_NEVER_EVICTED;
	if (!sim_cached(&cache->folios[object]))
		return;
	sim_unlink(cache, object);
	sim_forget(cache, object);
}

static int reference(struct run *run, const struct sim_ref *ref)
{
	struct sim_cache *cache = &run->cache;
	struct sim_folio *folio = &cache->folios[ref->object];

	if (ref->op == SIM_REMOVE) {
		drop(cache, ref->object);
		return 0;
	}
	cache->result->references++;
	if (sim_cached(folio)) {
		cache->result->hits++;
		if (folio->pages == ref->pages) {
			accessed(cache, folio);
			return 0;
		}
		drop(cache, ref->object);
	} else {
		sim_miss(cache, ref);
	}
	if (ref->pages > cache->setup->cache_pages)
		return 0;
	make_room(run, ref->pages);
	return offer(run, ref);
}

int sim_run_engine(const struct sim_policy *policy, const struct sim_setup *setup,
		   const struct sim_trace *trace, struct sim_result *result)
{
	struct run run = { .ops = policy->engine };
	int r = sim_cache_init(&run.cache, setup, trace, result);

	for (size_t i = 0; r == 0 && i < trace->nr_refs; i++) {
		sim_prefetch(&run.cache, trace, i);
		r = reference(&run, &trace->refs[i]);
	}
	sim_cache_done(&run.cache);
	return r;
}
