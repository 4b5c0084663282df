// SPDX-License-Identifier: GPL-2.0-only
/* A B-tree into which keys were put in no order until its memory was full; then keys are looked up. */
#include <string.h>

#include "workload.h"

enum {
	ORDER = 16, /* children of a node at most */
};

struct node {
	uint64_t keys[ORDER - 1], values[ORDER - 1];
	struct node *children[ORDER];
	uint32_t nr;
	bool leaf;
};

static struct node *root;
static uint64_t inserted;

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
	enum { HALF = ORDER / 2 };
	struct node *left = parent->children[at], *right = node_new(left->leaf);

	right->nr = ORDER - 1 - HALF;
	memcpy(right->keys, left->keys + HALF, right->nr * sizeof(*right->keys));
	memcpy(right->values, left->values + HALF, right->nr * sizeof(*right->values));
	memcpy(right->children, left->children + HALF, HALF * sizeof(*right->children));
	left->nr = HALF - 1;
	for (uint32_t i = parent->nr; i > at; i--) {
		parent->keys[i] = parent->keys[i - 1];
		parent->values[i] = parent->values[i - 1];
		parent->children[i + 1] = parent->children[i];
	}
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

static void insert(uint64_t key, uint64_t value)
{
	struct node *node = root;
	uint32_t i;

	if (root->nr == ORDER - 1) {
		node = node_new(false);
		node->children[0] = root;
		root = node;
		split(root, 0);
	}
	for (;;) {
		i = place_in(node, key);
		if (i < node->nr && node->keys[i] == key)
			return;
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

static void build(uint64_t bytes)
{
	root = node_new(true);
	/* An insertion splits as many nodes as the tree is high. */
	while (workload_memory_left() > 16 * sizeof(struct node)) {
		insert(workload_hash(inserted), inserted);
		inserted++;
	}
}

static uint64_t step(void)
{
	uint64_t key = workload_hash(workload_below(inserted));
	const struct node *node = root;

	for (;;) {
		uint32_t nr = GET(node->nr), i = 0;

		while (i < nr && GET(node->keys[i]) < key)
			i++;
		if (i < nr && node->keys[i] == key)
			return GET(node->values[i]);
		if (GET(node->leaf))
			workload_broken("a key that was put in is not found");
		node = GET(node->children[i]);
	}
}

const struct workload workload = { "btree", build, step };
