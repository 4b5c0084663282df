/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The arithmetic of the published simulator's processor: it simulates no design but the plain walk, and takes each
 * design's cycles from that walk's histogram. It is here to be compared with. Used by reports.
 */
#ifndef SIM_WALK_PUBLISHED_H
#define SIM_WALK_PUBLISHED_H

#include "machine.h"

struct walk_published {
	const char *design;
	double cycles; /* a walk, small pages */
	double cycles_huge; /* huge pages: the same misses, the last level dropped */
};

enum {
	WALK_PUBLISHED_MAX = 8,
};

/* The rows that a plain walk's counts give in its environment: how many; the first is the plain walk itself. */
unsigned int walk_published(const struct walk_counts *count, const struct walk_config *config,
			    enum walk_environment environment,
			    struct walk_published ret[WALK_PUBLISHED_MAX]);

#endif
