/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * References that programs would make, drawn from a seed: shapes of the paper's workloads at any size, the paper's
 * included, since a simulated page needs no memory. Used by reports and tests; they are shapes, not traces.
 */
#ifndef SIM_WALK_GENERATE_H
#define SIM_WALK_GENERATE_H

#include <stddef.h>
#include <stdint.h>

enum {
	WALK_BATCH = 4096,
	WALK_BATCH_SLACK = 1024, /* one step of a workload at most */
};

struct walk_generator;

struct walk_workload {
	const char *name;
	const char *description;
	double gib; /* its size in the paper, about */
	/* Sets the footprint, in bytes; @scale is a part of the paper's size. */
	void (*start)(struct walk_generator *g, double scale);
	/* Some references more. */
	void (*step)(struct walk_generator *g);
};

struct walk_generator {
	const struct walk_workload *workload;
	uint64_t random;
	uint64_t footprint;
	uint64_t stack, stack_top; /* eight KiB at the end of the addresses */
	uint64_t parts[6]; /* of the workload: where its tables begin, how long they are */
	uint64_t position;
	uint64_t batch[WALK_BATCH + WALK_BATCH_SLACK];
	size_t nr;
};

extern const struct walk_workload walk_workloads[];
extern const size_t walk_workloads_count;

const struct walk_workload *walk_workload_find(const char *name);

/* @scale: 1 is the paper's size; above 0, at most 4. The bits of the address space it needs. */
uint32_t walk_generator_start(struct walk_generator *g, const struct walk_workload *workload,
			      double scale, uint64_t seed);

/* Fills the batch: at least WALK_BATCH references. */
void walk_generator_next(struct walk_generator *g);

#endif
