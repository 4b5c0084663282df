// SPDX-License-Identifier: GPL-2.0-only
/*
 * Breadth-first searches over a graph whose degrees are skewed as Graph500's are (R-MAT), kept as offsets and neighbours. As
 * in the Mosaic paper the number of vertices stays while memory grows, and the vertices get more edges. A step is a search
 * from a root that has edges; without the pass over all edges by which Graph500 validates each search.
 */
#include <stdlib.h>
#include <string.h>

#include "workload.h"

enum {
	EDGE_FACTOR = 30, /* edges of a vertex at least */
	NOBODY = -1,
};

struct graph {
	uint64_t *offsets; /* of each vertex' first neighbour, and one behind */
	int64_t *neighbours; /* each edge from both ends */
	int64_t *parents;
	int64_t *queue;
	uint64_t scale, nr_edges;
};

static uint64_t vertices(const struct graph *g)
{
	return 1ULL << g->scale;
}

/* A bijection of the vertices, so that those with many edges are no neighbours in memory. */
static uint64_t shuffle(const struct graph *g, uint64_t vertex)
{
	const uint64_t mask = vertices(g) - 1, half = g->scale / 2 + 1;

	for (int round = 0; round < 3; round++) {
		vertex = (vertex * 0x9e3779b97f4a7c15ULL + 0x632be59bd9b4e019ULL) & mask;
		vertex ^= vertex >> half;
	}
	return vertex;
}

/* R-MAT with Graph500's shares: .57, .19, .19, .05 of the edges in the quarters of the matrix, and so on within. */
static void edge_of(const struct graph *g, uint64_t number, uint64_t *ret_from, uint64_t *ret_to)
{
	uint64_t from = 0, to = 0, random = 0;

	for (uint64_t bit = 0; bit < g->scale; bit++) {
		uint64_t part;

		if (bit % 4 == 0)
			random = workload_hash((number + 1) << 6 | bit);
		part = (random >> 16 * (bit % 4) & 0xffff) * 100 >> 16;
		from = from << 1 | (part >= 76);
		to = to << 1 | ((part >= 57 && part < 76) || part >= 95);
	}
	*ret_from = shuffle(g, from);
	*ret_to = shuffle(g, to);
}

/* Counted, then put where they belong. */
static void build(void *state)
{
	struct graph *g = state;
	const uint64_t a_vertex = 3 * sizeof(int64_t), an_edge = 2 * sizeof(int64_t);
	uint64_t *at, (*edges)[2], left = workload_memory_left();

	while ((a_vertex + EDGE_FACTOR * an_edge) << (g->scale + 1) <= left)
		g->scale++;
	if (left < a_vertex + 128)
		workload_die("build", "it has too little memory for a graph");
	g->offsets = workload_memory((vertices(g) + 1) * sizeof(*g->offsets));
	g->parents = workload_memory(vertices(g) * sizeof(*g->parents));
	g->queue = workload_memory(vertices(g) * sizeof(*g->queue));
	g->nr_edges = (workload_memory_left() - 64) / an_edge;
	g->neighbours = workload_memory(g->nr_edges * an_edge);
	at = workload_scratch(vertices(g), sizeof(*at));
	edges = workload_scratch(g->nr_edges, sizeof(*edges));
	for (uint64_t i = 0; i < g->nr_edges; i++) {
		edge_of(g, i, &edges[i][0], &edges[i][1]);
		g->offsets[edges[i][0] + 1]++;
		g->offsets[edges[i][1] + 1]++;
	}
	for (uint64_t i = 0; i < vertices(g); i++) {
		at[i] = g->offsets[i];
		g->offsets[i + 1] += g->offsets[i];
	}
	for (uint64_t i = 0; i < g->nr_edges; i++) {
		g->neighbours[at[edges[i][0]]++] = (int64_t)edges[i][1];
		g->neighbours[at[edges[i][1]]++] = (int64_t)edges[i][0];
	}
	free(at);
	free(edges);
}

/* From the root to all that can be reached; returns how many those are. */
static uint64_t search(struct graph *g, uint64_t root)
{
	uint64_t head = 0, tail = 0;

	memset(g->parents, NOBODY, vertices(g) * sizeof(*g->parents));
	g->parents[root] = (int64_t)root;
	g->queue[tail++] = (int64_t)root;
	while (head < tail) {
		uint64_t vertex = (uint64_t)g->queue[head++];

		for (uint64_t i = g->offsets[vertex]; i < g->offsets[vertex + 1]; i++) {
			int64_t to = g->neighbours[i];

			if (g->parents[to] != NOBODY)
				continue;
			g->parents[to] = (int64_t)vertex;
			g->queue[tail++] = to;
		}
	}
	return tail;
}

static uint64_t draw_root(const struct graph *g)
{
	for (uint64_t tries = 0; tries < 64 * vertices(g); tries++) {
		uint64_t root = workload_below(vertices(g));

		if (g->offsets[root] < g->offsets[root + 1])
			return root;
	}
	workload_broken("no vertex has edges");
}

static uint64_t step(void *state)
{
	struct graph *g = state;
	uint64_t found = search(g, draw_root(g)), sum = found;

	for (uint64_t i = 0; i < found; i += 64)
		sum = sum * 31 + (uint64_t)g->parents[g->queue[i]];
	return sum;
}

/* ---- checking ----------------------------------------------------------------------------------------- */

/* How far each vertex is from the root, -1: out of reach; from the edges alone, by passing over all of them. */
static int64_t *naive_distances(const struct graph *g, uint64_t root)
{
	int64_t *distances = workload_scratch(vertices(g), sizeof(*distances));
	bool changed = true;

	memset(distances, -1, vertices(g) * sizeof(*distances));
	distances[root] = 0;
	for (int64_t near = 0; changed; near++) {
		changed = false;
		for (uint64_t i = 0; i < g->nr_edges; i++) {
			uint64_t ends[2];

			edge_of(g, i, &ends[0], &ends[1]);
			for (int end = 0; end < 2; end++) {
				if (distances[ends[end]] != near || distances[ends[!end]] >= 0)
					continue;
				distances[ends[!end]] = near + 1;
				changed = true;
			}
		}
	}
	return distances;
}

/* In the order of the queue a parent's distance is known before its children's. */
static int64_t *distances_of(const struct graph *g, uint64_t root, uint64_t found)
{
	int64_t *distances = workload_scratch(vertices(g), sizeof(*distances));

	memset(distances, -1, vertices(g) * sizeof(*distances));
	distances[root] = 0;
	for (uint64_t i = 1; i < found; i++)
		distances[g->queue[i]] = distances[g->parents[g->queue[i]]] + 1;
	return distances;
}

static void check_edges(const struct graph *g)
{
	uint64_t sum = 0, from, to;

	if (g->offsets[vertices(g)] != 2 * g->nr_edges)
		workload_broken("it has not two neighbours an edge");
	for (uint64_t i = 0; i < 2 * g->nr_edges; i++)
		sum += workload_hash((uint64_t)g->neighbours[i]);
	for (uint64_t i = 0; i < g->nr_edges; i++) {
		edge_of(g, i, &from, &to);
		sum -= workload_hash(from) + workload_hash(to);
	}
	if (sum)
		workload_broken("its neighbours are not the ends of its edges");
}

static uint64_t check(void *state)
{
	struct graph *g = state;
	uint64_t nr = 0;

	check_edges(g);
	for (int i = 0; i < 8; i++) {
		uint64_t root = draw_root(g), found = search(g, root);
		int64_t *naive = naive_distances(g, root), *ours = distances_of(g, root, found);

		for (uint64_t vertex = 0; vertex < vertices(g); vertex++, nr++)
			if (naive[vertex] != ours[vertex])
				workload_broken(
					"a distance is not what passing over all edges gives");
		free(naive);
		free(ours);
	}
	return nr;
}

const struct workload workload = { "bfs", sizeof(struct graph), build, step, check };
