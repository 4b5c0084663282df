/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Set-associative arrays that forget what was used longest ago: TLBs, page-walk caches and data caches are all made of
 * them. A set is kept in the order of use, so that most questions are answered by its first tag. Everything is inline:
 * a reference asks several.
 */
#ifndef SIM_WALK_LRU_H
#define SIM_WALK_LRU_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define WALK_NO_TAG UINT64_MAX

/* Whole keys as tags. */
struct walk_lru {
	uint64_t *tags;
	uint32_t mask; /* sets - 1 */
	uint32_t ways; /* 0: there is none, and nothing ever hits */
	uint64_t last; /* key of the last question; only for published defects */
	uint32_t *uses; /* likewise, see published.c */
};

/* What is above the index of the set, in 32 bits: half the memory for what has hundreds of thousands of lines. */
struct walk_lines {
	uint32_t *tags;
	uint32_t mask;
	uint32_t ways;
	uint32_t shift;
};

static inline uint64_t *walk_lru_set(const struct walk_lru *lru, uint64_t key)
{
	return lru->tags + (uint64_t)((uint32_t)key & lru->mask) * lru->ways;
}

/* Is it there? It is afterwards. */
static inline __attribute__((always_inline)) bool walk_lru_touch(struct walk_lru *lru, uint64_t key)
{
	uint64_t *tags = walk_lru_set(lru, key), previous;
	uint32_t ways = lru->ways;

	if (!ways)
		return false;
	previous = tags[0];
	if (__builtin_expect(previous == key, 1))
		return true;
	for (uint32_t i = 1; i < ways; i++) {
		uint64_t tag = tags[i];

		tags[i] = previous;
		if (tag == key) {
			tags[0] = key;
			return true;
		}
		previous = tag;
	}
	tags[0] = key;
	return false;
}

/* Is it there? If so it has been used; if not it does not come in. */
static inline bool walk_lru_refresh(struct walk_lru *lru, uint64_t key)
{
	uint64_t *tags = walk_lru_set(lru, key);

	for (uint32_t i = 0; i < lru->ways; i++)
		if (tags[i] == key) {
			memmove(tags + 1, tags, i * sizeof(*tags));
			tags[0] = key;
			return true;
		}
	return false;
}

static inline __attribute__((always_inline)) bool walk_lines_touch(struct walk_lines *lines,
								   uint64_t line)
{
	uint32_t *tags = lines->tags + (uint64_t)((uint32_t)line & lines->mask) * lines->ways;
	uint32_t tag = (uint32_t)(line >> lines->shift), at;

	if (tags[0] == tag)
		return true;
	for (at = 1; at < lines->ways; at++)
		if (tags[at] == tag)
			break;
	if (at < lines->ways) {
		memmove(tags + 1, tags, at * sizeof(*tags));
		tags[0] = tag;
		return true;
	}
	memmove(tags + 1, tags, (lines->ways - 1) * sizeof(*tags));
	tags[0] = tag;
	return false;
}

#endif
