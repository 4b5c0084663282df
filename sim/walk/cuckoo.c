// SPDX-License-Identifier: GPL-2.0-only
/*
 * Elastic cuckoo hash tables: the newcomer takes its line, and whoever was there goes to its line in the next way. See
 * cuckoo.h.
 */
#include "cuckoo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_MOVES = 64,
	FIRST_BITS = 4,
};

uint64_t walk_cuckoo_line(const struct walk_cuckoo_table *table, uint64_t cluster, unsigned int way)
{
	return walk_mix(cluster, 7919 * (way + 1)) & ((1ULL << table->bits) - 1);
}

unsigned int walk_cuckoo_way(const struct walk_cuckoo_table *table, uint64_t cluster)
{
	if (!table->keys[0])
		return (unsigned int)(walk_mix(cluster, 104729) % WALK_CUCKOO_WAYS);
	for (unsigned int way = 0; way + 1 < WALK_CUCKOO_WAYS; way++)
		if (table->keys[way][walk_cuckoo_line(table, cluster, way)] == cluster + 1)
			return way;
	return WALK_CUCKOO_WAYS - 1;
}

/* 0: it has a line; else the key that has none, which may be another's. */
static uint64_t insert(struct walk_cuckoo_table *table, uint64_t key)
{
	for (unsigned int move = 0; move < MAX_MOVES; move++) {
		unsigned int way = move % WALK_CUCKOO_WAYS;
		uint64_t *line = &table->keys[way][walk_cuckoo_line(table, key - 1, way)];
		uint64_t gone = *line;

		*line = key;
		if (!gone)
			return 0;
		key = gone;
	}
	return key;
}

static void keys_free(struct walk_cuckoo_table *table)
{
	for (unsigned int way = 0; way < WALK_CUCKOO_WAYS; way++) {
		free(table->keys[way]);
		table->keys[way] = NULL;
	}
}

static int keys_alloc(struct walk_cuckoo_table *table, uint32_t bits)
{
	table->bits = bits;
	for (unsigned int way = 0; way < WALK_CUCKOO_WAYS; way++) {
		table->keys[way] = calloc(1ULL << bits, sizeof(uint64_t));
		if (!table->keys[way]) {
			keys_free(table);
			return -ENOMEM;
		}
	}
	return 0;
}

/* All of them into one of another size; some may find no line there either. */
static int refill(const struct walk_cuckoo_table *old, struct walk_cuckoo_table *table,
		  uint64_t key)
{
	int r = keys_alloc(table, table->bits);

	if (r < 0)
		return r;
	for (unsigned int way = 0; way < WALK_CUCKOO_WAYS && !key; way++)
		for (uint64_t i = 0; i < 1ULL << old->bits && !key; i++)
			if (old->keys[way][i])
				key = insert(table, old->keys[way][i]);
	if (!key)
		return 0;
	keys_free(table);
	return -EAGAIN;
}

static int grow(struct walk_cuckoo_table *table, uint64_t homeless)
{
	struct walk_cuckoo_table larger = *table;
	int r;

	do {
		larger.bits++;
		larger.resizes++;
		r = refill(table, &larger, 0);
		if (r == 0 && homeless) {
			uint64_t left = insert(&larger, homeless);

			/* What is left was in the old one, or is the homeless one: all of them once more. */
			if (left) {
				keys_free(&larger);
				r = -EAGAIN;
			}
		}
	} while (r == -EAGAIN);
	if (r < 0)
		return r;
	keys_free(table);
	*table = larger;
	return 0;
}

int walk_cuckoo_add(struct walk_cuckoo_table *table, uint64_t cluster)
{
	uint64_t homeless;
	int r = table->keys[0] ? 0 : keys_alloc(table, FIRST_BITS);

	if (r < 0)
		return r;
	if (walk_cuckoo_way(table, cluster) < WALK_CUCKOO_WAYS - 1 ||
	    table->keys[2][walk_cuckoo_line(table, cluster, 2)] == cluster + 1)
		return 0;
	table->nr++;
	if (table->nr * 100 > (uint64_t)WALK_CUCKOO_FILL * WALK_CUCKOO_WAYS << table->bits) {
		r = grow(table, 0);
		if (r < 0)
			return r;
	}
	homeless = insert(table, cluster + 1);
	return homeless ? grow(table, homeless) : 0;
}

/* ---- of spaces --------------------------------------------------------------------------------------- */

static int add_node(struct walk_cuckoo *cuckoo, const struct walk_tree *tree, uint64_t number,
		    unsigned int level, uint64_t va)
{
	const struct walk_node *node = tree->nodes[number];
	int r = 0;

	for (uint64_t i = 0; i < WALK_NODE_SLOTS && r == 0; i++) {
		uint64_t slot = node->slots[i], at = va + (i << walk_shift(level));

		if (slot & WALK_SLOT_PAGE)
			r = walk_cuckoo_add(&cuckoo->tables[level - 1],
					    at >> (walk_shift(level) + 3));
		else if (slot & WALK_SLOT_NODE)
			r = add_node(cuckoo, tree, slot >> 2, level - 1, at);
	}
	return r;
}

int walk_cuckoo_make(struct walk_cuckoo *cuckoo, const struct walk_space *space)
{
	memset(cuckoo, 0, sizeof(*cuckoo));
	for (unsigned int i = 0; i < WALK_CUCKOO_SIZES; i++) {
		uint32_t shift = walk_shift(i + 1) + 3;
		uint32_t bits = space->bits > shift ? space->bits - shift : 0;
		uint64_t clusters = 1ULL << bits;

		while ((uint64_t)WALK_CUCKOO_FILL * WALK_CUCKOO_WAYS << cuckoo->tables[i].bits <
		       100 * clusters)
			cuckoo->tables[i].bits++;
	}
	if (space->tree) {
		int r = add_node(cuckoo, space->tree, 0, space->tree->levels, 0);

		if (r < 0)
			walk_cuckoo_done(cuckoo);
		return r;
	}
	return 0;
}

void walk_cuckoo_done(struct walk_cuckoo *cuckoo)
{
	for (unsigned int i = 0; i < WALK_CUCKOO_SIZES; i++)
		keys_free(&cuckoo->tables[i]);
}
