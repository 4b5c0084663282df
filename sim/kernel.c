// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kfuncs and how a policy is asked for victims: see kernel.h. Each function follows the one of
 * mm/mempol_reclaim.c whose name it has; a change there belongs here too. All folios are clean, of one
 * node and one zone, so that every victim is free at once.
 */
#include "kernel.h"

#include <string.h>

static struct sim_evict *current;

static struct sim_evict *evict_of(struct mempol_cache_evict_ctx *ctx)
{
	return current && ctx == &current->ctx ? current : NULL;
}

bool sim_harvest(struct sim_folio *folio)
{
	if (!folio->young)
		return false;
	folio->young = false;
	if (folio->fresh) {
		folio->fresh = false;
		return false;
	}
	sim_count(folio);
	return true;
}

/* Cuts a piece off an end of the list at once: only its far side needs a new neighbour. */
static unsigned int isolate(struct sim_evict *ev, unsigned int list, bool tail, unsigned int nr,
			    uint64_t nr_pages)
{
	struct sim_folio *folios = ev->cache->folios;
	uint32_t head = sim_head(ev->cache, list), index = sim_first(ev->cache, list, tail);
	unsigned int taken = 0;
	uint64_t pages = 0;

	while (index != head && taken < nr && pages < nr_pages) {
		pages += folios[index].pages;
		ev->folio[taken++] = index;
		index = tail ? folios[index].prev : folios[index].next;
	}
	if (tail) {
		folios[head].prev = index;
		folios[index].next = head;
	} else {
		folios[head].next = index;
		folios[index].prev = head;
	}
	ev->cache->list_pages[list] -= pages;
	return taken;
}

static void finish_batch(struct sim_evict *ev)
{
	for (unsigned int i = 0; i < ev->nr; i++) {
		uint32_t index = ev->folio[i];

		/* What is not needed stays. */
		if (ev->verdict[i] == MEMPOL_VERDICT_EVICT && ev->nr_victims >= ev->ctx.nr_to_evict)
			ev->verdict[i] = 0;

		switch (ev->verdict[i]) {
		case MEMPOL_VERDICT_EVICT:
			ev->nr_victims += ev->cache->folios[index].pages;
			sim_evict(ev->cache, index);
			break;
		case MEMPOL_VERDICT_HEAD:
		case MEMPOL_VERDICT_TAIL:
			sim_link(ev->cache, index, ev->list[i],
				 ev->verdict[i] == MEMPOL_VERDICT_TAIL);
			break;
		default:
			ev->held[ev->nr_held++] = index;
		}
	}
	ev->nr = 0;
	ev->ctx.nr_evicted = ev->nr_victims;
}

/* Back to the end they were taken from, in order. */
static void finish_held(struct sim_evict *ev)
{
	while (ev->nr_held)
		sim_link(ev->cache, ev->held[--ev->nr_held], ev->held_list, ev->held_tail);
}

int bpf_mempol_cache_batch(struct mempol_cache_evict_ctx *ctx, u32 list, u32 nr, u32 flags)
{
	struct sim_evict *ev = evict_of(ctx);
	bool tail = flags & MEMPOL_CACHE_TAIL;

	if (flags & ~MEMPOL_CACHE_TAIL)
		return -EINVAL;
	if (!ev)
		return -EPERM;
	if (list >= MEMPOL_CACHE_LISTS)
		return -ENOENT;

	finish_batch(ev);
	if (ev->held_list != list || ev->held_tail != tail) {
		finish_held(ev);
		ev->held_list = list;
		ev->held_tail = tail;
	}
	if (ev->nr_victims >= ctx->nr_to_evict)
		return 0;
	if (ev->nr_batches == MEMPOL_CACHE_MAX_BATCHES)
		return -E2BIG;
	ev->nr_batches++;

	ev->nr = isolate(ev, list, tail, nr < MEMPOL_CACHE_BATCH ? nr : MEMPOL_CACHE_BATCH,
			 UINT64_MAX);
	memset(ev->verdict, 0, sizeof(ev->verdict));
	return ev->nr;
}

int bpf_mempol_cache_look(struct mempol_cache_evict_ctx *ctx, u32 index, void *to, u32 size)
{
	struct sim_evict *ev = evict_of(ctx);
	struct mempol_cache_info *info = to;
	struct sim_folio *folio;

	if (size != sizeof(*info))
		return -EMSGSIZE;
	if (!ev)
		return -EPERM;
	if (!ev->nr)
		return -ENODATA;
	if (index >= ev->nr)
		return -ERANGE;

	folio = &ev->cache->folios[ev->folio[index]];
	ev->cache->result->looks++;
	/* Member by member: what is read back at once must not wait for a wider store. */
	info->flags = ev->cache->setup->accessed_bits ? MEMPOL_FOLIO_MAPPED : 0;
	if (sim_harvest(folio))
		info->flags |= MEMPOL_FOLIO_ACCESSED;
	info->nr_pages = folio->pages;
	info->list = ev->held_list;
	info->index = ev->folio[index];
	info->ino = 0;
	info->count = folio->count;
	return 0;
}

int bpf_mempol_cache_verdict(struct mempol_cache_evict_ctx *ctx, u32 index, u32 verdict, u32 list,
			     u32 count)
{
	struct sim_evict *ev = evict_of(ctx);

	if (!ev)
		return -EPERM;
	if (!ev->nr)
		return -ENODATA;
	if (index >= ev->nr)
		return -ERANGE;
	if (ev->verdict[index])
		return -EALREADY;
	if (verdict < MEMPOL_VERDICT_EVICT || verdict > MEMPOL_VERDICT_TAIL)
		return -EINVAL;
	if (verdict != MEMPOL_VERDICT_EVICT && list >= MEMPOL_CACHE_LISTS)
		return -ENOENT;

	ev->verdict[index] = verdict;
	ev->list[index] = list;
	if (count <= MEMPOL_CACHE_MAX_COUNT)
		ev->cache->folios[ev->folio[index]].count = count;
	return 0;
}

s64 bpf_mempol_cache_list_pages(struct mempol_cache_evict_ctx *ctx, u32 list)
{
	struct sim_evict *ev = evict_of(ctx);

	if (!ev)
		return -EPERM;
	if (list >= MEMPOL_CACHE_LISTS)
		return -ENOENT;
	return ev->cache->list_pages[list];
}

/* Without or against the engine: from the tails, the largest list first. */
static uint64_t force(struct sim_evict *ev, uint64_t want)
{
	struct sim_cache *cache = ev->cache;
	unsigned int largest = 0;
	uint64_t nr = 0;

	for (unsigned int list = 0; list < SIM_LISTS; list++)
		if (cache->list_pages[list] > cache->list_pages[largest])
			largest = list;
	for (unsigned int list = largest; list < largest + SIM_LISTS && nr < want; list++) {
		unsigned int taken =
			isolate(ev, list % SIM_LISTS, true, MEMPOL_CACHE_BATCH, want - nr);

		for (unsigned int i = 0; i < taken; i++) {
			nr += cache->folios[ev->folio[i]].pages;
			sim_evict(cache, ev->folio[i]);
		}
	}
	cache->result->forced_pages += nr;
	return nr;
}

static uint64_t ask(struct sim_evict *ev, const struct mempol_cache_ops *ops)
{
	current = ev;
	ops->evict(&ev->ctx);
	finish_batch(ev);
	finish_held(ev);
	current = NULL;
	return ev->nr_victims;
}

uint64_t sim_select(struct sim_cache *cache, const struct mempol_cache_ops *ops, uint64_t nr_pages)
{
	uint32_t want = nr_pages < MEMPOL_CACHE_BATCH ? nr_pages : MEMPOL_CACHE_BATCH;
	struct sim_evict ev;
	uint64_t nr;

	/* Not the arrays: they are large, and counted. */
	memset(&ev, 0, offsetof(struct sim_evict, folio));
	ev.ctx = (struct mempol_cache_evict_ctx){ .nr_to_evict = want, .priority = 12 };
	ev.cache = cache;
	nr = ask(&ev, ops);
	/* A good part of what was wanted is enough: reclaim will ask again. */
	if (nr < (want + 3) / 4)
		nr += force(&ev, want - nr);
	return nr;
}
