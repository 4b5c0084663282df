/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dumps of placed memory: which page each frame of a pool has. A text, so that it can be read, kept and mailed; what is
 * audited is read from one. Knows the format and its bounds, not what it says of an engine.
 *
 *	mempol-placement 1
 *	engine=mosaic
 *	frames=131072
 *	front=44
 *	back=20
 *	choices=4
 *	seed=0
 *	key=address
 *	segment=0,0,2048
 *	pages
 *	17 3 0x7f1234567 0x7f1234567 -
 *	18 3 0x7f1234568 0x7f1234000 shared,swap-cache
 *	- 3 0x7f1234569 0x7f1234569 huge
 *
 * A segment is NODE,BUCKET,BUCKETS: the buckets that the node has. A page is FRAME SPACE VPN INDEX FLAGS; a page that is
 * in no frame of the pool has - as its frame. INDEX is the kernel's linear page index, which mremap() leaves as it was.
 * A page that nothing maps (it is in the swap cache) has 0 as its space. Numbers are decimal, or hexadecimal with 0x.
 * Lines after # are comments.
 */
#ifndef MP_PLACEMENT_DUMP_H
#define MP_PLACEMENT_DUMP_H

#include <stdint.h>

#include "errors.h"
#include "macro.h"

#define MP_PLACEMENT_MAGIC "mempol-placement"
#define MP_PLACEMENT_VERSION 1
#define MP_PLACEMENT_BUCKET 64U /* frames */
#define MP_PLACEMENT_FRAMES_MAX (1U << 28) /* 1 TiB of 4 KiB */
#define MP_PLACEMENT_SEGMENTS_MAX 64

/* By their words in a dump: see placement-dump.c. */
enum mp_placed_flag {
	MP_PLACED_SHARED = 1 << 0, /* more than one space maps it */
	MP_PLACED_INHERITED =
		1 << 1, /* it was shared by fork once, and who maps it now did not bring it in */
	MP_PLACED_SWAP_CACHE = 1 << 2,
	MP_PLACED_MOVED = 1 << 3, /* to another address, with another index */
	MP_PLACED_KSM = 1 << 4, /* merged: one page for several addresses */
	MP_PLACED_HUGE = 1 << 5, /* of a folio of several pages */
	MP_PLACED_OTHER = 1 << 6, /* of a space that another policy governs, or none */
};

/* "swap-cache" by the number of its bit; NULL past the last. */
const char *mp_placed_flag_to_string(unsigned int bit);

struct mp_placement_segment {
	uint32_t node;
	uint32_t first_bucket;
	uint32_t nr_buckets;
};

struct mp_placement_pool {
	uint32_t frames;
	uint32_t front, back, choices;
	uint64_t seed;
	bool by_object; /* Key=object: pages are known by their index */
	struct mp_placement_segment segments[MP_PLACEMENT_SEGMENTS_MAX];
	uint32_t nr_segments;
};

struct mp_placed_page {
	bool in_pool;
	uint32_t frame;
	uint64_t space;
	uint64_t vpn;
	uint64_t index;
	unsigned int flags; /* enum mp_placed_flag */
};

/* A page of the dump, in their order. Below 0: the reading ends with that. */
typedef int (*mp_placed_handler)(const struct mp_placement_pool *pool,
				 const struct mp_placed_page *page, void *userdata);

/*
 * Reads a dump to its end. @name is for messages. Returns 0, what the handler said, -EBADMSG (what is wrong is an entry
 * of @errors, with its line and what to do), -ENOMEM or what reading said.
 */
int mp_placement_dump_read(FILE *f, const char *name, struct mp_errors *errors,
			   mp_placed_handler handler, void *userdata);

#endif
