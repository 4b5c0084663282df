// SPDX-License-Identifier: GPL-2.0-only
/*
 * The published simulator of page-table walks: each of its known defects, which ours has only when it is asked for, and
 * its arithmetic, by hand. Every test says what is right first, so that it fails where the defect is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../sim/walk/designs.h"
#include "../../sim/walk/published.h"

#define KIB (1ULL << 10)
#define MIB (1ULL << 20)
#define GIB (1ULL << 30)

static void start(struct walk_run *run, const char *design, uint32_t defects)
{
	const struct walk_world world = {
		.bits = 38, .placed_percent = 100, .order = WALK_IN_ORDER, .seed = 1
	};
	struct walk_config config = walk_config_defaults;

	config.defects = defects;
	assert_int_equal(walk_run_init(run, walk_design_find(design), &config, &world), 0);
}

static uint64_t cycles_of(struct walk_run *run, uint64_t va)
{
	uint64_t before = run->machine.count.walk_cycles;

	walk_run_references(run, &va, 1);
	return run->machine.count.walk_cycles - before;
}

/* (1) The last tag once more is not found. */
static void a_line_read_twice_is_in_the_cache(void **state)
{
	static const uint64_t wanted[] = { 200 + 4, 200 + 200 };

	for (uint32_t defects = 0; defects < 2; defects++) {
		struct walk_run run;

		start(&run, "radix", defects ? WALK_DEFECT_REPEATS : 0);
		cycles_of(&run, 0);
		cycles_of(&run, 8);
		assert_int_equal(run.machine.count.data_cycles, wanted[defects]);
		walk_run_done(&run);
	}
}

static uint64_t root_hits(uint32_t defects)
{
	struct walk_run run;
	uint64_t hits;

	start(&run, "radix", defects);
	for (uint64_t i = 0; i < 256; i++)
		cycles_of(&run, i * 37 % 256 * GIB);
	hits = run.machine.count.pwc_hits[0][4];
	walk_run_done(&run);
	return hits;
}

static void a_walk_cache_hits_whatever_was_asked_before(void **state)
{
	/* All 256 gibibytes are below one entry of the root. */
	assert_int_equal(root_hits(0), 255);
	assert_int_equal(root_hits(WALK_DEFECT_REPEATS), 0);
}

/* (2) Frame numbers as addresses: entries of tables fall on top of each other. */
static void entries_of_two_tables_are_two_lines(void **state)
{
	struct walk_run run;

	start(&run, "radix", 0);
	cycles_of(&run, 0);
	assert_int_equal(cycles_of(&run, 2 * MIB), 1 + 4 + 200);
	walk_run_done(&run);
	start(&run, "radix", WALK_DEFECT_FRAMES);
	cycles_of(&run, 0);
	assert_int_equal(cycles_of(&run, 2 * MIB), 1 + 4 + 4);
	walk_run_done(&run);
}

/* (7) And the host is asked for a frame number. */
static void tables_of_a_guest_are_pages_of_its_host(void **state)
{
	uint64_t accesses[2];

	for (uint32_t defects = 0; defects < 2; defects++) {
		struct walk_run run;

		start(&run, "2d", defects ? WALK_DEFECT_FRAMES : 0);
		run.machine.config.nested_tlb.entries = 0;
		cycles_of(&run, 0);
		accesses[defects] = run.machine.count.sequential;
		walk_run_done(&run);
	}
	assert_true(accesses[1] < accesses[0]);
}

/* (3) A block of a walk cache is one entry. */
static void a_walk_cache_knows_one_entry_a_key(void **state)
{
	struct walk_run run;

	start(&run, "radix", 0);
	cycles_of(&run, 0);
	assert_int_equal(cycles_of(&run, 2 * MIB), 1 + 4 + 200);
	walk_run_done(&run);
	start(&run, "radix", WALK_DEFECT_KEYS);
	cycles_of(&run, 0);
	/* As if the first window's entry were this one's. */
	assert_int_equal(cycles_of(&run, 2 * MIB), 1 + 200);
	walk_run_done(&run);
}

/* (4) The host's walk for the data asks its walk caches as all others do. */
static void the_last_walk_asks_the_walk_caches(void **state)
{
	for (uint32_t defects = 0; defects < 2; defects++) {
		struct walk_run run;
		uint64_t hits = 0, roots = 0;

		start(&run, "2d", defects ? WALK_DEFECT_LAST_WALK : 0);
		for (uint64_t i = 0; i < 100; i++)
			cycles_of(&run, i * 4 * KIB);
		for (unsigned int level = 2; level <= 4; level++)
			hits += run.machine.count.histogram[0][level][WALK_PWC];
		for (unsigned int where = WALK_L1; where < WALK_WHERES; where++)
			roots += run.machine.count.histogram[0][4][where];
		if (defects) {
			assert_int_equal(hits, 0);
			assert_int_equal(roots, 100);
		} else {
			assert_true(hits >= 99);
			assert_true(roots <= 1);
		}
		walk_run_done(&run);
	}
}

/* (5) A TLB forgets what has not been used for longest. */
static void a_tlb_forgets_the_longest_unused(void **state)
{
	static const uint64_t misses[] = { 6, 5 };

	for (uint32_t defects = 0; defects < 2; defects++) {
		struct walk_run run;

		/* Sixteen sets: these are in one. The first is used most, and longest ago. */
		start(&run, "radix", defects ? WALK_DEFECT_LFU : 0);
		for (unsigned int i = 0; i < 3; i++)
			cycles_of(&run, 0);
		for (uint64_t i = 1; i < 5; i++)
			cycles_of(&run, i * 64 * KIB);
		cycles_of(&run, 0);
		assert_int_equal(run.machine.count.l1_misses[1], misses[defects]);
		walk_run_done(&run);
	}
}

/* (6) Huge pages are simulated: fewer misses, and not only shorter walks. */
static void huge_pages_reach_further(void **state)
{
	const struct walk_world small = { .bits = 32, .placed_percent = 100, .seed = 1 };
	struct walk_world huge = small;
	uint64_t walks[2];

	huge.huge_percent = 100;
	for (int i = 0; i < 2; i++) {
		struct walk_run run;

		assert_int_equal(walk_run_init(&run, walk_design_find("radix"),
					       &walk_config_defaults, i ? &huge : &small),
				 0);
		for (uint64_t n = 0; n < 20000; n++)
			cycles_of(&run, walk_mix(n, 9) % (1ULL << 31));
		walks[i] = run.machine.count.walks[1] + run.machine.count.walks[2];
		walk_run_done(&run);
	}
	assert_true(walks[0] > 19000);
	assert_true(walks[1] <= 1024);
}

/* ---- the arithmetic ---------------------------------------------------------------------------------- */

/* One walk, each of whose accesses is found somewhere else: cycles of each cell are known. */
static void assert_row(const struct walk_published *rows, unsigned int nr, const char *design,
		       double cycles, double cycles_huge)
{
	for (unsigned int i = 0; i < nr; i++)
		if (!strcmp(rows[i].design, design)) {
			assert_true(rows[i].cycles == cycles);
			assert_true(rows[i].cycles_huge == cycles_huge);
			return;
		}
	fail_msg("no %s", design);
}

static void sums_of_a_native_walk(void **state)
{
	struct walk_counts count = { .walks = { [1] = 1 } };
	struct walk_published rows[WALK_PUBLISHED_MAX];
	unsigned int nr;

	count.histogram[4][0][WALK_PWC] = 1;
	count.histogram[3][0][WALK_L1] = 1;
	count.histogram[2][0][WALK_L2] = 1;
	count.histogram[1][0][WALK_MEMORY] = 1;
	nr = walk_published(&count, &walk_config_defaults, WALK_NATIVE, rows);
	assert_int_equal(nr, 4);
	assert_string_equal(rows[0].design, "radix");
	assert_row(rows, nr, "radix", 1 + 4 + 14 + 200, 1 + 4 + 14);
	assert_row(rows, nr, "fpt", 4 + 200, 1 + 14);
	assert_row(rows, nr, "ecpt", 202, 16);
	assert_row(rows, nr, "dmt", 200, 14);
}

static void sums_of_a_guests_walk(void **state)
{
	struct walk_counts count = { .walks = { [1] = 1 } };
	struct walk_published rows[WALK_PUBLISHED_MAX];
	unsigned int nr;

	/* Entries of the guest in memory, of its host for them in the first cache, for the data in the second. */
	for (unsigned int level = 1; level <= 4; level++) {
		count.histogram[level][0][WALK_MEMORY] = 1;
		count.histogram[0][level][WALK_L2] = 1;
		for (unsigned int row = 1; row <= 4; row++)
			count.histogram[row][level][WALK_L1] = 1;
	}
	nr = walk_published(&count, &walk_config_defaults, WALK_VIRTUAL, rows);
	assert_int_equal(nr, 6);
	assert_row(rows, nr, "2d", 4 * 200 + 4 * 14 + 16 * 4, 3 * 200 + 3 * 14 + 9 * 4);
	assert_row(rows, nr, "agile", 4 * 200 + 4 * 14, 3 * 200 + 3 * 14);
	assert_row(rows, nr, "vfpt", 2 * 200 + 4 * 4 + 2 * 14, 2 * 200 + 4 * 4 + 2 * 14);
	assert_row(rows, nr, "vdmt", 4 + 200 + 14, 4 + 200 + 14);
	assert_row(rows, nr, "vecpt", 4 + 200 + 14 + 12, 4 + 200 + 14 + 12);
	assert_row(rows, nr, "pvdmt", 214, 214);
	nr = walk_published(&count, &walk_config_defaults, WALK_NESTED, rows);
	assert_row(rows, nr, "npvdmt", 321, 321);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_read_twice_is_in_the_cache),
		cmocka_unit_test(a_walk_cache_hits_whatever_was_asked_before),
		cmocka_unit_test(entries_of_two_tables_are_two_lines),
		cmocka_unit_test(tables_of_a_guest_are_pages_of_its_host),
		cmocka_unit_test(a_walk_cache_knows_one_entry_a_key),
		cmocka_unit_test(the_last_walk_asks_the_walk_caches),
		cmocka_unit_test(a_tlb_forgets_the_longest_unused),
		cmocka_unit_test(huge_pages_reach_further),
		cmocka_unit_test(sums_of_a_native_walk),
		cmocka_unit_test(sums_of_a_guests_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
