// SPDX-License-Identifier: GPL-2.0-only
/*
 * Walks of cuckoo page tables. A cuckoo walk cache knows way and size of what it holds, and is filled in the background:
 * it costs no cycles. That is kind to ECPT, whose own caches know less. See ecpt.h.
 */
#include "ecpt.h"

#include <errno.h>
#include <stdlib.h>

#include "cuckoo.h"

int walk_ecpt_prepare(struct walk_machine *m)
{
	int r;

	m->cuckoo = calloc(2, sizeof(*m->cuckoo));
	if (!m->cuckoo)
		return -ENOMEM;
	r = walk_cuckoo_make(&m->cuckoo[0], &m->guest);
	if (r == 0 && m->environment != WALK_NATIVE)
		r = walk_cuckoo_make(&m->cuckoo[1], &m->host);
	return r;
}

void walk_ecpt_done(struct walk_machine *m)
{
	for (unsigned int i = 0; m->cuckoo && i < 2; i++)
		walk_cuckoo_done(&m->cuckoo[i]);
	free(m->cuckoo);
	m->cuckoo = NULL;
}

static bool has_size(const struct walk_space *space, unsigned int leaf)
{
	if (space->tree)
		return space->tree->nr_pages[leaf];
	if (leaf == 1)
		return space->huge_percent < 100;
	return leaf == 2 && space->huge_percent;
}

static uint64_t probe(const struct walk_cuckoo_table *table, const struct walk_space *space,
		      uint64_t address, unsigned int leaf, unsigned int way)
{
	uint64_t page = address >> walk_shift(leaf);
	unsigned int area = WALK_AREA_CUCKOO + WALK_CUCKOO_WAYS * (leaf - 1) + way;

	return space->tables + WALK_AREA(area) + (walk_cuckoo_line(table, page >> 3, way) << 6) +
	       (page & 7) * 8;
}

unsigned int walk_ecpt_probes(const struct walk_cuckoo *cuckoo, const struct walk_space *space,
			      uint64_t address, bool known, uint64_t ret[WALK_ECPT_PROBES])
{
	unsigned int leaf = walk_space_leaf(space, address), nr = 0;

	if (known) {
		const struct walk_cuckoo_table *table = &cuckoo->tables[leaf - 1];
		uint64_t cluster = address >> (walk_shift(leaf) + 3);

		ret[0] = probe(table, space, address, leaf, walk_cuckoo_way(table, cluster));
		return 1;
	}
	for (unsigned int size = 1; size <= WALK_CUCKOO_SIZES; size++)
		for (unsigned int way = 0; has_size(space, size) && way < WALK_CUCKOO_WAYS; way++)
			ret[nr++] = probe(&cuckoo->tables[size - 1], space, address, size, way);
	return nr;
}

static unsigned int ask(struct walk_machine *m, unsigned int set, uint64_t address,
			uint64_t ret[WALK_ECPT_PROBES])
{
	bool known = walk_lru_touch(&m->cwc[set], address >> WALK_ECPT_CWC_SHIFT);

	return walk_ecpt_probes(&m->cuckoo[set], set ? &m->host : &m->guest, address, known, ret);
}

/* All at once: the longest of them. */
static uint32_t read_all(struct walk_machine *m, const uint64_t *addresses, unsigned int nr)
{
	uint32_t longest = 0;

	for (unsigned int i = 0; i < nr; i++) {
		uint32_t cycles = walk_cycles(m, addresses[i]);

		longest = cycles > longest ? cycles : longest;
	}
	return longest;
}

uint32_t walk_ecpt(struct walk_machine *m, uint64_t va)
{
	uint64_t probes[WALK_ECPT_PROBES];
	unsigned int nr = ask(m, 0, va, probes);

	m->count.sequential++;
	return m->config.hash + read_all(m, probes, nr);
}

/* What the host's tables say of some addresses, all at once. */
static uint32_t ask_host(struct walk_machine *m, const uint64_t *guests, unsigned int nr)
{
	uint32_t longest = 0;

	for (unsigned int i = 0; i < nr; i++) {
		uint64_t probes[WALK_ECPT_PROBES];
		unsigned int asked = ask(m, 1, guests[i], probes);
		uint32_t cycles = read_all(m, probes, asked);

		longest = cycles > longest ? cycles : longest;
	}
	m->count.sequential++;
	return m->config.guest_hash + longest;
}

uint32_t walk_vecpt(struct walk_machine *m, uint64_t va)
{
	uint64_t guests[WALK_ECPT_PROBES], data = walk_space_data(&m->guest, va);
	unsigned int nr = ask(m, 0, va, guests);
	uint32_t cycles = ask_host(m, guests, nr);

	for (unsigned int i = 0; i < nr; i++)
		guests[i] = walk_host_address(m, guests[i]);
	cycles += m->config.guest_hash + read_all(m, guests, nr);
	m->count.sequential++;
	return cycles + ask_host(m, &data, 1);
}
