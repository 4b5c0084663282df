/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The random numbers of the microbenchmark: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), written from
 * the published description. Called by the pattern generators only. It must never ask the system for
 * randomness: one seed gives one stream on every machine, which is what makes page reads comparable.
 */
#ifndef MB_RNG_H
#define MB_RNG_H

#include "util.h"

struct mb_rng {
	u64 state;
};

static inline void mb_rng_seed(struct mb_rng *rng, u64 seed)
{
	rng->state = seed;
}

/* A Weyl sequence over the golden ratio, finished by a 64-bit mixer: period 2^64, any seed is good. */
static inline u64 mb_rng_next(struct mb_rng *rng)
{
	u64 z = rng->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/*
 * 0 <= result < bound. The high half of a 128-bit product costs one draw whatever the bound is, so the
 * streams of two bounds stay in step; its bias is below bound / 2^64.
 */
static inline u64 mb_rng_below(struct mb_rng *rng, u64 bound)
{
	return (u64)(((unsigned __int128)mb_rng_next(rng) * bound) >> 64);
}

/* 0 <= result < 1, all 53 bits of a double's mantissa random: exact, no rounding involved. */
static inline double mb_rng_unit(struct mb_rng *rng)
{
	return (double)(mb_rng_next(rng) >> 11) * 0x1p-53;
}

#endif
