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

		if (i >= SIM_PREFETCH)
			__builtin_prefetch(&coming[trace->refs[i - SIM_PREFETCH].object], 1);
		next[i] = coming[object];
		coming[object] = trace->refs[i].op == SIM_REMOVE ? trace->nr_refs + object : i;
	}
	free(coming);
	return next;
}

struct belady {
	struct sim_cache cache; /* without its table of objects: it keeps no lists */
	const struct sim_trace *trace;
	struct times times; /* of the next use of all that is cached */
	uint32_t *next;
	uint32_t *pages; /* of each object that is cached, else 0 */
};

static void admit(struct belady *belady, uint32_t now)
{
	const struct sim_ref *ref = &belady->trace->refs[now];

	belady->pages[ref->object] = ref->pages;
	belady->cache.used += ref->pages;
	times_add(&belady->times, belady->next[now]);
}

/* @time is that of the object's next use. */
static void drop(struct belady *belady, uint32_t object, uint32_t time)
{
	times_remove(&belady->times, time);
	belady->cache.used -= belady->pages[object];
	belady->pages[object] = 0;
}

static void make_room(struct belady *belady, uint32_t pages)
{
	const struct sim_trace *trace = belady->trace;

	while (sim_full(&belady->cache, pages)) {
		uint32_t time = times_last(&belady->times);
		uint32_t object = time < trace->nr_refs ? trace->refs[time].object :
							  time - trace->nr_refs;

		belady->cache.result->evicted_pages += belady->pages[object];
		drop(belady, object, time);
	}
}

static void reference(struct belady *belady, uint32_t now)
{
	const struct sim_ref *ref = &belady->trace->refs[now];
	struct sim_cache *cache = &belady->cache;
	bool hit = belady->pages[ref->object];

	if (ref->op == SIM_REMOVE) {
		if (hit)
			drop(belady, ref->object, belady->trace->nr_refs + ref->object);
		return;
	}

	cache->result->references++;
	if (hit) {
		cache->result->hits++;
		drop(belady, ref->object, now);
	} else {
		sim_miss(cache, ref);
	}
	if (ref->pages > cache->setup->cache_pages)
		return;
	make_room(belady, ref->pages);
	admit(belady, now);
}

static void replay(struct belady *belady)
{
	const struct sim_trace *trace = belady->trace;

	for (size_t i = 0; i < trace->nr_refs; i++) {
		if (i + SIM_PREFETCH < trace->nr_refs)
			__builtin_prefetch(&belady->pages[trace->refs[i + SIM_PREFETCH].object], 1);
		reference(belady, i);
	}
}

int sim_run_belady(const struct sim_policy *policy, const struct sim_setup *setup,
		   const struct sim_trace *trace, struct sim_result *result)
{
	struct belady belady = {
		.cache = { .setup = setup, .result = result },
		.trace = trace,
		.next = next_uses(trace),
		.pages = calloc((size_t)trace->nr_objects + 1, sizeof(*belady.pages)),
	};
	int r = -ENOMEM;

	if (belady.next && belady.pages)
		r = times_init(&belady.times, trace->nr_refs + trace->nr_objects);
	if (r == 0) {
		replay(&belady);
		times_free(&belady.times);
	}
	free(belady.next);
	free(belady.pages);
	return r;
}
