/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * balloon-free's decisions, apart from how they are carried out. Pure; compiled into the engine and natively
 * into its unit test.
 */
#ifndef MEMPOL_BALLOON_FREE_H
#define MEMPOL_BALLOON_FREE_H

#include "balloon.h"

/* What is kept the host may have until it is used, but for one in so many pages, which a burst finds meanwhile. */
#define FREE_UNREPORTED 4
#define FREE_REPORT_NS 1000000000ULL

struct free_state {
	/* As they were after the last tick. */
	u64 size;
	u64 free_pages;
	u64 reported_ns;
	u64 due; /* something was freed since */
};

/* What is missing comes at once; what is too much goes if it was too much a tick ago: a burst may need it again. */
static inline s64 free_target(const struct free_state *state, const struct mempol_balloon_ctx *ctx)
{
	u64 size = balloon_size(ctx), surplus;

	if (ctx->free_pages < ctx->keep_pages) {
		u64 back = balloon_round_up(ctx->keep_pages - ctx->free_pages);

		return balloon_answer(ctx, balloon_minus(size, back));
	}
	surplus = balloon_minus(balloon_min(ctx->free_pages, state->free_pages), ctx->keep_pages);
	if (surplus >= BALLOON_BAND)
		size += balloon_round_down(surplus);
	return balloon_answer(ctx, size);
}

/* Once the guest is at rest, and at most once a second. */
static inline u64 free_report(struct free_state *state, const struct mempol_balloon_ctx *ctx)
{
	u64 size = balloon_size(ctx);
	bool moved = size != state->size || ctx->free_pages > state->free_pages + BALLOON_BAND;

	state->size = size;
	state->free_pages = ctx->free_pages;
	if (moved)
		state->due = true;
	if (moved || !state->due || ctx->time_ns - state->reported_ns < FREE_REPORT_NS)
		return 0;
	state->due = false;
	state->reported_ns = ctx->time_ns;
	return balloon_round_down(
		balloon_minus(ctx->free_pages, ctx->keep_pages / FREE_UNREPORTED));
}

#endif
