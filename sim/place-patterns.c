// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which pages three kinds of programs touch: look-ups in a grid, look-ups in a B-tree, breadth-first searches. They are
 * models of the paper's XSBench, BTree and Graph500, with the shares of memory that the programs' own structures have.
 * Called by the simulator's users; the same seed gives the same touches.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "place.h"

struct stream {
	struct sim_touches *touches;
	size_t end;
	uint64_t state;
};

static void touch(struct stream *s, uint32_t page)
{
	if (s->touches->nr < s->end)
		s->touches->pages[s->touches->nr++] = page;
}

static bool is_full(const struct stream *s)
{
	return s->touches->nr == s->end;
}

static uint64_t draw(struct stream *s)
{
	uint64_t z = s->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* From 0 to 1, without 1. */
static double draw_part(struct stream *s)
{
	return (double)(draw(s) >> 11) / (double)(1ULL << 53);
}

static uint32_t draw_below(struct stream *s, uint32_t n)
{
	return (uint32_t)((draw(s) >> 32) * n >> 32);
}

static uint32_t at_most(double x, uint32_t n)
{
	return x < n ? (uint32_t)x : n;
}

static struct stream start(struct sim_touches *touches, size_t nr, uint64_t seed)
{
	return (struct stream){ .touches = touches, .end = nr, .state = seed };
}

/* ---- look-ups in a grid ------------------------------------------------------------------------------ */

#define NUCLIDES 100

/*
 * XSBench: a binary search in the energies, a row of the grid, which in a third of the cases goes on in the next page,
 * and the tables of four nuclides. Energies are a half per cent of memory, tables 3 %, the grid is the rest.
 */
static int make_grid(const struct sim_pattern *pattern, struct sim_touches *touches, size_t nr,
		     uint64_t seed)
{
	uint32_t energies = touches->nr_pages / 200, tables = touches->nr_pages * 3ULL / 100;
	uint32_t before = energies + tables, rows = touches->nr_pages - before;
	struct stream s = start(touches, nr, seed);

	while (!is_full(&s)) {
		double energy = draw_part(&s);
		uint32_t low = 0, high = energies, row = (uint32_t)(energy * rows);

		for (int level = 0; level < 5 && high - low > 1; level++) {
			uint32_t middle = (low + high) / 2;

			touch(&s, middle);
			if (energy * energies < middle)
				high = middle;
			else
				low = middle;
		}
		touch(&s, (uint32_t)(energy * energies));
		touch(&s, before + row);
		if (draw_below(&s, 100) < 35 && row + 1 < rows)
			touch(&s, before + row + 1);
		for (int i = 0; i < 4; i++) {
			uint32_t nuclide = draw_below(&s, NUCLIDES);

			touch(&s, energies + (uint32_t)((nuclide + energy) * tables / NUCLIDES));
		}
	}
	return 0;
}

/* ---- look-ups in a B-tree ---------------------------------------------------------------------------- */

#define LEVELS 64
#define FANOUT 2.5

/* BTree: nodes of one level are spread evenly over memory, a leaf is as likely as any other. */
static int make_btree(const struct sim_pattern *pattern, struct sim_touches *touches, size_t nr,
		      uint64_t seed)
{
	uint32_t pages = touches->nr_pages;
	struct stream s = start(touches, nr, seed);
	double nodes[LEVELS];
	int levels = 0;

	for (double n = 1; n < pages * 0.9 && levels < LEVELS; n *= FANOUT)
		nodes[levels++] = n;
	while (!is_full(&s)) {
		double leaf = draw_part(&s);

		for (int level = 2; level < levels; level++) {
			double node = floor(leaf * nodes[level]);

			touch(&s, at_most((node + 0.5) * pages / nodes[level], pages - 1));
		}
		touch(&s, (uint32_t)(leaf * pages));
	}
	return 0;
}

/* ---- breadth-first searches -------------------------------------------------------------------------- */

#define LISTS_OF_A_PAGE 8

/* How a graph lies in memory, in pages. */
struct graph {
	uint32_t tree; /* 4 %: who is whose parent */
	uint32_t queue; /* 3 % */
	uint32_t hubs; /* lists of neighbours that fill pages by themselves */
	uint32_t lists; /* pages of all lists, with the hubs at the front */
	uint32_t edges; /* what a search is validated against */
	uint32_t *order; /* pages of lists of the others, a page once for each list in it */
	uint64_t nr_order;
};

static void shuffle(struct stream *s, uint32_t order[], uint64_t nr)
{
	for (uint64_t i = nr - 1; i > 0; i--) {
		uint64_t j = draw(s) % (i + 1);
		uint32_t other = order[i];

		order[i] = order[j];
		order[j] = other;
	}
}

/* From one root: lists in any order, hubs early, their neighbours in the tree, the queue from end to end. */
static void search(struct stream *s, const struct graph *g)
{
	uint32_t lists = g->tree + g->queue, hub = 0;
	uint64_t early = g->nr_order / 10, queued = 0;

	for (uint64_t i = 0; i < g->nr_order && !is_full(s); i++) {
		double neighbour;

		if (i < early && hub < g->hubs && hub * early < g->hubs * i)
			touch(s, lists + hub++);
		touch(s, lists + g->order[i]);
		neighbour = draw_part(s);
		touch(s, (uint32_t)(g->tree * neighbour * neighbour * neighbour));
		if (i % LISTS_OF_A_PAGE == 0)
			touch(s, g->tree + (uint32_t)(queued++ * g->queue /
						      (g->nr_order / LISTS_OF_A_PAGE + 1)));
	}
}

/* Graph500 looks at each edge after a search. */
static void validate(struct stream *s, const struct graph *g)
{
	uint32_t edges = g->tree + g->queue + g->lists;

	for (uint32_t i = 0; i < g->edges && !is_full(s); i++) {
		touch(s, edges + i);
		touch(s, (uint32_t)(g->tree * draw_part(s)));
	}
}

static int make_searches(struct sim_touches *touches, size_t nr, uint64_t seed, bool validated)
{
	uint32_t pages = touches->nr_pages;
	struct graph g = { .tree = pages * 4ULL / 100, .queue = pages * 3ULL / 100 };
	struct stream s = start(touches, nr, seed);
	uint32_t rest = pages - g.tree - g.queue;

	g.edges = validated ? rest / 2 : 0;
	g.lists = rest - g.edges;
	g.hubs = g.lists / 20;
	g.nr_order = (uint64_t)(g.lists - g.hubs) * LISTS_OF_A_PAGE;
	g.order = calloc(g.nr_order, sizeof(*g.order));
	if (!g.order)
		return -ENOMEM;
	for (uint64_t i = 0; i < g.nr_order; i++)
		g.order[i] = g.hubs + (uint32_t)(i / LISTS_OF_A_PAGE);
	/* Of a search that would only be begun little can be told. */
	for (int root = 0; touches->nr + g.lists * 20ULL < nr || root < 2; root++) {
		shuffle(&s, g.order, g.nr_order);
		search(&s, &g);
		validate(&s, &g);
		if (is_full(&s))
			break;
	}
	free(g.order);
	return 0;
}

static int make_bfs(const struct sim_pattern *pattern, struct sim_touches *touches, size_t nr,
		    uint64_t seed)
{
	return make_searches(touches, nr, seed, false);
}

static int make_bfs_validated(const struct sim_pattern *pattern, struct sim_touches *touches,
			      size_t nr, uint64_t seed)
{
	return make_searches(touches, nr, seed, true);
}

/* ---- all of them ------------------------------------------------------------------------------------- */

const struct sim_pattern sim_patterns[] = {
	{ "grid", "look-ups in a grid, as XSBench's", make_grid },
	{ "btree", "look-ups in a B-tree, all leaves alike", make_btree },
	{ "bfs", "breadth-first searches, as Graph500's", make_bfs },
	{ "bfs-validated", "the same, each validated by a pass over the edges",
	  make_bfs_validated },
};

const size_t sim_patterns_count = sizeof(sim_patterns) / sizeof(*sim_patterns);

const struct sim_pattern *sim_pattern_find(const char *name)
{
	for (size_t i = 0; i < sim_patterns_count; i++)
		if (!strcmp(sim_patterns[i].name, name))
			return &sim_patterns[i];
	return NULL;
}

/* Below this number of pages a pattern has parts of none. */
#define PAGES_MIN 1000

int sim_touches_make(const struct sim_pattern *pattern, uint32_t nr_pages, uint32_t per_page,
		     uint64_t seed, struct sim_touches *ret)
{
	uint64_t nr = (uint64_t)nr_pages * per_page;
	struct sim_touches touches = { .nr_pages = nr_pages, .nr_first = nr_pages };
	int r;

	if (nr_pages < PAGES_MIN || nr_pages > SIM_PLACE_MAX_PAGES || per_page < 2 ||
	    nr > SIM_PLACE_MAX_REFS)
		return -EINVAL;
	touches.pages = calloc(nr, sizeof(*touches.pages));
	if (!touches.pages)
		return -ENOMEM;
	for (; touches.nr < nr_pages; touches.nr++)
		touches.pages[touches.nr] = (uint32_t)touches.nr;
	r = pattern->make(pattern, &touches, nr, seed);
	if (r < 0) {
		sim_touches_done(&touches);
		return r;
	}
	*ret = touches;
	return 0;
}

void sim_touches_done(struct sim_touches *touches)
{
	free(touches->pages);
	*touches = (struct sim_touches){};
}
