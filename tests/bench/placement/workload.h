/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the workloads of `make bench-mosaic` share: a data structure that fills a given number of pages, is made once, and
 * is then searched under one policy of placement or reclaim after the other. The structure is an image of memory that
 * always lies at the same address, so that it may have pointers. main() is in workload.c.
 */
#ifndef BENCH_PLACEMENT_WORKLOAD_H
#define BENCH_PLACEMENT_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct workload {
	const char *name;
	/* What it has beside its structure, in the image's head. */
	size_t state_size;
	/* Build the structure; it may take memory until none is left. */
	void (*build)(void *state);
	/* A search; what it returns depends on what it read. */
	uint64_t (*step)(void *state);
	/* Ask everything, and compare it with what is known without the structure. Returns how much was compared. */
	uint64_t (*check)(void *state);
};

/* Of the program. */
extern const struct workload workload;

/* Memory of the image. Ends the program if there is none left. */
void *workload_memory(uint64_t bytes);
uint64_t workload_memory_left(void);

/* Ends the program: a structure is not what it was built to be, or an answer is wrong. */
_Noreturn void workload_broken(const char *what);
_Noreturn void workload_die(const char *what, const char *why);

/* Memory that is not of the image. */
void *workload_scratch(uint64_t nr, uint64_t size);

uint64_t workload_random(void);

static inline uint64_t workload_below(uint64_t n)
{
	return (uint64_t)((unsigned __int128)workload_random() * n >> 64);
}

/* A bijection: what differs has another hash. */
static inline uint64_t workload_hash(uint64_t x)
{
	x = (x ^ x >> 31) * 0x7fb5d329728ea185ULL;
	x = (x ^ x >> 27) * 0x81dadef4bc2dd44dULL;
	return x ^ x >> 33;
}

#endif
