/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * balloon-psi's decisions, apart from how they are carried out: is there pressure, how much goes back
 * because of it, how much more may be taken without it, and how long the knee is remembered. Pure; compiled
 * into the engine and natively into its unit test.
 */
#ifndef MEMPOL_BALLOON_PSI_H
#define MEMPOL_BALLOON_PSI_H

#include "balloon.h"

#define PSI_NS_PER_US 1000ULL
#define PSI_US_PER_S 1000000ULL
#define PSI_MINUTE_NS 60000000000ULL
#define PSI_SHORTEST_US 500000ULL /* in less, nothing can be said of a rate */

/*
 * What counts as pressure, a second each. TMO holds a thousandth of the time on an average over many; in one
 * second a single slow read is more than that. A refault costs a read, 256 of them are 1 MiB.
 */
#define PSI_SOME_US 10000ULL
#define PSI_FULL_US 2000ULL
#define PSI_REFAULTS 256ULL
#define PSI_STALLS 16ULL

/* In percent of that. */
#define PSI_CALM 50 /* below it more is taken; between it and PSI_PRESSED nothing changes */
#define PSI_PRESSED 100
#define PSI_HARD 400

#define PSI_CALM_TICKS 4 /* so many calm ones before more is taken: a refault may take its time */
#define PSI_BACK 4 /* one in so many of the pages held goes back in a tick with pressure */
#define PSI_BACK_HARD 2
#define PSI_STEP 64 /* one in so many of the machine's pages is the most that is taken in a tick */

/*
 * How far below the knee it stays: an eighth of it, but more than two of the largest steps, by which it may
 * have been passed when it was seen. The margin loses a sixteenth a minute, so it has halved after eleven.
 */
#define PSI_MARGIN 8
#define PSI_LEAST_MARGIN (PSI_STEP / 2)
#define PSI_FORGET 16

struct psi_state {
	/* As they were when the last period ended. */
	u64 time_ns;
	u64 some_us;
	u64 full_us;
	u64 refaults;
	u64 stalls;
	/* The size at which pressure began; without a margin none is known. */
	u64 knee;
	u64 margin;
	u64 forgot_ns;
	u64 step; /* the next one */
	u64 calm_ticks;
};

/* In percent of what is allowed in @us. */
static inline u64 psi_level(u64 now, u64 then, u64 allowed_per_s, u64 us)
{
	return balloon_minus(now, then) * 100 / (allowed_per_s * us / PSI_US_PER_S);
}

/* The worst of the four. @us is at least PSI_SHORTEST_US. */
static inline u64 psi_pressure(const struct psi_state *state, const struct mempol_balloon_ctx *ctx,
			       u64 us)
{
	u64 some = psi_level(ctx->psi_some_us, state->some_us, PSI_SOME_US, us);
	u64 full = psi_level(ctx->psi_full_us, state->full_us, PSI_FULL_US, us);
	u64 refaults = psi_level(ctx->refaults, state->refaults, PSI_REFAULTS, us);
	u64 stalls = psi_level(ctx->stalls, state->stalls, PSI_STALLS, us);

	return balloon_max(balloon_max(some, full), balloon_max(refaults, stalls));
}

static inline void psi_begin_period(struct psi_state *state, const struct mempol_balloon_ctx *ctx)
{
	state->time_ns = ctx->time_ns;
	state->some_us = ctx->psi_some_us;
	state->full_us = ctx->psi_full_us;
	state->refaults = ctx->refaults;
	state->stalls = ctx->stalls;
}

/*
 * It went too far. What follows before the guest has calmed down says nothing of where that was: it reads
 * again what it has lost.
 */
static inline void psi_note_knee(struct psi_state *state, const struct mempol_balloon_ctx *ctx)
{
	u64 size = balloon_size(ctx);

	if (size > balloon_floor(ctx) && (!state->margin || state->calm_ticks >= PSI_CALM_TICKS)) {
		state->knee = size;
		state->margin = balloon_max(size / PSI_MARGIN, ctx->total_pages / PSI_LEAST_MARGIN);
		state->forgot_ns = ctx->time_ns;
	}
	state->calm_ticks = 0;
	state->step = 0;
}

/*
 * The guest may have changed: come nearer, and in the end look for the knee anew; in small steps, as they
 * begin with a block after a rest.
 */
static inline void psi_forget(struct psi_state *state, u64 time_ns)
{
	if (!state->margin || time_ns - state->forgot_ns < PSI_MINUTE_NS)
		return;
	state->forgot_ns = time_ns;
	state->margin = balloon_minus(state->margin,
				      balloon_max(state->margin / PSI_FORGET, BALLOON_BLOCK));
}

static inline u64 psi_back(const struct mempol_balloon_ctx *ctx, u64 pressure)
{
	u64 ours = balloon_minus(balloon_size(ctx), balloon_floor(ctx));

	return balloon_round_up(ours / (pressure >= PSI_HARD ? PSI_BACK_HARD : PSI_BACK));
}

/*
 * File cache counts as room, so that it shrinks when it is not used; but only free blocks can be taken, and
 * more is not promised.
 */
static inline u64 psi_more(struct psi_state *state, const struct mempol_balloon_ctx *ctx)
{
	u64 room =
		balloon_min(balloon_minus(ctx->available_pages, ctx->keep_pages), ctx->free_pages);
	u64 step;

	if (state->margin) {
		u64 limit = balloon_minus(state->knee, state->margin);

		room = balloon_min(room, balloon_minus(limit, balloon_size(ctx)));
	}
	if (room < BALLOON_BAND) {
		state->step = 0;
		return 0;
	}
	step = balloon_max(state->step, BALLOON_BLOCK);
	state->step = balloon_min(2 * step, ctx->total_pages / PSI_STEP);
	return balloon_round_down(balloon_min(step, room));
}

static inline s64 psi_target(struct psi_state *state, const struct mempol_balloon_ctx *ctx)
{
	u64 us = balloon_minus(ctx->time_ns, state->time_ns) / PSI_NS_PER_US;
	u64 back = balloon_round_up(balloon_minus(ctx->keep_pages, ctx->available_pages));
	u64 size = balloon_size(ctx), pressure;

	if (!state->time_ns)
		psi_begin_period(state, ctx);
	else if (us >= PSI_SHORTEST_US) {
		pressure = psi_pressure(state, ctx, us);
		psi_begin_period(state, ctx);
		psi_forget(state, ctx->time_ns);
		if (pressure >= PSI_PRESSED) {
			back = balloon_max(back, psi_back(ctx, pressure));
			psi_note_knee(state, ctx);
		} else if (pressure < PSI_CALM && state->calm_ticks < PSI_CALM_TICKS) {
			state->calm_ticks++;
		} else if (pressure < PSI_CALM && !back) {
			size += psi_more(state, ctx);
		}
	}
	return balloon_answer(ctx, balloon_minus(size, back));
}

/* Memory has run out: that is as far beyond the knee as it gets. */
static inline u64 psi_oom(struct psi_state *state, const struct mempol_balloon_ctx *ctx)
{
	psi_note_knee(state, ctx);
	return balloon_size(ctx) / PSI_BACK_HARD;
}

#endif
