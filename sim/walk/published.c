// SPDX-License-Identifier: GPL-2.0-only
/*
 * Designs as sums over the histogram of the plain walk. See published.h; the formulas are those that the authors
 * published, with the guest's level first: G4H4 is [1][1] here, as levels count from the leaf.
 */
#include "published.h"

struct sums {
	double cell[WALK_MAX_LEVELS + 1][WALK_MAX_LEVELS + 1]; /* cycles a walk */
	unsigned int top;
};

static struct sums sums_of(const struct walk_counts *count, const struct walk_config *config)
{
	uint64_t walks = count->walks[1] + count->walks[2] + count->walks[3];
	struct sums sums = { .top = config->levels };

	for (unsigned int row = 0; row <= WALK_MAX_LEVELS; row++)
		for (unsigned int column = 0; column <= WALK_MAX_LEVELS; column++)
			for (unsigned int where = 0; where < WALK_WHERES && walks; where++)
				sums.cell[row][column] +=
					(double)count->histogram[row][column][where] *
					config->latency[where] / (double)walks;
	return sums;
}

/* The guest's (or only) entries from a level up. */
static double chain(const struct sums *s, unsigned int leaf)
{
	double sum = 0;

	for (unsigned int level = leaf; level <= s->top; level++)
		sum += s->cell[level][0];
	return sum;
}

static double host_chain(const struct sums *s, unsigned int row, unsigned int leaf)
{
	double sum = 0;

	for (unsigned int level = leaf; level <= WALK_MAX_LEVELS; level++)
		sum += s->cell[row][level];
	return sum;
}

static double all(const struct sums *s, unsigned int leaf)
{
	double sum = chain(s, leaf) + host_chain(s, 0, leaf);

	for (unsigned int row = leaf; row <= s->top; row++)
		sum += host_chain(s, row, leaf);
	return sum;
}

static double fpt(const struct sums *s, unsigned int leaf)
{
	return s->cell[leaf][0] + s->cell[leaf + 2][0];
}

static double vfpt(const struct sums *s, unsigned int leaf)
{
	double sum = fpt(s, leaf);

	for (unsigned int row = leaf; row <= leaf + 2; row += 2)
		sum += s->cell[row][leaf] + s->cell[row][leaf + 2];
	return sum + s->cell[0][leaf] + s->cell[0][leaf + 2];
}

/* Three dependent entries of which the first two are contiguous. */
static double vdmt(const struct sums *s, unsigned int leaf)
{
	return s->cell[leaf][leaf] + s->cell[leaf][0] + s->cell[0][leaf];
}

static double pvdmt(const struct sums *s, unsigned int leaf)
{
	return s->cell[leaf][0] + s->cell[0][leaf];
}

static double agile(const struct sums *s, unsigned int leaf)
{
	return chain(s, leaf) + host_chain(s, 0, leaf);
}

static double dmt(const struct sums *s, unsigned int leaf)
{
	return s->cell[leaf][0];
}

static double ecpt(const struct sums *s, unsigned int leaf)
{
	return dmt(s, leaf) + 2;
}

static double vecpt(const struct sums *s, unsigned int leaf)
{
	return vdmt(s, leaf) + 12;
}

static double npvdmt(const struct sums *s, unsigned int leaf)
{
	return pvdmt(s, leaf) * 3 / 2;
}

static const struct formula {
	enum walk_environment environment;
	const char *design;
	double (*cycles)(const struct sums *s, unsigned int leaf);
} formulas[] = {
	{ WALK_NATIVE, "radix", chain }, { WALK_NATIVE, "fpt", fpt },
	{ WALK_NATIVE, "ecpt", ecpt },	 { WALK_NATIVE, "dmt", dmt },
	{ WALK_VIRTUAL, "2d", all },	 { WALK_VIRTUAL, "agile", agile },
	{ WALK_VIRTUAL, "vfpt", vfpt },	 { WALK_VIRTUAL, "vecpt", vecpt },
	{ WALK_VIRTUAL, "vdmt", vdmt },	 { WALK_VIRTUAL, "pvdmt", pvdmt },
	{ WALK_NESTED, "nested", all },	 { WALK_NESTED, "npvdmt", npvdmt },
};

unsigned int walk_published(const struct walk_counts *count, const struct walk_config *config,
			    enum walk_environment environment,
			    struct walk_published ret[WALK_PUBLISHED_MAX])
{
	struct sums sums = sums_of(count, config);
	unsigned int nr = 0;

	for (size_t i = 0; i < sizeof(formulas) / sizeof(*formulas); i++)
		if (formulas[i].environment == environment)
			ret[nr++] = (struct walk_published){ formulas[i].design,
							     formulas[i].cycles(&sums, 1),
							     formulas[i].cycles(&sums, 2) };
	return nr;
}
