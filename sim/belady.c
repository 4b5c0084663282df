// SPDX-License-Identifier: GPL-2.0-only
/*
 * Belady's optimum, which knows the future, to see what is left to gain: of the cached objects the one
 * that is used last, or never again, goes, one by one and as late as possible. What is missed is always
 * admitted. No policy misses less when all objects have one size. With several sizes it evicts in the
 * same order until there is room, without regard to size, and a policy may do better.
 */
#include <string.h>

#include "cache.h"

#define LEVELS 6
#define NO_TIME UINT32_MAX

/* A set of times whose greatest is found in a few steps: each word's bit on the level above. */
struct times {
	uint64_t *level[LEVELS];
};

static void times_free(struct times *times)
{
	for (unsigned int i = 0; i < LEVELS; i++)
		free(times->level[i]);
}

static int times_init(struct times *times, size_t nr)
{
	*times = (struct times){};
	for (unsigned int i = 0; i < LEVELS; i++) {
		nr = nr / 64 + 1;
		times->level[i] = calloc(nr, sizeof(uint64_t));
		if (!times->level[i]) {
			times_free(times);
			return -ENOMEM;
		}
	}
	return 0;
}

static void times_add(struct times *times, uint32_t time)
{
	for (unsigned int i = 0; i < LEVELS; i++, time /= 64)
		times->level[i][time / 64] |= 1ULL << time % 64;
}

static void times_remove(struct times *times, uint32_t time)
{
	for (unsigned int i = 0; i < LEVELS; i++, time /= 64) {
		times->level[i][time / 64] &= ~(1ULL << time % 64);
		if (times->level[i][time / 64])
			return;
	}
}

static uint32_t times_last(const struct times *times)
{
	uint32_t time = 0;

	if (!times->level[LEVELS - 1][0])
		return NO_TIME;
	for (unsigned int i = LEVELS; i-- > 0;)
		time = time * 64 + 63 - __builtin_clzll(times->level[i][time]);
	return time;
}

/*
 * When each reference's object is used next. Times from nr_refs on mean never, one for each object. What
 * is removed next is not used again.
 */
static uint32_t *next_uses(const struct sim_trace *trace)
{
	uint32_t *next = malloc(trace->nr_refs * sizeof(*next) + 1);
	uint32_t *coming = malloc(trace->nr_objects * sizeof(*coming) + 1);

	if (!next || !coming) {
		free(next);
		free(coming);
		return NULL;
	}
	for (uint32_t i = 0; i < trace->nr_objects; i++)
		coming[i] = trace->nr_refs + i;
	for (size_t i = trace->nr_refs; i-- > 0;) {
		uint32_t object = trace->refs[i].object;

		next[i] = coming[object];
		coming[object] = trace->refs[i].op == SIM_REMOVE ? trace->nr_refs + object : i;
	}
	free(coming);
	return next;
}

struct belady {
	struct sim_cache cache;
	const struct sim_trace *trace;
	struct times times; /* of the next use of all that is cached */
	uint32_t *next;
};

static void make_room(struct belady *belady, uint32_t pages)
{
	const struct sim_trace *trace = belady->trace;

	while (sim_full(&belady->cache, pages)) {
		uint32_t time = times_last(&belady->times);

		times_remove(&belady->times, time);
		sim_evict(&belady->cache,
			  time < trace->nr_refs ? trace->refs[time].object : time - trace->nr_refs);
	}
}

static void reference(struct belady *belady, uint32_t now)
{
	const struct sim_ref *ref = &belady->trace->refs[now];
	struct sim_cache *cache = &belady->cache;
	struct sim_folio *folio = &cache->folios[ref->object];
	bool hit = sim_cached(folio);

	if (ref->op == SIM_REMOVE) {
		if (hit) {
			times_remove(&belady->times, belady->trace->nr_refs + ref->object);
			sim_forget(cache, ref->object);
		}
		return;
	}

	cache->result->references++;
	if (hit) {
		cache->result->hits++;
		times_remove(&belady->times, now);
		sim_forget(cache, ref->object);
	} else {
		sim_miss(cache, ref);
	}
	if (ref->pages > cache->setup->cache_pages)
		return;
	make_room(belady, ref->pages);
	folio->list = 0;
	folio->pages = ref->pages;
	cache->used += ref->pages;
	times_add(&belady->times, belady->next[now]);
}

int sim_run_belady(const struct sim_policy *policy, const struct sim_setup *setup,
		   const struct sim_trace *trace, struct sim_result *result)
{
	struct belady belady = { .trace = trace };
	int r = sim_cache_init(&belady.cache, setup, trace, result);

	if (r < 0)
		return r;
	belady.next = next_uses(trace);
	r = belady.next ? times_init(&belady.times, trace->nr_refs + trace->nr_objects) : -ENOMEM;
	if (r == 0) {
		for (size_t i = 0; i < trace->nr_refs; i++)
			reference(&belady, i);
		times_free(&belady.times);
	}
	free(belady.next);
	sim_cache_done(&belady.cache);
	return r;
}
