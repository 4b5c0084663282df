// SPDX-License-Identifier: GPL-2.0-only
/*
 * Macroscopic cross sections as XSBench looks them up: a binary search in the energies of all nuclides, then two points
 * of the grid of each nuclide of a material.
 */
#include "workload.h"

enum {
	NUCLIDES = 64,
};

struct point {
	double energy, sections[5];
};

static double *energies; /* of all nuclides, sorted */
static uint32_t *rows; /* for each of them, where it is in each nuclide's grid */
static struct point *grids;
static uint64_t points, nr_energies;

static double energy_at(uint64_t i)
{
	return (double)i / (double)nr_energies;
}

static void build(uint64_t bytes)
{
	const uint64_t a_point =
		NUCLIDES * (sizeof(double) + NUCLIDES * sizeof(uint32_t) + sizeof(struct point));

	points = (bytes - 256) / a_point;
	points = points ? points : 1;
	nr_energies = points * NUCLIDES;
	energies = workload_memory(nr_energies * sizeof(*energies));
	rows = workload_memory(nr_energies * NUCLIDES * sizeof(*rows));
	grids = workload_memory(nr_energies * sizeof(*grids));
	for (uint64_t i = 0; i < nr_energies; i++) {
		energies[i] = energy_at(i);
		/* Nuclide n has each 64th energy, from the n-th on. */
		for (uint64_t n = 0; n < NUCLIDES; n++) {
			uint64_t at = i < n ? 0 : (i - n) / NUCLIDES;

			rows[i * NUCLIDES + n] = (uint32_t)(at < points - 1 ? at : points - 1);
		}
	}
	for (uint64_t n = 0; n < NUCLIDES; n++)
		for (uint64_t i = 0; i < points; i++) {
			struct point *point = &grids[n * points + i];

			point->energy = energy_at(i * NUCLIDES + n);
			for (uint64_t s = 0; s < 5; s++)
				point->sections[s] = (double)(workload_hash(i * 5 + s) % 1000);
		}
}

static uint64_t search(double energy)
{
	uint64_t low = 0, high = nr_energies;

	while (high - low > 1) {
		uint64_t middle = (low + high) / 2;

		if (GET(energies[middle]) <= energy)
			low = middle;
		else
			high = middle;
	}
	if (energies[low] > energy || (high < nr_energies && energies[high] <= energy))
		workload_broken("an energy is not between its neighbours");
	return low;
}

static uint64_t step(void)
{
	double energy = energy_at(workload_below(nr_energies)), sum = 0;
	uint64_t row = search(energy), nr = 4 + workload_below(NUCLIDES / 2);

	for (uint64_t i = 0; i < nr; i++) {
		uint64_t nuclide = workload_below(NUCLIDES);
		uint64_t at = GET(rows[row * NUCLIDES + nuclide]);
		const struct point *low = &grids[nuclide * points + at];
		const struct point *high = at + 1 < points ? low + 1 : low;
		double part = energy - GET(low->energy);

		for (int s = 0; s < 5; s++)
			sum += GET(low->sections[s]) +
			       part * (GET(high->sections[s]) - low->sections[s]);
	}
	return (uint64_t)sum;
}

const struct workload workload = { "xsbench", build, step };
