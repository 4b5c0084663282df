// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory for a simulated machine. See machine.h; what it does is inline there.
 */
#include "machine.h"

#include <errno.h>
#include <stdlib.h>

static int lru_init(struct walk_lru *lru, struct walk_array array, bool counts_uses)
{
	uint64_t size = array.entries ? array.entries : 1;

	/* A set of eight tags is one line of the machine that simulates. */
	lru->tags = aligned_alloc(64, (size * sizeof(*lru->tags) + 63) & ~63ULL);
	lru->uses = counts_uses ? calloc(size, sizeof(*lru->uses)) : NULL;
	if (!lru->tags || (counts_uses && !lru->uses))
		return -ENOMEM;
	memset(lru->tags, 0xff, size * sizeof(*lru->tags));
	lru->ways = array.entries ? array.ways : 0;
	lru->mask = array.entries ? array.entries / array.ways - 1 : 0;
	lru->last = WALK_NO_TAG;
	return 0;
}

static void lru_done(struct walk_lru *lru)
{
	free(lru->tags);
	free(lru->uses);
}

static int lines_init(struct walk_lines *lines, struct walk_array array)
{
	uint32_t sets = array.entries / array.ways;

	lines->tags = aligned_alloc(64, (array.entries * sizeof(*lines->tags) + 63) & ~63ULL);
	if (!lines->tags)
		return -ENOMEM;
	memset(lines->tags, 0xff, array.entries * sizeof(*lines->tags));
	lines->mask = sets - 1;
	lines->ways = array.ways;
	lines->shift = (uint32_t)__builtin_ctz(sets);
	return 0;
}

static int arrays_init(struct walk_machine *m, const struct walk_config *config)
{
	const bool lfu = config->defects & WALK_DEFECT_LFU;
	int r = lru_init(&m->itlb, config->itlb, lfu);

	r = r ? r : lru_init(&m->dtlb[1], config->dtlb, lfu);
	r = r ? r : lru_init(&m->dtlb[2], config->dtlb_2m, lfu);
	r = r ? r : lru_init(&m->dtlb[3], config->dtlb_1g, lfu);
	r = r ? r : lru_init(&m->stlb, config->stlb, lfu);
	r = r ? r : lru_init(&m->l1i, config->l1i, false);
	r = r ? r : lru_init(&m->l1d, config->l1d, false);
	r = r ? r : lines_init(&m->l2, config->l2);
	r = r ? r : lines_init(&m->l3, config->l3);
	r = r ? r : lru_init(&m->nested_tlb, config->nested_tlb, false);
	for (unsigned int i = 0; i < 2; i++) {
		r = r ? r : lru_init(&m->cwc[i], config->cwc, false);
		for (unsigned int level = 2; level <= WALK_MAX_LEVELS; level++)
			r = r ? r : lru_init(&m->pwc[i][level], config->pwc[level], false);
	}
	return r;
}

int walk_machine_init(struct walk_machine *m, const struct walk_config *config,
		      enum walk_environment environment)
{
	int r;

	memset(m, 0, sizeof(*m));
	if (walk_config_problem(config))
		return -EINVAL;
	m->config = *config;
	m->environment = environment;
	m->last_line = WALK_NO_TAG;
	for (size_t i = 0; i < WALK_MEMOS; i++)
		m->memos[i].page = WALK_NO_TAG;
	r = arrays_init(m, config);
	if (r < 0)
		walk_machine_done(m);
	return r;
}

void walk_machine_done(struct walk_machine *m)
{
	lru_done(&m->itlb);
	for (unsigned int i = 1; i < 4; i++)
		lru_done(&m->dtlb[i]);
	lru_done(&m->stlb);
	lru_done(&m->l1i);
	lru_done(&m->l1d);
	free(m->l2.tags);
	free(m->l3.tags);
	lru_done(&m->nested_tlb);
	for (unsigned int i = 0; i < 2; i++) {
		lru_done(&m->cwc[i]);
		for (unsigned int level = 2; level <= WALK_MAX_LEVELS; level++)
			lru_done(&m->pwc[i][level]);
	}
	memset(m, 0, sizeof(*m));
}
