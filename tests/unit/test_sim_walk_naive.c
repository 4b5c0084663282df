// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every design of the page-walk simulator a second time, as simply as it can be said: sets are linked lists, nothing is
 * remembered, nothing is inlined. After each of 100,000 references both have counted the same. Only what an address
 * space is, and where cuckoo tables have their lines, is asked of the same functions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../sim/walk/cuckoo.h"
#include "../../sim/walk/designs.h"
#include "../../sim/walk/ecpt.h"
#include "../../sim/walk/flat.h"
#include "../../sim/walk/radix.h"
#include "walk-lists.h"

enum {
	MANY = 100000, /* of each design, once */
	SOME = 20000, /* for each other machine and space */
};

/* ---- the machine ------------------------------------------------------------------------------------- */

struct naive {
	const struct walk_machine *m; /* its configuration and spaces */
	struct lists dtlb[4], itlb, stlb, l1i, l1d, l2, l3, pwc[2][6], nested_tlb, cwc[2];
	uint64_t walk_cycles, data_cycles, sequential, accesses, fallbacks, walks;
};

static void naive_init(struct naive *n, const struct walk_machine *m)
{
	const struct walk_config *c = &m->config;

	*n = (struct naive){ .m = m,
			     .itlb = lists_new(c->itlb),
			     .stlb = lists_new(c->stlb),
			     .l1i = lists_new(c->l1i),
			     .l1d = lists_new(c->l1d),
			     .l2 = lists_new(c->l2),
			     .l3 = lists_new(c->l3),
			     .nested_tlb = lists_new(c->nested_tlb) };
	n->dtlb[1] = lists_new(c->dtlb);
	n->dtlb[2] = lists_new(c->dtlb_2m);
	n->dtlb[3] = lists_new(c->dtlb_1g);
	for (int i = 0; i < 2; i++) {
		n->cwc[i] = lists_new(c->cwc);
		for (int level = 2; level <= 5; level++)
			n->pwc[i][level] = lists_new(c->pwc[level]);
	}
}

static void naive_done(struct naive *n)
{
	lists_done(&n->itlb);
	lists_done(&n->stlb);
	lists_done(&n->l1i);
	lists_done(&n->l1d);
	lists_done(&n->l2);
	lists_done(&n->l3);
	lists_done(&n->nested_tlb);
	for (int level = 1; level <= 3; level++)
		lists_done(&n->dtlb[level]);
	for (int i = 0; i < 2; i++) {
		lists_done(&n->cwc[i]);
		for (int level = 2; level <= 5; level++)
			lists_done(&n->pwc[i][level]);
	}
}

static uint32_t memory(struct naive *n, struct lists *first, uint64_t physical)
{
	const uint32_t *latency = n->m->config.latency;
	uint64_t line = physical / 64;

	if (first && use(first, line))
		return latency[WALK_L1];
	if (use(&n->l2, line))
		return latency[WALK_L2];
	return latency[use(&n->l3, line) ? WALK_L3 : WALK_MEMORY];
}

static uint32_t entry(struct naive *n, uint64_t physical)
{
	n->accesses++;
	return memory(n, n->m->config.walk_level == 1 ? &n->l1d : NULL, physical);
}

static uint32_t next_entry(struct naive *n, uint64_t physical)
{
	n->sequential++;
	return entry(n, physical);
}

/* The host's address, step by step. */
static uint64_t physical_of(const struct naive *n, uint64_t guest)
{
	if (n->m->environment == WALK_NESTED)
		guest = walk_space_data(&n->m->middle, guest);
	if (n->m->environment != WALK_NATIVE)
		guest = walk_space_data(&n->m->host, guest);
	return guest;
}

static unsigned int host_leaf(const struct naive *n, uint64_t guest)
{
	unsigned int own = 3, below;

	if (n->m->environment == WALK_NESTED) {
		own = walk_space_leaf(&n->m->middle, guest);
		guest = walk_space_data(&n->m->middle, guest);
	}
	below = walk_space_leaf(&n->m->host, guest);
	return own < below ? own : below;
}

/* ---- walks ------------------------------------------------------------------------------------------- */

/* The level read first; @caches is NULL where none is asked. */
static unsigned int first_level(struct naive *n, struct lists *caches, uint64_t va,
				unsigned int leaf, unsigned int top)
{
	unsigned int start = top;

	if (!n->m->config.walk_caches)
		return top;
	for (unsigned int level = top; level > leaf; level--)
		if (look(&caches[level], va >> (12 + 9 * (level - 1))))
			start = level - 1;
	for (unsigned int level = leaf + 1; level <= start; level++)
		put(&caches[level], va >> (12 + 9 * (level - 1)));
	return start;
}

static uint32_t cached(const struct naive *n, unsigned int start, unsigned int top)
{
	return start < top ? n->m->config.latency[WALK_PWC] : 0;
}

static uint32_t radix(struct naive *n, uint64_t va)
{
	unsigned int leaf = walk_space_leaf(&n->m->guest, va), top = n->m->config.levels;
	unsigned int start = first_level(n, n->pwc[0], va, leaf, top);
	uint32_t cycles = cached(n, start, top);

	for (unsigned int level = start; level >= leaf; level--)
		cycles += next_entry(n, walk_space_entry(&n->m->guest, va, level));
	return cycles;
}

static uint32_t host(struct naive *n, uint64_t guest)
{
	unsigned int leaf = host_leaf(n, guest), top = n->m->config.host_levels, start;
	uint32_t cycles;

	if (n->nested_tlb.ways && use(&n->nested_tlb, guest >> (12 + 9 * (leaf - 1))))
		return n->m->config.latency[WALK_PWC];
	start = first_level(n, n->pwc[1], guest, leaf, top);
	cycles = cached(n, start, top);
	for (unsigned int level = start; level >= leaf; level--)
		cycles += next_entry(n, walk_space_entry(&n->m->host, guest, level));
	return cycles;
}

/* @nested levels from the leaf are the guest's own, the others the hypervisor's; more than there are: its root too. */
static uint32_t two(struct naive *n, uint64_t va, unsigned int nested)
{
	unsigned int leaf = walk_space_leaf(&n->m->guest, va), top = n->m->config.levels;
	unsigned int start = first_level(n, n->pwc[0], va, leaf, top);
	uint32_t cycles = cached(n, start, top);

	for (unsigned int level = start; level >= leaf; level--) {
		uint64_t guest = walk_space_entry(&n->m->guest, va, level);
		unsigned int number = level - leaf + 1;

		if (number > nested) {
			cycles += next_entry(n, walk_shadow_entry(va, level));
			continue;
		}
		if (number < nested && !(n->m->config.combined && start < top && level == start))
			cycles += host(n, guest);
		cycles += next_entry(n, physical_of(n, guest));
	}
	return cycles + host(n, walk_space_data(&n->m->guest, va));
}

static uint32_t shadow(struct naive *n, uint64_t va)
{
	unsigned int leaf = walk_space_leaf(&n->m->guest, va), top = n->m->config.levels, start;
	unsigned int below = host_leaf(n, walk_space_data(&n->m->guest, va));
	uint32_t cycles;

	if (below < leaf)
		leaf = below;
	start = first_level(n, n->pwc[0], va, leaf, top);
	cycles = cached(n, start, top);
	for (unsigned int level = start; level >= leaf; level--)
		cycles += next_entry(n, walk_shadow_entry(va, level));
	return cycles;
}

static uint32_t agile(struct naive *n, uint64_t va)
{
	unsigned int levels = n->m->config.levels - walk_space_leaf(&n->m->guest, va) + 1;

	if (!n->m->config.agile)
		return shadow(n, va);
	return two(n, va, n->m->config.agile > levels ? 99 : n->m->config.agile);
}

static uint32_t plain(struct naive *n, uint64_t va)
{
	n->fallbacks++;
	return n->m->environment == WALK_NATIVE ? radix(n, va) : two(n, va, 99);
}

static uint32_t max(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* The register with an address. */
static const struct walk_range *range_of(const struct naive *n, const struct walk_space *space,
					 uint64_t va)
{
	for (uint32_t i = 0; i < space->nr_ranges; i++) {
		const struct walk_range *range = &space->ranges[i];

		if (va >= range->start && va < range->end && range->reg >= 0 &&
		    (uint32_t)range->reg < n->m->config.registers)
			return range;
	}
	return NULL;
}

static uint64_t small_slot(const struct walk_range *range, uint64_t va)
{
	return range->base + (va / 4096 - range->start / 4096) * 8;
}

static uint64_t huge_slot(const struct walk_range *range, uint64_t va)
{
	return range->base_2m + (va / (2 << 20) - range->start / (1 << 30) * 512) * 8;
}

static bool in_slot(const struct walk_space *space, const struct walk_range *range, uint64_t va)
{
	unsigned int leaf = walk_space_leaf(space, va);

	if (leaf == 1)
		return range->pages && walk_space_entry(space, va, 1) == small_slot(range, va);
	return leaf == 2 && range->huge;
}

static uint32_t read_slots(struct naive *n, const struct walk_range *range, uint64_t va,
			   uint64_t part)
{
	uint32_t cycles = 0;

	n->sequential++;
	if (range->pages)
		cycles = entry(n, part | small_slot(range, va));
	if (range->huge)
		cycles = max(cycles, entry(n, part | huge_slot(range, va)));
	return cycles;
}

static uint32_t dmt(struct naive *n, uint64_t va)
{
	const struct walk_range *range = range_of(n, &n->m->guest, va);
	uint32_t cycles;

	if (!range)
		return plain(n, va);
	cycles = read_slots(n, range, va, 0);
	return in_slot(&n->m->guest, range, va) ? cycles : cycles + plain(n, va);
}

static bool host_slots(struct naive *n, const struct walk_space *space, uint64_t guest,
		       uint32_t *cycles)
{
	const struct walk_range *range = range_of(n, space, guest);

	if (!range)
		return false;
	*cycles += read_slots(n, range, guest, 0);
	return in_slot(space, range, guest);
}

static uint32_t vdmt_slot(struct naive *n, uint64_t slot, bool *there)
{
	uint32_t cycles = 0;

	if (host_slots(n, &n->m->host, slot, &cycles))
		return cycles + entry(n, physical_of(n, slot));
	*there = false;
	return cycles;
}

static uint32_t vdmt(struct naive *n, uint64_t va)
{
	const struct walk_range *range = range_of(n, &n->m->guest, va);
	uint64_t before = n->sequential;
	uint32_t cycles = 0;
	bool there = true;

	if (!range)
		return plain(n, va);
	if (range->pages)
		cycles = vdmt_slot(n, small_slot(range, va), &there);
	if (range->huge)
		cycles = max(cycles, vdmt_slot(n, huge_slot(range, va), &there));
	n->sequential = before + 2;
	if (there && in_slot(&n->m->guest, range, va) &&
	    host_slots(n, &n->m->host, walk_space_data(&n->m->guest, va), &cycles))
		return cycles;
	return cycles + plain(n, va);
}

static uint32_t pvdmt(struct naive *n, uint64_t va)
{
	const struct walk_range *range = range_of(n, &n->m->guest, va);
	uint64_t data = walk_space_data(&n->m->guest, va);
	bool there;
	uint32_t cycles;

	if (!range)
		return plain(n, va);
	cycles = read_slots(n, range, va, WALK_PART(WALK_PART_GUEST_TEA));
	there = in_slot(&n->m->guest, range, va);
	if (there && n->m->environment == WALK_NESTED) {
		there = host_slots(n, &n->m->middle, data, &cycles);
		data = walk_space_data(&n->m->middle, data);
	}
	if (there && host_slots(n, &n->m->host, data, &cycles))
		return cycles;
	return cycles + plain(n, va);
}

static uint32_t asap(struct naive *n, uint64_t va)
{
	const struct walk_range *range = range_of(n, &n->m->guest, va);
	unsigned int leaf = walk_space_leaf(&n->m->guest, va), top = n->m->config.levels, start;
	uint32_t first = n->m->config.latency[n->m->config.walk_level == 2 ? WALK_L2 : WALK_L1];
	uint32_t small = 0, huge, cycles;

	if (!range || (leaf == 1 && walk_space_entry(&n->m->guest, va, 1) != small_slot(range, va)))
		return plain(n, va);
	if (leaf == 1)
		small = entry(n, small_slot(range, va));
	huge = entry(n, huge_slot(range, va));
	start = first_level(n, n->pwc[0], va, leaf, top);
	cycles = cached(n, start, top);
	for (unsigned int level = start; level >= leaf; level--) {
		if (level > 2)
			cycles += entry(n, walk_space_entry(&n->m->guest, va, level));
		else
			cycles = max(cycles, level == 2 ? huge : small) + first;
		n->sequential++;
	}
	return cycles;
}

static uint32_t flat(struct naive *n, const struct walk_space *space, int set, uint64_t address,
		     bool below)
{
	unsigned int leaf = walk_space_leaf(space, address), upper = leaf == 2 ? 4 : 3;
	uint64_t entries[2];
	uint32_t cycles = 0;

	walk_flat_entries(space, address, leaf, entries);
	for (int i = 0; i < 2; i++) {
		if (!entries[i])
			continue;
		if (i == 0 && leaf < 3 && n->m->config.walk_caches &&
		    use(&n->pwc[set][upper], address >> (12 + 9 * (upper - 1)))) {
			cycles += n->m->config.latency[WALK_PWC];
			continue;
		}
		if (below)
			cycles += flat(n, &n->m->host, 1, entries[i], false);
		cycles += next_entry(n, below ? physical_of(n, entries[i]) : entries[i]);
	}
	return below ? cycles + flat(n, &n->m->host, 1, walk_space_data(space, address), false) :
		       cycles;
}

static unsigned int probes(struct naive *n, int set, uint64_t address, uint64_t *ret)
{
	bool known = n->cwc[set].ways && use(&n->cwc[set], address >> WALK_ECPT_CWC_SHIFT);

	return walk_ecpt_probes(&n->m->cuckoo[set], set ? &n->m->host : &n->m->guest, address,
				known, ret);
}

static uint32_t at_once(struct naive *n, const uint64_t *addresses, unsigned int nr)
{
	uint32_t cycles = 0;

	while (nr--)
		cycles = max(cycles, entry(n, *addresses++));
	return cycles;
}

static uint32_t ecpt(struct naive *n, uint64_t va)
{
	uint64_t addresses[WALK_ECPT_PROBES];
	unsigned int nr = probes(n, 0, va, addresses);

	n->sequential++;
	return n->m->config.hash + at_once(n, addresses, nr);
}

static uint32_t vecpt(struct naive *n, uint64_t va)
{
	uint64_t guests[WALK_ECPT_PROBES], addresses[WALK_ECPT_PROBES];
	unsigned int nr = probes(n, 0, va, guests), nr_host;
	uint32_t cycles = 3 * n->m->config.guest_hash, longest = 0;

	n->sequential += 3;
	for (unsigned int i = 0; i < nr; i++) {
		nr_host = probes(n, 1, guests[i], addresses);
		longest = max(longest, at_once(n, addresses, nr_host));
	}
	for (unsigned int i = 0; i < nr; i++)
		guests[i] = physical_of(n, guests[i]);
	cycles += longest + at_once(n, guests, nr);
	nr_host = probes(n, 1, walk_space_data(&n->m->guest, va), addresses);
	return cycles + at_once(n, addresses, nr_host);
}

static uint32_t walk(struct naive *n, const char *design, uint64_t va)
{
	static const struct {
		const char *name;
		uint32_t (*walk)(struct naive *n, uint64_t va);
	} rows[] = { { "radix", radix }, { "ecpt", ecpt },    { "vecpt", vecpt },
		     { "asap", asap },	 { "dmt", dmt },      { "vdmt", vdmt },
		     { "pvdmt", pvdmt }, { "npvdmt", pvdmt }, { "shadow", shadow },
		     { "agile", agile } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (!strcmp(rows[i].name, design))
			return rows[i].walk(n, va);
	if (!strcmp(design, "2d") || !strcmp(design, "nested"))
		return two(n, va, 99);
	if (!strcmp(design, "fpt") || !strcmp(design, "vfpt"))
		return flat(n, &n->m->guest, 0, va, *design == 'v');
	fail_msg("%s has no second implementation", design);
	return 0;
}

static void refer(struct naive *n, const char *design, uint64_t reference)
{
	uint64_t va = reference & WALK_ADDRESS_MASK, data = walk_space_data(&n->m->guest, va);
	bool fetch = reference >> WALK_TYPE_SHIFT & 2;
	unsigned int leaf = walk_space_leaf(&n->m->guest, va);
	uint64_t number;
	bool hit;

	if (n->m->environment != WALK_NATIVE && host_leaf(n, data) < leaf)
		leaf = host_leaf(n, data);
	number = va >> (12 + 9 * (leaf - 1));
	hit = fetch ? use(&n->itlb, number | (uint64_t)leaf << 60) : use(&n->dtlb[leaf], number);
	if (!hit && (leaf == 3 || !use(&n->stlb, number | (uint64_t)leaf << 60))) {
		n->walks++;
		n->walk_cycles += walk(n, design, va);
	}
	n->data_cycles += memory(n, fetch ? &n->l1i : &n->l1d, physical_of(n, data));
}

/* ---- both -------------------------------------------------------------------------------------------- */

static void assert_same(const struct naive *n, const struct walk_machine *m, const char *design,
			uint32_t i)
{
	uint64_t walks = m->count.walks[1] + m->count.walks[2] + m->count.walks[3];

	if (walks != n->walks || m->count.walk_cycles != n->walk_cycles ||
	    m->count.data_cycles != n->data_cycles || m->count.sequential != n->sequential ||
	    m->count.accesses != n->accesses || m->count.fallbacks != n->fallbacks)
		fail_msg("%s differs at reference %u", design, i);
}

static void compare(const struct walk_design *design, const struct walk_config *config,
		    const struct walk_world *world, uint32_t nr)
{
	uint64_t va = 0, state = 1;
	struct walk_run run;
	struct naive naive;

	assert_int_equal(walk_run_init(&run, design, config, world), 0);
	naive_init(&naive, &run.machine);
	for (uint32_t i = 0; i < nr; i++) {
		uint64_t random = walk_mix(state++, 77), reference;

		/* Near by, in the neighbourhood, or anywhere. */
		if (random % 8 < 3)
			va ^= random >> 8 & 0xfff;
		else if (random % 8 < 5)
			va ^= random >> 8 & 0xffffff;
		else
			va = random >> 3 & ((1ULL << world->bits) - 1);
		reference = walk_reference(va, random % 16 == 7 ? WALK_FETCH : WALK_READ, 0);
		walk_run_references(&run, &reference, 1);
		refer(&naive, design->name, reference);
		assert_same(&naive, &run.machine, design->name, i);
	}
	assert_true(naive.walks > nr / 10);
	naive_done(&naive);
	walk_run_done(&run);
}

/* Small enough that sets overflow all the time. */
static struct walk_config small_machine(void)
{
	struct walk_config c = walk_config_defaults;

	c.itlb = c.dtlb_2m = (struct walk_array){ 4, 2 };
	c.dtlb = (struct walk_array){ 8, 2 };
	c.stlb = (struct walk_array){ 24, 3 };
	c.l1i = c.l1d = (struct walk_array){ 64, 4 };
	c.l2 = (struct walk_array){ 512, 2 };
	c.l3 = (struct walk_array){ 768, 3 };
	return c;
}

static void compare_all(const struct walk_config *config, const struct walk_world *world,
			uint32_t nr)
{
	for (size_t i = 0; i < walk_designs_count; i++)
		compare(&walk_designs[i], config, world, nr);
}

static void both_agree_on_small_pages(void **state)
{
	const struct walk_world world = { .bits = 33, .placed_percent = 100, .seed = 5 };
	struct walk_config config = small_machine();

	compare_all(&config, &world, MANY);
}

static void both_agree_where_sizes_are_mixed_and_tables_misplaced(void **state)
{
	const struct walk_world world = {
		.bits = 35, .huge_percent = 40, .placed_percent = 80, .seed = 6
	};
	struct walk_config config = small_machine();

	config.levels = 5;
	config.nested_tlb = (struct walk_array){ 8, 2 };
	config.agile = 2;
	config.walk_level = 2;
	compare_all(&config, &world, SOME);
}

static void both_agree_where_host_pages_are_huge(void **state)
{
	const struct walk_world world = { .bits = 37,
					  .huge_percent = 90,
					  .host_huge_percent = 100,
					  .placed_percent = 100,
					  .order = WALK_IN_ORDER,
					  .seed = 7 };
	struct walk_config config = small_machine();

	config.combined = 1;
	config.host_levels = 5;
	config.agile = 3;
	config.cwc.entries = 0;
	compare_all(&config, &world, SOME);
}

static void both_agree_on_the_published_machine(void **state)
{
	const struct walk_world world = { .bits = 38, .placed_percent = 100, .seed = 8 };
	struct walk_config config = walk_config_defaults;

	compare_all(&config, &world, SOME);
	config.walk_caches = 0;
	compare(walk_design_find("2d"), &config, &world, SOME);
	compare(walk_design_find("vfpt"), &config, &world, SOME);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_agree_on_small_pages),
		cmocka_unit_test(both_agree_where_sizes_are_mixed_and_tables_misplaced),
		cmocka_unit_test(both_agree_where_host_pages_are_huge),
		cmocka_unit_test(both_agree_on_the_published_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
