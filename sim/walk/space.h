/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An address space: which pages it has, where their frames are, and where each level's entry for an address lies in
 * memory. Either it is a tree read from a dump, or a set of functions, so that hundreds of gigabytes need no memory.
 * Used by the designs; the tree is filled by dump.c.
 */
#ifndef SIM_WALK_SPACE_H
#define SIM_WALK_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"

enum {
	WALK_MAX_RANGES = 64, /* of a process */
	WALK_NODE_SLOTS = 512,
	WALK_WINDOW_SHIFT = 21,
	WALK_GIB_SHIFT = 30,
};

/*
 * Physical memory as one space sees it. Below WALK_AREAS are pages, and tables that a dump has seen; above are areas
 * of 64 GiB for what is made up: table pages by level, contiguous areas, and the tables of other designs.
 */
#define WALK_SPACE_BITS 42
#define WALK_AREAS (1ULL << (WALK_SPACE_BITS - 1))
#define WALK_AREA(n) (WALK_AREAS + ((uint64_t)(n) << 36))
#define WALK_HUGE_FRAMES (WALK_AREAS >> 1) /* of functions: here begin the frames of huge pages */
#define WALK_MAX_FOOTPRINT WALK_HUGE_FRAMES /* of functions: bytes */
/* Areas: 1 to 5 are tables of that level. */
enum {
	WALK_AREA_TEA = 6,
	WALK_AREA_TEA_2M = 7,
	WALK_AREA_CUCKOO = 8, /* one a way and size */
	WALK_AREA_FLAT = 17, /* two, four areas each */
};

/* The host has a part of its own for each of its structures. */
#define WALK_PART(n) ((uint64_t)(n) << WALK_SPACE_BITS)
enum {
	WALK_PART_HOST_TABLES = 1,
	WALK_PART_GUEST_TEA = 2, /* of a guest that lets its host allocate them */
	WALK_PART_SHADOW = 3,
	WALK_PART_MIDDLE_TABLES = 4, /* of the hypervisor in the middle */
};

/* A contiguous area of leaf tables: slot i is the table of start + i * 2 MiB. */
struct walk_range {
	uint64_t start, end;
	uint64_t base; /* of the tables of 4 KiB pages */
	uint64_t base_2m; /* of the entries of 2 MiB pages, from the gibibyte of start on; derived, not in a dump */
	int32_t reg; /* that holds it, -1: none */
	bool pages, huge; /* sizes of pages that it has */
};

/* A bijection of the numbers below 2^bits that leaves no order. */
struct walk_scatter {
	uint32_t low_bits;
	uint64_t low_mask, high_mask;
	uint64_t seed;
};

struct walk_node {
	uint64_t table; /* its address */
	uint64_t slots
		[WALK_NODE_SLOTS]; /* 0, address | WALK_SLOT_PAGE, or number of a node << 2 | WALK_SLOT_NODE */
};

enum {
	WALK_SLOT_PAGE = 1,
	WALK_SLOT_NODE = 2,
};

struct walk_tree {
	struct walk_node **nodes; /* the first is the root */
	uint32_t nr_nodes;
	uint32_t levels;
	uint64_t nr_pages[4]; /* by level of their entry */
};

struct walk_space {
	const struct walk_tree *tree; /* NULL: functions */
	uint64_t tree_end; /* addresses from here on are functions all the same */
	uint64_t tree_offset; /* added to an address before the tree is asked */
	uint64_t frames, huge_frames; /* where they begin */
	uint64_t tables; /* WALK_AREA() is seen relative to it */
	uint32_t bits; /* functions: addresses are below 2^bits */
	uint32_t huge_percent,
		placed_percent; /* functions: windows with a huge page; leaf tables in their slot */
	uint64_t seed;
	bool in_order; /* functions: frames and tables are not scattered */
	struct walk_scatter by_page, by_window, by_gib;
	struct walk_range ranges[WALK_MAX_RANGES];
	uint32_t nr_ranges;
};

enum walk_order {
	WALK_SCATTERED,
	WALK_IN_ORDER,
};

/* An address space of functions. @part: of physical memory that has its tables; 0: among its frames. */
void walk_space_make(struct walk_space *space, uint32_t bits, uint32_t part, enum walk_order order,
		     uint64_t seed);

/* Its leaf tables, or those of @percent per cent of its windows, lie in one area, and a register says where. */
void walk_space_place(struct walk_space *space, uint32_t percent);

/* What a tree has; the functions, which must be made already, serve what lies above @end. */
void walk_space_set_tree(struct walk_space *space, const struct walk_tree *tree, uint64_t end,
			 uint64_t offset);

/* The level of the entry that maps an address: 1, 2 or 3; 0: nothing does. */
unsigned int walk_tree_leaf(const struct walk_tree *tree, uint64_t va);
/* The address of an entry; 0: there is no such table. */
uint64_t walk_tree_entry(const struct walk_tree *tree, uint64_t va, unsigned int level);
uint64_t walk_tree_data(const struct walk_tree *tree, uint64_t va);

/* The range with an address, NULL: none. */
const struct walk_range *walk_space_range(const struct walk_space *space, uint64_t va);

/* ---- inline, for they are asked for each miss -------------------------------------------------------- */

static inline unsigned int walk_shift(unsigned int level)
{
	return WALK_PAGE_SHIFT + 9 * (level - 1);
}

static inline uint64_t walk_mix(uint64_t value, uint64_t seed)
{
	value = (value + seed) * 0x9e3779b97f4a7c15ULL;
	return (value ^ value >> 29) * 0xbf58476d1ce4e5b9ULL >> 20;
}

static inline uint64_t walk_scatter(const struct walk_scatter *s, uint64_t x)
{
	uint64_t low = x & s->low_mask, high = x >> s->low_bits;

	for (unsigned int round = 0; round < 2; round++) {
		low ^= ((high + s->seed + round) * 0x9e3779b97f4a7c15ULL >> 24) & s->low_mask;
		high ^= ((low + s->seed - round) * 0xbf58476d1ce4e5b9ULL >> 24) & s->high_mask;
	}
	return high << s->low_bits | low;
}

static inline bool walk_space_in_tree(const struct walk_space *space, uint64_t va)
{
	return space->tree && va < space->tree_end;
}

/* Is it one of @percent per cent? */
static inline bool walk_drawn(uint64_t number, uint32_t percent, uint64_t seed)
{
	return percent >= 100 || (percent && walk_mix(number, seed) % 100 < percent);
}

static inline unsigned int walk_space_leaf(const struct walk_space *space, uint64_t va)
{
	if (walk_space_in_tree(space, va))
		return walk_tree_leaf(space->tree, va + space->tree_offset);
	return walk_drawn(va >> WALK_WINDOW_SHIFT, space->huge_percent, space->seed + 1) ? 2 : 1;
}

static inline bool walk_space_placed(const struct walk_space *space, uint64_t window)
{
	return walk_drawn(window, space->placed_percent, space->seed + 2);
}

/* Where the entry of a level for an address lies. */
static inline uint64_t walk_space_entry(const struct walk_space *space, uint64_t va,
					unsigned int level)
{
	uint64_t offset = (va >> walk_shift(level) & (WALK_NODE_SLOTS - 1)) * 8;
	uint64_t table = va >> (walk_shift(level) + 9);

	if (walk_space_in_tree(space, va))
		return walk_tree_entry(space->tree, va + space->tree_offset, level);
	if (level == 1 && walk_space_placed(space, table))
		return space->tables + WALK_AREA(WALK_AREA_TEA) + (table << WALK_PAGE_SHIFT) +
		       offset;
	if (!space->in_order && level == 1)
		table = walk_scatter(&space->by_window, table);
	else if (!space->in_order && level == 2)
		table = walk_scatter(&space->by_gib, table);
	return space->tables + WALK_AREA(level) + (table << WALK_PAGE_SHIFT) + offset;
}

static inline uint64_t walk_space_data_of(const struct walk_space *space, uint64_t va,
					  unsigned int leaf)
{
	const uint64_t huge_mask = (1ULL << WALK_WINDOW_SHIFT) - 1;
	const uint64_t page_mask = (1ULL << WALK_PAGE_SHIFT) - 1;

	if (walk_space_in_tree(space, va))
		return walk_tree_data(space->tree, va + space->tree_offset);
	if (space->in_order)
		return (leaf == 2 ? space->huge_frames : space->frames) + va;
	if (leaf == 2)
		return space->huge_frames +
		       (walk_scatter(&space->by_window, va >> WALK_WINDOW_SHIFT)
			<< WALK_WINDOW_SHIFT) +
		       (va & huge_mask);
	return space->frames +
	       (walk_scatter(&space->by_page, va >> WALK_PAGE_SHIFT) << WALK_PAGE_SHIFT) +
	       (va & page_mask);
}

static inline uint64_t walk_space_data(const struct walk_space *space, uint64_t va)
{
	return walk_space_data_of(space, va, walk_space_leaf(space, va));
}

/* Of a range: where an address' slot is, by size of page. */
static inline uint64_t walk_range_slot(const struct walk_range *range, uint64_t va)
{
	return range->base + ((va - range->start) >> WALK_PAGE_SHIFT) * 8;
}

static inline uint64_t walk_range_slot_2m(const struct walk_range *range, uint64_t va)
{
	uint64_t gib = range->start >> WALK_GIB_SHIFT << WALK_GIB_SHIFT;

	return range->base_2m + ((va - gib) >> WALK_WINDOW_SHIFT) * 8;
}

#endif
