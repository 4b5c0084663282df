/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * What a placement engine is written against: the ops struct, the kfuncs and their constants, as mempol.ko has
 * them (kfuncs/placement/placement.h documents them), and what an engine's writer must know of each. Included by every
 * engine in bpf/placement and by engines of users; holds no policy.
 *
 * A pool is a run of frames, from 0; 64 consecutive ones are a bucket. A node's frames are a run of buckets. A frame
 * is free or in use by one page; a tick is ctx->tick placements, and ages are in ticks.
 */
#ifndef MEMPOL_PLACEMENT_BPF_H
#define MEMPOL_PLACEMENT_BPF_H

#include "stubs.bpf.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <mempol/abi.h>

#include "tunable.bpf.h"

/* In place of a frame: the page gets one of the kernel's own. */
#define MEMPOL_PLACE_ORDINARY (-1)

/* ctx->flags. */
#define MEMPOL_PLACE_MAY_EVICT (1U << 0) /* a frame in use may be named */
#define MEMPOL_PLACE_READAHEAD (1U << 1) /* nobody waits for the page; never with MAY_EVICT */
#define MEMPOL_PLACE_ZERO (1U << 2) /* a new page: neither a copy nor from swap */

/* Which frames of a bucket bpf_mempol_place_mask() is asked for. */
#define MEMPOL_PLACE_FREE 0
#define MEMPOL_PLACE_USED 1
#define MEMPOL_PLACE_OLDER 2 /* in use, and stamped more than @age ticks ago */

/* What one callback may ask of the functions below; beyond it they refuse. */
#define MEMPOL_PLACE_STEPS 1024
#define MEMPOL_PLACE_LOOKS 192

/*
 * select(): a page of an address space needs a frame. Returns one of the buckets from ctx->first_bucket on,
 *	ctx->nr_buckets of them, or a negative value: an ordinary frame. One in use is emptied first, if ctx->flags has
 *	MEMPOL_PLACE_MAY_EVICT. If that comes to nothing it is called again, with ctx->attempt 1 and 2 and in
 *	ctx->error why: -ERANGE no such frame, -EXDEV not of a node that the page may lie on, -EAGAIN it was free and
 *	somebody else took it, -EACCES it is in use and that was not offered, -EBUSY its page cannot be evicted now,
 *	-EPERM its page is governed by another policy, -EDQUOT it is within memory.min, -EIO the eviction failed.
 *	After the third time the page gets an ordinary frame.
 * placed(): the page got @frame.
 * init(): before the engine is attached; what it returns below 0 forbids it. exit(): after the last callback.
 *
 * select() is mandatory. It and placed() run in the page fault, with preemption off; they may not sleep.
 *
 * pool_id: policies with the same one share a pool; 0: of its own. pool_pages: its size, mandatory, rounded up to page
 * blocks (2 MiB). nodes: a bit for each NUMA node that it may be of, 0: all.
 * pool_flags: MEMPOL_POOL_CONTIGUOUS.
 *
 * Not preserve_access_index: libbpf matches it by member names as a whole.
 */
struct mempol_placement_ops {
	u64 policy_id;
	u64 cgroup_id;
	u32 flags;
	u32 mode;
	char name[32];
	s32 (*init)(u64 cgroup_id);
	void (*exit)(u32 kind);
	s64 (*select)(struct mempol_place_ctx *ctx);
	void (*placed)(struct mempol_place_ctx *ctx, u32 frame);
	u64 pool_id;
	u64 pool_pages;
	u64 nodes;
	u32 pool_flags;
};

/*
 * Only select() and placed() may call these. A bucket or frame that is not of the pool is refused (-ERANGE, or no
 * bit), and so is what goes beyond the budget: 1,024 steps a callback (-E2BIG, or no bit). A step is a call; of
 * bpf_mempol_place_oldest() and of MEMPOL_PLACE_OLDER it is four.
 */

/* A bit for each frame of @bucket that is as @which says; @age for MEMPOL_PLACE_OLDER only. */
extern u64 bpf_mempol_place_mask(struct mempol_place_ctx *ctx, u32 bucket, u32 which,
				 u32 age) __ksym __weak;
/* How many of the frames in @mask are free. */
extern s32 bpf_mempol_place_room(struct mempol_place_ctx *ctx, u32 bucket, u64 mask) __ksym __weak;
/* The first slot (0 to 63) of those in @mask that is free; -ENOENT: none is. */
extern s32 bpf_mempol_place_first(struct mempol_place_ctx *ctx, u32 bucket, u64 mask) __ksym __weak;
/* age << 8 | slot of the frame in use that was stamped first, of those in @mask; -ENOENT: none is in use. */
extern s64 bpf_mempol_place_oldest(struct mempol_place_ctx *ctx, u32 bucket,
				   u64 mask) __ksym __weak;
/*
 * Reads and clears the accessed bits of the page in @frame. 1: it had been accessed since they were read last, 0: it had
 * not, -ENOENT: the frame is free, -EBUSY: its page cannot be evicted now, -EPERM: it is another policy's or within
 * memory.min. At most 192 times a callback.
 */
extern s32 bpf_mempol_place_young(struct mempol_place_ctx *ctx, u32 frame) __ksym __weak;
/* As if @frame had been placed @age ticks ago. 0, or -ENOENT: it is free. */
extern s32 bpf_mempol_place_stamp(struct mempol_place_ctx *ctx, u32 frame, u32 age) __ksym __weak;
/* Its physical frame number. */
extern s64 bpf_mempol_place_pfn(struct mempol_place_ctx *ctx, u32 frame) __ksym __weak;

#endif
