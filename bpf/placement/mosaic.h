/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * mosaic's decisions, apart from how they are carried out: in which frames may a page lie, in which of them does it
 * lie, which newcomer counts as old? Pure; compiled into the engine, the simulator and their tests. The audit has
 * code of its own for the same rules, so that it finds what is wrong here.
 *
 * Gosakan et al., "Mosaic Pages" (ASPLOS 2023): 64 consecutive frames are a bucket, the first of them its front yard,
 * the others its back yard. A page hashes to one front yard and to a few back yards; if the front yard has no room
 * it goes to the back yard with most room. So 7 bits name a page's frame among those it may have.
 */
#ifndef MEMPOL_MOSAIC_H
#define MEMPOL_MOSAIC_H

#define MOSAIC_BUCKET 64U /* frames */
#define MOSAIC_CODES \
	126U /* a page may have so many frames: 7 bits, and one code says that there is none */
#define MOSAIC_MAX_CHOICES 16U
/* The geometry where nothing else is said, and how many of a hundred newcomers enter as young. */
#define MOSAIC_FRONT 44U
#define MOSAIC_BACK 20U
#define MOSAIC_CHOICES 4U
#define MOSAIC_NEW_SHARE 50U
#define MOSAIC_MAX_YARDS (MOSAIC_MAX_CHOICES + 1)
#define MOSAIC_NONE (~0U) /* no frame, no yard */

/* What a run of buckets looks like: all of a pool, or those of one node. */
struct mosaic_geometry {
	unsigned int front; /* slots of a front yard */
	unsigned int back;
	unsigned int choices; /* back yards of a page */
	unsigned int first_bucket;
	unsigned int nr_buckets;
};

enum mosaic_eviction {
	MOSAIC_SECOND_CHANCE,
	MOSAIC_HORIZON,
};

static inline _Bool mosaic_fits(unsigned int front, unsigned int back, unsigned int choices)
{
	if (!front || front >= MOSAIC_BUCKET || back != MOSAIC_BUCKET - front)
		return 0;
	return choices && choices <= MOSAIC_MAX_CHOICES && front + choices * back <= MOSAIC_CODES;
}

/* Every bit of the result depends on every bit of @z: the last steps of SplitMix64. */
static inline unsigned long long mosaic_mix(unsigned long long z)
{
	z += 0x9e3779b97f4a7c15ULL;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/*
 * What a page is known by; the hashes of its yards are drawn from it. @page: its virtual page number, or with
 * Key=object its place in the object it is of. A virtual page number has 36 bits with four levels of page tables;
 * where it has more, two pages may have one key, and with it the same candidates.
 */
static inline unsigned long long mosaic_key(unsigned long long space, unsigned long long page,
					    unsigned long long seed)
{
	return mosaic_mix((space << 36 ^ page) + mosaic_mix(seed));
}

/* Yard 0 of a page is its front yard, those from 1 on are its back yards. */
static inline unsigned long long mosaic_slots(const struct mosaic_geometry *g, unsigned int yard)
{
	unsigned long long front = (1ULL << (g->front & (MOSAIC_BUCKET - 1))) - 1;

	return yard ? ~front : front;
}

/*
 * The bucket of a page's yard. Each back yard is drawn from a part of the buckets of its own, as in the paper's
 * source: drawn from all of them, as the paper's text has it, pages find no room a half per cent earlier.
 */
static inline unsigned int mosaic_bucket(const struct mosaic_geometry *g, unsigned long long key,
					 unsigned int yard)
{
	unsigned long long begin = 0, end = g->nr_buckets, hash = mosaic_mix(key + yard) >> 32;

	if (yard) {
		begin = (yard - 1ULL) * g->nr_buckets / g->choices;
		end = (unsigned long long)yard * g->nr_buckets / g->choices;
		/* More choices than buckets. */
		if (begin == end)
			end++;
	}
	return g->first_bucket + (unsigned int)(begin + (hash * (end - begin) >> 32));
}

/* The 7 bits: which of a page's frames it is. */
static inline unsigned int mosaic_code(const struct mosaic_geometry *g, unsigned int yard,
				       unsigned int slot)
{
	return yard ? slot + (yard - 1) * g->back : slot;
}

/* The frame of a page that has the code; MOSAIC_NONE: no frame has it. */
static inline unsigned int mosaic_frame(const struct mosaic_geometry *g, unsigned long long key,
					unsigned int code)
{
	unsigned int yard = 0, slot = code;

	if (code >= g->front + g->choices * g->back)
		return MOSAIC_NONE;
	if (code >= g->front) {
		yard = 1 + (code - g->front) / g->back;
		slot = g->front + (code - g->front) % g->back;
	}
	return mosaic_bucket(g, key, yard) * MOSAIC_BUCKET + slot;
}

/* ---- the back yard with most of something ------------------------------------------------------------ */

/* Begins as { 0, 0 }: none has any. */
struct mosaic_best {
	unsigned int yard;
	unsigned int room;
};

/*
 * Called for each back yard in order. Of yards with as much room the last is taken: with ties that always go one
 * way the yards fill less evenly by themselves, and the fullest of them less (Voecking's asymmetry).
 */
static inline void mosaic_offer(struct mosaic_best *best, unsigned int yard, unsigned int room)
{
	if (room && room >= best->room) {
		best->yard = yard;
		best->room = room;
	}
}

/* ---- newcomers --------------------------------------------------------------------------------------- */

/*
 * The fault that brings a page in leaves its accessed bit set. It is taken away once so many more pages have been
 * placed: then it says nothing of a use any more, and the page no longer waits in a CPU's batch for the LRU.
 */
#define MOSAIC_NEWCOMERS 64U

/* Of one CPU. Begins as all zero. */
struct mosaic_newcomers {
	unsigned int frame[MOSAIC_NEWCOMERS];
	unsigned char old[MOSAIC_NEWCOMERS];
	unsigned int at;
	unsigned int nr;
	unsigned int share; /* per cent of a young one that are due */
};

struct mosaic_settled {
	unsigned int frame; /* MOSAIC_NONE: nothing is due */
	_Bool old; /* it is to be the next to go, unless it has been used by then */
};

/*
 * A page came to @frame, and @new_share per cent of the newcomers enter as young. The others enter as old: what is
 * used once passes through them, and the rest of memory stays as it is.
 */
static inline void mosaic_enter(struct mosaic_newcomers *n, unsigned int frame,
				unsigned int new_share)
{
	unsigned int at = (n->at + n->nr) & (MOSAIC_NEWCOMERS - 1);

	n->share += new_share;
	n->frame[at] = frame;
	n->old[at] = n->share < 100;
	if (n->share >= 100)
		n->share -= 100;
	if (n->nr < MOSAIC_NEWCOMERS)
		n->nr++;
	else
		n->at++;
}

/* Before the next page is placed: whose time is over? */
static inline struct mosaic_settled mosaic_settle(struct mosaic_newcomers *n)
{
	unsigned int at = n->at & (MOSAIC_NEWCOMERS - 1);
	struct mosaic_settled settled = { MOSAIC_NONE, 0 };

	if (n->nr < MOSAIC_NEWCOMERS)
		return settled;
	settled.frame = n->frame[at];
	settled.old = n->old[at];
	n->at++;
	n->nr--;
	return settled;
}

/*
 * The age of who enters as old: twice the time in which all frames of @g are taken anew, in ticks of a bucket's
 * placements each. Ages have 16 bits and wrap.
 */
static inline unsigned int mosaic_old_age(const struct mosaic_geometry *g)
{
	return g->nr_buckets < 0x4000 ? 2 * g->nr_buckets : 0x7fff;
}

#endif
