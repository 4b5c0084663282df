// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contiguous leaf tables, found by registers. A register says where an entry has to be; whether it is there the tables
 * say. Where it is not, the slot has been read for nothing and the environment's plain walk follows. See tea.h.
 */
#include "radix.h"
#include "tea.h"

/* What a register says of an address: the entries by size of page, of which both are asked for at once. */
struct slots {
	uint64_t address[2];
	uint32_t nr;
	bool placed; /* the entry that maps the address is one of them */
};

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* False: no register has the address. */
static bool slots_of(struct walk_machine *m, const struct walk_space *space, uint64_t va,
		     unsigned int leaf, struct slots *ret)
{
	const struct walk_range *range = walk_space_range(space, va);

	if (!range || range->reg < 0 || (uint32_t)range->reg >= m->config.registers)
		return false;
	m->count.registers |= 1ULL << range->reg;
	*ret = (struct slots){};
	if (range->pages) {
		uint64_t slot = walk_range_slot(range, va);

		ret->address[ret->nr++] = slot;
		ret->placed = leaf == 1 && walk_space_entry(space, va, 1) == slot;
	}
	if (range->huge) {
		ret->address[ret->nr++] = walk_range_slot_2m(range, va);
		ret->placed |= leaf == 2;
	}
	return ret->nr > 0;
}

uint32_t walk_dmt(struct walk_machine *m, uint64_t va)
{
	unsigned int leaf = walk_space_leaf(&m->guest, va);
	uint32_t cycles = 0;
	struct slots slots;

	if (!slots_of(m, &m->guest, va, leaf, &slots))
		return walk_fall_back(m, va);
	m->count.sequential++;
	for (uint32_t i = 0; i < slots.nr; i++)
		cycles = larger(cycles, walk_cycles(m, slots.address[i]));
	return slots.placed ? cycles : cycles + walk_fall_back(m, va);
}

/* A table of a hypervisor's: its entry for a guest's address. @part: 0, or where the area has been put. */
static bool ask_table(struct walk_machine *m, const struct walk_space *space, uint64_t guest,
		      uint32_t *cycles)
{
	unsigned int leaf = walk_space_leaf(space, guest);
	struct slots slots;
	uint32_t longest = 0;

	if (!slots_of(m, space, guest, leaf, &slots))
		return false;
	m->count.sequential++;
	for (uint32_t i = 0; i < slots.nr; i++)
		longest = larger(longest, walk_cycles(m, slots.address[i]));
	*cycles += longest;
	return slots.placed;
}

uint32_t walk_vdmt(struct walk_machine *m, uint64_t va)
{
	unsigned int leaf = walk_space_leaf(&m->guest, va);
	uint64_t sequential = m->count.sequential;
	uint32_t cycles = 0, longest = 0;
	bool there = true;
	struct slots slots;

	if (!slots_of(m, &m->guest, va, leaf, &slots))
		return walk_fall_back(m, va);
	for (uint32_t i = 0; i < slots.nr; i++) {
		cycles = 0;
		if (!ask_table(m, &m->host, slots.address[i], &cycles))
			there = false;
		else
			cycles += walk_cycles(m, walk_host_address(m, slots.address[i]));
		longest = larger(longest, cycles);
	}
	/* Two sizes at once are two accesses one after the other all the same. */
	m->count.sequential = sequential + 2;
	cycles = longest;
	if (!there || !slots.placed ||
	    !ask_table(m, &m->host, walk_space_data_of(&m->guest, va, leaf), &cycles))
		return cycles + walk_fall_back(m, va);
	return cycles;
}

uint32_t walk_pvdmt(struct walk_machine *m, uint64_t va)
{
	unsigned int leaf = walk_space_leaf(&m->guest, va);
	uint32_t cycles = 0;
	struct slots slots;
	uint64_t data;

	if (!slots_of(m, &m->guest, va, leaf, &slots))
		return walk_fall_back(m, va);
	m->count.sequential++;
	for (uint32_t i = 0; i < slots.nr; i++)
		cycles = larger(cycles,
				walk_cycles(m, WALK_PART(WALK_PART_GUEST_TEA) | slots.address[i]));
	if (!slots.placed)
		return cycles + walk_fall_back(m, va);
	data = walk_space_data_of(&m->guest, va, leaf);
	if (m->environment == WALK_NESTED) {
		if (!ask_table(m, &m->middle, data, &cycles))
			return cycles + walk_fall_back(m, va);
		data = walk_space_data(&m->middle, data);
	}
	if (!ask_table(m, &m->host, data, &cycles))
		return cycles + walk_fall_back(m, va);
	return cycles;
}

/*
 * The two last levels lie sorted, and are fetched while the walk goes on: it finds them in the first cache, or waits
 * until they are there.
 */
uint32_t walk_asap(struct walk_machine *m, uint64_t va)
{
	const struct walk_range *range = walk_space_range(&m->guest, va);
	unsigned int leaf = walk_space_leaf(&m->guest, va), top = m->config.levels, start;
	uint32_t cycles = 0, table = 0, directory = 0;

	if (!range || range->reg < 0 || (uint32_t)range->reg >= m->config.registers || leaf > 2)
		return walk_fall_back(m, va);
	if (leaf == 1 && walk_space_entry(&m->guest, va, 1) != walk_range_slot(range, va))
		return walk_fall_back(m, va);
	m->count.registers |= 1ULL << range->reg;
	if (leaf == 1)
		table = walk_cycles(m, walk_range_slot(range, va));
	directory = walk_cycles(m, walk_range_slot_2m(range, va));
	start = walk_pwc_start(m, 0, va, top, leaf);
	if (start < top)
		cycles += m->config.latency[WALK_PWC];
	for (unsigned int level = start; level > 2; level--, m->count.sequential++)
		cycles += walk_cycles(m, walk_space_entry(&m->guest, va, level));
	m->count.sequential += start < 2 ? start : 3 - leaf;
	if (start >= 2)
		cycles = larger(cycles, directory) + walk_first_latency(m);
	if (leaf == 1)
		cycles = larger(cycles, table) + walk_first_latency(m);
	return cycles;
}
