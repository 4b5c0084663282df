/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PagePatrol = 1: what the patterns know of their pages is said to the kernel, by libmempolicy. Called by the runner
 * behind each access. It never changes which page is accessed when.
 */
#ifndef MB_HINTS_H
#define MB_HINTS_H

#include "config.h"

#include <mempolicy.h>

struct mb_hints {
	struct mempolicy *m; /* NULL: nothing is said */
	const unsigned char *map;
	unsigned char *told; /* of each page, the verb that was said last in this entry */
	u64 nr_pages;
	enum mempolicy_verb verb; /* of the entry that runs; 0: none */
	struct mempolicy_result sum;
	u64 calls, failed; /* flushes, and those with an error */
	int error; /* the first one */
};

/* Where nobody answers it says so on @err and there are no hints. 0 or -ENOMEM. */
int mb_hints_open(struct mb_hints *ret_hints, u64 nr_pages, const unsigned char *map, FILE *err);
/* What has become of it, on @err. */
void mb_hints_close(struct mb_hints *hints, FILE *err);

/* An entry begins: what it says of a page it says once. */
void mb_hints_begin(struct mb_hints *hints, const struct mb_config *config, enum mb_pattern pattern,
		    u64 iteration);
void mb_hints_end(struct mb_hints *hints);

/* The page was accessed, through the mapping. */
void mb_hints_accessed(struct mb_hints *hints, u64 page);

#endif
