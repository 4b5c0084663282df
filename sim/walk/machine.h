/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The simulated machine of one design: its TLBs, walk caches, data caches, and what has been counted. Each design has
 * one to itself and sees every reference. Used by the designs and by run.c; it knows no design.
 */
#ifndef SIM_WALK_MACHINE_H
#define SIM_WALK_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "lru.h"
#include "space.h"

enum walk_environment {
	WALK_NATIVE,
	WALK_VIRTUAL,
	WALK_NESTED, /* a guest within a guest */
};

enum walk_type {
	WALK_READ,
	WALK_WRITE,
	WALK_FETCH,
	WALK_TYPES,
};

/* Where an access of a radix walk is in the histogram: the guest's level, 0 for the data; the host's, 0 for the guest's own. */
typedef uint64_t walk_histogram[WALK_MAX_LEVELS + 1][WALK_MAX_LEVELS + 1][WALK_WHERES];

struct walk_counts {
	uint64_t references;
	uint64_t unmapped; /* references to what the space does not have; nothing else counts them */
	uint64_t l1_misses[4], walks[4]; /* TLB misses by level of the page's entry */
	uint64_t sequential, accesses; /* of memory by walks: one after the other, and all */
	uint64_t walk_cycles, data_cycles;
	uint64_t pwc_hits[2]
			 [WALK_MAX_LEVELS + 1]; /* of the guest (or alone), of the host; by level */
	uint64_t pwc_misses[2]; /* walks that began at the root */
	uint64_t nested_tlb_hits;
	uint64_t fallbacks; /* walks that a contiguous area could not answer */
	uint64_t registers; /* that have been of use, a bit each */
	uint64_t found[WALK_WHERES]; /* accesses of walks, by where; of every design */
	walk_histogram histogram; /* of radix walks, alone and below one another */
};

/* What was last asked of a page: its frame and its keys do not change. */
struct walk_memo {
	uint64_t page, frame;
	uint32_t leaf;
};

enum {
	WALK_MEMO_BITS = 8,
	WALK_MEMOS = 1 << WALK_MEMO_BITS,
};

struct walk_cuckoo;

struct walk_machine {
	struct walk_config config;
	enum walk_environment environment;
	struct walk_space guest; /* or the only one */
	struct walk_space middle; /* of the hypervisor in the middle */
	struct walk_space host;
	struct walk_lru dtlb[4]; /* by level of the page's entry */
	struct walk_lru itlb, stlb, l1i, l1d;
	struct walk_lines l2, l3;
	struct walk_lru pwc[2][WALK_MAX_LEVELS + 1];
	struct walk_lru nested_tlb;
	struct walk_lru cwc[2];
	struct walk_cuckoo *cuckoo; /* of ECPT, for a tree */
	uint64_t last_line; /* only for published defects */
	struct walk_memo memos[WALK_MEMOS];
	uint64_t remembered; /* pages that no memo had; says nothing of the simulated machine */
	struct walk_counts count;
};

/* 0, -EINVAL (walk_config_problem()) or -ENOMEM. The spaces are the caller's to set, before the first reference. */
int walk_machine_init(struct walk_machine *m, const struct walk_config *config,
		      enum walk_environment environment);
void walk_machine_done(struct walk_machine *m);

/* The first cache of walks, in cycles. */
static inline uint32_t walk_first_latency(const struct walk_machine *m)
{
	return m->config.latency[m->config.walk_level == 2 ? WALK_L2 : WALK_L1];
}

static inline enum walk_where walk_beyond_l1(struct walk_machine *m, uint64_t line)
{
	if (walk_lines_touch(&m->l2, line))
		return WALK_L2;
	if (walk_lines_touch(&m->l3, line))
		return WALK_L3;
	return WALK_MEMORY;
}

/* The defect: the last tag once more is not found, and nothing is touched. */
static inline bool walk_repeats(struct walk_machine *m, uint64_t line)
{
	bool repeats;

	if (__builtin_expect(!(m->config.defects & WALK_DEFECT_REPEATS), 1))
		return false;
	repeats = line == m->last_line;
	m->last_line = line;
	return repeats;
}

/* Where a byte of memory is found, and it is in all caches afterwards. */
static inline __attribute__((always_inline)) enum walk_where
walk_find(struct walk_machine *m, struct walk_lru *first, uint64_t physical)
{
	uint64_t line = physical >> WALK_LINE_SHIFT;

	if (walk_repeats(m, line))
		return WALK_MEMORY;
	if (walk_lru_touch(first, line))
		return WALK_L1;
	return walk_beyond_l1(m, line);
}

/* An access of a walk. */
static inline __attribute__((always_inline)) enum walk_where walk_access(struct walk_machine *m,
									 uint64_t physical)
{
	enum walk_where where;

	if (__builtin_expect(m->config.walk_level == 2, 0))
		where = walk_beyond_l1(m, physical >> WALK_LINE_SHIFT);
	else
		where = walk_find(m, &m->l1d, physical);
	m->count.accesses++;
	m->count.found[where]++;
	return where;
}

static inline __attribute__((always_inline)) uint32_t walk_cycles(struct walk_machine *m,
								  uint64_t physical)
{
	return m->config.latency[walk_access(m, physical)];
}

/* The host's address of a guest's. */
static inline uint64_t walk_host_address(const struct walk_machine *m, uint64_t guest)
{
	if (m->environment == WALK_NATIVE)
		return guest;
	if (m->environment == WALK_NESTED)
		guest = walk_space_data(&m->middle, guest);
	return walk_space_data(&m->host, guest);
}

/* The level of the host's entry for a guest's address; of nested ones the smaller page. */
static inline unsigned int walk_host_leaf(const struct walk_machine *m, uint64_t guest)
{
	unsigned int leaf, middle;

	if (m->environment == WALK_VIRTUAL)
		return walk_space_leaf(&m->host, guest);
	middle = walk_space_leaf(&m->middle, guest);
	leaf = walk_space_leaf(&m->host, walk_space_data(&m->middle, guest));
	return leaf < middle ? leaf : middle;
}

#endif
