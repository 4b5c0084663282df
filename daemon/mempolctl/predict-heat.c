/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * References out of how often pages were used; see predict.h. It is known of a page whether it was used in a period, not
 * how often, and nothing of the order: what is drawn is independent of what was drawn before.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../sim/walk/designs.h"
#include "macro.h"
#include "predict.h"

struct fill {
	struct predict_heat *heat;
	const struct walk_tree *tree;
};

static void add_pages(struct fill *fill, const struct walk_node *node, unsigned int level,
		      uint64_t va)
{
	for (unsigned int i = 0; i < WALK_NODE_SLOTS; i++) {
		uint64_t at = va + ((uint64_t)i << walk_shift(level)), slot = node->slots[i];

		if (slot & WALK_SLOT_NODE)
			add_pages(fill, fill->tree->nodes[slot >> 2], level - 1, at);
		else if (slot & WALK_SLOT_PAGE && level <= 2)
			fill->heat->pages[fill->heat->n++] = (struct predict_page){
				.va = at,
				.frame = (slot & ~(uint64_t)WALK_SLOT_PAGE) >> WALK_PAGE_SHIFT,
				.level = level,
			};
	}
}

int predict_heat_init(struct predict_heat *heat, const struct walk_tree *tree)
{
	struct fill fill = { heat, tree };

	*heat = (struct predict_heat){};
	heat->pages = calloc(tree->nr_pages[1] + tree->nr_pages[2] + 1, sizeof(*heat->pages));
	if (!heat->pages)
		return -ENOMEM;
	add_pages(&fill, tree->nodes[0], tree->levels, 0);
	return 0;
}

void predict_heat_done(struct predict_heat *heat)
{
	free(heat->pages);
	free(heat->sums);
	*heat = (struct predict_heat){};
}

/* Of a huge page that was used all small ones are taken to have been. */
static uint64_t weight(const struct predict_page *page)
{
	return (uint64_t)page->heat << (page->level == 2 ? WALK_WINDOW_SHIFT - WALK_PAGE_SHIFT : 0);
}

int predict_heat_ready(struct predict_heat *heat, uint64_t seed)
{
	uint64_t sum = 0;

	heat->sums = calloc(heat->n + 1, sizeof(*heat->sums));
	if (!heat->sums)
		return -ENOMEM;
	for (size_t i = 0; i < heat->n; i++)
		heat->sums[i] = sum += weight(&heat->pages[i]);
	heat->random = seed;
	return sum ? 0 : -ENODATA;
}

static uint64_t draw(struct predict_heat *heat)
{
	heat->random += 0x9e3779b97f4a7c15ULL;
	return walk_mix(heat->random, 0) << 20 ^ walk_mix(heat->random, 1);
}

/* The first page whose sum is above @at. */
static const struct predict_page *find(const struct predict_heat *heat, uint64_t at)
{
	size_t low = 0, high = heat->n - 1;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (heat->sums[middle] > at)
			high = middle;
		else
			low = middle + 1;
	}
	return &heat->pages[low];
}

void predict_heat_draw(struct predict_heat *heat, uint64_t *references, size_t n)
{
	uint64_t sum = heat->sums[heat->n - 1];

	for (size_t i = 0; i < n; i++) {
		const struct predict_page *page = find(heat, draw(heat) % sum);
		uint64_t size = 1ULL << walk_shift(page->level);

		references[i] = walk_reference(page->va + (draw(heat) & (size - 8)), WALK_READ, 0);
	}
}
