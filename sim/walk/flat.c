// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flattened page tables. Nodes are 4 KiB apart from being aligned to 2 MiB: entries of the same offset would all be in
 * the same set of the caches otherwise, and walks a tenth slower than the radix ones that they replace. See flat.h.
 */
#include "flat.h"
#include "radix.h"

#define NODE_STRIDE ((1ULL << WALK_WINDOW_SHIFT) + (1ULL << WALK_PAGE_SHIFT))
#define MAX_NODES (1ULL << 15)

/* A node's entry: @number of the node, @index in it. */
static uint64_t entry_of(const struct walk_space *space, unsigned int area, uint64_t number,
			 uint64_t index)
{
	return space->tables + WALK_AREA(area) + number % MAX_NODES * NODE_STRIDE + index * 8;
}

void walk_flat_entries(const struct walk_space *space, uint64_t va, unsigned int leaf,
		       uint64_t ret[2])
{
	const unsigned int upper = WALK_AREA_FLAT, lower = WALK_AREA_FLAT + 4;
	const uint64_t half = (1 << 18) - 1; /* entries of a node, less one */

	if (leaf == 2) {
		ret[0] = walk_space_entry(space, va, 4);
		ret[1] = entry_of(space, lower, va >> 39, va >> 21 & half);
		/* Apart from the nodes of small pages. */
		ret[1] += 2ULL << 36;
		return;
	}
	ret[0] = entry_of(space, upper, va >> 48, va >> 30 & half);
	ret[1] = leaf == 1 ? entry_of(space, lower, va >> 30, va >> 12 & half) : 0;
}

/* The walk cache that holds upper entries: of a gibibyte, of 512 for huge pages. */
static unsigned int upper_level(unsigned int leaf)
{
	return leaf == 2 ? 4 : 3;
}

static bool upper_is_known(struct walk_machine *m, unsigned int set, uint64_t address,
			   unsigned int leaf)
{
	return leaf < 3 && walk_pwc_knows(m, set, upper_level(leaf), address);
}

static uint32_t read_next(struct walk_machine *m, uint64_t physical)
{
	m->count.sequential++;
	return walk_cycles(m, physical);
}

/* One space's tables, at addresses of the machine's memory. */
static uint32_t flat_walk(struct walk_machine *m, const struct walk_space *space, unsigned int set,
			  uint64_t address, unsigned int leaf)
{
	uint64_t entries[2];
	uint32_t cycles;

	walk_flat_entries(space, address, leaf, entries);
	if (upper_is_known(m, set, address, leaf))
		cycles = m->config.latency[WALK_PWC];
	else
		cycles = read_next(m, entries[0]);
	return entries[1] ? cycles + read_next(m, entries[1]) : cycles;
}

uint32_t walk_fpt(struct walk_machine *m, uint64_t va)
{
	return flat_walk(m, &m->guest, 0, va, walk_space_leaf(&m->guest, va));
}

static uint32_t host_flat(struct walk_machine *m, uint64_t guest)
{
	return flat_walk(m, &m->host, 1, guest, walk_space_leaf(&m->host, guest));
}

uint32_t walk_vfpt(struct walk_machine *m, uint64_t va)
{
	unsigned int leaf = walk_space_leaf(&m->guest, va);
	uint64_t entries[2];
	uint32_t cycles = 0;

	walk_flat_entries(&m->guest, va, leaf, entries);
	if (upper_is_known(m, 0, va, leaf)) {
		cycles += m->config.latency[WALK_PWC];
	} else {
		cycles += host_flat(m, entries[0]);
		cycles += read_next(m, walk_host_address(m, entries[0]));
	}
	if (entries[1]) {
		cycles += host_flat(m, entries[1]);
		cycles += read_next(m, walk_host_address(m, entries[1]));
	}
	return cycles + host_flat(m, walk_space_data_of(&m->guest, va, leaf));
}
