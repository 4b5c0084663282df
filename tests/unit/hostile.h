/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Engines that the kernel throws out, for the simulator: what tests/bpf has for the kernel. Included by one test,
 * and by hostile.c, which is mempolctl with these in place of the shipped ones.
 */
#ifndef TEST_HOSTILE_H
#define TEST_HOSTILE_H

#include "../../sim/kernel.h"

static s32 hostile_added(struct folio *folio, struct mempol_cache_added_ctx *ctx)
{
	return 0;
}

/* Takes nothing, names nothing. */
static void idle_evict(struct mempol_cache_evict_ctx *ctx)
{
}

/* Looks at all it may and puts it back. */
static void hoarder_evict(struct mempol_cache_evict_ctx *ctx)
{
	struct mempol_cache_info info;
	int nr;

	while ((nr = mempol_batch(ctx, 0, MEMPOL_CACHE_BATCH, MEMPOL_CACHE_TAIL)) > 0)
		for (int i = 0; i < nr; i++)
			mempol_look(ctx, i, &info);
}

/* Back and forth between two lists: always at work, and nothing comes of it. */
static void shuffler_evict(struct mempol_cache_evict_ctx *ctx)
{
	u32 from = bpf_mempol_cache_list_pages(ctx, 1) > bpf_mempol_cache_list_pages(ctx, 0);
	int nr;

	while ((nr = mempol_batch(ctx, from, MEMPOL_CACHE_BATCH, MEMPOL_CACHE_TAIL)) > 0)
		for (int i = 0; i < nr; i++)
			mempol_move(ctx, i, !from, MEMPOL_CACHE_SAME_COUNT);
}

#define HOSTILE(title)                                                         \
	static const struct mempol_cache_ops title = { .added = hostile_added, \
						       .evict = title##_evict }

HOSTILE(idle);
HOSTILE(hoarder);
HOSTILE(shuffler);

#define HOSTILE_POLICY(title) { .name = #title, .engine = &title, .run = sim_run_engine }

#define HOSTILE_POLICIES HOSTILE_POLICY(idle), HOSTILE_POLICY(hoarder), HOSTILE_POLICY(shuffler)

#endif
