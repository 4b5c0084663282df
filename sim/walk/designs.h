/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The designs that are simulated, one row each, and what a reference does to one. Used by the reports and by whoever
 * wants a single design.
 */
#ifndef SIM_WALK_DESIGNS_H
#define SIM_WALK_DESIGNS_H

#include <stdio.h>

#include "machine.h"

struct walk_design {
	const char *name;
	const char *description;
	enum walk_environment environment;
	bool placed; /* leaf tables lie in contiguous areas where the spaces are functions */
	uint32_t (*walk)(struct walk_machine *m, uint64_t va);
	int (*prepare)(struct walk_machine *m); /* NULL: nothing; 0 or -ENOMEM */
	void (*done)(struct walk_machine *m);
};

extern const struct walk_design walk_designs[];
extern const size_t walk_designs_count;

const struct walk_design *walk_design_find(const char *name);
extern const char *const walk_environment_names[];

/* The spaces of all designs. */
struct walk_world {
	uint32_t bits; /* functions: a footprint below 2^bits */
	uint32_t huge_percent, host_huge_percent;
	uint32_t placed_percent;
	enum walk_order order;
	uint64_t seed;
	const struct walk_tree *tree; /* NULL: functions */
	const struct walk_tree *host_tree; /* likewise */
	uint64_t host_offset; /* where the guest's memory begins in the host's address space */
	const struct walk_range *ranges, *host_ranges; /* of the trees */
	uint32_t nr_ranges, nr_host_ranges;
};

/* One design with its machine. */
struct walk_run {
	const struct walk_design *design;
	struct walk_machine machine;
};

/* 0, -EINVAL (the machine or the world has a problem) or -ENOMEM. */
int walk_run_init(struct walk_run *run, const struct walk_design *design,
		  const struct walk_config *config, const struct walk_world *world);
void walk_run_done(struct walk_run *run);

/* A reference: an address, its type and its thread, as they are in a trace. */
#define WALK_ADDRESS_BITS 57
#define WALK_ADDRESS_MASK ((1ULL << WALK_ADDRESS_BITS) - 1)
#define WALK_TYPE_SHIFT WALK_ADDRESS_BITS
#define WALK_THREAD_SHIFT 60
#define WALK_MAX_THREADS 16

static inline uint64_t walk_reference(uint64_t address, enum walk_type type, unsigned int thread)
{
	return address | (uint64_t)type << WALK_TYPE_SHIFT | (uint64_t)thread << WALK_THREAD_SHIFT;
}

void walk_run_references(struct walk_run *run, const uint64_t *references, size_t nr);

/* What follows is counted, what was before is not. */
void walk_run_warm(struct walk_run *run);

#endif
