// SPDX-License-Identifier: GPL-2.0-only
/*
 * Placed memory in the simulator, in small: rules, patterns and refusals. With sanitizers, over pools of a megabyte;
 * figures are test_sim_place_figures' affair.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../daemon/lib/placement-audit.h"
#include "../../sim/place-frames.h"

#define FRAMES 1024U
#define PAGES 1300U

static const struct sim_place_setup standard = { .frames = FRAMES,
						 .front = 44,
						 .back = 20,
						 .choices = 4,
						 .new_share = 50,
						 .seed = 1 };

static struct sim_touches touches_of(uint32_t pages[], size_t nr, size_t nr_first)
{
	struct sim_touches touches = { .pages = pages, .nr = nr, .nr_first = nr_first };

	for (size_t i = 0; i < nr; i++)
		if (pages[i] >= touches.nr_pages)
			touches.nr_pages = pages[i] + 1;
	return touches;
}

static struct sim_place_result run(const char *rule, const struct sim_place_setup *setup,
				   const struct sim_touches *touches)
{
	struct sim_place_result result;

	assert_int_equal(sim_place_run(sim_place_rule_find(rule), setup, touches, &result), 0);
	return result;
}

/* ---- patterns ---------------------------------------------------------------------------------------- */

static void a_pattern_touches_each_page_first_and_none_that_is_not_there(void **state)
{
	for (size_t i = 0; i < sim_patterns_count; i++) {
		struct sim_touches touches;

		assert_int_equal(sim_touches_make(&sim_patterns[i], PAGES, 20, 7, &touches), 0);
		assert_in_range(touches.nr, PAGES * 2, PAGES * 20);
		assert_int_equal(touches.nr_first, PAGES);
		for (size_t at = 0; at < touches.nr; at++) {
			assert_in_range(touches.pages[at], 0, PAGES - 1);
			if (at < PAGES)
				assert_int_equal(touches.pages[at], at);
		}
		sim_touches_done(&touches);
	}
}

static void the_same_seed_gives_the_same_touches(void **state)
{
	for (size_t i = 0; i < sim_patterns_count; i++) {
		struct sim_touches a, b, c;

		assert_int_equal(sim_touches_make(&sim_patterns[i], PAGES, 10, 7, &a), 0);
		assert_int_equal(sim_touches_make(&sim_patterns[i], PAGES, 10, 7, &b), 0);
		assert_int_equal(sim_touches_make(&sim_patterns[i], PAGES, 10, 8, &c), 0);
		assert_int_equal(a.nr, b.nr);
		assert_memory_equal(a.pages, b.pages, a.nr * sizeof(*a.pages));
		assert_int_not_equal(memcmp(a.pages, c.pages, PAGES * 5 * sizeof(*a.pages)), 0);
		sim_touches_done(&a);
		sim_touches_done(&b);
		sim_touches_done(&c);
	}
}

static void sizes_out_of_range_are_refused(void **state)
{
	const struct sim_pattern *grid = sim_pattern_find("grid");
	struct sim_touches touches;

	assert_int_equal(sim_touches_make(grid, 999, 20, 1, &touches), -EINVAL);
	assert_int_equal(sim_touches_make(grid, PAGES, 1, 1, &touches), -EINVAL);
	assert_int_equal(sim_touches_make(grid, SIM_PLACE_MAX_PAGES + 1, 2, 1, &touches), -EINVAL);
	assert_int_equal(sim_touches_make(grid, SIM_PLACE_MAX_PAGES, 60, 1, &touches), -EINVAL);
	assert_null(sim_pattern_find("gridd"));
	assert_null(sim_place_rule_find("lruu"));
}

/* ---- rules ------------------------------------------------------------------------------------------- */

/* A page that is touched again and again beside a stream of others. */
static void every_rule_reads_what_it_evicted_and_no_more(void **state)
{
	for (size_t i = 0; i < sim_place_rules_count; i++)
		for (size_t p = 0; p < sim_patterns_count; p++) {
			struct sim_touches touches;
			struct sim_place_result result;

			assert_int_equal(sim_touches_make(&sim_patterns[p], PAGES, 30, 7, &touches),
					 0);
			result = run(sim_place_rules[i].name, &standard, &touches);
			/* All but what is in memory at the end has been evicted. */
			assert_true(result.misses + PAGES - result.evictions <= FRAMES);
			assert_true(result.misses + PAGES - result.evictions > FRAMES * 8 / 10);
			assert_true(result.misses > 0);
			sim_touches_done(&touches);
		}
}

static void what_fits_is_read_once(void **state)
{
	struct sim_touches touches;

	assert_int_equal(sim_touches_make(sim_pattern_find("grid"), PAGES, 10, 7, &touches), 0);
	for (size_t i = 0; i < sim_place_rules_count; i++) {
		struct sim_place_setup setup = standard;
		struct sim_place_result result;

		setup.frames = 8192;
		result = run(sim_place_rules[i].name, &setup, &touches);
		assert_int_equal(result.misses, 0);
		assert_int_equal(result.evictions, 0);
		if (sim_place_rules[i].placed)
			assert_int_equal(result.first_conflict, PAGES);
	}
	sim_touches_done(&touches);
}

/* 65 pages in turn in 64 frames: the page that is wanted next is always the one that is gone. */
static void lru_reads_all_of_a_loop_that_is_a_page_too_long(void **state)
{
	static uint32_t pages[65 * 10];
	const struct sim_place_setup setup = { .frames = 64 };
	struct sim_touches touches;

	for (size_t i = 0; i < 650; i++)
		pages[i] = i % 65;
	touches = touches_of(pages, 650, 65);
	assert_int_equal(run("lru", &setup, &touches).misses, 585);
}

static void lru_keeps_what_was_used_last(void **state)
{
	static uint32_t pages[2000];
	const struct sim_place_setup setup = { .frames = 64 };
	struct sim_touches touches;

	/* Page 0 is used every other time, the others once. */
	for (size_t i = 0; i < 2000; i++)
		pages[i] = i % 2 ? i : 0;
	touches = touches_of(pages, 2000, 1);
	assert_int_equal(run("lru", &setup, &touches).misses, 1000);
	/* What is accessed often goes now and then, because 32 go at a time and half a pool is looked at. */
	assert_in_range(run("two-lists", &setup, &touches).misses, 1000, 1050);
	assert_in_range(run("generations", &setup, &touches).misses, 1000, 1050);
}

/* What is known exactly is worth no less than what is looked for. */
static void bits_cost_looks_and_times_do_not(void **state)
{
	struct sim_place_setup setup = standard;
	struct sim_touches touches;

	assert_int_equal(sim_touches_make(sim_pattern_find("btree"), PAGES, 30, 7, &touches), 0);
	assert_true(run("second-chance", &setup, &touches).looks > 0);
	assert_int_equal(run("candidate-lru", &setup, &touches).looks, 0);
	setup.times = SIM_TIMES_EXACT;
	assert_int_equal(run("horizon", &setup, &touches).looks, 0);
	setup.times = SIM_TIMES_SCANNED;
	setup.scan_touches = 4;
	/* Each frame once in four touches of a frame. */
	assert_int_equal(run("horizon", &setup, &touches).looks, touches.nr / 4);
	sim_touches_done(&touches);
}

static void fewer_looks_read_more(void **state)
{
	struct sim_place_setup setup = standard;
	struct sim_place_result all, few;
	struct sim_touches touches;

	assert_int_equal(sim_touches_make(sim_pattern_find("btree"), PAGES, 60, 7, &touches), 0);
	all = run("second-chance", &setup, &touches);
	setup.looks = 1;
	few = run("second-chance", &setup, &touches);
	assert_true(few.looks < all.looks);
	assert_true(few.misses > all.misses);
	sim_touches_done(&touches);
}

static void a_page_lies_in_one_frame_and_a_frame_has_one_page(void **state)
{
	struct sim_placed placed;
	uint32_t gone;

	assert_int_equal(sim_placed_init(&placed, &standard, MOSAIC_SECOND_CHANCE, 5000), 0);
	for (uint32_t page = 0; page < 5000; page++) {
		uint32_t frame = sim_placed_miss(&placed, page, true, &gone);
		uint32_t used = 0;

		assert_in_range(frame, 0, FRAMES - 1);
		assert_int_equal(placed.frames.page[frame], page);
		assert_int_equal(placed.frames.frame[page], frame);
		if (gone != SIM_PLACE_NO_PAGE)
			assert_int_equal(placed.frames.frame[gone], MOSAIC_NONE);
		for (uint32_t bucket = 0; bucket < FRAMES / 64; bucket++)
			used += (uint32_t)__builtin_popcountll(placed.frames.used[bucket]);
		assert_int_equal(used, placed.frames.nr_used);
	}
	assert_true(sim_placed_conflict(&placed));
	sim_placed_done(&placed);
}

/* The engine's source and the audit have no line in common. */
static void audit(uint32_t front, uint32_t choices, uint32_t frames)
{
	const struct sim_place_setup setup = { .frames = frames,
					       .front = front,
					       .back = 64 - front,
					       .choices = choices,
					       .new_share = 50,
					       .seed = 12345 };
	const struct mp_placement_pool pool = { .frames = frames,
						.front = front,
						.back = 64 - front,
						.choices = choices,
						.seed = 12345,
						.segments = { { 0, 0, frames / 64 } },
						.nr_segments = 1 };
	const uint32_t nr_pages = frames * 3;
	unsigned int elsewhere = 0;
	struct sim_placed placed;
	uint32_t gone;

	assert_int_equal(sim_placed_init(&placed, &setup, MOSAIC_SECOND_CHANCE, nr_pages), 0);
	for (uint32_t page = 0; page < nr_pages; page++)
		sim_placed_miss(&placed, page, true, &gone);
	for (uint32_t page = 0; page < nr_pages; page++) {
		struct mp_placed_page at = { .in_pool = true,
					     .frame = placed.frames.frame[page],
					     .space = SIM_PLACE_SPACE,
					     .vpn = page,
					     .index = page };

		if (at.frame == MOSAIC_NONE)
			continue;
		assert_int_equal(mp_placement_judge(&pool, &at), MP_VERDICT_OK);
		at.frame = (at.frame + 64) % frames;
		elsewhere += mp_placement_judge(&pool, &at) == MP_VERDICT_VIOLATION;
	}
	/* A bucket further hardly any page may lie. */
	assert_true(elsewhere > frames * 8 / 10);
	sim_placed_done(&placed);
}

static void the_audit_finds_every_page_where_it_may_lie(void **state)
{
	audit(44, 4, 8192);
	audit(56, 6, 8192);
	audit(60, 16, 8128);
	audit(44, 4, 1984);
}

/* ---- refusals ---------------------------------------------------------------------------------------- */

static void refuse(const char *rule, struct sim_place_setup setup, const char *why)
{
	uint32_t pages[] = { 0 };
	struct sim_touches touches = touches_of(pages, 1, 1);
	struct sim_place_result result;
	const struct sim_place_rule *found = sim_place_rule_find(rule);

	assert_non_null(strstr(sim_place_problem(found, &setup), why));
	assert_int_equal(sim_place_run(found, &setup, &touches, &result), -EINVAL);
}

static struct sim_place_setup slots(uint32_t front, uint32_t back, uint32_t choices)
{
	struct sim_place_setup setup = standard;

	setup.front = front;
	setup.back = back;
	setup.choices = choices;
	return setup;
}

static void what_cannot_be_is_refused(void **state)
{
	struct sim_place_setup setup = standard;
	uint32_t used;

	for (size_t i = 0; i < sim_place_rules_count; i++) {
		setup.frames = 0;
		refuse(sim_place_rules[i].name, setup, "whole buckets");
		setup.frames = 1000;
		refuse(sim_place_rules[i].name, setup, "whole buckets");
		setup.frames = SIM_PLACE_MAX_FRAMES + 64;
		refuse(sim_place_rules[i].name, setup, "whole buckets");
	}
	refuse("second-chance", slots(44, 21, 4), "64 slots together");
	refuse("horizon", slots(64, 0, 4), "64 slots together");
	refuse("horizon", slots(0, 64, 1), "64 slots together");
	refuse("random", slots(44, 20, 0), "1 to 16 back yards");
	refuse("random", slots(63, 1, 17), "1 to 16 back yards");
	refuse("candidate-lru", slots(44, 20, 5), "126 slots");
	assert_null(sim_place_problem(sim_place_rule_find("lru"),
				      &(struct sim_place_setup){ .frames = 64 }));
	refuse("heat-sink", (struct sim_place_setup){ .frames = 192 }, "256 frames");
	setup = standard;
	setup.new_share = 101;
	refuse("second-chance", setup, "0 to 100");
	setup = standard;
	setup.times = SIM_TIMES_SCANNED;
	refuse("horizon", setup, "scanner");
	setup = slots(44, 21, 4);
	assert_int_equal(sim_place_fill(&setup, &used), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_touches_each_page_first_and_none_that_is_not_there),
		cmocka_unit_test(the_same_seed_gives_the_same_touches),
		cmocka_unit_test(sizes_out_of_range_are_refused),
		cmocka_unit_test(every_rule_reads_what_it_evicted_and_no_more),
		cmocka_unit_test(what_fits_is_read_once),
		cmocka_unit_test(lru_reads_all_of_a_loop_that_is_a_page_too_long),
		cmocka_unit_test(lru_keeps_what_was_used_last),
		cmocka_unit_test(bits_cost_looks_and_times_do_not),
		cmocka_unit_test(fewer_looks_read_more),
		cmocka_unit_test(a_page_lies_in_one_frame_and_a_frame_has_one_page),
		cmocka_unit_test(the_audit_finds_every_page_where_it_may_lie),
		cmocka_unit_test(what_cannot_be_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
