// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kfuncs of the placement mechanism: thin, checked, counted. Engines call them
 * from select() and placed(); mm does the work and judges what is legal. No kfunc
 * hands out a pointer.
 */
#include <linux/module.h>
#include "../core/run.h"
#include "placement.h"

/* Count a refusal of mm under its reason; an answer like "it is free" is none. */
static noinline void mempol_placement_no(s64 ret)
{
	struct mempol_policy *running = mempol_current();

	if (!running)
		return;
	switch (ret) {
	case -ERANGE:
		mempol_refuse(running, MEMPOL_REFUSED_FRAME);
		break;
	case -EINVAL:
		mempol_refuse(running, MEMPOL_REFUSED_VERDICT);
		break;
	case -E2BIG:
		mempol_refuse(running, MEMPOL_REFUSED_BUDGET);
		break;
	}
}

static __always_inline s64 mempol_placement_check(s64 ret)
{
	if (unlikely(ret < 0))
		mempol_placement_no(ret);
	return ret;
}

__bpf_kfunc_start_defs();

/**
 * bpf_mempol_place_mask - which frames of a bucket are free, in use, or old
 * @ctx: what the callback was given.
 * @bucket: the bucket.
 * @which: enum mempol_place_which.
 * @age: in ticks, for MEMPOL_PLACE_OLDER.
 *
 * Context: select() and placed() only, like the others.
 * Return: a bit for each; 0 also where it is refused, as mempol_place_mask().
 */
__bpf_kfunc u64 bpf_mempol_place_mask(struct mempol_place_ctx *ctx, u32 bucket, u32 which, u32 age)
{
	u64 mask;

	mempol_placement_check(mempol_place_mask(ctx, bucket, which, age, &mask));
	return mask;
}

/**
 * bpf_mempol_place_room - how many frames of a mask are free
 * @ctx: what the callback was given.
 * @bucket: the bucket.
 * @mask: the frames.
 *
 * Return: as mempol_place_room().
 */
__bpf_kfunc s32 bpf_mempol_place_room(struct mempol_place_ctx *ctx, u32 bucket, u64 mask)
{
	return mempol_placement_check(mempol_place_room(ctx, bucket, mask));
}

/**
 * bpf_mempol_place_first - the first free frame of a mask
 * @ctx: what the callback was given.
 * @bucket: the bucket.
 * @mask: the frames.
 *
 * Return: as mempol_place_first().
 */
__bpf_kfunc s32 bpf_mempol_place_first(struct mempol_place_ctx *ctx, u32 bucket, u64 mask)
{
	return mempol_placement_check(mempol_place_first(ctx, bucket, mask));
}

/**
 * bpf_mempol_place_oldest - the frame of a mask that was stamped first
 * @ctx: what the callback was given.
 * @bucket: the bucket.
 * @mask: the frames.
 *
 * Return: as mempol_place_oldest().
 */
__bpf_kfunc s64 bpf_mempol_place_oldest(struct mempol_place_ctx *ctx, u32 bucket, u64 mask)
{
	return mempol_placement_check(mempol_place_oldest(ctx, bucket, mask));
}

/**
 * bpf_mempol_place_young - read and clear the accessed bits of the page in a frame
 * @ctx: what the callback was given.
 * @frame: the frame.
 *
 * Context: takes page table locks if they are free.
 * Return: as mempol_place_young().
 */
__bpf_kfunc s32 bpf_mempol_place_young(struct mempol_place_ctx *ctx, u32 frame)
{
	u64 begin = mempol_kfunc_begin();
	s32 young = mempol_place_young(ctx, frame);

	mempol_kfunc_end(begin);
	return mempol_placement_check(young);
}

/**
 * bpf_mempol_place_stamp - set the age of a frame in use
 * @ctx: what the callback was given.
 * @frame: the frame.
 * @age: in ticks.
 *
 * Return: as mempol_place_stamp().
 */
__bpf_kfunc s32 bpf_mempol_place_stamp(struct mempol_place_ctx *ctx, u32 frame, u32 age)
{
	return mempol_placement_check(mempol_place_stamp(ctx, frame, age));
}

/**
 * bpf_mempol_place_pfn - the physical frame number of a frame
 * @ctx: what the callback was given.
 * @frame: the frame.
 *
 * Return: as mempol_place_pfn().
 */
__bpf_kfunc s64 bpf_mempol_place_pfn(struct mempol_place_ctx *ctx, u32 frame)
{
	return mempol_placement_check(mempol_place_pfn(ctx, frame));
}

__bpf_kfunc_end_defs();
