// SPDX-License-Identifier: GPL-2.0-only
/*
 * Macroscopic cross sections as XSBench looks them up: a binary search in the energies of all nuclides, a row that says
 * where this energy is in each nuclide's own grid, and there two points between which is interpolated, for each nuclide of
 * a material. The rows are most of memory, and any is as likely as any other.
 */
#include <math.h>

#include "workload.h"

enum {
	NUCLIDES = 68, /* of XSBench's small reactor */
	SECTIONS = 5,
	MATERIAL = 12, /* nuclides at most */
};

struct point {
	double energy, sections[SECTIONS];
};

struct grid {
	double *energies; /* of all nuclides, sorted */
	uint32_t *rows; /* for each of them, which point of each nuclide is not above it */
	struct point *points; /* of each nuclide, sorted */
	uint64_t nr_points, nr_energies;
};

/* Those of a nuclide are in order, and no two of all are the same. */
static double energy_of(const struct grid *g, uint64_t nuclide, uint64_t point)
{
	double jitter = (double)(workload_hash(point * NUCLIDES + nuclide) >> 11) / 0x1p53;

	return ((double)point + jitter) / (double)g->nr_points;
}

static void build_points(struct grid *g)
{
	for (uint64_t n = 0; n < NUCLIDES; n++)
		for (uint64_t i = 0; i < g->nr_points; i++) {
			struct point *point = &g->points[n * g->nr_points + i];

			point->energy = energy_of(g, n, i);
			for (uint64_t s = 0; s < SECTIONS; s++)
				point->sections[s] =
					(double)(workload_hash(point - g->points + s) % 1000);
		}
}

/* All nuclides' grids, merged: the row of an energy is how far each nuclide has come by then. */
static void build_rows(struct grid *g)
{
	uint32_t at[NUCLIDES] = {};

	for (uint64_t i = 0; i < g->nr_energies; i++) {
		uint32_t first = 0;
		double least = INFINITY;

		for (uint32_t n = 0; n < NUCLIDES; n++) {
			double energy = at[n] < g->nr_points ?
						g->points[n * g->nr_points + at[n]].energy :
						INFINITY;

			if (energy < least) {
				least = energy;
				first = n;
			}
		}
		at[first]++;
		g->energies[i] = least;
		for (uint32_t n = 0; n < NUCLIDES; n++)
			g->rows[i * NUCLIDES + n] = at[n] ? at[n] - 1 : 0;
	}
}

static void build(void *state)
{
	struct grid *g = state;
	const uint64_t a_point =
		NUCLIDES * (sizeof(double) + NUCLIDES * sizeof(uint32_t) + sizeof(struct point));

	g->nr_points = (workload_memory_left() - 64) / a_point;
	if (g->nr_points < 2)
		workload_die("build", "it has too little memory for two points of each nuclide");
	g->nr_energies = g->nr_points * NUCLIDES;
	g->energies = workload_memory(g->nr_energies * sizeof(*g->energies));
	g->points = workload_memory(g->nr_energies * sizeof(*g->points));
	g->rows = workload_memory(g->nr_energies * NUCLIDES * sizeof(*g->rows));
	build_points(g);
	build_rows(g);
}

/* The last energy that is not above; the first of all if none is. */
static uint64_t search(const struct grid *g, double energy)
{
	uint64_t low = 0, high = g->nr_energies;

	while (high - low > 1) {
		uint64_t middle = (low + high) / 2;

		if (g->energies[middle] <= energy)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Between the point and the next one. */
static double interpolate(const struct grid *g, const struct point *low, bool last, double energy)
{
	const struct point *high = last ? low : low + 1;
	double width = high->energy - low->energy,
	       part = width > 0 ? (energy - low->energy) / width : 0, sum = 0;

	for (int s = 0; s < SECTIONS; s++)
		sum += low->sections[s] + part * (high->sections[s] - low->sections[s]);
	return sum;
}

static double look_up(const struct grid *g, double energy, uint64_t row, uint64_t nuclide)
{
	uint64_t at = g->rows[row * NUCLIDES + nuclide];

	return interpolate(g, &g->points[nuclide * g->nr_points + at], at + 1 == g->nr_points,
			   energy);
}

static double draw_energy(void)
{
	return (double)(workload_random() >> 11) / 0x1p53;
}

static uint64_t step(void *state)
{
	struct grid *g = state;
	double energy = draw_energy(), sum = 0;
	uint64_t row = search(g, energy), nr = 4 + workload_below(MATERIAL - 3);

	for (uint64_t i = 0; i < nr; i++)
		sum += look_up(g, energy, row, workload_below(NUCLIDES));
	return (uint64_t)(sum * 1024);
}

/* Every nuclide at many energies, beside a search of its own grid from one end to the other. */
static uint64_t check(void *state)
{
	struct grid *g = state;
	uint64_t nr = 0;

	for (int i = 0; i < 400; i++) {
		double energy = draw_energy();
		uint64_t row = search(g, energy);

		for (uint64_t n = 0; n < NUCLIDES; n++, nr++) {
			const struct point *points = &g->points[n * g->nr_points];
			uint64_t at = 0;

			while (at + 1 < g->nr_points && points[at + 1].energy <= energy)
				at++;
			if (look_up(g, energy, row, n) !=
			    interpolate(g, &points[at], at + 1 == g->nr_points, energy))
				workload_broken(
					"a look-up is not what a search of the nuclide's grid gives");
		}
	}
	return nr;
}

const struct workload workload = { "grid", sizeof(struct grid), build, step, check };
