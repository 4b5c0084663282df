/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * In which order mosaic asks what of a page's frames: the one source of what the engine does in the kernel and of what
 * is simulated. Whoever includes it has defined struct mosaic_frames, which this only passes on, and these functions
 * on it. An age is in ticks, one for each bucket's worth of placements.
 *
 *	u64 frames_free(f, bucket): a bit for each free frame of the bucket
 *	u64 frames_older(f, bucket, age): for each frame in use that was stamped more than @age ago
 *	s64 frames_oldest(f, bucket, mask): age << 8 | slot of the frame in use that was stamped first, of the slots in
 *		@mask; of several the lowest slot; negative: none of them is in use
 *	s32 frames_young(f, frame): read and clear its accessed bits: 1, 0, or negative: it cannot be evicted now
 *	void frames_stamp(f, frame, age): as if it had been placed so long ago
 *	u32 frames_clock(f): ticks so far
 */
#ifndef MEMPOL_MOSAIC_SELECT_H
#define MEMPOL_MOSAIC_SELECT_H

#include "mosaic.h"

#ifndef bpf_for
#define bpf_for(i, start, end) for (i = (start); i < (end); i++)
#endif

/* Of a pool. Begins as all zero. Shared by all CPUs without a lock: each field is one word, and an estimate. */
struct mosaic_pool {
	unsigned int horizon; /* the clock when the youngest page that was ever evicted was stamped */
	unsigned int conflict; /* a page had no free candidate */
};

/* What the administrator chose. */
struct mosaic_rules {
	enum mosaic_eviction eviction;
	unsigned int looks; /* accessed bits that are read for one eviction at most */
	unsigned int new_share; /* per cent */
};

/* A yard of a page while a victim is sought. No more than that: all of them lie on a stack of 512 bytes. */
struct mosaic_yard {
	unsigned long long left; /* slots that have not been looked at */
	long long oldest; /* of those, as frames_oldest() has it */
};

_Static_assert(MOSAIC_MAX_YARDS * sizeof(struct mosaic_yard) <= 288, "room on a program's stack");

static inline long long mosaic_of_bucket(unsigned int bucket, unsigned int slot)
{
	return (long long)bucket * MOSAIC_BUCKET + slot;
}

/* Its lowest free slot; negative: it has none. */
static inline long long mosaic_free_slot(unsigned int bucket, unsigned long long room)
{
	return room ? mosaic_of_bucket(bucket, (unsigned int)__builtin_ctzll(room)) : -1;
}

static inline unsigned long long mosaic_room(struct mosaic_frames *f,
					     const struct mosaic_geometry *g,
					     unsigned long long key, unsigned int yard)
{
	return frames_free(f, mosaic_bucket(g, key, yard)) & mosaic_slots(g, yard);
}

static inline long long mosaic_front(struct mosaic_frames *f, const struct mosaic_geometry *g,
				     unsigned long long key)
{
	return mosaic_free_slot(mosaic_bucket(g, key, 0), mosaic_room(f, g, key, 0));
}

static inline long long mosaic_back(struct mosaic_frames *f, const struct mosaic_geometry *g,
				    unsigned long long key)
{
	struct mosaic_best best = {};
	unsigned int yard;

	bpf_for(yard, 1, g->choices + 1) mosaic_offer(
		&best, yard, (unsigned int)__builtin_popcountll(mosaic_room(f, g, key, yard)));
	if (!best.room)
		return -1;
	return mosaic_free_slot(mosaic_bucket(g, key, best.yard),
				mosaic_room(f, g, key, best.yard));
}

/* ---- who goes ---------------------------------------------------------------------------------------- */

/* The yard whose oldest frame is the oldest of all; of several the first. */
static inline unsigned int mosaic_oldest_yard(const struct mosaic_yard yards[], unsigned int nr)
{
	unsigned int yard, found = MOSAIC_NONE;
	long long age = -1;

	bpf_for(yard, 0, nr)
	{
		if (yard >= MOSAIC_MAX_YARDS)
			break;
		if (yards[yard].oldest < 0 || yards[yard].oldest >> 8 <= age)
			continue;
		age = yards[yard].oldest >> 8;
		found = yard;
	}
	return found;
}

/*
 * Of the frames in @yards the one that was stamped first and has not been used since. Used ones are stamped anew. If
 * all have been used, or as many as may be looked at, the first of them goes; negative: none can be evicted.
 */
static inline long long mosaic_second_chance(struct mosaic_frames *f,
					     const struct mosaic_geometry *g,
					     unsigned long long key, struct mosaic_yard yards[],
					     unsigned int nr, unsigned int looks)
{
	long long first = -1, frame;
	unsigned int look, at, slot, bucket;
	int young;

	bpf_for(look, 0, looks)
	{
		at = mosaic_oldest_yard(yards, nr);
		if (at >= MOSAIC_MAX_YARDS)
			break;
		slot = (unsigned int)yards[at].oldest & (MOSAIC_BUCKET - 1);
		bucket = mosaic_bucket(g, key, at);
		frame = mosaic_of_bucket(bucket, slot);
		young = frames_young(f, (unsigned int)frame);
		if (young == 0)
			return frame;
		if (young > 0) {
			frames_stamp(f, (unsigned int)frame, 0);
			if (first < 0)
				first = frame;
		}
		yards[at].left &= ~(1ULL << slot);
		yards[at].oldest = frames_oldest(f, bucket, yards[at].left);
	}
	return first;
}

static inline struct mosaic_yard mosaic_yard_of(struct mosaic_frames *f, unsigned int bucket,
						unsigned long long slots)
{
	return (struct mosaic_yard){
		.left = slots,
		.oldest = frames_oldest(f, bucket, slots),
	};
}

static inline long long mosaic_evict_any(struct mosaic_frames *f, const struct mosaic_geometry *g,
					 unsigned long long key, unsigned int looks)
{
	struct mosaic_yard yards[MOSAIC_MAX_YARDS];
	const unsigned int nr = g->choices + 1;
	unsigned int yard;

	bpf_for(yard, 0, nr)
	{
		if (yard >= MOSAIC_MAX_YARDS)
			break;
		yards[yard] = mosaic_yard_of(f, mosaic_bucket(g, key, yard), mosaic_slots(g, yard));
	}
	return mosaic_second_chance(f, g, key, yards, nr, looks);
}

/* ---- Horizon LRU ------------------------------------------------------------------------------------- */

/*
 * The paper's rule. Its horizon is when the youngest page that was ever evicted had last been used. What has not been
 * used since, a ghost, stays in memory but is no obstacle: its frame is as good as a free one.
 */
static inline unsigned long long mosaic_ghosts(struct mosaic_frames *f,
					       const struct mosaic_pool *pool, unsigned int bucket,
					       unsigned long long slots)
{
	return frames_older(f, bucket, frames_clock(f) - pool->horizon) & slots;
}

/* A ghost of the yard that has really not been used, the oldest; negative: there is none. */
static inline long long mosaic_ghost(struct mosaic_frames *f, const struct mosaic_pool *pool,
				     unsigned int bucket, unsigned long long slots,
				     unsigned int looks)
{
	unsigned long long left = mosaic_ghosts(f, pool, bucket, slots);
	unsigned int look;
	long long oldest, frame;
	int young;

	bpf_for(look, 0, looks)
	{
		oldest = frames_oldest(f, bucket, left);
		if (oldest < 0)
			break;
		frame = mosaic_of_bucket(bucket, (unsigned int)oldest & (MOSAIC_BUCKET - 1));
		young = frames_young(f, (unsigned int)frame);
		if (young == 0)
			return frame;
		if (young > 0)
			frames_stamp(f, (unsigned int)frame, 0);
		left &= ~(1ULL << (oldest & (MOSAIC_BUCKET - 1)));
	}
	return -1;
}

/* In the back yard with fewest pages that are no ghosts; negative: no back yard has a ghost. */
static inline long long mosaic_back_ghost(struct mosaic_frames *f, const struct mosaic_pool *pool,
					  const struct mosaic_geometry *g, unsigned long long key,
					  unsigned int looks)
{
	struct mosaic_best best = {};
	unsigned long long ghosts;
	unsigned int yard, bucket;

	bpf_for(yard, 1, g->choices + 1)
	{
		bucket = mosaic_bucket(g, key, yard);
		ghosts = mosaic_ghosts(f, pool, bucket, mosaic_slots(g, yard));
		mosaic_offer(&best, yard, (unsigned int)__builtin_popcountll(ghosts));
	}
	if (!best.room)
		return -1;
	return mosaic_ghost(f, pool, mosaic_bucket(g, key, best.yard), mosaic_slots(g, best.yard),
			    looks);
}

/* @frame goes. If it is younger than all that went before, it moves the horizon. */
static inline void mosaic_move_horizon(struct mosaic_frames *f, struct mosaic_pool *pool,
				       long long frame)
{
	long long oldest = frames_oldest(f, (unsigned int)(frame / MOSAIC_BUCKET),
					 1ULL << (frame & (MOSAIC_BUCKET - 1)));
	unsigned int stamp;

	if (oldest < 0)
		return;
	stamp = frames_clock(f) - (unsigned int)(oldest >> 8);
	if ((int)(stamp - pool->horizon) > 0)
		pool->horizon = stamp;
}

/* ---- all together ------------------------------------------------------------------------------------ */

static inline long long mosaic_select_horizon(struct mosaic_frames *f, struct mosaic_pool *pool,
					      const struct mosaic_geometry *g,
					      unsigned long long key, unsigned int looks)
{
	long long frame =
		mosaic_ghost(f, pool, mosaic_bucket(g, key, 0), mosaic_slots(g, 0), looks);

	if (frame < 0)
		frame = mosaic_back(f, g, key);
	if (frame >= 0)
		return frame;
	pool->conflict = 1;
	frame = mosaic_back_ghost(f, pool, g, key, looks);
	if (frame < 0)
		frame = mosaic_evict_any(f, g, key, looks);
	if (frame >= 0)
		mosaic_move_horizon(f, pool, frame);
	return frame;
}

/* Whose time as a newcomer is over: the bit that its fault left is taken away, and perhaps its youth. */
static inline void mosaic_settle_due(struct mosaic_frames *f, const struct mosaic_geometry *g,
				     struct mosaic_newcomers *newcomers)
{
	struct mosaic_settled settled = mosaic_settle(newcomers);

	if (settled.frame == MOSAIC_NONE || frames_young(f, settled.frame) < 0)
		return;
	if (settled.old)
		frames_stamp(f, settled.frame, mosaic_old_age(g));
}

/*
 * The frame for a page: a free one, or with @may_evict one in use; negative: none of its frames can be had. Then the
 * kernel gives it an ordinary one.
 */
static inline long long mosaic_select(struct mosaic_frames *f, struct mosaic_pool *pool,
				      const struct mosaic_geometry *g,
				      const struct mosaic_rules *rules,
				      struct mosaic_newcomers *newcomers, unsigned long long key,
				      _Bool may_evict)
{
	long long frame;

	mosaic_settle_due(f, g, newcomers);
	frame = mosaic_front(f, g, key);
	if (frame >= 0)
		return frame;
	if (may_evict && rules->eviction == MOSAIC_HORIZON)
		return mosaic_select_horizon(f, pool, g, key, rules->looks);
	frame = mosaic_back(f, g, key);
	if (frame >= 0)
		return frame;
	pool->conflict = 1;
	return may_evict ? mosaic_evict_any(f, g, key, rules->looks) : -1;
}

/*
 * The page in @frame was named and could not go. It is taken for one that has been used, or it would be named again at
 * once; MOSAIC_NONE: none was named.
 */
static inline void mosaic_pass_over(struct mosaic_frames *f, unsigned int frame)
{
	if (frame != MOSAIC_NONE)
		frames_stamp(f, frame, 0);
}

/* A page came to @frame. Until a page had no room none is old. */
static inline void mosaic_placed(const struct mosaic_pool *pool, const struct mosaic_rules *rules,
				 struct mosaic_newcomers *newcomers, unsigned int frame)
{
	if (pool->conflict && rules->eviction == MOSAIC_SECOND_CHANCE)
		mosaic_enter(newcomers, frame, rules->new_share);
}

#endif
