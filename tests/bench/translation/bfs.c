// SPDX-License-Identifier: GPL-2.0-only
/*
 * Breadth-first search from one vertex after the other, in a graph whose degrees are skewed as Graph500's are, kept as
 * offsets and neighbours.
 */
#include <string.h>

#include "workload.h"

enum {
	EDGE_FACTOR = 16,
};

static uint32_t *offsets, *neighbours, *parents, *queue;
static uint32_t vertices, scale;
static uint32_t head, tail;

#define NOBODY UINT32_MAX

/* An end of an edge: each bit is drawn by itself, 0 three times as often as 1. */
static uint32_t draw_vertex(uint64_t random)
{
	uint32_t vertex = 0;

	for (uint32_t bit = 0; bit < scale; bit++)
		vertex |= (uint32_t)((random >> 2 * bit & 3) == 0) << bit;
	/* So that the popular ones are not neighbours. */
	return (uint32_t)(workload_hash(vertex) & (vertices - 1));
}

static void edge_of(uint64_t i, uint32_t *from, uint32_t *to)
{
	*from = draw_vertex(workload_hash(2 * i + 1));
	*to = draw_vertex(workload_hash(2 * i + 2));
}

static void clear_parents(void)
{
	memset(parents, 0xff, vertices * sizeof(*parents));
}

static void build(uint64_t bytes)
{
	const uint64_t a_vertex = sizeof(uint32_t) * (3 + EDGE_FACTOR);
	uint64_t edges;
	uint32_t from, to;

	for (scale = 4; (a_vertex << (scale + 1)) + 256 <= bytes && scale < 30; scale++)
		;
	vertices = 1U << scale;
	edges = (uint64_t)vertices * EDGE_FACTOR;
	offsets = workload_memory((vertices + 1ULL) * sizeof(*offsets));
	neighbours = workload_memory(edges * sizeof(*neighbours));
	parents = workload_memory(vertices * sizeof(*parents));
	queue = workload_memory(vertices * sizeof(*queue));
	/* Counted, then put where they belong; the queue is not needed yet. */
	memset(offsets, 0, (vertices + 1ULL) * sizeof(*offsets));
	for (uint64_t i = 0; i < edges; i++) {
		edge_of(i, &from, &to);
		offsets[from + 1]++;
	}
	for (uint32_t i = 0; i < vertices; i++)
		offsets[i + 1] += offsets[i];
	memcpy(queue, offsets, vertices * sizeof(*queue));
	for (uint64_t i = 0; i < edges; i++) {
		edge_of(i, &from, &to);
		neighbours[queue[from]++] = to;
	}
	clear_parents();
}

/* Whoever was found is a neighbour of its parent. */
static void check(void)
{
	for (uint32_t i = 1; i < tail; i += 1 + tail / 64) {
		uint32_t vertex = queue[i], parent = parents[vertex], at, end;

		if (parent == NOBODY)
			workload_broken("a vertex that was found has no parent");
		end = offsets[parent + 1];
		for (at = offsets[parent]; at < end && neighbours[at] != vertex; at++)
			;
		if (at == end)
			workload_broken("a vertex is no neighbour of its parent");
	}
}

static void begin(void)
{
	uint32_t root = (uint32_t)workload_below(vertices);

	check();
	clear_parents();
	head = tail = 0;
	queue[tail++] = root;
	parents[root] = root;
}

/* A vertex of the queue. */
static uint64_t step(void)
{
	uint64_t found = 0;
	uint32_t vertex, end;

	if (head == tail)
		begin();
	vertex = GET(queue[head]);
	head++;
	end = GET(offsets[vertex + 1]);
	for (uint32_t i = GET(offsets[vertex]); i < end; i++) {
		uint32_t to = GET(neighbours[i]);

		if (GET(parents[to]) != NOBODY)
			continue;
		SET(parents[to], vertex);
		SET(queue[tail], to);
		tail++;
		found += to;
	}
	return found;
}

const struct workload workload = { "bfs", build, step };
