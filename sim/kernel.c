// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kfuncs and how a policy is asked for victims: see kernel.h. Each function follows the one of
 * mm/mempol_evict.c or mm/mempol_reclaim.c whose name it has; a change there belongs here too. All folios are
 * of one node and one zone; a victim is free at once, unless it is dirty or being read.
 */
#include "kernel.h"

#include <string.h>

/* See mm/mempol_evict.c. */
#define SWAP_CLUSTER_MAX 32
#define MAX_STRIKES 32
#define MAX_TURNS 8
#define FREE_WORK (32 * MEMPOL_CACHE_BATCH)
#define MAX_HELD (MEMPOL_CACHE_BATCH * MEMPOL_CACHE_MAX_BATCHES)

uint32_t sim_thread;
bool sim_in_run;

static struct sim_evict *current;

u64 bpf_get_current_pid_tgid(void)
{
	/* One process; 1 is init. */
	return (u64)2 << 32 | (2 + sim_thread);
}

long bpf_probe_read_kernel(void *to, unsigned int size, const void *from)
{
	memcpy(to, from, size);
	return 0;
}

uint64_t sim_refusals;

/* Counted as the kernel counts it. */
static int refuse(int error)
{
	sim_refusals++;
	return error;
}

static struct sim_evict *evict_of(struct mempol_cache_evict_ctx *ctx)
{
	return current && ctx == &current->ctx ? current : NULL;
}

/* mempol_busy(): what the kernel could not free now. */
static bool is_busy(const struct sim_cache *cache, uint32_t index)
{
	return cache->folios[index].locked || sim_dirty(cache, index);
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

bool sim_recount(struct sim_folio *folio, unsigned int count)
{
	bool lower = count < folio->count;

	if (folio->count)
		folio->fresh = false;
	folio->count = count;
	return lower;
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
	ev->nr_seen += pages;
	return taken;
}

/* What is in use stays behind until select is done, see mempol_cache_putback(). */
static void victim(struct sim_evict *ev, uint32_t index, uint64_t *nr)
{
	*nr += ev->cache->folios[index].pages;
	if (sim_in_use(&ev->cache->folios[index]) || sim_dirty(ev->cache, index))
		ev->busy[ev->nr_busy++] = index;
	else
		sim_evict(ev->cache, index);
}

/* A folio comes back: has anything been done about it that could be? */
static void note_kept(struct sim_evict *ev, unsigned int i)
{
	const struct sim_folio *folio = &ev->cache->folios[ev->folio[i]];

	if (is_busy(ev->cache, ev->folio[i]))
		return;
	ev->nr_kept += folio->pages;
	if (!(ev->changed & 1ULL << i) && (!ev->verdict[i] || ev->list[i] == ev->held_list))
		ev->nr_idle += folio->pages;
}

static void finish_batch(struct sim_evict *ev)
{
	for (unsigned int i = 0; i < ev->nr; i++) {
		uint32_t index = ev->folio[i];

		/* What is not needed stays. */
		if (ev->verdict[i] == MEMPOL_VERDICT_EVICT && ev->nr_victims >= ev->ctx.nr_to_evict)
			ev->verdict[i] = 0;

		/* Nobody asks when enough have been named. */
		if (ev->verdict[i] != MEMPOL_VERDICT_EVICT && ev->nr_victims < ev->enough)
			note_kept(ev, i);

		switch (ev->verdict[i]) {
		case MEMPOL_VERDICT_EVICT:
			victim(ev, index, &ev->nr_victims);
			break;
		case MEMPOL_VERDICT_HEAD:
		case MEMPOL_VERDICT_TAIL:
			sim_link(ev->cache, index, ev->list[i],
				 ev->verdict[i] == MEMPOL_VERDICT_TAIL);
			break;
		default:
			ev->held[ev->nr_held++] = index;
			ev->held_pages += ev->cache->folios[index].pages;
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
	ev->held_pages = 0;
}

int bpf_mempol_cache_batch(struct mempol_cache_evict_ctx *ctx, u32 list, u32 nr, u32 flags)
{
	struct sim_evict *ev = evict_of(ctx);
	bool tail = flags & MEMPOL_CACHE_TAIL;

	if (flags & ~MEMPOL_CACHE_TAIL)
		return refuse(-EINVAL);
	if (!ev)
		return refuse(-EPERM);
	if (list >= MEMPOL_CACHE_LISTS)
		return refuse(-ENOENT);

	finish_batch(ev);
	if (ev->held_list != list || ev->held_tail != tail) {
		finish_held(ev);
		ev->held_list = list;
		ev->held_tail = tail;
	}
	if (ev->nr_victims >= ctx->nr_to_evict || ev->held_pages >= MAX_HELD)
		return 0;
	if (ev->nr_batches == MEMPOL_CACHE_MAX_BATCHES)
		return refuse(-E2BIG);
	ev->nr_batches++;

	ev->nr = isolate(ev, list, tail, nr < MEMPOL_CACHE_BATCH ? nr : MEMPOL_CACHE_BATCH,
			 MEMPOL_CACHE_BATCH);
	ev->changed = 0;
	memset(ev->verdict, 0, sizeof(ev->verdict));
	return ev->nr;
}

int bpf_mempol_cache_look(struct mempol_cache_evict_ctx *ctx, u32 index, void *to, u32 size)
{
	struct sim_evict *ev = evict_of(ctx);
	struct mempol_cache_info *info = to;
	struct sim_folio *folio;

	if (size != sizeof(*info))
		return refuse(-EMSGSIZE);
	if (!ev)
		return refuse(-EPERM);
	if (!ev->nr)
		return refuse(-ENODATA);
	if (index >= ev->nr)
		return refuse(-ERANGE);

	folio = &ev->cache->folios[ev->folio[index]];
	ev->cache->result->looks++;
	/* Member by member: what is read back at once must not wait for a wider store. */
	info->flags = sim_mapped(ev->cache, ev->folio[index]) ? MEMPOL_FOLIO_MAPPED : 0;
	if (folio->young) {
		ev->changed |= 1ULL << index;
		if (sim_harvest(folio))
			info->flags |= MEMPOL_FOLIO_ACCESSED;
	}
	if (folio->locked)
		info->flags |= MEMPOL_FOLIO_LOCKED;
	if (folio->pinned)
		info->flags |= MEMPOL_FOLIO_HELD | MEMPOL_FOLIO_PINNED;
	if (sim_dirty(ev->cache, ev->folio[index]))
		info->flags |= MEMPOL_FOLIO_DIRTY;
	if (!folio->count && folio->fresh && !(info->flags & MEMPOL_FOLIO_MAPPED))
		info->flags |= MEMPOL_FOLIO_UNREAD;
	info->nr_pages = folio->pages;
	info->list = ev->held_list;
	info->index = sim_index(ev->cache->trace, ev->folio[index]);
	info->ino = sim_ino(ev->cache->trace, ev->folio[index]);
	info->count = folio->count;
	return 0;
}

int bpf_mempol_cache_verdict(struct mempol_cache_evict_ctx *ctx, u32 index, u32 verdict, u32 list,
			     u32 count)
{
	struct sim_evict *ev = evict_of(ctx);
	struct sim_folio *folio;

	if (!ev)
		return refuse(-EPERM);
	if (!ev->nr)
		return refuse(-ENODATA);
	if (index >= ev->nr)
		return refuse(-ERANGE);
	if (ev->verdict[index])
		return refuse(-EALREADY);
	if (verdict < MEMPOL_VERDICT_EVICT || verdict > MEMPOL_VERDICT_TAIL)
		return refuse(-EINVAL);
	if (verdict != MEMPOL_VERDICT_EVICT && list >= MEMPOL_CACHE_LISTS)
		return refuse(-ENOENT);

	folio = &ev->cache->folios[ev->folio[index]];
	ev->verdict[index] = verdict;
	ev->list[index] = list;
	if (count <= MEMPOL_CACHE_MAX_COUNT && sim_recount(folio, count))
		ev->changed |= 1ULL << index;
	return 0;
}

s64 bpf_mempol_cache_list_pages(struct mempol_cache_evict_ctx *ctx, u32 list)
{
	struct sim_evict *ev = evict_of(ctx);

	if (!ev)
		return refuse(-EPERM);
	if (list >= MEMPOL_CACHE_LISTS)
		return refuse(-ENOENT);
	return ev->cache->list_pages[list];
}

/* mempol_isolate() of what could be freed, from the tail: folio by folio, as some are passed over. */
static unsigned int isolate_clean(struct sim_evict *ev, unsigned int list, uint64_t nr_pages)
{
	struct sim_folio *folios = ev->cache->folios;
	uint32_t head = sim_head(ev->cache, list), index = sim_first(ev->cache, list, true), next;
	unsigned int taken = 0;
	uint64_t pages = 0;

	for (; index != head && taken < MEMPOL_CACHE_BATCH && pages < nr_pages && ev->looks;
	     index = next) {
		next = folios[index].prev;
		ev->looks--;
		if (is_busy(ev->cache, index))
			continue;
		pages += folios[index].pages;
		sim_unlink(ev->cache, index);
		ev->folio[taken++] = index;
	}
	return taken;
}

/* Was it used since it was looked at last? Here the fault's own accessed bit counts. @pays: half of its count. */
static bool was_used(struct sim_folio *folio, bool pays)
{
	bool used = folio->young;

	sim_harvest(folio);
	used |= folio->count > 0;
	if (pays)
		sim_recount(folio, folio->count / 2);
	return used;
}

/* Up to @want pages that can be freed now and were not used since; the rest has another turn. */
static unsigned int take(struct sim_evict *ev, unsigned int list, uint64_t want, uint64_t *nr)
{
	unsigned int taken = isolate_clean(ev, list, want);

	for (unsigned int i = 0; i < taken; i++) {
		struct sim_folio *folio = &ev->cache->folios[ev->folio[i]];

		if (was_used(folio, list != SIM_REJECTED)) {
			sim_link(ev->cache, ev->folio[i], list % SIM_REJECTED, false);
			folio->rejected = false;
		} else {
			victim(ev, ev->folio[i], nr);
		}
	}
	return taken;
}

/* Victims that could not be freed before and now can, unless used since. */
static uint64_t take_rejected(struct sim_evict *ev, uint64_t want)
{
	uint64_t nr = 0;

	if (!ev->cache->list_pages[SIM_REJECTED])
		return 0;
	ev->looks = 4 * SWAP_CLUSTER_MAX;
	take(ev, SIM_REJECTED, want, &nr);
	return nr;
}

static unsigned int largest_list(const struct sim_cache *cache)
{
	unsigned int largest = 0;

	for (unsigned int list = 0; list < SIM_REJECTED; list++)
		if (cache->list_pages[list] > cache->list_pages[largest])
			largest = list;
	return largest;
}

/* Without or against the engine: from the tails, the largest list first, what was not used since. */
static uint64_t force(struct sim_evict *ev, uint64_t want)
{
	unsigned int largest = largest_list(ev->cache);
	uint64_t nr = 0;

	ev->looks = 4 * want;
	for (unsigned int i = 0; i < SIM_LISTS; i++) {
		unsigned int list = (largest + i) % SIM_LISTS;

		while (nr < want && ev->cache->list_pages[list] && take(ev, list, want - nr, &nr))
			;
	}
	return nr;
}

/* Likewise when memory is that short that nothing else counts. */
static uint64_t seize(struct sim_evict *ev, uint64_t want)
{
	unsigned int largest = largest_list(ev->cache);
	uint64_t nr = 0;

	for (unsigned int i = 0; i < SIM_LISTS && nr < want; i++) {
		unsigned int taken =
			isolate(ev, (largest + i) % SIM_LISTS, true, MEMPOL_CACHE_BATCH, want - nr);

		for (unsigned int k = 0; k < taken; k++)
			victim(ev, ev->folio[k], &nr);
	}
	return nr;
}

/* To wait where neither the engine nor reclaim meets it; the second time it is the engine's again. */
static void putback(struct sim_evict *ev)
{
	for (unsigned int i = 0; i < ev->nr_busy; i++) {
		struct sim_folio *folio = &ev->cache->folios[ev->busy[i]];

		if (!folio->rejected)
			sim_recount(folio, 0);
		sim_link(ev->cache, ev->busy[i], folio->rejected ? 0 : SIM_REJECTED, false);
		folio->rejected = !folio->rejected;
	}
}

/* See mempol_withheld(). */
static bool withheld(const struct sim_evict *ev, uint64_t available)
{
	struct sim_cache *cache = ev->cache;
	uint64_t want = ev->ctx.nr_to_evict;

	cache->worked += ev->nr_kept;
	if (available < want)
		return false;
	return ev->nr_seen < want || ev->nr_idle >= want ||
	       cache->worked > MAX_TURNS * available + FREE_WORK;
}

static uint64_t ask(struct sim_evict *ev, uint64_t want, const struct mempol_cache_ops *ops)
{
	struct sim_cache *cache = ev->cache;
	uint64_t available = 0;

	for (unsigned int list = 0; list < MEMPOL_CACHE_LISTS; list++)
		available += cache->list_pages[list];

	ev->ctx.nr_to_evict = want;
	ev->enough = (want + 3) / 4;
	ev->nr_seen = 0;
	current = ev;
	ops->evict(&ev->ctx);
	finish_batch(ev);
	finish_held(ev);
	current = NULL;

	cache->result->calls += available >= want;
	if (ev->nr_victims >= ev->enough) {
		cache->strikes = 0;
		cache->worked = 0;
		return ev->nr_victims;
	}
	cache->result->short_calls += available >= want;
	if (withheld(ev, available) && ++cache->strikes >= MAX_STRIKES)
		cache->ejected = true;
	return ev->nr_victims;
}

uint64_t sim_select(struct sim_cache *cache, const struct mempol_cache_ops *ops, uint64_t nr_pages,
		    int priority)
{
	uint64_t want = nr_pages < MEMPOL_CACHE_BATCH ? nr_pages : MEMPOL_CACHE_BATCH;
	bool hard = priority <= SIM_HARD_PRIORITY;
	struct sim_evict ev;
	uint64_t nr, forced;

	/* Not the arrays: they are large, and counted. */
	memset(&ev, 0, offsetof(struct sim_evict, folio));
	ev.cache = cache;
	ev.ctx.priority = priority;
	nr = take_rejected(&ev, want);
	if (!cache->ejected && nr < want && !hard)
		nr += ask(&ev, want - nr, ops);

	/* A good part of what was wanted is enough: reclaim will ask again. */
	if (nr < want && (cache->ejected || nr < (want + 3) / 4 || hard)) {
		forced = hard ? seize(&ev, want - nr) : force(&ev, want - nr);
		cache->result->forced_pages += forced;
		nr += forced;
	}
	putback(&ev);
	return nr;
}
