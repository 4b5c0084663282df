/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables as they could be; see predict.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "macro.h"
#include "predict.h"

#define WINDOW (1ULL << WALK_WINDOW_SHIFT)

int predict_mappings_read(FILE *dump, struct predict_mappings *ret)
{
	static const char *const can[] = { "anon", "heap", "stack", "shmem" };
	struct predict_mappings mappings = {};
	char line[512];

	while (fgets(line, sizeof(line), dump)) {
		struct predict_mapping mapping, *items;
		char flags[64];
		const char *kind;
		bool fits;

		if (sscanf(line, "V %" SCNx64 " %" SCNx64 " %63s", &mapping.start, &mapping.end,
			   flags) != 3)
			continue;
		kind = strchr(flags, ':');
		fits = !kind;
		for (size_t i = 0; kind && i < ARRAY_SIZE(can); i++)
			fits |= !strcmp(kind + 1, can[i]);
		if (!fits)
			continue;
		items = reallocarray(mappings.items, mappings.n + 1, sizeof(*items));
		if (!items) {
			predict_mappings_done(&mappings);
			return -ENOMEM;
		}
		mappings.items = items;
		items[mappings.n++] = mapping;
	}
	*ret = mappings;
	return 0;
}

void predict_mappings_done(struct predict_mappings *mappings)
{
	free(mappings->items);
	*mappings = (struct predict_mappings){};
}

/* Does one mapping have the whole window? They are in order. */
static bool has_window(const struct predict_mappings *mappings, uint64_t va)
{
	size_t low = 0, high = mappings->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (mappings->items[middle].end <= va)
			low = middle + 1;
		else
			high = middle;
	}
	return low < mappings->n && mappings->items[low].start <= va &&
	       mappings->items[low].end - va >= WINDOW;
}

/* ---- trees ------------------------------------------------------------------------------------------- */

void predict_tree_done(struct walk_tree *tree)
{
	for (uint32_t i = 0; tree->nodes && i < tree->nr_nodes; i++)
		free(tree->nodes[i]);
	free(tree->nodes);
	*tree = (struct walk_tree){};
}

/* The nodes of @tree from number @first of the copy on; those of the copy before that are empty. */
static int copy_nodes(const struct walk_tree *tree, uint32_t first, struct walk_tree *ret)
{
	ret->nodes = calloc(tree->nr_nodes + first, sizeof(*ret->nodes));
	if (!ret->nodes)
		return -ENOMEM;
	for (; ret->nr_nodes < tree->nr_nodes + first; ret->nr_nodes++) {
		struct walk_node *node = calloc(1, sizeof(*node));

		ret->nodes[ret->nr_nodes] = node;
		if (!node) {
			predict_tree_done(ret);
			return -ENOMEM;
		}
		if (ret->nr_nodes >= first)
			*node = *tree->nodes[ret->nr_nodes - first];
		for (unsigned int i = 0; i < WALK_NODE_SLOTS; i++)
			if (node->slots[i] & WALK_SLOT_NODE)
				node->slots[i] += (uint64_t)first << 2;
	}
	ret->levels = tree->levels;
	memcpy(ret->nr_pages, tree->nr_pages, sizeof(ret->nr_pages));
	return 0;
}

/* A root above the root; its table is where none of a dump is. */
static int add_level(const struct walk_tree *tree, struct walk_tree *ret)
{
	int r = copy_nodes(tree, 1, ret);

	if (r < 0)
		return r;
	ret->levels = tree->levels + 1;
	ret->nodes[0]->table = WALK_AREAS - (1ULL << WALK_PAGE_SHIFT);
	ret->nodes[0]->slots[0] = 1ULL << 2 | WALK_SLOT_NODE;
	return 0;
}

static int drop_level(const struct walk_tree *tree, struct walk_tree *ret)
{
	uint64_t first = tree->nodes[0]->slots[0];
	struct walk_node *root;
	int r;

	for (unsigned int i = 1; i < WALK_NODE_SLOTS; i++)
		if (tree->nodes[0]->slots[i])
			return -ERANGE;
	if (!(first & WALK_SLOT_NODE))
		return -ERANGE;
	r = copy_nodes(tree, 0, ret);
	if (r < 0)
		return r;
	/* Nobody but the root knows its number. */
	root = ret->nodes[first >> 2];
	ret->nodes[first >> 2] = ret->nodes[0];
	ret->nodes[0] = root;
	ret->levels = tree->levels - 1;
	return 0;
}

struct change {
	struct walk_tree *tree;
	const struct predict_mappings *mappings;
	uint64_t frames; /* huge ones made so far */
	uint64_t pages; /* small ones that there were not */
};

static unsigned int present(const struct walk_node *leaf)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < WALK_NODE_SLOTS; i++)
		n += leaf->slots[i] & WALK_SLOT_PAGE;
	return n;
}

/* The leaf table stays among the nodes, and nobody gets there. */
static void make_huge(struct change *change, uint64_t *slot, uint64_t va)
{
	unsigned int n = present(change->tree->nodes[*slot >> 2]);

	if (!n || !has_window(change->mappings, va))
		return;
	*slot = (WALK_HUGE_FRAMES + change->frames++ * WINDOW) | WALK_SLOT_PAGE;
	change->pages += WALK_NODE_SLOTS - n;
	change->tree->nr_pages[1] -= n;
	change->tree->nr_pages[2]++;
}

/* Not deeper than there are levels. */
static void change_node(struct change *change, struct walk_node *node, unsigned int level,
			uint64_t va)
{
	for (unsigned int i = 0; i < WALK_NODE_SLOTS; i++) {
		uint64_t at = va + ((uint64_t)i << walk_shift(level));

		if (!(node->slots[i] & WALK_SLOT_NODE))
			continue;
		if (level == 2)
			make_huge(change, &node->slots[i], at);
		else
			change_node(change, change->tree->nodes[node->slots[i] >> 2], level - 1,
				    at);
	}
}

int predict_tree(const struct walk_tree *tree, unsigned int levels,
		 const struct predict_mappings *huge, struct walk_tree *ret, uint64_t *ret_pages)
{
	struct change change = { .tree = ret, .mappings = huge };
	int r;

	*ret = (struct walk_tree){};
	if (!levels || levels == tree->levels)
		r = copy_nodes(tree, 0, ret);
	else
		r = levels > tree->levels ? add_level(tree, ret) : drop_level(tree, ret);
	if (r < 0)
		return r;
	if (huge)
		change_node(&change, ret->nodes[0], ret->levels, 0);
	*ret_pages = change.pages;
	return 0;
}
