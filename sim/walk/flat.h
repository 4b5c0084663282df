/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FPT: two levels of a radix table are one node of 2 MiB. Small pages are found by a node for the two upper levels and
 * one for the two lower ones; huge pages by an entry of the root and a node for the two levels below it. Both give
 * cycles, for an address that is mapped.
 */
#ifndef SIM_WALK_FLAT_H
#define SIM_WALK_FLAT_H

#include "machine.h"

uint32_t walk_fpt(struct walk_machine *m, uint64_t va);
uint32_t walk_vfpt(struct walk_machine *m, uint64_t va);

/* The entries that are read for an address, upper and lower; 0: one of a gibibyte is found in the upper one. */
void walk_flat_entries(const struct walk_space *space, uint64_t va, unsigned int leaf,
		       uint64_t ret[2]);

#endif
