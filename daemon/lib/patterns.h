/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The values of a list of patterns, such as Cgroup= or FilePath=, as they are kept: each with its place. What they
 * match is match.c's, and what may stand there is said where the key is set.
 */
#ifndef MP_PATTERNS_H
#define MP_PATTERNS_H

#include <stdbool.h>
#include <stddef.h>

#include "place.h"

/* One value of Cgroup= or Unit=, or of a mechanism's list. A Cgroup= glob is kept with a leading and no trailing slash. */
struct mp_pattern {
	char *glob;
	char *for_fnmatch; /* NULL: the same */
	bool negated;
	char *file; /* where it stands */
	unsigned int line;
};

struct mp_patterns {
	struct mp_pattern *items;
	size_t count;
};

void mp_patterns_reset(struct mp_patterns *patterns); /* frees all and leaves none */
bool mp_patterns_equal(const struct mp_patterns *a, const struct mp_patterns *b);
int mp_patterns_copy(const struct mp_patterns *from, struct mp_patterns *ret); /* 0 or -ENOMEM */

/* Adds a value, as it will be matched, with its place. 0 or -ENOMEM. */
int mp_patterns_add(struct mp_patterns *patterns, const struct mp_place *place, const char *glob,
		    bool negated);

#endif
