/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Judges the pages of a dump (placement-audit.h). The engine goes from a page to its frames; this goes from the frame
 * back: which yard is it of, and does the page hash there? It includes nothing of the engine's.
 */
#include "placement-audit.h"

#include <inttypes.h>
#include <string.h>

/* ---- where a page may lie ---------------------------------------------------------------------------- */

/* SplitMix64's function, of Steele, Lea and Flood: an increment, and twice a shift and a product. */
static uint64_t scramble(uint64_t x)
{
	static const uint64_t factor[] = { UINT64_C(13787848793156543929),
					   UINT64_C(10723151780598845931) };
	static const unsigned int shift[] = { 30, 27 };

	x += UINT64_C(11400714819323198485);
	for (unsigned int round = 0; round < ARRAY_SIZE(factor); round++)
		x = (x ^ x >> shift[round]) * factor[round];
	return x ^ x >> 31;
}

static uint64_t key_hash(const struct mp_placement_pool *pool, uint64_t space, uint64_t page)
{
	return scramble(scramble(pool->seed) + (space * (UINT64_C(1) << 36) ^ page));
}

/* The upper half of a hash as a fraction, of @n. */
static uint32_t part_of(uint64_t hash, uint32_t n)
{
	return (uint32_t)((unsigned __int128)(hash & ~UINT64_C(0xffffffff)) * n >> 64);
}

/* Choice @nth, from 0, has the buckets from this one to the next choice's. */
static uint32_t choice_begin(const struct mp_placement_pool *pool,
			     const struct mp_placement_segment *s, uint32_t nth)
{
	return (uint32_t)((uint64_t)nth * s->nr_buckets / pool->choices);
}

/* Where choice @nth of a page is, from the segment's first bucket. */
static uint32_t back_bucket(const struct mp_placement_pool *pool,
			    const struct mp_placement_segment *s, uint64_t hash, uint32_t nth)
{
	uint32_t begin = choice_begin(pool, s, nth), end = choice_begin(pool, s, nth + 1);

	return begin + part_of(scramble(hash + nth + 1), end > begin ? end - begin : 1);
}

static const struct mp_placement_segment *segment_of(const struct mp_placement_pool *pool,
						     uint32_t bucket)
{
	const struct mp_placement_segment *s = pool->segments;

	while (bucket - s->first_bucket >= s->nr_buckets)
		s++;
	return s;
}

static bool may_lie(const struct mp_placement_pool *pool, uint32_t frame, uint64_t space,
		    uint64_t page)
{
	const struct mp_placement_segment *s = segment_of(pool, frame / MP_PLACEMENT_BUCKET);
	uint32_t bucket = frame / MP_PLACEMENT_BUCKET - s->first_bucket;
	uint64_t hash = key_hash(pool, space, page);
	uint32_t nth;

	if (frame % MP_PLACEMENT_BUCKET < pool->front)
		return part_of(scramble(hash), s->nr_buckets) == bucket;
	/* Fewer buckets than choices: each of them is some choice of every page. */
	if (s->nr_buckets < pool->choices)
		return true;
	nth = (uint32_t)(((bucket + 1ULL) * pool->choices - 1) / s->nr_buckets);
	return back_bucket(pool, s, hash, nth) == bucket;
}

/* ---- verdicts ---------------------------------------------------------------------------------------- */

const char *mp_verdict_to_string(enum mp_verdict verdict)
{
	static const char *const words[MP_VERDICTS] = {
		[MP_VERDICT_OK] = "ok",		[MP_VERDICT_STALE] = "stale",
		[MP_VERDICT_SHARED] = "shared", [MP_VERDICT_SWAP_CACHE] = "swap-cache",
		[MP_VERDICT_EXEMPT] = "exempt", [MP_VERDICT_VIOLATION] = "violation",
	};

	return words[verdict];
}

enum mp_verdict mp_placement_judge(const struct mp_placement_pool *pool,
				   const struct mp_placed_page *page)
{
	if (!page->in_pool || page->flags & (MP_PLACED_KSM | MP_PLACED_HUGE | MP_PLACED_OTHER))
		return MP_VERDICT_EXEMPT;
	if (!page->space)
		return MP_VERDICT_SWAP_CACHE;
	if (may_lie(pool, page->frame, page->space, pool->by_object ? page->index : page->vpn))
		return MP_VERDICT_OK;
	/* Another space's key may have brought it here. */
	if (page->flags & (MP_PLACED_SHARED | MP_PLACED_INHERITED))
		return MP_VERDICT_SHARED;
	if (page->flags & MP_PLACED_MOVED)
		return MP_VERDICT_STALE;
	/* The index is what the address was before mremap(); what lies by its index must then have moved. */
	if (!pool->by_object && page->index != page->vpn &&
	    may_lie(pool, page->frame, page->space, page->index))
		return MP_VERDICT_STALE;
	return MP_VERDICT_VIOLATION;
}

char *mp_placement_explain(const struct mp_placement_pool *pool, const struct mp_placed_page *page)
{
	const uint32_t bucket = page->frame / MP_PLACEMENT_BUCKET;
	const struct mp_placement_segment *s = segment_of(pool, bucket);
	uint64_t number = pool->by_object ? page->index : page->vpn;
	uint64_t hash = key_hash(pool, page->space, number);
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	fprintf(f,
		"frame %u (bucket %u, slot %u) has page 0x%" PRIx64 " of space %" PRIu64
		", which may lie in the front yard of bucket %u and in the back yards of buckets",
		page->frame, bucket, page->frame % MP_PLACEMENT_BUCKET, number, page->space,
		s->first_bucket + part_of(scramble(hash), s->nr_buckets));
	for (uint32_t nth = 0; nth < pool->choices; nth++)
		fprintf(f, "%s %u",
			!nth			 ? "" :
			nth + 1 == pool->choices ? " and" :
						   ",",
			s->first_bucket + back_bucket(pool, s, hash, nth));
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

void mp_placement_audit_add(struct mp_placement_audit *audit, const struct mp_placement_pool *pool,
			    const struct mp_placed_page *page)
{
	enum mp_verdict verdict = mp_placement_judge(pool, page);

	if (verdict == MP_VERDICT_VIOLATION && !audit->pages[verdict]) {
		audit->first = *page;
		audit->pool = *pool;
	}
	audit->pages[verdict]++;
}

static int count_page(const struct mp_placement_pool *pool, const struct mp_placed_page *page,
		      void *userdata)
{
	mp_placement_audit_add(userdata, pool, page);
	return 0;
}

int mp_placement_audit_read(FILE *f, const char *name, struct mp_errors *errors,
			    struct mp_placement_audit *ret)
{
	struct mp_placement_audit audit = {};
	int r = mp_placement_dump_read(f, name, errors, count_page, &audit);

	if (r == 0)
		*ret = audit;
	return r;
}
