/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walks of radix tables, alone and below one another: what every other design falls back to. Used by the designs.
 */
#ifndef SIM_WALK_RADIX_H
#define SIM_WALK_RADIX_H

#include "machine.h"

/* Which tables of a guest are read, and whether the host's are asked for them. */
enum walk_switch {
	WALK_SWITCH_ROOT =
		WALK_MAX_LEVELS + 1, /* every table of the guest is at a guest's address */
};

/* All of these give cycles, for an address that is mapped. */

/* The tables alone: native. */
uint32_t walk_radix(struct walk_machine *m, uint64_t va);
/* The host's tables for a guest's address, or the nested TLB. @row: of the histogram, the guest's level or 0 for data. */
uint32_t walk_host(struct walk_machine *m, uint64_t guest, unsigned int row);
/* Guest and host: 24 accesses at four levels. */
uint32_t walk_2d(struct walk_machine *m, uint64_t va);
/* One table for both, which the hypervisor keeps. */
uint32_t walk_shadow(struct walk_machine *m, uint64_t va);
/* Shadow tables down to a level, then guest and host. */
uint32_t walk_agile(struct walk_machine *m, uint64_t va);

/*
 * Asks the walk caches of an address for the deepest level whose table they know; of the levels that the walk then
 * reads, the entries come in. Returns the level that is read first.
 */
unsigned int walk_pwc_start(struct walk_machine *m, unsigned int set, uint64_t va, unsigned int top,
			    unsigned int leaf);

/* Where the hypervisor's own table for a guest has the entry of a level. */
uint64_t walk_shadow_entry(uint64_t va, unsigned int level);

/* One walk cache is asked, as FPT does: true if it knows; it does afterwards. */
bool walk_pwc_knows(struct walk_machine *m, unsigned int set, unsigned int level, uint64_t va);

/* Where the environment's plain walk is meant. */
static inline uint32_t walk_fall_back(struct walk_machine *m, uint64_t va)
{
	m->count.fallbacks++;
	return m->environment == WALK_NATIVE ? walk_radix(m, va) : walk_2d(m, va);
}

#endif
