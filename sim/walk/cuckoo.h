/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cuckoo hash tables of page-table entries, eight to a line, three ways, at most 60 % full: what ECPT keeps for each size
 * of page. Of a tree they are really built, since a page may lie in any of its ways; of functions they are functions.
 * Used by ecpt.c and its tests.
 */
#ifndef SIM_WALK_CUCKOO_H
#define SIM_WALK_CUCKOO_H

#include <stdint.h>

#include "space.h"

enum {
	WALK_CUCKOO_WAYS = 3,
	WALK_CUCKOO_SIZES = 3, /* 4 KiB, 2 MiB, 1 GiB */
	WALK_CUCKOO_FILL = 60, /* per cent of lines */
};

struct walk_cuckoo_table {
	uint64_t *keys
		[WALK_CUCKOO_WAYS]; /* of clusters, one more than their number; 0: free. NULL: functions */
	uint32_t bits; /* log2 of a way's lines */
	uint64_t nr;
	uint32_t resizes;
};

struct walk_cuckoo {
	struct walk_cuckoo_table tables[WALK_CUCKOO_SIZES]; /* by level of the entry, less one */
};

/* All pages of a space. 0 or -ENOMEM. */
int walk_cuckoo_make(struct walk_cuckoo *cuckoo, const struct walk_space *space);
void walk_cuckoo_done(struct walk_cuckoo *cuckoo);

/* A cluster into a table that is built; it grows. 0 or -ENOMEM. */
int walk_cuckoo_add(struct walk_cuckoo_table *table, uint64_t cluster);

/* The line of a way that a cluster may be in. */
uint64_t walk_cuckoo_line(const struct walk_cuckoo_table *table, uint64_t cluster,
			  unsigned int way);
/* The way that it is in. */
unsigned int walk_cuckoo_way(const struct walk_cuckoo_table *table, uint64_t cluster);

#endif
