// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exact LRU, and models of Linux's two ways to choose victims: two lists with refault distances, and MGLRU's
 * generations. See place-lists.h. The models idealise: no readahead, no watermarks, one size of batch.
 */
#include "place-lists.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 32U /* pages that are reclaimed at a time: SWAP_CLUSTER_MAX */
#define LISTS 5U /* at most; list 0 is none */
#define NOBODY UINT32_MAX

struct page {
	uint32_t newer, older; /* on its list */
	uint32_t evicted_at; /* two lists: the age of the inactive list then; 0: it is not known */
	uint8_t list; /* 0: not in memory */
	bool accessed;
	bool seen; /* two lists: accessed when the inactive list's end came by */
};

struct memory {
	struct page *pages;
	uint32_t newest[LISTS], oldest[LISTS], nr[LISTS];
	struct sim_place_result result;
};

static int memory_init(struct memory *m, uint32_t nr_pages)
{
	*m = (struct memory){ .pages = calloc(nr_pages, sizeof(*m->pages)) };
	memset(m->newest, 0xff, sizeof(m->newest));
	memset(m->oldest, 0xff, sizeof(m->oldest));
	return m->pages ? 0 : -ENOMEM;
}

static void link_page(struct memory *m, uint8_t list, uint32_t page)
{
	struct page *p = &m->pages[page];

	p->list = list;
	p->newer = NOBODY;
	p->older = m->newest[list];
	if (p->older == NOBODY)
		m->oldest[list] = page;
	else
		m->pages[p->older].newer = page;
	m->newest[list] = page;
	m->nr[list]++;
}

static void unlink_page(struct memory *m, uint32_t page)
{
	struct page *p = &m->pages[page];

	if (p->newer == NOBODY)
		m->newest[p->list] = p->older;
	else
		m->pages[p->newer].older = p->older;
	if (p->older == NOBODY)
		m->oldest[p->list] = p->newer;
	else
		m->pages[p->older].newer = p->newer;
	m->nr[p->list]--;
	p->list = 0;
}

static void move_page(struct memory *m, uint32_t page, uint8_t list)
{
	unlink_page(m, page);
	link_page(m, list, page);
}

/* An end of a list that has been unlinked is gone. */
static void count_eviction(struct memory *m)
{
	m->result.evictions++;
}

static void count_miss(struct memory *m, const struct sim_touches *touches, size_t at)
{
	m->result.misses += at >= touches->nr_first;
}

/* ---- exact LRU --------------------------------------------------------------------------------------- */

int sim_place_run_lru(const struct sim_place_rule *rule, const struct sim_place_setup *setup,
		      const struct sim_touches *touches, struct sim_place_result *ret)
{
	struct memory m;
	int r = memory_init(&m, touches->nr_pages);

	if (r < 0)
		return r;
	for (size_t at = 0; at < touches->nr; at++) {
		uint32_t page = touches->pages[at];

		if (m.pages[page].list) {
			move_page(&m, page, 1);
			continue;
		}
		count_miss(&m, touches, at);
		if (m.nr[1] == setup->frames) {
			unlink_page(&m, m.oldest[1]);
			count_eviction(&m);
		}
		link_page(&m, 1, page);
	}
	*ret = m.result;
	free(m.pages);
	return 0;
}

/* ---- two lists --------------------------------------------------------------------------------------- */

enum { INACTIVE = 1, ACTIVE = 2 };

/* The active list gives to the inactive one while that is the shorter. */
static void deactivate(struct memory *m)
{
	for (uint32_t i = 0; i < BATCH && m->nr[ACTIVE]; i++) {
		uint32_t page = m->oldest[ACTIVE];

		m->pages[page].accessed = false;
		move_page(m, page, INACTIVE);
	}
}

/* The end of the inactive list: what has been accessed stays, and for the second time becomes active. */
static void shrink_inactive(struct memory *m, uint32_t *age, uint32_t *freed)
{
	for (uint32_t i = 0; i < BATCH && m->nr[INACTIVE] && *freed < BATCH; i++) {
		uint32_t page = m->oldest[INACTIVE];
		struct page *p = &m->pages[page];

		if (!p->accessed) {
			unlink_page(m, page);
			p->seen = false;
			p->evicted_at = (*age)++;
			(*freed)++;
			count_eviction(m);
			continue;
		}
		p->accessed = false;
		move_page(m, page, p->seen ? ACTIVE : INACTIVE);
		*age += p->seen;
		p->seen = !p->seen;
	}
}

static void two_lists_reclaim(struct memory *m, uint32_t *age)
{
	/* All may have been accessed; each pass takes that from some. */
	for (uint32_t freed = 0; freed < BATCH;) {
		if (m->nr[INACTIVE] < m->nr[ACTIVE])
			deactivate(m);
		shrink_inactive(m, age, &freed);
	}
}

int sim_place_run_two_lists(const struct sim_place_rule *rule, const struct sim_place_setup *setup,
			    const struct sim_touches *touches, struct sim_place_result *ret)
{
	uint32_t age = 1;
	struct memory m;
	int r = memory_init(&m, touches->nr_pages);

	if (r < 0)
		return r;
	for (size_t at = 0; at < touches->nr; at++) {
		uint32_t page = touches->pages[at];
		struct page *p = &m.pages[page];
		bool activate;

		if (!p->list) {
			count_miss(&m, touches, at);
			if (m.nr[INACTIVE] + m.nr[ACTIVE] >= setup->frames)
				two_lists_reclaim(&m, &age);
			/* With the active list's room it would have stayed. */
			activate = p->evicted_at && age - p->evicted_at <= m.nr[ACTIVE];
			age += activate;
			p->evicted_at = 0;
			p->seen = false;
			link_page(&m, activate ? ACTIVE : INACTIVE, page);
		}
		p->accessed = true;
	}
	*ret = m.result;
	free(m.pages);
	return 0;
}

/* ---- generations ------------------------------------------------------------------------------------- */

#define GENERATIONS 4U
#define GENERATIONS_MIN 2U /* fewer than that are left: a new one begins */

struct generations {
	struct memory memory;
	uint32_t nr_pages;
	uint64_t oldest, newest;
	uint32_t in_memory;
};

static uint8_t list_of(uint64_t generation)
{
	return (uint8_t)(1 + generation % GENERATIONS);
}

/* What has been accessed joins the new generation. */
static void begin_generation(struct generations *g)
{
	uint8_t list = list_of(++g->newest);

	for (uint32_t page = 0; page < g->nr_pages; page++) {
		struct page *p = &g->memory.pages[page];

		if (!p->list || !p->accessed)
			continue;
		p->accessed = false;
		if (p->list != list)
			move_page(&g->memory, page, list);
	}
}

static void generations_reclaim(struct generations *g)
{
	struct memory *m = &g->memory;

	for (uint32_t freed = 0; freed < BATCH;) {
		uint8_t list;
		uint32_t page;

		while (!m->nr[list_of(g->oldest)] && g->newest - g->oldest >= GENERATIONS_MIN)
			g->oldest++;
		if (g->newest - g->oldest < GENERATIONS_MIN) {
			begin_generation(g);
			continue;
		}
		list = list_of(g->oldest);
		page = m->oldest[list];
		if (m->pages[page].accessed) {
			m->pages[page].accessed = false;
			move_page(m, page, list_of(g->newest));
			continue;
		}
		unlink_page(m, page);
		g->in_memory--;
		freed++;
		count_eviction(m);
	}
}

int sim_place_run_generations(const struct sim_place_rule *rule,
			      const struct sim_place_setup *setup,
			      const struct sim_touches *touches, struct sim_place_result *ret)
{
	struct generations g = { .nr_pages = touches->nr_pages,
				 .oldest = 1,
				 .newest = GENERATIONS };
	int r = memory_init(&g.memory, touches->nr_pages);

	if (r < 0)
		return r;
	for (size_t at = 0; at < touches->nr; at++) {
		uint32_t page = touches->pages[at];

		if (!g.memory.pages[page].list) {
			count_miss(&g.memory, touches, at);
			if (g.in_memory >= setup->frames)
				generations_reclaim(&g);
			link_page(&g.memory, list_of(g.newest), page);
			g.in_memory++;
		}
		g.memory.pages[page].accessed = true;
	}
	*ret = g.memory.result;
	free(g.memory.pages);
	return 0;
}
