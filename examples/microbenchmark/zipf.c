// SPDX-License-Identifier: GPL-2.0-only
/*
 * Zipf-distributed ranks by inversion: rank i has weight 1 / (i + 1)^theta, theta 0 is uniform. Called
 * by patterns.c. It must never approximate: the closed formula that YCSB uses changes the mass of the
 * first ranks, and with it every figure that a cache simulation gives for the stream.
 */
#include "zipf.h"

#include <errno.h>
#include <math.h>

int mb_zipf_init(struct mb_zipf *ret_zipf, u64 nr_ranks, double theta)
{
	double *cdf, sum = 0;

	if (!nr_ranks)
		return -EINVAL;
	cdf = calloc(nr_ranks, sizeof(*cdf));
	if (!cdf)
		return -ENOMEM;
	for (u64 i = 0; i < nr_ranks; i++) {
		sum += pow((double)(i + 1), -theta);
		cdf[i] = sum;
	}
	*ret_zipf = (struct mb_zipf){ .cdf = cdf, .nr_ranks = nr_ranks };
	return 0;
}

void mb_zipf_free(struct mb_zipf *zipf)
{
	free(zipf->cdf);
	*zipf = (struct mb_zipf){ 0 };
}

/* The first rank whose cumulative weight exceeds the draw. */
u64 mb_zipf_draw(const struct mb_zipf *zipf, struct mb_rng *rng)
{
	double point = mb_rng_unit(rng) * zipf->cdf[zipf->nr_ranks - 1];
	u64 low = 0, high = zipf->nr_ranks - 1;

	while (low < high) {
		u64 middle = low + (high - low) / 2;

		if (zipf->cdf[middle] > point)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}
