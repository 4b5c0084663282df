// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address spaces of functions, and questions to those that are trees. See space.h.
 */
#include "space.h"

static void scatter_make(struct walk_scatter *scatter, uint32_t bits, uint64_t seed)
{
	uint32_t low = bits / 2;

	*scatter = (struct walk_scatter){ .low_bits = low,
					  .low_mask = (1ULL << low) - 1,
					  .high_mask = (1ULL << (bits - low)) - 1,
					  .seed = seed };
}

static uint32_t bits_above(uint32_t bits, uint32_t shift)
{
	return bits > shift + 1 ? bits - shift : 1;
}

void walk_space_make(struct walk_space *space, uint32_t bits, uint32_t part, enum walk_order order,
		     uint64_t seed)
{
	*space = (struct walk_space){ .bits = bits,
				      .tables = part ? WALK_PART(part) - WALK_AREAS : 0,
				      .huge_frames = part ? 0 : WALK_HUGE_FRAMES,
				      .seed = seed,
				      .in_order = order == WALK_IN_ORDER };
	scatter_make(&space->by_page, bits_above(bits, WALK_PAGE_SHIFT), seed + 11);
	scatter_make(&space->by_window, bits_above(bits, WALK_WINDOW_SHIFT), seed + 101);
	scatter_make(&space->by_gib, bits_above(bits, WALK_GIB_SHIFT), seed + 1009);
}

void walk_space_place(struct walk_space *space, uint32_t percent)
{
	space->placed_percent = percent;
	space->nr_ranges = 1;
	space->ranges[0] =
		(struct walk_range){ .end = 1ULL << space->bits,
				     .base = space->tables + WALK_AREA(WALK_AREA_TEA),
				     .base_2m = space->tables + WALK_AREA(WALK_AREA_TEA_2M),
				     .pages = space->huge_percent < 100,
				     .huge = space->huge_percent > 0 };
}

void walk_space_set_tree(struct walk_space *space, const struct walk_tree *tree, uint64_t end,
			 uint64_t offset)
{
	space->tree = tree;
	space->tree_end = end;
	space->tree_offset = offset;
}

const struct walk_range *walk_space_range(const struct walk_space *space, uint64_t va)
{
	uint32_t low = 0, high = space->nr_ranges;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (va >= space->ranges[middle].end)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == space->nr_ranges || va < space->ranges[low].start)
		return NULL;
	return &space->ranges[low];
}

/* ---- trees ------------------------------------------------------------------------------------------- */

static uint64_t slot_of(const struct walk_node *node, uint64_t va, unsigned int level)
{
	return node->slots[va >> walk_shift(level) & (WALK_NODE_SLOTS - 1)];
}

/* The table of a level for an address, or the last one above it that there is. */
static const struct walk_node *descend(const struct walk_tree *tree, uint64_t va,
				       unsigned int level, unsigned int *ret_level)
{
	const struct walk_node *node = tree->nodes[0];
	unsigned int at = tree->levels;

	while (at > level) {
		uint64_t slot = slot_of(node, va, at);

		if (!(slot & WALK_SLOT_NODE))
			break;
		node = tree->nodes[slot >> 2];
		at--;
	}
	*ret_level = at;
	return node;
}

static bool beyond(const struct walk_tree *tree, uint64_t va)
{
	return va >> walk_shift(tree->levels + 1);
}

unsigned int walk_tree_leaf(const struct walk_tree *tree, uint64_t va)
{
	unsigned int level;
	const struct walk_node *node;

	if (beyond(tree, va))
		return 0;
	node = descend(tree, va, 1, &level);
	return slot_of(node, va, level) & WALK_SLOT_PAGE ? level : 0;
}

uint64_t walk_tree_entry(const struct walk_tree *tree, uint64_t va, unsigned int level)
{
	unsigned int found;
	const struct walk_node *node = descend(tree, va, level, &found);

	if (found != level)
		return 0;
	return node->table + (va >> walk_shift(level) & (WALK_NODE_SLOTS - 1)) * 8;
}

uint64_t walk_tree_data(const struct walk_tree *tree, uint64_t va)
{
	unsigned int level;
	const struct walk_node *node = descend(tree, va, 1, &level);
	uint64_t slot = slot_of(node, va, level);

	if (!(slot & WALK_SLOT_PAGE))
		return 0;
	return (slot & ~(uint64_t)WALK_SLOT_PAGE) + (va & ((1ULL << walk_shift(level)) - 1));
}
