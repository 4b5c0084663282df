// SPDX-License-Identifier: GPL-2.0-only
/* Random updates of a table of words, as HPC Challenge's RandomAccess makes them. */
#include "workload.h"

static uint64_t *table, words;

static void build(uint64_t bytes)
{
	words = bytes / sizeof(*table);
	table = workload_memory(words * sizeof(*table));
	for (uint64_t i = 0; i < words; i++)
		table[i] = i;
}

static uint64_t step(void)
{
	uint64_t random = workload_random(), *word = &table[workload_below(words)];
	uint64_t value = GET(*word) ^ random;

	SET(*word, value);
	return value;
}

const struct workload workload = { "gups", build, step };
