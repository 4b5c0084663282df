// SPDX-License-Identifier: GPL-2.0-only
/*
 * Blocks of pages that are there, see known.h: a list for each block that has any. What has been given back is on no
 * list, so that giving all of a disk back again and again costs its blocks, not its pages.
 */
#include "known.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SIM_KNOWN_GONE UINT32_MAX

/* @byte: what new entries are filled with. */
static int grow(uint32_t **array, uint32_t *room, uint32_t nr, int byte)
{
	uint64_t more = *room ? *room * 2ULL : 1024;
	uint32_t *grown;

	if (nr < *room)
		return 0;
	if (more <= nr)
		more = nr + 1ULL;
	grown = reallocarray(*array, more, sizeof(**array));
	if (!grown)
		return -ENOMEM;
	memset(grown + *room, byte, (more - *room) * sizeof(*grown));
	*array = grown;
	*room = (uint32_t)more;
	return 0;
}

int sim_known_add(struct sim_known *known, uint32_t object, uint64_t number)
{
	uint32_t block;
	int r = grow(&known->next, &known->nr_next, object, 0xff);

	if (r < 0 || known->next[object] != SIM_KNOWN_GONE)
		return r;
	r = sim_intern_value(&known->blocks, number >> SIM_KNOWN_SHIFT, &block);
	if (r == 0)
		r = grow(&known->first, &known->nr_first, block, 0);
	if (r < 0)
		return r;
	known->next[object] = known->first[block];
	known->first[block] = object + 1;
	return 0;
}

static int remove_of_block(struct sim_known *known, const struct sim_intern *intern, uint32_t block,
			   uint64_t first, uint64_t end,
			   int (*gone)(void *userdata, uint64_t number), void *userdata)
{
	uint32_t *at = &known->first[block];
	int r = 0;

	while (r == 0 && *at) {
		uint32_t object = *at - 1;
		uint64_t number = sim_intern_number(intern, object);

		if (number < first || number >= end) {
			at = &known->next[object];
			continue;
		}
		*at = known->next[object];
		known->next[object] = SIM_KNOWN_GONE;
		r = gone(userdata, number);
	}
	return r;
}

int sim_known_remove(struct sim_known *known, const struct sim_intern *intern, uint64_t first,
		     uint64_t end, int (*gone)(void *userdata, uint64_t number), void *userdata)
{
	uint64_t from = first >> SIM_KNOWN_SHIFT, to = (end - 1) >> SIM_KNOWN_SHIFT;
	uint32_t block, nr = known->blocks.nr_names;
	int r = 0;

	/* A range may have more blocks than all of the trace. */
	if (to - from >= nr) {
		for (block = 0; r == 0 && block < nr; block++)
			if (known->first[block])
				r = remove_of_block(known, intern, block, first, end, gone,
						    userdata);
		return r;
	}
	for (uint64_t at = from; r == 0 && at <= to; at++)
		if (sim_intern_find(&known->blocks, at, &block))
			r = remove_of_block(known, intern, block, first, end, gone, userdata);
	return r;
}

void sim_known_done(struct sim_known *known)
{
	sim_intern_done(&known->blocks);
	free(known->first);
	free(known->next);
	*known = (struct sim_known){};
}
