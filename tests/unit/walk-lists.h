/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets as linked lists, the one used last in front: what the second implementation of page-table walks is made of.
 * Included by test_sim_walk_naive alone.
 */
#ifndef WALK_LISTS_H
#define WALK_LISTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "../../sim/walk/config.h"

struct item {
	uint64_t key;
	struct item *next;
};

struct lists {
	uint32_t sets, ways;
	struct item **first;
};

static struct lists lists_new(struct walk_array array)
{
	struct lists lists = { .sets = array.entries ? array.entries / array.ways : 1,
			       .ways = array.entries ? array.ways : 0 };

	lists.first = calloc(lists.sets, sizeof(struct item *));
	assert_non_null(lists.first);
	return lists;
}

static void lists_done(struct lists *lists)
{
	for (uint32_t set = 0; set < lists->sets; set++)
		while (lists->first[set]) {
			struct item *item = lists->first[set];

			lists->first[set] = item->next;
			free(item);
		}
	free(lists->first);
}

/* Takes it out of its set: was it in? */
static bool take(struct lists *lists, uint64_t key)
{
	struct item **at = &lists->first[key % lists->sets];

	for (; *at; at = &(*at)->next)
		if ((*at)->key == key) {
			struct item *item = *at;

			*at = item->next;
			free(item);
			return true;
		}
	return false;
}

/* As the one used last; who is one too many goes. */
static void put(struct lists *lists, uint64_t key)
{
	struct item **first = &lists->first[key % lists->sets], *item = malloc(sizeof(*item)), **at;
	uint32_t nr = 0;

	assert_non_null(item);
	*item = (struct item){ key, *first };
	*first = item;
	for (at = first; *at; at = &(*at)->next)
		if (++nr > lists->ways) {
			free(*at);
			*at = NULL;
			return;
		}
}

static bool use(struct lists *lists, uint64_t key)
{
	bool was = take(lists, key);

	put(lists, key);
	return was;
}

static bool look(struct lists *lists, uint64_t key)
{
	bool was = take(lists, key);

	if (was)
		put(lists, key);
	return was;
}

#endif
