/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which pages of a trace's files are there, by where they are: a request that gives a range back finds them without
 * a look at all others. Called by reader.c from the first such request on; it knows numbers, not files.
 */
#ifndef SIM_KNOWN_H
#define SIM_KNOWN_H

#include "intern.h"

/* Pages of a block: a range is looked through by blocks, and those at its ends by page. */
#define SIM_KNOWN_SHIFT 6
/* Bytes that an object costs at most: it may be the only one of its block. */
#define SIM_KNOWN_BYTES (SIM_INTERN_BYTES + 3 * sizeof(uint32_t))

/* Zero-initialised is empty. */
struct sim_known {
	struct sim_intern blocks; /* by number >> SIM_KNOWN_SHIFT */
	uint32_t *first; /* by block: 1 + an object of it that is there, 0: none is */
	uint32_t *next; /* by object: 1 + the next one of its block; SIM_KNOWN_GONE: it is not there */
	uint32_t nr_first, nr_next; /* that there is room for */
};

/* The object, of this number, is there. 0 or -ENOMEM. */
int sim_known_add(struct sim_known *known, uint32_t object, uint64_t number);

/*
 * Of the objects of @intern that are there those with numbers from @first to @end - 1: each is gone, and handed over.
 * What @gone returns below 0 ends it and is returned.
 */
int sim_known_remove(struct sim_known *known, const struct sim_intern *intern, uint64_t first,
		     uint64_t end, int (*gone)(void *userdata, uint64_t number), void *userdata);

void sim_known_done(struct sim_known *known);

#endif
