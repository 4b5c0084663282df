/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The struct_ops type of the placement mechanism, as engines implement it. Its
 * members are ABI: an engine is matched by their names.
 */
#ifndef _MEMPOL_PLACEMENT_OPS_H
#define _MEMPOL_PLACEMENT_OPS_H

#include <linux/mempol_place.h>
#include "../core/core.h"

/* In pool_flags. */
#define MEMPOL_POOL_CONTIGUOUS BIT(0) /* one range of memory on each node */

/**
 * struct mempol_placement_ops - a placement engine
 * @select: a frame for a page, of the buckets that @ctx says, or negative: an ordinary
 *	one. Mandatory.
 * @placed: the page got @frame.
 * @pool_id: policies with the same one share a pool, 0: a pool of its own.
 * @pool_pages: of the pool, rounded up to page blocks. Mandatory.
 * @nodes: a bit for each node that the pool may be of, 0: all.
 * @pool_flags: MEMPOL_POOL_*.
 *
 * The head is that of struct mempol_ops; cgroup_id is mandatory. select() and placed()
 * run in the page fault with preemption off. init() runs before it is attached, may
 * sleep and forbid it; exit() after the last callback, and may sleep, too.
 */
struct mempol_placement_ops {
	MEMPOL_OPS_HEAD;
	s64 (*select)(struct mempol_place_ctx *ctx);
	void (*placed)(struct mempol_place_ctx *ctx, u32 frame);
	u64 pool_id;
	u64 pool_pages;
	u64 nodes;
	u32 pool_flags;
};

/**
 * struct mempol_placement - one attached placement policy
 * @policy: what it has in common with every other.
 * @mm: what mm knows of it.
 * @ops: the engine, as @policy.ops.
 * @callbacks: what mm calls.
 * @last: what its pool was like when it left.
 */
struct mempol_placement {
	struct mempol_policy policy;
	struct mempol_place_policy mm;
	struct mempol_placement_ops *ops;
	struct mempol_place_policy_ops callbacks;
	struct mempol_pool_info last;
};

static inline struct mempol_placement *mempol_placement_of(struct mempol_policy *policy)
{
	return container_of(policy, struct mempol_placement, policy);
}

extern struct mempol_mechanism mempol_placement_mechanism;

/* placement/policy.c */
struct mempol_policy *mempol_placement_alloc(void *ops);
void mempol_placement_free(struct mempol_policy *policy);
int mempol_placement_attach(struct mempol_policy *policy);
int mempol_placement_replace(struct mempol_policy *old, struct mempol_policy *new);
void mempol_placement_stop(struct mempol_policy *policy);
void mempol_placement_detach(struct mempol_policy *policy);
void mempol_placement_fill(struct mempol_policy *policy, struct mempol_policy_info *info);
void mempol_placement_extent(struct mempol_policy *policy, u64 *pages, u64 *cgroups);
bool mempol_placement_pause(struct mempol_policy *policy, bool passive);
void mempol_placement_eject(struct mempol_policy *policy, u32 kind);
int mempol_placement_dump(struct mempol_policy *policy, char *buf, size_t size);

/* placement/calls.c */
extern const struct mempol_call_row mempol_placement_calls[];
#define MEMPOL_PLACEMENT_NR_CALLS 3

#endif /* _MEMPOL_PLACEMENT_OPS_H */
