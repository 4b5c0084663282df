// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of objects, empty; see cache.h. Called by the policies when a run begins and ends.
 */
#include "cache.h"

int sim_cache_init(struct sim_cache *cache, const struct sim_setup *setup,
		   const struct sim_trace *trace, struct sim_result *result)
{
	*cache = (struct sim_cache){
		.setup = setup,
		.trace = trace,
		.result = result,
		.nr_objects = trace->nr_objects,
		.folios = calloc((size_t)trace->nr_objects + SIM_LISTS, sizeof(*cache->folios)),
		.shadows = calloc((size_t)trace->nr_objects + 1, sizeof(*cache->shadows)),
	};
	if (setup->dirty_pages)
		cache->dirtied = calloc((size_t)trace->nr_objects + 1, sizeof(*cache->dirtied));
	if (!cache->folios || !cache->shadows || (setup->dirty_pages && !cache->dirtied)) {
		sim_cache_done(cache);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < trace->nr_objects; i++)
		cache->folios[i].list = SIM_NO_LIST;
	for (unsigned int list = 0; list < SIM_LISTS; list++) {
		uint32_t head = sim_head(cache, list);

		cache->folios[head].next = cache->folios[head].prev = head;
	}
	return 0;
}

void sim_cache_done(struct sim_cache *cache)
{
	free(cache->folios);
	free(cache->shadows);
	free(cache->dirtied);
	*cache = (struct sim_cache){};
}
