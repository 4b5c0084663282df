// SPDX-License-Identifier: GPL-2.0-only
/*
 * Walks of radix tables. See radix.h.
 */
#include "radix.h"

/* Tables that the hypervisor keeps lie anywhere in their level's part of memory. */
#define SHADOW_SHIFT 38
#define SHADOW_TABLES ((1ULL << (SHADOW_SHIFT - WALK_PAGE_SHIFT)) - 1)

/* With the published defects a cache's block is eight entries, and the last one asked for is lost. */
static bool pwc_touch(struct walk_machine *m, struct walk_lru *pwc, uint64_t key, bool may_insert)
{
	if (__builtin_expect(!m->config.defects, 1))
		return may_insert ? walk_lru_touch(pwc, key) : walk_lru_refresh(pwc, key);
	if (m->config.defects & WALK_DEFECT_KEYS)
		key >>= 3;
	if (m->config.defects & WALK_DEFECT_REPEATS) {
		bool repeats = key == pwc->last;

		pwc->last = key;
		if (repeats)
			return false;
	}
	return may_insert ? walk_lru_touch(pwc, key) : walk_lru_refresh(pwc, key);
}

static inline __attribute__((always_inline)) unsigned int pwc_start(struct walk_machine *m,
								    unsigned int set, uint64_t va,
								    unsigned int top,
								    unsigned int leaf)
{
	unsigned int start = 0;

	if (!m->config.walk_caches)
		return top;
	for (unsigned int level = leaf + 1; level <= top; level++) {
		struct walk_lru *pwc = &m->pwc[set][level];
		/* What lies above the first table to be read is not read, so it cannot come in. */
		bool hit = pwc_touch(m, pwc, va >> walk_shift(level), !start);

		if (hit && !start) {
			start = level - 1;
			m->count.pwc_hits[set][level]++;
		}
	}
	if (start)
		return start;
	m->count.pwc_misses[set]++;
	return top;
}

unsigned int walk_pwc_start(struct walk_machine *m, unsigned int set, uint64_t va, unsigned int top,
			    unsigned int leaf)
{
	return pwc_start(m, set, va, top, leaf);
}

bool walk_pwc_knows(struct walk_machine *m, unsigned int set, unsigned int level, uint64_t va)
{
	bool hit;

	if (!m->config.walk_caches)
		return false;
	hit = pwc_touch(m, &m->pwc[set][level], va >> walk_shift(level), true);
	if (hit)
		m->count.pwc_hits[set][level]++;
	else
		m->count.pwc_misses[set]++;
	return hit;
}

/* One after the other, and into the histogram. */
static inline __attribute__((always_inline)) uint32_t read_entry(struct walk_machine *m,
								 uint64_t physical,
								 unsigned int row,
								 unsigned int column)
{
	enum walk_where where = walk_access(m, physical);

	m->count.sequential++;
	m->count.histogram[row][column][where]++;
	return m->config.latency[where];
}

static inline __attribute__((always_inline)) uint32_t pwc_hit(struct walk_machine *m,
							      unsigned int row, unsigned int column)
{
	m->count.histogram[row][column][WALK_PWC]++;
	return m->config.latency[WALK_PWC];
}

/* The published simulator takes a frame number for an address. */
static inline uint64_t table_address(const struct walk_machine *m, uint64_t entry)
{
	if (__builtin_expect(!(m->config.defects & WALK_DEFECT_FRAMES), 1))
		return entry;
	return (entry >> WALK_PAGE_SHIFT) + (entry & ((1U << WALK_PAGE_SHIFT) - 1));
}

uint64_t walk_shadow_entry(uint64_t va, unsigned int level)
{
	uint64_t table = walk_mix(va >> (walk_shift(level) + 9), level) & SHADOW_TABLES;

	return WALK_PART(WALK_PART_SHADOW) + ((uint64_t)level << SHADOW_SHIFT) +
	       (table << WALK_PAGE_SHIFT) + (va >> walk_shift(level) & (WALK_NODE_SLOTS - 1)) * 8;
}

uint32_t walk_radix(struct walk_machine *m, uint64_t va)
{
	unsigned int leaf = walk_space_leaf(&m->guest, va), top = m->config.levels;
	unsigned int start = pwc_start(m, 0, va, top, leaf);
	uint32_t cycles = start < top ? pwc_hit(m, start + 1, 0) : 0;

	for (unsigned int level = start; level >= leaf; level--)
		cycles += read_entry(m, table_address(m, walk_space_entry(&m->guest, va, level)),
				     level, 0);
	return cycles;
}

static uint32_t host_chain(struct walk_machine *m, uint64_t guest, unsigned int row,
			   unsigned int leaf)
{
	unsigned int top = m->config.host_levels, start = top;
	uint32_t cycles = 0;

	if (row || !(m->config.defects & WALK_DEFECT_LAST_WALK))
		start = pwc_start(m, 1, guest, top, leaf);
	if (start < top)
		cycles += pwc_hit(m, row, start + 1);
	for (unsigned int level = start; level >= leaf; level--)
		cycles += read_entry(m, table_address(m, walk_space_entry(&m->host, guest, level)),
				     row, level);
	return cycles;
}

uint32_t walk_host(struct walk_machine *m, uint64_t guest, unsigned int row)
{
	unsigned int leaf = walk_host_leaf(m, guest);

	if (m->nested_tlb.ways && walk_lru_touch(&m->nested_tlb, guest >> walk_shift(leaf))) {
		m->count.nested_tlb_hits++;
		return m->config.latency[WALK_PWC];
	}
	return host_chain(m, guest, row, leaf);
}

/*
 * The guest's levels above @nested are read from shadow tables, which are in the host's memory; the one that the last
 * of them points to is the guest's own, at an address that is known. Below it the host is asked for each.
 */
static uint32_t mixed_walk(struct walk_machine *m, uint64_t va, unsigned int nested)
{
	unsigned int leaf = walk_space_leaf(&m->guest, va), top = m->config.levels;
	unsigned int start = pwc_start(m, 0, va, top, leaf);
	uint32_t cycles = start < top ? pwc_hit(m, start + 1, 0) : 0;

	for (unsigned int level = start; level >= leaf; level--) {
		uint64_t entry;

		if (level > nested) {
			entry = walk_shadow_entry(va, level);
		} else {
			uint64_t guest = table_address(m, walk_space_entry(&m->guest, va, level));
			bool known = level == nested ||
				     (m->config.combined && start < top && level == start);

			if (!known)
				cycles += walk_host(m, guest, level);
			entry = walk_host_address(m, guest);
		}
		cycles += read_entry(m, entry, level, 0);
	}
	return cycles + walk_host(m, walk_space_data_of(&m->guest, va, leaf), 0);
}

uint32_t walk_2d(struct walk_machine *m, uint64_t va)
{
	return mixed_walk(m, va, WALK_SWITCH_ROOT);
}

uint32_t walk_agile(struct walk_machine *m, uint64_t va)
{
	unsigned int leaf = walk_space_leaf(&m->guest, va);

	if (!m->config.agile)
		return walk_shadow(m, va);
	if (m->config.agile > m->config.levels - leaf + 1)
		return walk_2d(m, va);
	return mixed_walk(m, va, leaf + m->config.agile - 1);
}

uint32_t walk_shadow(struct walk_machine *m, uint64_t va)
{
	unsigned int leaf = walk_space_leaf(&m->guest, va), top = m->config.levels, start, host;
	uint32_t cycles = 0;

	host = walk_host_leaf(m, walk_space_data_of(&m->guest, va, leaf));
	/* A huge page of the guest on small ones of the host is small. */
	leaf = host < leaf ? host : leaf;
	start = pwc_start(m, 0, va, top, leaf);
	if (start < top)
		cycles += pwc_hit(m, start + 1, 0);
	for (unsigned int level = start; level >= leaf; level--)
		cycles += read_entry(m, walk_shadow_entry(va, level), level, 0);
	return cycles;
}
