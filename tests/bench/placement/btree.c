// SPDX-License-Identifier: GPL-2.0-only
/*
 * A B-tree into which keys were put in no order until its memory was full; a step looks up one that is in it. So any leaf
 * is as likely as any other, and the nodes of a level lie all over memory.
 */
#include <string.h>

#include "workload.h"

enum {
	ORDER = 16, /* children of a node at most */
	HALF = ORDER / 2,
	/* An insertion splits as many nodes as the tree is high. */
	HIGHEST = 24,
};

struct node {
	uint64_t keys[ORDER - 1], values[ORDER - 1];
	struct node *children[ORDER];
	uint32_t nr;
	bool leaf;
};

struct tree {
	struct node *root;
	uint64_t inserted;
};

static struct node *node_new(bool leaf)
{
	struct node *node = workload_memory(sizeof(*node));

	memset(node, 0, sizeof(*node));
	node->leaf = leaf;
	return node;
}

/* A full child becomes two; its middle key goes up. */
static void split(struct node *parent, uint32_t at)
{
	struct node *left = parent->children[at], *right = node_new(left->leaf);
	uint32_t behind = parent->nr - at;

	right->nr = ORDER - 1 - HALF;
	memcpy(right->keys, left->keys + HALF, right->nr * sizeof(*right->keys));
	memcpy(right->values, left->values + HALF, right->nr * sizeof(*right->values));
	memcpy(right->children, left->children + HALF, HALF * sizeof(*right->children));
	left->nr = HALF - 1;
	memmove(parent->keys + at + 1, parent->keys + at, behind * sizeof(*parent->keys));
	memmove(parent->values + at + 1, parent->values + at, behind * sizeof(*parent->values));
	memmove(parent->children + at + 2, parent->children + at + 1,
		behind * sizeof(*parent->children));
	parent->keys[at] = left->keys[HALF - 1];
	parent->values[at] = left->values[HALF - 1];
	parent->children[at + 1] = right;
	parent->nr++;
}

static uint32_t place_in(const struct node *node, uint64_t key)
{
	uint32_t i = 0;

	while (i < node->nr && node->keys[i] < key)
		i++;
	return i;
}

static void insert(struct tree *tree, uint64_t key, uint64_t value)
{
	struct node *node = tree->root;
	uint32_t i;

	if (node->nr == ORDER - 1) {
		node = node_new(false);
		node->children[0] = tree->root;
		tree->root = node;
		split(node, 0);
	}
	for (;;) {
		i = place_in(node, key);
		if (node->leaf)
			break;
		if (node->children[i]->nr == ORDER - 1) {
			split(node, i);
			i += node->keys[i] < key;
		}
		node = node->children[i];
	}
	memmove(node->keys + i + 1, node->keys + i, (node->nr - i) * sizeof(*node->keys));
	memmove(node->values + i + 1, node->values + i, (node->nr - i) * sizeof(*node->values));
	node->keys[i] = key;
	node->values[i] = value;
	node->nr++;
}

/* NULL: it has no such key. */
static const uint64_t *look_up(const struct tree *tree, uint64_t key)
{
	const struct node *node = tree->root;

	for (;;) {
		uint32_t i = place_in(node, key);

		if (i < node->nr && node->keys[i] == key)
			return &node->values[i];
		if (node->leaf)
			return NULL;
		node = node->children[i];
	}
}

/* The hash is a bijection: no key comes twice. */
static void build(void *state)
{
	struct tree *tree = state;

	tree->root = node_new(true);
	while (workload_memory_left() > HIGHEST * sizeof(struct node)) {
		insert(tree, workload_hash(tree->inserted), tree->inserted);
		tree->inserted++;
	}
}

static uint64_t step(void *state)
{
	struct tree *tree = state;
	uint64_t number = workload_below(tree->inserted);
	const uint64_t *value = look_up(tree, workload_hash(number));

	if (!value || *value != number)
		workload_broken("a key that was put in is not found");
	return *value;
}

/* How many keys are below the node, each between those of its parents and behind the one before. */
static uint64_t count(const struct node *node, uint64_t low, uint64_t high)
{
	uint64_t nr = node->nr;

	for (uint32_t i = 0; i < node->nr; i++) {
		if (node->keys[i] < low || node->keys[i] > high ||
		    (i && node->keys[i] <= node->keys[i - 1]))
			workload_broken("keys are not in order");
	}
	for (uint32_t i = 0; !node->leaf && i <= node->nr; i++)
		nr += count(node->children[i], i ? node->keys[i - 1] + 1 : low,
			    i < node->nr ? node->keys[i] - 1 : high);
	return nr;
}

/* All that was put in is there, and nothing else. */
static uint64_t check(void *state)
{
	struct tree *tree = state;

	if (count(tree->root, 0, UINT64_MAX) != tree->inserted)
		workload_broken("it has more keys or fewer than were put in");
	for (uint64_t i = 0; i < tree->inserted; i++) {
		const uint64_t *value = look_up(tree, workload_hash(i));

		if (!value || *value != i)
			workload_broken("a key that was put in is not found");
		if (look_up(tree, workload_hash(tree->inserted + i)))
			workload_broken("a key is found that was not put in");
	}
	return 2 * tree->inserted;
}

const struct workload workload = { "btree", sizeof(struct tree), build, step, check };
