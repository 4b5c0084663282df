// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exact LRU, to compare with: every access moves, which the kernel could not afford and its two lists
 * only come near to. It reclaims as much at a time as the engines do.
 */
#include "cache.h"

static void make_room(struct sim_cache *cache, uint32_t pages)
{
	uint64_t left;

	if (!sim_full(cache, pages))
		return;
	left = sim_shortage(cache, pages);
	while (left) {
		uint32_t victim = sim_first(cache, 0, true);
		uint32_t freed = cache->folios[victim].pages;

		if (victim == sim_head(cache, 0))
			return;
		sim_unlink(cache, victim);
		sim_discard(cache, victim);
		left -= freed < left ? freed : left;
	}
}

static void reference(struct sim_cache *cache, const struct sim_ref *ref)
{
	struct sim_folio *folio = &cache->folios[ref->object];
	bool hit = sim_cached(folio);

	if (hit)
		sim_unlink(cache, ref->object);
	if (hit && (ref->op == SIM_REMOVE || folio->pages != ref->pages))
		sim_forget(cache, ref->object);
	if (ref->op == SIM_REMOVE)
		return;

	cache->result->references++;
	if (hit)
		cache->result->hits++;
	else
		sim_miss(cache, ref);
	if (!sim_cached(folio)) {
		if (ref->pages > cache->setup->cache_pages)
			return;
		make_room(cache, ref->pages);
		folio->pages = ref->pages;
		cache->used += ref->pages;
	}
	sim_link(cache, ref->object, 0, false);
}

int sim_run_lru(const struct sim_policy *policy, const struct sim_setup *setup,
		const struct sim_trace *trace, struct sim_result *result)
{
	struct sim_cache cache;
	int r = sim_cache_init(&cache, setup, trace, result);

	if (r < 0)
		return r;
	for (size_t i = 0; i < trace->nr_refs; i++) {
		sim_prefetch(&cache, trace, i);
		reference(&cache, &trace->refs[i]);
	}
	sim_cache_done(&cache);
	return 0;
}
