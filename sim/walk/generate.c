// SPDX-License-Identifier: GPL-2.0-only
/*
 * Synthetic workloads at the footprints of the paper's. See generate.h.
 */
#include "generate.h"

#include <math.h>
#include <string.h>

#include "space.h"

#define GIB (1ULL << 30)
#define STACK_BYTES 8192ULL
#define STACK_USED 2048ULL

/* ---- drawing ----------------------------------------------------------------------------------------- */

static inline uint64_t draw(struct walk_generator *g)
{
	g->random ^= g->random << 13;
	g->random ^= g->random >> 7;
	g->random ^= g->random << 17;
	return g->random;
}

static inline uint64_t below(struct walk_generator *g, uint64_t n)
{
	return (uint64_t)((unsigned __int128)draw(g) * n >> 64);
}

/* Some are wanted more often than others: number n with a probability that falls by about n^-theta. */
static inline uint64_t skewed(struct walk_generator *g, uint64_t n, double theta)
{
	double u = (double)(draw(g) >> 11) * 0x1p-53;

	return (uint64_t)((double)n * (theta == 0.5 ? u * u : pow(u, 1 / (1 - theta))));
}

/* All bits of a number, so that its low ones may be used. */
static inline uint64_t hash(uint64_t x)
{
	x ^= x >> 31;
	x *= 0x7fb5d329728ea185ULL;
	x ^= x >> 27;
	x *= 0x81dadef4bc2dd44dULL;
	return x ^ x >> 33;
}

static inline void refer(struct walk_generator *g, uint64_t address)
{
	g->batch[g->nr++] = address;
}

/* What a program does on its stack meanwhile. */
static inline void local(struct walk_generator *g, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		g->stack = (g->stack + 8) & (STACK_USED - 1);
		refer(g, g->stack_top + g->stack);
	}
}

static uint64_t scaled(double amount, double scale)
{
	uint64_t value = (uint64_t)(amount * scale);

	return value ? value : 1;
}

/* ---- workloads --------------------------------------------------------------------------------------- */

static void gups_start(struct walk_generator *g, double scale)
{
	g->footprint = scaled(128.0 * GIB, scale);
}

/* A word anywhere is read and written. */
static void gups_step(struct walk_generator *g)
{
	uint64_t word = below(g, g->footprint / 8) * 8;

	local(g, 2);
	refer(g, word);
	refer(g, word);
}

enum { NODE = 512, FAN_OUT = 12 };

static void btree_start(struct walk_generator *g, double scale)
{
	g->footprint = scaled(125.0 * GIB, scale);
	g->parts[0] = g->footprint / NODE + 1;
	for (uint64_t level = 1; level < g->parts[0]; level *= FAN_OUT)
		g->parts[1]++;
}

/* From the root to a leaf, nodes scattered as they were allocated. */
static void btree_step(struct walk_generator *g)
{
	uint64_t key = draw(g), nodes = 1;

	for (uint64_t depth = 0; depth < g->parts[1]; depth++, nodes *= FAN_OUT) {
		uint64_t node = hash(key % nodes + nodes) % (g->parts[0] - 1 ? g->parts[0] - 1 : 1);

		local(g, 3);
		refer(g, node * NODE);
		refer(g, node * NODE + 64 + (key >> depth & 3) * 64);
		refer(g, node * NODE + 256 + (key >> (depth + 5) & 3) * 64);
	}
}

enum { NUCLIDES = 355 };

static void xsbench_start(struct walk_generator *g, double scale)
{
	g->parts[0] = scaled(60e6, scale); /* energies */
	g->parts[1] = scaled(170000, scale); /* grid points of a nuclide */
	g->parts[2] = g->parts[0] * 16; /* rows of indices */
	g->parts[3] = g->parts[2] + g->parts[0] * NUCLIDES * 4; /* grids */
	g->footprint = g->parts[3] + NUCLIDES * g->parts[1] * 48 + 64;
}

/* A binary search for an energy, then some nuclides of its row. */
static void xsbench_step(struct walk_generator *g)
{
	uint64_t wanted = below(g, g->parts[0]), low = 0, high = g->parts[0];
	unsigned int nr = 20 + (unsigned int)below(g, 30);

	while (high - low > 1) {
		uint64_t middle = (low + high) / 2;

		refer(g, middle * 16);
		local(g, 1);
		if (middle <= wanted)
			low = middle;
		else
			high = middle;
	}
	while (nr--) {
		uint64_t nuclide = below(g, NUCLIDES);
		uint64_t point = g->parts[3] + (nuclide * g->parts[1] + below(g, g->parts[1])) * 48;

		refer(g, g->parts[2] + (wanted * NUCLIDES + nuclide) * 4);
		refer(g, point);
		refer(g, point + 16);
		refer(g, point + 48);
		local(g, 4);
	}
}

static void redis_start(struct walk_generator *g, double scale)
{
	g->parts[0] = scaled(512e6, scale); /* keys */
	g->parts[1] = g->parts[0] * 8; /* entries, behind the buckets */
	g->parts[2] = g->parts[1] + g->parts[0] * 48; /* values */
	g->footprint = g->parts[2] + g->parts[0] * 272;
}

/* A bucket, its entry, the value; much is done meanwhile. */
static void redis_step(struct walk_generator *g)
{
	uint64_t keys = g->parts[0], key = hash(skewed(g, keys, 0.5)) % keys;
	uint64_t entry = g->parts[1] + hash(key) % keys * 48;
	uint64_t value = g->parts[2] + hash(key + 9) % keys * 272;

	local(g, 40);
	refer(g, hash(key * 3) % keys * 8);
	refer(g, entry);
	refer(g, entry + 16);
	for (uint64_t i = 0; i < 5; i++)
		refer(g, value + i * 56);
	local(g, 20);
}

static void bfs_start(struct walk_generator *g, double scale)
{
	g->parts[0] = scaled(1 << 27, scale); /* vertices */
	g->parts[1] = g->parts[0] * 16; /* neighbours, behind the offsets */
	g->parts[2] = g->parts[1] + g->parts[0] * 64 * 8; /* parents */
	g->footprint = g->parts[2] + g->parts[0] * 8;
}

/* A vertex, and the parent of each of its neighbours. */
static void bfs_step(struct walk_generator *g)
{
	uint64_t vertices = g->parts[0], vertex = below(g, vertices);
	uint64_t neighbours = g->parts[1] + hash(vertex) % (vertices * 60) * 8;
	uint64_t degree = 1 + skewed(g, 120, 0.4);

	refer(g, vertex * 16);
	refer(g, vertex * 16 + 8);
	/* The last vertices' neighbours would lie behind the array. */
	for (uint64_t i = 0; i < degree; i++) {
		refer(g, neighbours + i * 8 < g->parts[2] ? neighbours + i * 8 : neighbours);
		refer(g, g->parts[2] + hash(skewed(g, vertices, 0.45)) % vertices * 8);
		local(g, 2);
	}
}

static void canneal_start(struct walk_generator *g, double scale)
{
	g->parts[0] = scaled(62.0 * GIB / 128, scale); /* elements */
	g->footprint = g->parts[0] * 128;
}

/* An element and four that it is connected to. */
static void canneal_step(struct walk_generator *g)
{
	uint64_t element = below(g, g->parts[0]);

	refer(g, element * 128);
	refer(g, element * 128 + 64);
	for (uint64_t i = 0; i < 4; i++) {
		refer(g, hash(element * 7 + i) % g->parts[0] * 128 + 32);
		local(g, 4);
	}
}

static void stream_start(struct walk_generator *g, double scale)
{
	g->parts[0] = scaled(40.0 * GIB, scale) / 8 * 8 + 8; /* an array */
	g->footprint = 3 * g->parts[0];
}

static void stream_step(struct walk_generator *g)
{
	for (uint64_t i = 0; i < 3; i++)
		refer(g, i * g->parts[0] + g->position);
	g->position = (g->position + 8) % g->parts[0];
}

const struct walk_workload walk_workloads[] = {
	{ "gups", "a word anywhere, read and written", 128, gups_start, gups_step },
	{ "btree", "look-ups in a tree of scattered nodes", 125, btree_start, btree_step },
	{ "xsbench", "binary searches, then rows and grids", 84, xsbench_start, xsbench_step },
	{ "redis", "skewed look-ups of keys, with work meanwhile", 155, redis_start, redis_step },
	{ "bfs", "vertices and the parents of their neighbours", 67, bfs_start, bfs_step },
	{ "canneal", "elements and those they are connected to", 62, canneal_start, canneal_step },
	{ "stream", "three arrays, one word after the other", 120, stream_start, stream_step },
};

const size_t walk_workloads_count = sizeof(walk_workloads) / sizeof(*walk_workloads);

const struct walk_workload *walk_workload_find(const char *name)
{
	for (size_t i = 0; i < walk_workloads_count; i++)
		if (!strcmp(walk_workloads[i].name, name))
			return &walk_workloads[i];
	return NULL;
}

uint32_t walk_generator_start(struct walk_generator *g, const struct walk_workload *workload,
			      double scale, uint64_t seed)
{
	uint32_t bits = WALK_WINDOW_SHIFT + 1;

	memset(g, 0, sizeof(*g));
	g->workload = workload;
	/* It must never be 0. */
	g->random = 88172645463325252ULL ^ seed << 20;
	workload->start(g, scale);
	while (1ULL << bits < g->footprint + STACK_BYTES)
		bits++;
	g->stack_top = (1ULL << bits) - STACK_BYTES;
	return bits;
}

void walk_generator_next(struct walk_generator *g)
{
	g->nr = 0;
	while (g->nr < WALK_BATCH)
		g->workload->step(g);
}
