// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page-walk simulator beside what was computed by hand: how many entries the first walk of each design reads, what
 * walks cost in cycles, who leaves a full set, what falls back. The second implementation is in test_sim_walk_naive.
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

#define KIB (1ULL << 10)
#define MIB (1ULL << 20)
#define GIB (1ULL << 30)

static struct walk_world world(void)
{
	return (struct walk_world){ .bits = 38, .placed_percent = 100, .seed = 1 };
}

static void start(struct walk_run *run, const char *design, const struct walk_config *config,
		  const struct walk_world *w)
{
	const struct walk_design *found = walk_design_find(design);

	assert_non_null(found);
	assert_int_equal(walk_run_init(run, found, config, w), 0);
}

static void refer(struct walk_run *run, uint64_t va)
{
	walk_run_references(run, &va, 1);
}

/* The first walk of a machine in which nothing is cached yet. */
static struct walk_counts first_walk(const char *design, const struct walk_config *config,
				     const struct walk_world *w)
{
	struct walk_config without = *config;
	struct walk_counts count;
	struct walk_run run;

	/* Tables of the guest may be neighbours in the host's: then a walk cache helps within the first walk. */
	without.walk_caches = 0;
	start(&run, design, &without, w);
	refer(&run, 5 * GIB + 3 * MIB + 0x123);
	count = run.machine.count;
	walk_run_done(&run);
	assert_int_equal(count.references, 1);
	assert_int_equal(count.walks[1] + count.walks[2] + count.walks[3], 1);
	return count;
}

static uint64_t cold(const char *design, const struct walk_config *config,
		     const struct walk_world *w)
{
	return first_walk(design, config, w).sequential;
}

/* ---- how many are read one after the other ----------------------------------------------------------- */

static void radix_reads_an_entry_a_level(void **state)
{
	struct walk_config config = walk_config_defaults;
	struct walk_world w = world();

	assert_int_equal(cold("radix", &config, &w), 4);
	assert_int_equal(cold("shadow", &config, &w), 4);
	w.huge_percent = 100;
	assert_int_equal(cold("radix", &config, &w), 3);
	w.huge_percent = 0;
	config.levels = 5;
	assert_int_equal(cold("radix", &config, &w), 5);
}

static void a_page_of_a_gibibyte_is_found_at_the_second_level(void **state)
{
	struct walk_node root = { .table = 0x1000 }, upper = { .table = 0x2000 };
	struct walk_node *nodes[] = { &root, &upper };
	const struct walk_tree tree = {
		.nodes = nodes, .nr_nodes = 2, .levels = 4, .nr_pages = { [3] = 1 }
	};
	struct walk_world w = world();

	root.slots[0] = 1 << 2 | WALK_SLOT_NODE;
	upper.slots[5] = 7 * GIB | WALK_SLOT_PAGE;
	w.tree = &tree;
	assert_int_equal(cold("radix", &walk_config_defaults, &w), 2);
	assert_int_equal(cold("fpt", &walk_config_defaults, &w), 1);
	assert_int_equal(cold("ecpt", &walk_config_defaults, &w), 1);
	/* No register has it. */
	assert_int_equal(cold("dmt", &walk_config_defaults, &w), 2);
	assert_int_equal(walk_tree_data(&tree, 5 * GIB + 77), 7 * GIB + 77);
	assert_int_equal(walk_tree_leaf(&tree, 6 * GIB), 0);
}

static void guest_and_host_multiply(void **state)
{
	struct walk_config config = walk_config_defaults;
	struct walk_world w = world();

	assert_int_equal(cold("2d", &config, &w), 24);
	assert_int_equal(cold("nested", &config, &w), 24);
	w.huge_percent = 100;
	assert_int_equal(cold("2d", &config, &w), 19);
	w.host_huge_percent = 100;
	assert_int_equal(cold("2d", &config, &w), 15);
	w.huge_percent = 0;
	assert_int_equal(cold("2d", &config, &w), 19);
	w.host_huge_percent = 0;
	config.levels = 5;
	assert_int_equal(cold("2d", &config, &w), 29);
	config.host_levels = 5;
	assert_int_equal(cold("2d", &config, &w), 35);
}

static void agile_is_between_shadow_and_guest_and_host(void **state)
{
	static const uint64_t wanted[] = { 4, 8, 12, 16, 20, 24 };
	struct walk_config config = walk_config_defaults;
	struct walk_world w = world();

	for (uint32_t i = 0; i < 6; i++) {
		config.agile = i;
		assert_int_equal(cold("agile", &config, &w), wanted[i]);
	}
}

static void other_designs_read_fewer(void **state)
{
	static const struct {
		const char *design;
		uint64_t sequential, accesses;
	} rows[] = {
		{ "fpt", 2, 2 },   { "vfpt", 8, 8 }, /* three ways each */
		{ "ecpt", 1, 3 },  { "vecpt", 3, 9 + 3 + 3 }, { "dmt", 1, 1 },	{ "vdmt", 3, 3 },
		{ "pvdmt", 2, 2 }, { "npvdmt", 3, 3 },	      { "asap", 4, 4 },
	};
	struct walk_world w = world();

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct walk_counts count = first_walk(rows[i].design, &walk_config_defaults, &w);

		assert_int_equal(count.sequential, rows[i].sequential);
		assert_int_equal(count.accesses, rows[i].accesses);
		assert_int_equal(count.fallbacks, 0);
	}
}

/* ---- cycles ------------------------------------------------------------------------------------------ */

/* Walk cycles of one more reference. */
static uint64_t cycles_of(struct walk_run *run, uint64_t va)
{
	uint64_t before = run->machine.count.walk_cycles;

	refer(run, va);
	return run->machine.count.walk_cycles - before;
}

static void walks_cost_what_they_find(void **state)
{
	struct walk_world w = world();
	struct walk_run run;

	w.order = WALK_IN_ORDER;
	start(&run, "radix", &walk_config_defaults, &w);
	assert_int_equal(cycles_of(&run, 0), 800);
	/* The PDE is cached, the entry in the same line. */
	assert_int_equal(cycles_of(&run, 4 * KIB), 1 + 4);
	assert_int_equal(cycles_of(&run, 4 * KIB), 0);
	/* The PDPTE is cached, the PDE in the same line, its table new. */
	assert_int_equal(cycles_of(&run, 2 * MIB), 1 + 4 + 200);
	assert_int_equal(cycles_of(&run, GIB), 1 + 4 + 200 + 200);
	assert_int_equal(run.machine.count.pwc_hits[0][2], 1);
	assert_int_equal(run.machine.count.pwc_hits[0][3], 1);
	assert_int_equal(run.machine.count.pwc_hits[0][4], 1);
	assert_int_equal(run.machine.count.pwc_misses[0], 1);
	assert_int_equal(run.machine.count.data_cycles, 4 * 200 + 4);
	walk_run_done(&run);
}

static void with_one_latency_cycles_are_accesses(void **state)
{
	struct walk_config config = walk_config_defaults;
	struct walk_world w = world();

	config.walk_caches = 0;
	config.hash = config.guest_hash = 0;
	for (unsigned int i = 0; i < WALK_WHERES; i++)
		config.latency[i] = 7;
	for (size_t i = 0; i < walk_designs_count; i++) {
		struct walk_run run;

		/* Prefetches are not waited for one by one. */
		if (!strcmp(walk_designs[i].name, "asap"))
			continue;
		start(&run, walk_designs[i].name, &config, &w);
		for (uint64_t n = 0; n < 1000; n++)
			refer(&run, walk_mix(n, 3) % (1ULL << 38));
		assert_true(run.machine.count.walks[1] > 900);
		assert_int_equal(run.machine.count.walk_cycles, 7 * run.machine.count.sequential);
		walk_run_done(&run);
	}
}

static void two_sizes_at_once_take_the_longer(void **state)
{
	struct walk_world w = world();
	struct walk_run run;
	uint64_t small = 0, huge = 0;

	w.huge_percent = 50;
	w.order = WALK_IN_ORDER;
	start(&run, "dmt", &walk_config_defaults, &w);
	while (walk_space_leaf(&run.machine.guest, small) != 1)
		small += 2 * MIB;
	while (walk_space_leaf(&run.machine.guest, huge) != 2)
		huge += 2 * MIB;
	assert_int_equal(cycles_of(&run, small), 200);
	assert_int_equal(run.machine.count.accesses, 2);
	assert_int_equal(run.machine.count.sequential, 1);
	/* Eight windows are in the line of huge entries that has been read; the small ones' is new. */
	assert_true(huge < 16 * MIB && small < 16 * MIB);
	assert_int_equal(cycles_of(&run, huge), 200);
	assert_int_equal(cycles_of(&run, small + 4 * KIB), 4);
	assert_int_equal(run.machine.count.fallbacks, 0);
	walk_run_done(&run);
}

static void walks_may_begin_in_the_second_cache(void **state)
{
	struct walk_config config = walk_config_defaults;
	struct walk_world w = world();
	struct walk_run run;

	w.order = WALK_IN_ORDER;
	config.walk_level = 2;
	start(&run, "radix", &config, &w);
	assert_int_equal(cycles_of(&run, 0), 800);
	assert_int_equal(cycles_of(&run, 4 * KIB), 1 + 14);
	walk_run_done(&run);
}

static void a_nested_tlb_and_combined_caches_save_walks_of_the_host(void **state)
{
	struct walk_config config = walk_config_defaults;
	struct walk_world w = world();
	struct walk_run run;

	config.nested_tlb = (struct walk_array){ 64, 4 };
	config.walk_caches = 0;
	start(&run, "2d", &config, &w);
	refer(&run, 0);
	assert_int_equal(run.machine.count.sequential, 24);
	/* The tables' frames are in the nested TLB, the datum's is not. */
	refer(&run, 4 * KIB);
	assert_int_equal(run.machine.count.nested_tlb_hits, 4);
	assert_int_equal(run.machine.count.sequential, 24 + 4 + 4);
	walk_run_done(&run);
	config.nested_tlb.entries = 0;
	config.walk_caches = config.combined = 1;
	start(&run, "2d", &config, &w);
	refer(&run, 0);
	walk_run_warm(&run);
	refer(&run, 4 * KIB);
	assert_int_equal(run.machine.count.histogram[1][1][WALK_MEMORY] +
				 run.machine.count.histogram[1][1][WALK_L1],
			 0);
	assert_int_equal(run.machine.count.histogram[1][0][WALK_L1], 1);
	walk_run_done(&run);
}

/* ---- what is kept ------------------------------------------------------------------------------------ */

static void the_longest_unused_leaves_a_set(void **state)
{
	uint64_t tags[4] = { WALK_NO_TAG, WALK_NO_TAG, WALK_NO_TAG, WALK_NO_TAG };
	struct walk_lru lru = { .tags = tags, .mask = 0, .ways = 4 };

	for (uint64_t key = 0; key < 4; key++)
		assert_false(walk_lru_touch(&lru, key));
	assert_true(walk_lru_touch(&lru, 0));
	assert_false(walk_lru_touch(&lru, 4)); /* 1 goes */
	assert_true(walk_lru_refresh(&lru, 2));
	assert_false(walk_lru_refresh(&lru, 1));
	assert_false(walk_lru_touch(&lru, 5)); /* 3 goes */
	assert_true(walk_lru_touch(&lru, 0));
	assert_true(walk_lru_touch(&lru, 2));
	assert_false(walk_lru_refresh(&lru, 3));
}

static void so_it_is_with_short_tags(void **state)
{
	uint32_t tags[2 * 3];
	struct walk_lines lines = { .tags = tags, .mask = 1, .ways = 3, .shift = 1 };

	memset(tags, 0xff, sizeof(tags));
	for (uint64_t line = 0; line < 6; line++)
		assert_false(walk_lines_touch(&lines, line));
	assert_true(walk_lines_touch(&lines, 0));
	assert_false(walk_lines_touch(&lines, 6)); /* 2 goes */
	assert_true(walk_lines_touch(&lines, 4));
	assert_false(walk_lines_touch(&lines, 2)); /* 0 goes */
	assert_false(walk_lines_touch(&lines, 0));
	for (uint64_t line = 1; line < 6; line += 2)
		assert_true(walk_lines_touch(&lines, line));
}

static void what_is_above_the_first_table_read_does_not_come_in(void **state)
{
	struct walk_world w = world();
	struct walk_run run;

	start(&run, "radix", &walk_config_defaults, &w);
	/* Five gibibytes, whose PDPTEs push out the first; its PDE stays. */
	for (uint64_t i = 0; i < 5; i++)
		refer(&run, i * (GIB + 2 * MIB));
	assert_false(walk_lru_refresh(&run.machine.pwc[0][3], 0));
	refer(&run, 4 * KIB);
	assert_int_equal(run.machine.count.pwc_hits[0][2], 1);
	assert_false(walk_lru_refresh(&run.machine.pwc[0][3], 0));
	walk_run_done(&run);
}

static void huge_pages_have_a_tlb_of_their_own_and_share_the_second(void **state)
{
	struct walk_world w = world();
	struct walk_run run;

	w.huge_percent = 100;
	start(&run, "radix", &walk_config_defaults, &w);
	for (uint64_t i = 0; i < 33; i++)
		refer(&run, i * 2 * MIB);
	assert_int_equal(run.machine.count.walks[2], 33);
	/* Eight sets of four: one of them had a fifth. */
	refer(&run, 0);
	assert_int_equal(run.machine.count.l1_misses[2], 34);
	assert_int_equal(run.machine.count.walks[2], 33);
	refer(&run, 0x1fffff);
	assert_int_equal(run.machine.count.l1_misses[2], 34);
	walk_run_done(&run);
	/* On small pages of the host they are small. */
	start(&run, "2d", &walk_config_defaults, &w);
	refer(&run, 0);
	refer(&run, 4 * KIB);
	assert_int_equal(run.machine.count.walks[1], 2);
	walk_run_done(&run);
}

static void instructions_have_their_own_first_levels(void **state)
{
	struct walk_world w = world();
	uint64_t fetch = walk_reference(4096, WALK_FETCH, 3);
	struct walk_run run;

	start(&run, "radix", &walk_config_defaults, &w);
	refer(&run, 4096);
	walk_run_references(&run, &fetch, 1);
	assert_int_equal(run.machine.count.l1_misses[1], 2);
	assert_int_equal(run.machine.count.walks[1], 1);
	assert_int_equal(run.machine.count.data_cycles, 200 + 14);
	walk_run_done(&run);
}

/* ---- what falls back --------------------------------------------------------------------------------- */

static void a_misplaced_table_costs_its_slot_and_the_walk(void **state)
{
	struct walk_world w = world();
	struct walk_run run;
	uint64_t va = 0;

	w.placed_percent = 50;
	start(&run, "dmt", &walk_config_defaults, &w);
	while (walk_space_placed(&run.machine.guest, va >> WALK_WINDOW_SHIFT))
		va += 2 * MIB;
	refer(&run, va);
	assert_int_equal(run.machine.count.sequential, 1 + 4);
	assert_int_equal(run.machine.count.walk_cycles, 1000);
	assert_int_equal(run.machine.count.fallbacks, 1);
	walk_run_done(&run);
}

static void the_range_after_the_last_register_falls_back(void **state)
{
	struct walk_run run;
	struct walk_world w = world();

	start(&run, "dmt", &walk_config_defaults, &w);
	run.machine.guest.nr_ranges = 17;
	for (uint64_t i = 0; i < 17; i++)
		run.machine.guest.ranges[i] =
			(struct walk_range){ .start = i * GIB,
					     .end = (i + 1) * GIB,
					     .base = WALK_AREA(WALK_AREA_TEA) + i * 512 * 4096,
					     .reg = (int32_t)i,
					     .pages = true };
	for (uint64_t i = 0; i < 16; i++)
		refer(&run, i * GIB + 3 * MIB);
	assert_int_equal(run.machine.count.fallbacks, 0);
	assert_int_equal(run.machine.count.sequential, 16);
	assert_int_equal(run.machine.count.registers, 0xffff);
	refer(&run, 16 * GIB);
	refer(&run, 17 * GIB);
	assert_int_equal(run.machine.count.fallbacks, 2);
	assert_int_equal(run.machine.count.registers, 0xffff);
	walk_run_done(&run);
}

/* ---- counting ---------------------------------------------------------------------------------------- */

static void warming_up_is_not_counted_and_the_histogram_has_each_walk(void **state)
{
	struct walk_world w = world();
	struct walk_run run;
	uint64_t leaves = 0, data = 0;

	start(&run, "2d", &walk_config_defaults, &w);
	for (uint64_t n = 0; n < 500; n++)
		refer(&run, walk_mix(n, 5) % (1ULL << 38));
	walk_run_warm(&run);
	for (uint64_t n = 0; n < 1000; n++)
		refer(&run, walk_mix(n, 6) % (1ULL << 38));
	assert_int_equal(run.machine.count.references, 1000);
	for (unsigned int i = 0; i < WALK_WHERES; i++) {
		leaves += run.machine.count.histogram[1][0][i];
		data += run.machine.count.histogram[0][1][i];
	}
	assert_int_equal(leaves, run.machine.count.walks[1]);
	assert_int_equal(data, run.machine.count.walks[1]);
	walk_run_done(&run);
}

static void what_is_not_mapped_is_counted_apart(void **state)
{
	struct walk_node root = { .table = 0x1000 };
	struct walk_node *nodes[] = { &root };
	const struct walk_tree tree = { .nodes = nodes, .nr_nodes = 1, .levels = 4 };
	struct walk_world w = world();
	struct walk_run run;

	w.tree = &tree;
	start(&run, "radix", &walk_config_defaults, &w);
	refer(&run, 0);
	refer(&run, 1ULL << 50);
	assert_int_equal(run.machine.count.unmapped, 2);
	assert_int_equal(run.machine.count.references, 0);
	walk_run_done(&run);
}

/* ---- parts ------------------------------------------------------------------------------------------- */

static void scattering_is_one_to_one(void **state)
{
	static uint8_t seen[1 << 17];
	struct walk_space space;
	uint64_t in_place = 0;

	walk_space_make(&space, 29, 0, WALK_SCATTERED, 9);
	for (uint64_t i = 0; i < 1 << 17; i++) {
		uint64_t to = walk_scatter(&space.by_page, i);

		assert_true(to < 1 << 17 && !seen[to]);
		seen[to] = 1;
		in_place += to == i + 1;
	}
	assert_true(in_place < 32);
}

static void cuckoo_tables_grow_and_lose_nothing(void **state)
{
	struct walk_cuckoo_table table = {};

	for (uint64_t i = 0; i < 20000; i++)
		assert_int_equal(walk_cuckoo_add(&table, i * 37), 0);
	for (uint64_t i = 0; i < 20000; i++) {
		unsigned int way = walk_cuckoo_way(&table, i * 37);
		uint64_t line = walk_cuckoo_line(&table, i * 37, way);

		assert_int_equal(table.keys[way][line], i * 37 + 1);
		assert_int_equal(walk_cuckoo_add(&table, i * 37), 0);
	}
	assert_int_equal(table.nr, 20000);
	assert_true(table.nr * 100 <= 3ULL * WALK_CUCKOO_FILL << table.bits);
	assert_true(table.resizes >= 10);
	for (unsigned int way = 0; way < WALK_CUCKOO_WAYS; way++)
		free(table.keys[way]);
}

static void nodes_of_flat_tables_are_not_in_the_same_sets(void **state)
{
	struct walk_world w = world();
	struct walk_run run;
	uint64_t cycles = 0;

	/* The same page of 64 gibibytes, over and over: their lower entries fit into the first cache. */
	start(&run, "fpt", &walk_config_defaults, &w);
	for (uint64_t i = 0; i < 64 * 400; i++)
		cycles = cycles_of(&run, i % 64 * GIB + i / 64 * 16 * MIB);
	for (uint64_t i = 0; i < 64; i++)
		cycles += cycles_of(&run, i * GIB + 400 * 16 * MIB);
	assert_true(cycles / 64 < 450);
	walk_run_done(&run);
}

static void keys_of_the_machine_are_checked(void **state)
{
	struct walk_config config = walk_config_defaults;
	char problem[1024], *text;
	size_t size;
	FILE *out;

	assert_int_equal(walk_config_set(&config, "dtlb=128/8", problem, sizeof(problem)), 0);
	assert_int_equal(config.dtlb.entries, 128);
	assert_int_equal(walk_config_set(&config, "l2_kib=256/16", problem, sizeof(problem)), 0);
	assert_int_equal(config.l2.entries, 4096);
	assert_int_equal(walk_config_set(&config, "memory_cycles=120", problem, sizeof(problem)),
			 0);
	assert_null(walk_config_problem(&config));
	assert_true(walk_config_set(&config, "levels=6", problem, sizeof(problem)) < 0);
	assert_string_equal(problem, "levels= is a number from 4 to 5, not '6'");
	assert_true(walk_config_set(&config, "dtlb=64", problem, sizeof(problem)) < 0);
	assert_string_equal(problem, "dtlb= is ENTRIES/WAYS, as in dtlb=64/4, not '64'");
	assert_true(walk_config_set(&config, "tlb=64/4", problem, sizeof(problem)) < 0);
	assert_non_null(strstr(problem, "'tlb=64/4' is no KEY=VALUE"));
	assert_true(walk_config_set(&config, "levels", problem, sizeof(problem)) < 0);
	assert_true(walk_config_set(&config, "levels=4x", problem, sizeof(problem)) < 0);
	assert_true(walk_config_set(&config, "levels=-4", problem, sizeof(problem)) < 0);
	config.dtlb = (struct walk_array){ 64, 5 };
	assert_non_null(strstr(walk_config_problem(&config), "multiple"));
	config.dtlb = (struct walk_array){ 12, 4 };
	assert_non_null(strstr(walk_config_problem(&config), "power of two"));
	config = walk_config_defaults;
	config.l2 = (struct walk_array){ 128, 16 };
	assert_non_null(strstr(walk_config_problem(&config), "256 sets"));
	out = open_memstream(&text, &size);
	walk_config_print(&walk_config_defaults, out);
	fclose(out);
	assert_non_null(strstr(text, "l3_kib=22528/11\n"));
	/* What is printed can be read. */
	config = walk_config_defaults;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		assert_int_equal(walk_config_set(&config, line, problem, sizeof(problem)), 0);
	assert_memory_equal(&config, &walk_config_defaults, sizeof(config));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(radix_reads_an_entry_a_level),
		cmocka_unit_test(a_page_of_a_gibibyte_is_found_at_the_second_level),
		cmocka_unit_test(guest_and_host_multiply),
		cmocka_unit_test(agile_is_between_shadow_and_guest_and_host),
		cmocka_unit_test(other_designs_read_fewer),
		cmocka_unit_test(walks_cost_what_they_find),
		cmocka_unit_test(with_one_latency_cycles_are_accesses),
		cmocka_unit_test(two_sizes_at_once_take_the_longer),
		cmocka_unit_test(walks_may_begin_in_the_second_cache),
		cmocka_unit_test(a_nested_tlb_and_combined_caches_save_walks_of_the_host),
		cmocka_unit_test(the_longest_unused_leaves_a_set),
		cmocka_unit_test(so_it_is_with_short_tags),
		cmocka_unit_test(what_is_above_the_first_table_read_does_not_come_in),
		cmocka_unit_test(huge_pages_have_a_tlb_of_their_own_and_share_the_second),
		cmocka_unit_test(instructions_have_their_own_first_levels),
		cmocka_unit_test(a_misplaced_table_costs_its_slot_and_the_walk),
		cmocka_unit_test(the_range_after_the_last_register_falls_back),
		cmocka_unit_test(warming_up_is_not_counted_and_the_histogram_has_each_walk),
		cmocka_unit_test(what_is_not_mapped_is_counted_apart),
		cmocka_unit_test(scattering_is_one_to_one),
		cmocka_unit_test(cuckoo_tables_grow_and_lose_nothing),
		cmocka_unit_test(nodes_of_flat_tables_are_not_in_the_same_sets),
		cmocka_unit_test(keys_of_the_machine_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
