/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * What the balloon engines that move whole blocks have in common: sizes, rounding, the host's floor. Pure;
 * compiled into the engines and natively into their unit test. All amounts are pages.
 */
#ifndef MEMPOL_BALLOON_H
#define MEMPOL_BALLOON_H

#include "mempol_balloon.bpf.h"

#define BALLOON_BLOCK 512ULL /* 2 MiB: the smaller of the blocks, MEMPOL_BALLOON_ORDER_2M */
/* Less than this is not worth taking; as returning is rounded up to a block, neither undoes the other. */
#define BALLOON_BAND (2 * BALLOON_BLOCK)

static inline u64 balloon_min(u64 a, u64 b)
{
	return a < b ? a : b;
}

static inline u64 balloon_max(u64 a, u64 b)
{
	return a > b ? a : b;
}

static inline u64 balloon_minus(u64 a, u64 b)
{
	return a > b ? a - b : 0;
}

static inline u64 balloon_round_down(u64 pages)
{
	return pages & ~(BALLOON_BLOCK - 1);
}

static inline u64 balloon_round_up(u64 pages)
{
	return balloon_round_down(pages + BALLOON_BLOCK - 1);
}

/* What the host has, however it is made up. */
static inline u64 balloon_size(const struct mempol_balloon_ctx *ctx)
{
	return ctx->held_pages + ctx->small_pages;
}

/*
 * The host's floor in whole blocks, so that it is met without pages; but for what is missing to a block
 * nothing is taken if there are pages already that do.
 */
static inline u64 balloon_floor(const struct mempol_balloon_ctx *ctx)
{
	u64 size = balloon_size(ctx), floor = balloon_round_up(ctx->host_pages);

	return size >= ctx->host_pages ? balloon_min(size, floor) : floor;
}

/* The answer of an engine that wants @pages. */
static inline s64 balloon_answer(const struct mempol_balloon_ctx *ctx, u64 pages)
{
	return balloon_max(pages, balloon_floor(ctx));
}

#endif
