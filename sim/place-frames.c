// SPDX-License-Identifier: GPL-2.0-only
/*
 * Simulated frames, and the engine's own decisions over them: bpf/placement/mosaic-select.h, with functions here in
 * place of the kernel's. Called by place.c; no other file of the simulator includes that source.
 */
#include "place-frames.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint64_t frames_free(struct mosaic_frames *f, uint32_t bucket)
{
	return ~f->used[bucket];
}

static uint64_t frames_older(struct mosaic_frames *f, uint32_t bucket, uint32_t age)
{
	const uint32_t *stamp = f->stamp + bucket * SIM_PLACE_BUCKET;
	uint64_t older = 0;

	for (uint32_t slot = 0; slot < SIM_PLACE_BUCKET; slot++)
		older |= (uint64_t)(f->clock - stamp[slot] > age) << slot;
	return older & f->used[bucket];
}

static int64_t frames_oldest(struct mosaic_frames *f, uint32_t bucket, uint64_t mask)
{
	const uint32_t *stamp = f->stamp + bucket * SIM_PLACE_BUCKET;
	uint32_t found = SIM_PLACE_BUCKET, age = 0;

	for (mask &= f->used[bucket]; mask; mask &= mask - 1) {
		uint32_t slot = (uint32_t)__builtin_ctzll(mask), its = f->clock - stamp[slot];

		if (found == SIM_PLACE_BUCKET || its > age) {
			found = slot;
			age = its;
		}
	}
	return found == SIM_PLACE_BUCKET ? -ENOENT : (int64_t)age << 8 | found;
}

static int32_t frames_young(struct mosaic_frames *f, uint32_t frame)
{
	uint8_t bit = f->bit[frame];

	if (!(f->used[frame / SIM_PLACE_BUCKET] >> frame % SIM_PLACE_BUCKET & 1))
		return -ENOENT;
	if (!f->ask_bits)
		return 0;
	f->bit[frame] = 0;
	f->looks++;
	return bit;
}

static void frames_stamp(struct mosaic_frames *f, uint32_t frame, uint32_t age)
{
	/* Time begins with the pool. */
	f->stamp[frame] = f->clock > age ? f->clock - age : 0;
}

static uint32_t frames_clock(struct mosaic_frames *f)
{
	return f->clock;
}

#include "../bpf/placement/mosaic-select.h"

struct sim_placed_engine {
	struct mosaic_pool pool;
	struct mosaic_rules rules;
	struct mosaic_newcomers newcomers;
};

int sim_frames_init(struct mosaic_frames *f, uint32_t nr_frames, uint32_t nr_pages)
{
	*f = (struct mosaic_frames){
		.used = calloc(nr_frames / SIM_PLACE_BUCKET, sizeof(*f->used)),
		.page = calloc(nr_frames, sizeof(*f->page)),
		.stamp = calloc(nr_frames, sizeof(*f->stamp)),
		.bit = calloc(nr_frames, sizeof(*f->bit)),
		.frame = calloc(nr_pages, sizeof(*f->frame)),
	};
	if (!f->used || !f->page || !f->stamp || !f->bit || !f->frame) {
		sim_frames_done(f);
		return -ENOMEM;
	}
	memset(f->frame, 0xff, nr_pages * sizeof(*f->frame));
	return 0;
}

void sim_frames_done(struct mosaic_frames *f)
{
	free(f->used);
	free(f->page);
	free(f->stamp);
	free(f->bit);
	free(f->frame);
	*f = (struct mosaic_frames){};
}

void sim_frames_take(struct mosaic_frames *f, uint32_t frame, uint32_t page)
{
	f->used[frame / SIM_PLACE_BUCKET] |= 1ULL << frame % SIM_PLACE_BUCKET;
	f->page[frame] = page;
	f->frame[page] = frame;
	f->stamp[frame] = f->clock;
	f->bit[frame] = 1;
	f->nr_used++;
}

void sim_frames_give(struct mosaic_frames *f, uint32_t frame)
{
	f->used[frame / SIM_PLACE_BUCKET] &= ~(1ULL << frame % SIM_PLACE_BUCKET);
	f->frame[f->page[frame]] = MOSAIC_NONE;
	f->nr_used--;
}

int sim_placed_init(struct sim_placed *placed, const struct sim_place_setup *setup,
		    unsigned int eviction, uint32_t nr_pages)
{
	int r = sim_frames_init(&placed->frames, setup->frames, nr_pages);

	if (r < 0)
		return r;
	placed->frames.ask_bits = setup->times == SIM_TIMES_BITS;
	placed->setup = setup;
	placed->geometry = (struct mosaic_geometry){
		.front = setup->front,
		.back = setup->back,
		.choices = setup->choices,
		.nr_buckets = setup->frames / SIM_PLACE_BUCKET,
	};
	placed->engine = calloc(1, sizeof(*placed->engine));
	if (!placed->engine) {
		sim_frames_done(&placed->frames);
		return -ENOMEM;
	}
	placed->engine->rules = (struct mosaic_rules){
		.eviction = eviction,
		.looks = setup->looks ?: MOSAIC_CODES,
		.new_share = setup->new_share,
	};
	return 0;
}

void sim_placed_done(struct sim_placed *placed)
{
	sim_frames_done(&placed->frames);
	free(placed->engine);
	placed->engine = NULL;
}

bool sim_placed_conflict(const struct sim_placed *placed)
{
	return placed->engine->pool.conflict;
}

uint32_t sim_placed_miss(struct sim_placed *placed, uint32_t page, bool may_evict,
			 uint32_t *ret_gone)
{
	struct mosaic_frames *f = &placed->frames;
	struct sim_placed_engine *engine = placed->engine;
	int64_t frame = mosaic_select(f, &engine->pool, &placed->geometry, &engine->rules,
				      &engine->newcomers,
				      mosaic_key(SIM_PLACE_SPACE, page, placed->setup->seed),
				      may_evict);

	*ret_gone = SIM_PLACE_NO_PAGE;
	if (frame < 0)
		return MOSAIC_NONE;
	if (f->used[frame / SIM_PLACE_BUCKET] >> frame % SIM_PLACE_BUCKET & 1) {
		*ret_gone = f->page[frame];
		sim_frames_give(f, (uint32_t)frame);
	}
	sim_frames_take(f, (uint32_t)frame, page);
	mosaic_placed(&engine->pool, &engine->rules, &engine->newcomers, (uint32_t)frame);
	return (uint32_t)frame;
}
