/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the simulated machine has: sizes, latencies, levels, and the defects of the published simulator that are to be
 * repeated. The defaults are those of the published scripts; what they do not say is ours and is marked. Used by every
 * file of sim/walk; it reads no file.
 */
#ifndef SIM_WALK_CONFIG_H
#define SIM_WALK_CONFIG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
	WALK_MAX_LEVELS = 5,
	WALK_LINE_SHIFT = 6,
	WALK_PAGE_SHIFT = 12,
};

/* Physical addresses end here: the tags of the caches are of 32 bits. */
#define WALK_PHYSICAL_BITS 46

enum walk_where {
	WALK_PWC,
	WALK_L1,
	WALK_L2,
	WALK_L3,
	WALK_MEMORY,
	WALK_WHERES,
};

extern const char *const walk_where_names[WALK_WHERES];

/* Defects of the published simulator; see published.h. */
enum walk_defect {
	WALK_DEFECT_REPEATS =
		1, /* the same tag twice running is a miss, in caches and walk caches */
	WALK_DEFECT_FRAMES = 2, /* frame numbers of tables are taken for addresses */
	WALK_DEFECT_KEYS = 4, /* an entry of a walk cache serves eight neighbours */
	WALK_DEFECT_LAST_WALK = 8, /* the host's walk for the data asks no walk cache */
	WALK_DEFECT_LFU = 16, /* TLBs forget what was used least often */
};

struct walk_array {
	uint32_t entries, ways;
};

struct walk_config {
	struct walk_array itlb, dtlb, dtlb_2m, dtlb_1g, stlb;
	struct walk_array l1i, l1d, l2, l3; /* entries: lines of 64 bytes */
	struct walk_array pwc[WALK_MAX_LEVELS + 1]; /* by the level whose entries it holds: 2 to 5 */
	struct walk_array nested_tlb, cwc;
	uint32_t latency[WALK_WHERES];
	uint32_t hash, guest_hash; /* of ECPT: cycles a step, native and virtualised */
	uint32_t levels, host_levels;
	uint32_t agile; /* levels of Agile's walk that are nested, from the leaf; one more than levels: the root too */
	uint32_t registers;
	uint32_t walk_caches; /* 0: none is asked */
	uint32_t combined; /* 1: a walk cache of the guest gives a host address */
	uint32_t walk_level; /* the first cache that a walk asks: 1 or 2 */
	uint32_t defects; /* enum walk_defect */
};

extern const struct walk_config walk_config_defaults;

/* A word KEY=VALUE. 0, or -EINVAL and what is wrong with it, in @problem. */
int walk_config_set(struct walk_config *config, const char *word, char *problem, size_t size);

/* What does not go together, as a sentence; NULL: nothing. */
const char *walk_config_problem(const struct walk_config *config);

/* All keys with their values, a line each. */
void walk_config_print(const struct walk_config *config, FILE *out);

#endif
