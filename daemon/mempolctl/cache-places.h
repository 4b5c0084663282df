/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the pages of a file are, counted part by part. Called by cache-residency.c, which draws it.
 */
#ifndef MP_CTL_CACHE_PLACES_H
#define MP_CTL_CACHE_PLACES_H

#include "cache.h"

/* A bar has so many columns; a file with fewer pages one a page. */
#define CACHE_PARTS_MAX 60

enum cache_place {
	CACHE_ABSENT,
	CACHE_INACTIVE,
	CACHE_ACTIVE,
	CACHE_LIST, /* the engine's */
	CACHE_COLD,
	CACHE_PINNED,
	CACHE_REJECTED,
	CACHE_UNEVICTABLE,
	CACHE_SOMEWHERE, /* cached, and where is not known */
	CACHE_N_PLACES,
};

/* In pages. */
struct cache_part {
	uint64_t pages, at[CACHE_N_PLACES];
	uint64_t dirty, writeback,
		unsure; /* of the last is not known whether they are among the others */
	uint64_t governed;
};

struct cache_places {
	const char *path;
	uint64_t first; /* page of the file */
	struct cache_part sum, parts[CACHE_PARTS_MAX];
	size_t n;
	bool knows_places, knows_dirty, knows_governed;
};

static inline uint64_t cache_cached(const struct cache_part *part)
{
	return part->pages - part->at[CACHE_ABSENT];
}

/* The pages of the file's range. 0 or -errno, -EACCES: they are not the caller's to know. */
int cache_look(const struct cache_request *request, struct mempolicy *m,
	       const struct cache_file *file, struct cache_places *ret);

#endif
