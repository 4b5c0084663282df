/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * balloon-free's decision, apart from how it is carried out. Pure; compiled into the engine and natively
 * into its unit test.
 */
#ifndef MEMPOL_BALLOON_FREE_H
#define MEMPOL_BALLOON_FREE_H

#include "balloon.h"

/* Of the surplus one in so many goes a tick: what a burst frees is there for the next one for a while. */
#define FREE_SHARE 2

static inline s64 free_target(const struct mempol_balloon_ctx *ctx)
{
	u64 size = balloon_size(ctx), surplus;

	if (ctx->free_pages < ctx->keep_pages) {
		u64 back = balloon_round_up(ctx->keep_pages - ctx->free_pages);

		return balloon_answer(ctx, balloon_minus(size, back));
	}
	surplus = ctx->free_pages - ctx->keep_pages;
	if (surplus >= BALLOON_BAND)
		size += balloon_round_down(surplus / FREE_SHARE);
	return balloon_answer(ctx, size);
}

#endif
