/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Zipf-distributed ranks for GetScan. Created by the pattern generators once a run. It must never
 * allocate or call libm while ranks are drawn.
 */
#ifndef MB_ZIPF_H
#define MB_ZIPF_H

#include "rng.h"

struct mb_zipf {
	double *cdf; /* cdf[i]: summed weight of the ranks 0..i, not normalised */
	u64 nr_ranks;
};

int mb_zipf_init(struct mb_zipf *ret_zipf, u64 nr_ranks, double theta);
void mb_zipf_free(struct mb_zipf *zipf);
u64 mb_zipf_draw(const struct mb_zipf *zipf, struct mb_rng *rng);

#endif
