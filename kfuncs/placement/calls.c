// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the daemon asks of placement policies: the size and the nodes of a pool, what
 * its frames are, and that the first conflict be forgotten. They are ops of
 * bpf_mempol_call().
 */
#include <linux/sched.h>
#include <linux/slab.h>
#include "placement.h"

static_assert((int)MEMPOL_FRAME_ABSENT == (int)MEMPOL_PLACE_ABSENT);
static_assert((int)MEMPOL_FRAME_FREE == (int)MEMPOL_PLACE_IS_FREE);
static_assert((int)MEMPOL_FRAME_USED == (int)MEMPOL_PLACE_IS_USED);
static_assert((int)MEMPOL_FRAME_HELD == (int)MEMPOL_PLACE_IS_HELD);
static_assert((int)MEMPOL_FRAME_BUSY == (int)MEMPOL_PLACE_IS_BUSY);
static_assert((int)MEMPOL_FRAME_SHARED == (int)MEMPOL_PLACE_SHARED);
static_assert((int)MEMPOL_FRAME_INHERITED == (int)MEMPOL_PLACE_INHERITED);
static_assert((int)MEMPOL_FRAME_SWAPCACHE == (int)MEMPOL_PLACE_SWAP_CACHE);
static_assert((int)MEMPOL_FRAME_MOVED == (int)MEMPOL_PLACE_MOVED);
static_assert((int)MEMPOL_FRAME_KSM == (int)MEMPOL_PLACE_KSM);
static_assert((int)MEMPOL_FRAME_LARGE == (int)MEMPOL_PLACE_HUGE);
static_assert((int)MEMPOL_FRAME_OTHER == (int)MEMPOL_PLACE_OTHER);
static_assert(MEMPOL_BUCKET == MEMPOL_PLACE_BUCKET);

static s64 mempol_placement_fill_pool(struct mempol_placement *record, struct mempol_call *call)
{
	struct mempol_pool_segment *segments;
	struct mempol_pool_info pool;
	int nr, i;

	segments = kcalloc(MEMPOL_PLACE_SEGMENTS, sizeof(*segments), GFP_KERNEL);
	if (!segments)
		return -ENOMEM;
	nr = mempol_place_pool(&record->mm, &pool, segments, MEMPOL_PLACE_SEGMENTS);
	if (nr < 0) {
		kfree(segments);
		return nr;
	}
	call->body.place_pool.pool_id = pool.id;
	call->body.place_pool.pages = pool.pages;
	call->body.place_pool.wanted = pool.wanted;
	call->body.place_pool.tick_pages = pool.tick;
	call->body.place_pool.clock = pool.clock;
	call->body.place_pool.policies = pool.policies;
	call->body.place_pool.ready = pool.ready;
	call->body.place_pool.nr = min(nr, MEMPOL_PLACE_SEGMENTS);
	for (i = 0; i < call->body.place_pool.nr; i++) {
		struct mempol_place_segment *segment = &call->body.place_pool.segments[i];

		segment->nid = segments[i].nid;
		segment->first_bucket = segments[i].first_bucket;
		segment->nr_buckets = segments[i].nr_buckets;
	}
	kfree(segments);
	return 0;
}

/* 0; -ENOENT: there is no such policy, or it has no pool any more; -ENOMEM. */
static s64 mempol_call_pool(struct mempol_call *call)
{
	struct mempol_policy *policy =
		mempol_policy_get(call->body.place_pool.policy_id, MEMPOL_MECH_PLACEMENT);
	s64 err;

	if (!policy)
		return -ENOENT;
	err = mempol_placement_fill_pool(mempol_placement_of(policy), call);
	mempol_policy_put(policy);
	return err;
}

/* Is its pool complete? */
static s64 mempol_placement_ready(struct mempol_placement *record)
{
	struct mempol_pool_info pool;

	if (mempol_place_pool(&record->mm, &pool, NULL, 0) < 0)
		return -ENOENT;
	return pool.ready ? 0 : -EAGAIN;
}

static s64 mempol_placement_fill_frames(struct mempol_placement *record, struct mempol_call *call)
{
	u32 frame = call->body.place_frames.first, nr = 0;
	struct mempol_frame_info info;
	s64 err = 0;

	while (nr < MEMPOL_PLACE_FRAMES) {
		struct mempol_place_frame *to = &call->body.place_frames.frames[nr];

		err = mempol_place_frame(&record->mm, frame, &info);
		if (err)
			break;
		to->pfn = info.pfn;
		to->space = info.space;
		to->vpn = info.vpn;
		to->index = info.index;
		to->state = info.state;
		to->age = info.age;
		to->mapped = info.mapped;
		to->flags = info.flags;
		frame++;
		nr++;
		cond_resched();
	}
	call->body.place_frames.first = frame;
	call->body.place_frames.nr = nr;
	/* There are no more. */
	return err == -ERANGE ? 0 : err;
}

/* Likewise; -EAGAIN: the pool is not complete yet. */
static s64 mempol_call_frames(struct mempol_call *call)
{
	struct mempol_policy *policy =
		mempol_policy_get(call->body.place_frames.policy_id, MEMPOL_MECH_PLACEMENT);
	s64 err;

	call->body.place_frames.nr = 0;
	if (!policy)
		return -ENOENT;
	err = mempol_placement_ready(mempol_placement_of(policy));
	if (!err)
		err = mempol_placement_fill_frames(mempol_placement_of(policy), call);
	mempol_policy_put(policy);
	return err;
}

/* Likewise. */
static s64 mempol_call_reset(struct mempol_call *call)
{
	struct mempol_policy *policy =
		mempol_policy_get(call->body.place_pool.policy_id, MEMPOL_MECH_PLACEMENT);
	s64 err;

	if (!policy)
		return -ENOENT;
	err = mempol_placement_ready(mempol_placement_of(policy));
	if (!err)
		atomic_long_set(&mempol_placement_of(policy)->mm.conflict, 0);
	mempol_policy_put(policy);
	return err;
}

const struct mempol_call_row mempol_placement_calls[] = {
	{ MEMPOL_CALL_PLACEMENT_POOL, mempol_call_pool },
	{ MEMPOL_CALL_PLACEMENT_FRAMES, mempol_call_frames },
	{ MEMPOL_CALL_PLACEMENT_RESET, mempol_call_reset },
};

static_assert(ARRAY_SIZE(mempol_placement_calls) == MEMPOL_PLACEMENT_NR_CALLS);
