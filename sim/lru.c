// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exact LRU, to compare with: every access moves, which the kernel could not afford and its two lists
 * only come near to. It reclaims as much at a time as the engines do. It also stands for the kernel's own
 * lists once an engine has been ejected.
 */
#include "cache.h"
#include "readahead.h"

static void make_room(struct sim_cache *cache, uint32_t pages)
{
	uint32_t victim, head = sim_head(cache, 0);
	uint64_t left;

	if (!sim_full(cache, pages))
		return;
	left = sim_shortage(cache, pages);
	for (victim = sim_first(cache, 0, true); left && victim != head;) {
		struct sim_folio *folio = &cache->folios[victim];
		uint32_t next = folio->prev;

		if (!sim_in_use(folio)) {
			left -= folio->pages < left ? folio->pages : left;
			sim_unlink(cache, victim);
			sim_discard(cache, victim);
		}
		victim = next;
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
		folio->bits = 0;
		cache->used += ref->pages;
	}
	sim_link(cache, ref->object, 0, false);
}

static int add_page(struct sim_file *file, uint32_t page)
{
	struct sim_cache *cache = file->cache;

	make_room(cache, 1);
	if (sim_full(cache, 1))
		return -ENOMEM;
	cache->folios[page] = (struct sim_folio){ .pages = 1, .locked = true };
	cache->result->missed_pages++;
	cache->used++;
	sim_link(cache, page, 0, false);
	return 0;
}

static void access_page(struct sim_file *file, uint32_t page)
{
	sim_unlink(file->cache, page);
	sim_link(file->cache, page, 0, false);
}

static int reference_page(struct sim_file *file, const struct sim_ref *ref)
{
	reference(file->cache, ref);
	return 0;
}

int sim_lru_replay(struct sim_file *file, size_t at)
{
	struct sim_cache *cache = file->cache;
	const struct sim_trace *trace = file->trace;

	if (cache->setup->readahead_pages) {
		file->add = add_page;
		file->accessed = access_page;
		file->reference = reference_page;
		return sim_file_replay(file, &at);
	}
	for (; at < trace->nr_refs; at++) {
		sim_prefetch(cache, trace, at);
		reference(cache, &trace->refs[at]);
	}
	return 0;
}

int sim_run_lru(const struct sim_policy *policy, const struct sim_setup *setup,
		const struct sim_trace *trace, struct sim_result *result)
{
	struct sim_cache cache;
	struct sim_file file;
	int r = sim_cache_init(&cache, setup, trace, result);

	if (r < 0)
		return r;
	sim_file_open(&file, &cache, trace);
	r = sim_lru_replay(&file, 0);
	sim_file_close(&file);
	sim_cache_done(&cache);
	return r;
}
