// SPDX-License-Identifier: GPL-2.0-only
/*
 * Placed memory in the simulator, as tables: how far a pool fills until a page finds no room, how full it is in the
 * long run, and how many pages have to be read from swap. tests/bench/run placed prints them; tests/tools/test_mosaic
 * asks for single decisions, to compare them with its own. It judges nothing; test_sim_place holds bounds.
 *
 *   placed conflict                       a line: slots, choices, frames, mean and standard deviation in per cent, runs
 *   placed steady                         a line: front yard, pages as part of the frames, simulated, formula
 *   placed formula FRONT PAGES FRAMES     the formula alone
 *   placed swap [PATTERN [OVER [SEEDS]]]  "all" patterns, or one; a line: pattern, per cent over the pool, seed, rule,
 *                                         misses, those as part of exact LRU's and of the two lists', looks a miss,
 *                                         frames in use in per cent
 *   placed steps FRAMES FRONT BACK CHOICES RULE NEW_SHARE SEED
 *                                         pages to touch from stdin, one a line; a line for each: "hit FRAME", or
 *                                         "miss FRAME PAGE", where PAGE had the frame, or "-"
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../sim/place-frames.h"

#define POOL 131072U /* frames: 512 MiB */

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "placed: %s\n", what);
	exit(1);
}

/* ---- how far it fills -------------------------------------------------------------------------------- */

static const struct geometry {
	uint32_t front, back, choices;
} geometries[] = {
	{ 56, 8, 6 },  { 52, 12, 6 }, { 50, 14, 5 }, { 48, 16, 4 },
	{ 44, 20, 4 }, { 60, 4, 16 }, { 40, 24, 3 },
};

static void fill(const struct geometry *g, uint32_t frames, unsigned int runs)
{
	double sum = 0, squares = 0, mean;

	for (unsigned int i = 0; i < runs; i++) {
		struct sim_place_setup setup = { .frames = frames,
						 .front = g->front,
						 .back = g->back,
						 .choices = g->choices,
						 .seed = 1000 + i };
		uint32_t used;
		double part;

		if (sim_place_fill(&setup, &used) < 0)
			fail("out of memory");
		part = 100.0 * used / frames;
		sum += part;
		squares += part * part;
	}
	mean = sum / runs;
	printf("%u+%u\t%u\t%u\t%.2f\t%.2f\t%u\n", g->front, g->back, g->choices, frames, mean,
	       sqrt(fmax(0, squares / runs - mean * mean)), runs);
	fflush(stdout);
}

static void print_conflict(void)
{
	for (size_t i = 0; i < sizeof(geometries) / sizeof(*geometries); i++) {
		fill(&geometries[i], POOL / 4, 20);
		fill(&geometries[i], POOL, 20);
		fill(&geometries[i], POOL * 8, 5);
	}
}

/* ---- how full it stays, and what is read from swap --------------------------------------------------- */

static const struct variant {
	const char *name;
	const char *rule;
	struct sim_place_setup setup;
} variants[] = {
	{ "LRU", "lru", {} },
	{ "two lists", "two-lists", {} },
	{ "generations", "generations", {} },
	{ "paper, exact times",
	  "horizon",
	  { .front = 56, .back = 8, .choices = 6, .times = SIM_TIMES_EXACT } },
	{ "paper, scanned",
	  "horizon",
	  { .front = 56, .back = 8, .choices = 6, .times = SIM_TIMES_SCANNED, .scan_touches = 16 } },
	{ "paper, without a scanner", "horizon", { .front = 56, .back = 8, .choices = 6 } },
	{ "56+8", "second-chance", { .front = 56, .back = 8, .choices = 6, .new_share = 50 } },
	{ "52+12", "second-chance", { .front = 52, .back = 12, .choices = 6, .new_share = 50 } },
	{ "44+20, all young",
	  "second-chance",
	  { .front = 44, .back = 20, .choices = 4, .new_share = 100 } },
	{ "44+20", "second-chance", { .front = 44, .back = 20, .choices = 4, .new_share = 50 } },
	{ "44+20, exact times",
	  "candidate-lru",
	  { .front = 44, .back = 20, .choices = 4, .times = SIM_TIMES_EXACT } },
	{ "44+20, by chance", "random", { .front = 44, .back = 20, .choices = 4 } },
	{ "heat sink", "heat-sink", {} },
};

#define NR_VARIANTS (sizeof(variants) / sizeof(*variants))

static struct sim_place_result run(const struct variant *v, const struct sim_touches *touches,
				   uint64_t seed)
{
	struct sim_place_setup setup = v->setup;
	struct sim_place_result result;

	setup.frames = POOL;
	setup.seed = seed;
	if (sim_place_run(sim_place_rule_find(v->rule), &setup, touches, &result) < 0)
		fail("out of memory");
	return result;
}

static struct sim_touches touches_make(const char *pattern, double over, uint64_t seed)
{
	const struct sim_pattern *found = sim_pattern_find(pattern);
	struct sim_touches touches;

	if (!found)
		fail("no such pattern");
	if (sim_touches_make(found, (uint32_t)(POOL * (1 + over / 100)), over < 5 ? 100 : 60, seed,
			     &touches) < 0)
		fail("out of memory, or out of range");
	return touches;
}

static void print_steady(void)
{
	static const double overs[] = { 1.5, 7.75, 14, 20 };
	static const size_t rows[] = { 6, 7, 9 };

	for (size_t r = 0; r < sizeof(rows) / sizeof(*rows); r++)
		for (size_t i = 0; i < sizeof(overs) / sizeof(*overs); i++) {
			const struct variant *v = &variants[rows[r]];
			struct sim_touches touches = touches_make("grid", overs[i], 42);
			struct sim_place_result result = run(v, &touches, 42);

			printf("%u\t%.4f\t%.2f\t%.2f\n", v->setup.front, 1 + overs[i] / 100,
			       100 * result.used,
			       100 * sim_place_steady_state(v->setup.front, touches.nr_pages,
							    POOL));
			sim_touches_done(&touches);
			fflush(stdout);
		}
}

static void print_swap_of(const char *pattern, double over, uint64_t seed)
{
	struct sim_touches touches = touches_make(pattern, over, seed);
	struct sim_place_result lru = {}, lists = {};

	lru = run(&variants[0], &touches, seed);
	lists = run(&variants[1], &touches, seed);
	for (size_t i = 0; i < NR_VARIANTS; i++) {
		struct sim_place_result result = run(&variants[i], &touches, seed);

		printf("%s\t%g\t%" PRIu64 "\t%s\t%" PRIu64 "\t%.3f\t%.3f\t%.1f\t%.2f\n", pattern,
		       over, seed, variants[i].name, result.misses,
		       (double)result.misses / (double)lru.misses,
		       (double)result.misses / (double)lists.misses,
		       (double)result.looks / (double)result.misses, 100 * result.used);
		fflush(stdout);
	}
	sim_touches_done(&touches);
}

static bool named(const char *wanted, const char *name)
{
	return !strcmp(wanted, "all") || !strcmp(wanted, name);
}

static void print_swap(const char *pattern, const char *over, const char *seeds)
{
	static const char *const overs[] = { "1.5", "7.8", "20", "58" };
	uint64_t nr = strtoull(seeds, NULL, 10);
	bool any = false;

	for (size_t p = 0; p < sim_patterns_count; p++)
		for (size_t o = 0; o < sizeof(overs) / sizeof(*overs); o++) {
			if (!named(pattern, sim_patterns[p].name) || !named(over, overs[o]))
				continue;
			for (uint64_t seed = 42; seed < 42 + nr; seed++, any = true)
				print_swap_of(sim_patterns[p].name, strtod(overs[o], NULL), seed);
		}
	if (!any)
		fail("patterns are grid, btree, bfs, bfs-validated or all, sizes 1.5, 7.8, 20, 58 or all");
}

/* ---- single decisions -------------------------------------------------------------------------------- */

#define STEPS_PAGES (1U << 20)

static void step(struct sim_placed *placed, uint32_t page, uint64_t *placements)
{
	uint32_t frame = placed->frames.frame[page], gone;

	if (frame != MOSAIC_NONE) {
		placed->frames.bit[frame] = 1;
		printf("hit %u\n", frame);
		return;
	}
	placed->frames.clock = (uint32_t)(++*placements / SIM_PLACE_BUCKET);
	frame = sim_placed_miss(placed, page, true, &gone);
	if (gone == SIM_PLACE_NO_PAGE)
		printf("miss %u -\n", frame);
	else
		printf("miss %u %u\n", frame, gone);
}

static void print_steps(char *argv[])
{
	struct sim_place_setup setup = { .frames = (uint32_t)strtoul(argv[0], NULL, 10),
					 .front = (uint32_t)strtoul(argv[1], NULL, 10),
					 .back = (uint32_t)strtoul(argv[2], NULL, 10),
					 .choices = (uint32_t)strtoul(argv[3], NULL, 10),
					 .new_share = (uint32_t)strtoul(argv[5], NULL, 10),
					 .seed = strtoull(argv[6], NULL, 10) };
	const struct sim_place_rule *rule = sim_place_rule_find("second-chance");
	const char *problem = sim_place_problem(rule, &setup);
	struct sim_placed placed;
	uint64_t placements = 1;
	char line[32];

	if (problem)
		fail(problem);
	if (sim_placed_init(&placed, &setup,
			    strcmp(argv[4], "horizon") ? MOSAIC_SECOND_CHANCE : MOSAIC_HORIZON,
			    STEPS_PAGES) < 0)
		fail("out of memory");
	while (fgets(line, sizeof(line), stdin)) {
		unsigned long page = strtoul(line, NULL, 10);

		if (page >= STEPS_PAGES)
			fail("pages are below 2^20");
		step(&placed, (uint32_t)page, &placements);
	}
	sim_placed_done(&placed);
}

int main(int argc, char *argv[])
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "conflict") && argc == 2)
		print_conflict();
	else if (!strcmp(what, "steady") && argc == 2)
		print_steady();
	else if (!strcmp(what, "formula") && argc == 5)
		printf("%.8f\n",
		       100 * sim_place_steady_state((uint32_t)strtoul(argv[2], NULL, 10),
						    (uint32_t)strtoul(argv[3], NULL, 10),
						    (uint32_t)strtoul(argv[4], NULL, 10)));
	else if (!strcmp(what, "swap") && argc <= 5)
		print_swap(argc > 2 ? argv[2] : "all", argc > 3 ? argv[3] : "all",
			   argc > 4 ? argv[4] : "1");
	else if (!strcmp(what, "steps") && argc == 9)
		print_steps(argv + 2);
	else
		fail("conflict, steady, formula FRONT PAGES FRAMES, swap [PATTERN [OVER [SEEDS]]] or steps FRAMES FRONT BACK CHOICES RULE NEW_SHARE SEED");
	return 0;
}
