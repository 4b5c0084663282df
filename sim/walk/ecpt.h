/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ECPT: page tables are hash tables, all of whose places for an address are asked at once, or the one that a cuckoo walk
 * cache knows. Used by the table of designs.
 */
#ifndef SIM_WALK_ECPT_H
#define SIM_WALK_ECPT_H

#include "machine.h"

/* After the spaces have been set: the tables of a machine's spaces. 0 or -ENOMEM. */
int walk_ecpt_prepare(struct walk_machine *m);
void walk_ecpt_done(struct walk_machine *m);

/* Both give cycles, for an address that is mapped. */
uint32_t walk_ecpt(struct walk_machine *m, uint64_t va);
uint32_t walk_vecpt(struct walk_machine *m, uint64_t va);

enum {
	WALK_ECPT_PROBES = 9, /* three ways of three sizes */
	WALK_ECPT_CWC_SHIFT = 27, /* a line of one byte for each window */
};

/* The entries that may be an address', the right one first if it is @known to be. How many. */
unsigned int walk_ecpt_probes(const struct walk_cuckoo *cuckoo, const struct walk_space *space,
			      uint64_t address, bool known, uint64_t ret[WALK_ECPT_PROBES]);

#endif
