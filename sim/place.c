// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules by which memory is simulated, see place.h: by mosaic's decisions, which place-frames.c brings, by rules
 * that are only compared with, and by lists. Called by tests/bench/placed and the unit tests.
 */
#include "place.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "place-frames.h"
#include "place-lists.h"

/* How often frames in use are counted, in misses. */
#define SAMPLE 64

struct use {
	double sum;
	uint64_t nr;
};

static void count_use(struct use *use, const struct sim_place_result *result, uint32_t nr_used)
{
	if (result->misses % SAMPLE)
		return;
	use->sum += nr_used;
	use->nr++;
}

static double mean_use(const struct use *use, uint32_t nr_used, uint32_t nr_frames)
{
	return (use->nr ? use->sum / (double)use->nr : nr_used) / nr_frames;
}

static uint64_t random_next(uint64_t *state)
{
	return mosaic_mix((*state)++);
}

static uint32_t random_below(uint64_t *state, uint32_t n)
{
	return (uint32_t)((random_next(state) >> 32) * n >> 32);
}

/* ---- placed memory ----------------------------------------------------------------------------------- */

/* A scanner that passes over all frames once in so many touches of a frame. */
struct scanner {
	double per_touch; /* frames; 0: there is none */
	double due;
	uint32_t at;
};

static void scan(struct scanner *s, struct mosaic_frames *f, uint32_t nr_frames)
{
	for (s->due += s->per_touch; s->due >= 1; s->due--) {
		uint32_t frame = s->at++;

		if (s->at == nr_frames)
			s->at = 0;
		f->looks++;
		if (f->bit[frame])
			f->stamp[frame] = f->clock;
		f->bit[frame] = 0;
	}
}

/*
 * Ticks are a bucket's worth of placements each, as in the kernel. For the paper's rule they are finer: the time of a
 * touch or of a placement is what it has.
 */
static void tick(struct mosaic_frames *f, enum sim_times times, size_t at, uint64_t placements)
{
	if (times == SIM_TIMES_EXACT)
		f->clock = (uint32_t)at + 1;
	else
		f->clock = (uint32_t)(times == SIM_TIMES_BITS ? placements / SIM_PLACE_BUCKET :
								placements);
}

static uint32_t random_candidate(const struct sim_placed *placed, uint32_t page, uint64_t *random)
{
	const struct mosaic_geometry *g = &placed->geometry;
	uint64_t key = mosaic_key(SIM_PLACE_SPACE, page, placed->setup->seed);

	return mosaic_frame(g, key, random_below(random, g->front + g->choices * g->back));
}

/* @by_chance: which page goes is drawn. */
static int run_placed(const struct sim_place_setup *setup, unsigned int eviction, bool by_chance,
		      const struct sim_touches *touches, struct sim_place_result *ret)
{
	struct scanner scanner = {};
	struct sim_place_result result = {};
	struct sim_placed placed;
	struct mosaic_frames *f = &placed.frames;
	uint64_t placements = 1, random = setup->seed;
	struct use use = {};
	int r = sim_placed_init(&placed, setup, eviction, touches->nr_pages);

	if (r < 0)
		return r;
	if (setup->times == SIM_TIMES_SCANNED)
		scanner.per_touch = 1.0 / setup->scan_touches;
	for (size_t at = 0; at < touches->nr; at++) {
		uint32_t page = touches->pages[at], frame = f->frame[page], gone;
		uint32_t used = f->nr_used;
		bool had_room = !sim_placed_conflict(&placed);

		scan(&scanner, f, setup->frames);
		if (frame != MOSAIC_NONE) {
			if (setup->times == SIM_TIMES_EXACT)
				f->stamp[frame] = (uint32_t)at + 1;
			f->bit[frame] = 1;
			continue;
		}
		result.misses += at >= touches->nr_first;
		placements++;
		tick(f, setup->times, at, placements);
		frame = sim_placed_miss(&placed, page, !by_chance, &gone);
		if (frame == MOSAIC_NONE) {
			sim_frames_give(f, random_candidate(&placed, page, &random));
			result.evictions++;
			frame = sim_placed_miss(&placed, page, false, &gone);
		}
		result.evictions += gone != SIM_PLACE_NO_PAGE;
		/* Nobody has looked for the accessed bit of a fault. */
		if (setup->times == SIM_TIMES_SCANNED)
			f->bit[frame] = 0;
		if (had_room && sim_placed_conflict(&placed))
			result.first_conflict = used;
		if (at >= touches->nr_first)
			count_use(&use, &result, f->nr_used);
	}
	if (!sim_placed_conflict(&placed))
		result.first_conflict = f->nr_used;
	result.looks = f->looks;
	result.used = mean_use(&use, f->nr_used, setup->frames);
	sim_placed_done(&placed);
	*ret = result;
	return 0;
}

static int run_second_chance(const struct sim_place_rule *rule, const struct sim_place_setup *setup,
			     const struct sim_touches *touches, struct sim_place_result *ret)
{
	return run_placed(setup, MOSAIC_SECOND_CHANCE, false, touches, ret);
}

static int run_horizon(const struct sim_place_rule *rule, const struct sim_place_setup *setup,
		       const struct sim_touches *touches, struct sim_place_result *ret)
{
	return run_placed(setup, MOSAIC_HORIZON, false, touches, ret);
}

/* What a second chance comes near to: the candidate that was used least recently. */
static int run_candidate_lru(const struct sim_place_rule *rule, const struct sim_place_setup *setup,
			     const struct sim_touches *touches, struct sim_place_result *ret)
{
	struct sim_place_setup mine = *setup;

	mine.new_share = 100;
	if (mine.times == SIM_TIMES_BITS)
		mine.times = SIM_TIMES_EXACT;
	return run_placed(&mine, MOSAIC_SECOND_CHANCE, false, touches, ret);
}

static int run_random(const struct sim_place_rule *rule, const struct sim_place_setup *setup,
		      const struct sim_touches *touches, struct sim_place_result *ret)
{
	return run_placed(setup, MOSAIC_SECOND_CHANCE, true, touches, ret);
}

int sim_place_fill(const struct sim_place_setup *setup, uint32_t *ret_used)
{
	const struct sim_place_rule *rule = sim_place_rule_find("second-chance");
	struct sim_placed placed;
	uint32_t page = 0, gone;
	int r;

	if (sim_place_problem(rule, setup))
		return -EINVAL;
	/* All frames may be filled, then there is one page too many. */
	r = sim_placed_init(&placed, setup, MOSAIC_SECOND_CHANCE, setup->frames + 1);
	if (r < 0)
		return r;
	while (sim_placed_miss(&placed, page, false, &gone) != MOSAIC_NONE)
		page++;
	*ret_used = placed.frames.nr_used;
	sim_placed_done(&placed);
	return 0;
}

double sim_place_steady_state(uint32_t front, uint32_t pages, uint32_t frames)
{
	double mean = (double)SIM_PLACE_BUCKET * pages / frames;
	double chance = exp(-mean), empty = 0;

	for (uint32_t n = 0; n < front; n++) {
		empty += (front - n) * chance;
		chance *= mean / (n + 1);
	}
	return 1 - empty / SIM_PLACE_BUCKET;
}

/* ---- heat-sink LRU ----------------------------------------------------------------------------------- */

/*
 * Bender et al.: a page has one bin, in which LRU rules; one page in so many goes to the heat sink instead, where each
 * has two frames and one of them is taken by chance.
 */
#define BIN \
	122U /* and two frames of the sink: as many candidates as mosaic's default has, to a half */
#define SINK_PART 8U
#define SINK_CHANCE 16U

struct heat {
	struct mosaic_frames f;
	uint64_t seed, random;
	uint32_t bins, sink; /* the sink's first frame and size */
	uint32_t nr_sink;
	uint64_t evictions;
	uint32_t conflict;
};

static bool in_use(const struct mosaic_frames *f, uint32_t frame)
{
	return f->used[frame / SIM_PLACE_BUCKET] >> frame % SIM_PLACE_BUCKET & 1;
}

static uint32_t sink_frame(const struct heat *h, uint64_t key, uint32_t nth)
{
	return h->sink + (uint32_t)(mosaic_mix(key + nth) % h->nr_sink);
}

/* A free frame of the bin, or the one that was used least recently. */
static uint32_t bin_frame(const struct heat *h, uint64_t key)
{
	uint32_t bin = (uint32_t)((mosaic_mix(key) >> 32) * h->bins >> 32) * BIN, found = bin;

	for (uint32_t frame = bin; frame < bin + BIN; frame++) {
		if (!in_use(&h->f, frame))
			return frame;
		if (h->f.stamp[frame] < h->f.stamp[found])
			found = frame;
	}
	return found;
}

static uint32_t heat_frame(struct heat *h, uint32_t page)
{
	uint64_t key = mosaic_key(SIM_PLACE_SPACE, page, h->seed);
	uint32_t frame, first = sink_frame(h, key, 1), second = sink_frame(h, key, 2);
	bool to_sink = random_below(&h->random, SINK_CHANCE) == 0;

	if (!to_sink) {
		frame = bin_frame(h, key);
		if (!in_use(&h->f, frame))
			return frame;
	} else {
		frame = random_next(&h->random) & 1 ? first : second;
	}
	if (!in_use(&h->f, first))
		return first;
	return in_use(&h->f, second) ? frame : second;
}

static void heat_miss(struct heat *h, uint32_t page)
{
	uint32_t frame = heat_frame(h, page);

	if (in_use(&h->f, frame)) {
		if (!h->evictions++)
			h->conflict = h->f.nr_used;
		sim_frames_give(&h->f, frame);
	}
	sim_frames_take(&h->f, frame, page);
}

static int run_heat_sink(const struct sim_place_rule *rule, const struct sim_place_setup *setup,
			 const struct sim_touches *touches, struct sim_place_result *ret)
{
	struct heat h = { .seed = setup->seed, .random = setup->seed };
	struct sim_place_result result = {};
	struct use use = {};
	int r = sim_frames_init(&h.f, setup->frames, touches->nr_pages);

	if (r < 0)
		return r;
	h.bins = (setup->frames - setup->frames / SINK_PART) / BIN;
	h.sink = h.bins * BIN;
	h.nr_sink = setup->frames - h.sink;
	for (size_t at = 0; at < touches->nr; at++) {
		uint32_t page = touches->pages[at], frame = h.f.frame[page];

		h.f.clock = (uint32_t)at + 1;
		if (frame != MOSAIC_NONE) {
			h.f.stamp[frame] = h.f.clock;
			continue;
		}
		result.misses += at >= touches->nr_first;
		heat_miss(&h, page);
		if (at >= touches->nr_first)
			count_use(&use, &result, h.f.nr_used);
	}
	result.evictions = h.evictions;
	result.first_conflict = h.evictions ? h.conflict : h.f.nr_used;
	result.used = mean_use(&use, h.f.nr_used, setup->frames);
	sim_frames_done(&h.f);
	*ret = result;
	return 0;
}

/* ---- all of them ------------------------------------------------------------------------------------- */

const struct sim_place_rule sim_place_rules[] = {
	{ "lru", "any frame, exact LRU", false, sim_place_run_lru },
	{ "two-lists", "any frame, a model of Linux's active and inactive lists", false,
	  sim_place_run_two_lists },
	{ "generations", "any frame, a model of MGLRU", false, sim_place_run_generations },
	{ "second-chance", "mosaic: the oldest candidate that has not been used since", true,
	  run_second_chance },
	{ "horizon", "mosaic: the paper's Horizon LRU", true, run_horizon },
	{ "candidate-lru", "the candidate that was used least recently", true, run_candidate_lru },
	{ "random", "a candidate by chance", true, run_random },
	{ "heat-sink", "heat-sink LRU, frames of its own kind", false, run_heat_sink },
};

const size_t sim_place_rules_count = sizeof(sim_place_rules) / sizeof(*sim_place_rules);

const struct sim_place_rule *sim_place_rule_find(const char *name)
{
	for (size_t i = 0; i < sim_place_rules_count; i++)
		if (!strcmp(sim_place_rules[i].name, name))
			return &sim_place_rules[i];
	return NULL;
}

static const char *geometry_problem(const struct sim_place_setup *setup)
{
	if (!setup->front || !setup->back || setup->front + setup->back != MOSAIC_BUCKET)
		return "front and back yard must be 64 slots together, with one each at least";
	if (!setup->choices || setup->choices > MOSAIC_MAX_CHOICES)
		return "a page has 1 to 16 back yards";
	if (!mosaic_fits(setup->front, setup->back, setup->choices))
		return "front yard and all back yards of a page must be 126 slots at most";
	return NULL;
}

const char *sim_place_problem(const struct sim_place_rule *rule,
			      const struct sim_place_setup *setup)
{
	if (!setup->frames || setup->frames % SIM_PLACE_BUCKET ||
	    setup->frames > SIM_PLACE_MAX_FRAMES)
		return "a pool is 64 to 16777216 frames, in whole buckets of 64";
	if (rule->run == run_heat_sink && setup->frames < BIN * 2)
		return "heat-sink LRU needs 256 frames at least";
	if (!rule->placed)
		return NULL;
	if (setup->new_share > 100)
		return "a share of newcomers is 0 to 100 per cent";
	if (setup->times == SIM_TIMES_SCANNED && !setup->scan_touches)
		return "a scanner passes over all frames in 1 touch of a frame or more";
	return geometry_problem(setup);
}

int sim_place_run(const struct sim_place_rule *rule, const struct sim_place_setup *setup,
		  const struct sim_touches *touches, struct sim_place_result *ret)
{
	return sim_place_problem(rule, setup) ? -EINVAL : rule->run(rule, setup, touches, ret);
}
