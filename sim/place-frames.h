/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Simulated frames that pages are placed in by mosaic. Between the rules that use it and the engine's source; a
 * program that wants to see where pages lie may ask here too.
 */
#ifndef SIM_PLACE_FRAMES_H
#define SIM_PLACE_FRAMES_H

#include "place.h"

#include "../bpf/placement/mosaic.h"

#define SIM_PLACE_SPACE 1 /* all pages are of one address space */
#define SIM_PLACE_NO_PAGE UINT32_MAX

/* Also what the engine's source calls its frames. */
struct mosaic_frames {
	uint64_t *used; /* a bit for each frame, a word for each bucket */
	uint32_t *page; /* by frame */
	uint32_t *stamp; /* by frame, in ticks */
	uint8_t *bit; /* by frame: accessed */
	uint32_t *frame; /* by page; MOSAIC_NONE: it is not in memory */
	uint32_t nr_used;
	uint32_t clock;
	bool ask_bits; /* else stamps say all there is to know */
	uint64_t looks;
};

int sim_frames_init(struct mosaic_frames *f, uint32_t nr_frames, uint32_t nr_pages);
void sim_frames_done(struct mosaic_frames *f);

void sim_frames_take(struct mosaic_frames *f, uint32_t frame, uint32_t page);
void sim_frames_give(struct mosaic_frames *f, uint32_t frame);

/* Placed memory, from outside a simulation: a page at a time. */
struct sim_placed {
	struct mosaic_frames frames;
	struct mosaic_geometry geometry;
	const struct sim_place_setup *setup;
	struct sim_placed_engine *engine;
};

/* @eviction: enum mosaic_eviction. 0 or -ENOMEM. */
int sim_placed_init(struct sim_placed *placed, const struct sim_place_setup *setup,
		    unsigned int eviction, uint32_t nr_pages);
void sim_placed_done(struct sim_placed *placed);

/*
 * A page that is not in memory gets a frame; @ret_gone: the page that had it, or SIM_PLACE_NO_PAGE. MOSAIC_NONE: it
 * gets none, because none is free and @may_evict is not set.
 */
uint32_t sim_placed_miss(struct sim_placed *placed, uint32_t page, bool may_evict,
			 uint32_t *ret_gone);

/* Has a page found no room yet? */
bool sim_placed_conflict(const struct sim_placed *placed);

#endif
