/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Do pages lie where mosaic may put them? Recomputes where each page of a dump may lie, with code that is not the
 * engine's: what is wrong there must not be wrong here. Pure; called by mempolctl.
 */
#ifndef MP_PLACEMENT_AUDIT_H
#define MP_PLACEMENT_AUDIT_H

#include "placement-dump.h"

enum mp_verdict {
	MP_VERDICT_OK, /* in a frame that its key may have */
	MP_VERDICT_STALE, /* it lies where it did before its address changed */
	MP_VERDICT_SHARED, /* in a frame of another space, with which it was shared by fork */
	MP_VERDICT_SWAP_CACHE, /* nothing maps it, so nothing says what its key was */
	MP_VERDICT_EXEMPT, /* it is not placed: in no frame of the pool, or none of this policy's pages */
	MP_VERDICT_VIOLATION,
};

#define MP_VERDICTS (MP_VERDICT_VIOLATION + 1)

struct mp_placement_audit {
	uint64_t pages[MP_VERDICTS];
	struct mp_placed_page first; /* of the violations */
	struct mp_placement_pool pool; /* if there is one */
};

/* "swap-cache": as in JSON. */
const char *mp_verdict_to_string(enum mp_verdict verdict);

enum mp_verdict mp_placement_judge(const struct mp_placement_pool *pool,
				   const struct mp_placed_page *page);

/*
 * "frame 70 (bucket 1, slot 6) has page 0x10 of space 3, which may lie in the front yard of bucket 7 and in the back
 * yards of buckets 2, 9, 17 and 24", allocated. NULL when memory is short.
 */
char *mp_placement_explain(const struct mp_placement_pool *pool, const struct mp_placed_page *page);

/* One more page: it is judged and counted. */
void mp_placement_audit_add(struct mp_placement_audit *audit, const struct mp_placement_pool *pool,
			    const struct mp_placed_page *page);

/* All of a dump. Returns as mp_placement_dump_read(); then @ret is untouched. */
int mp_placement_audit_read(FILE *f, const char *name, struct mp_errors *errors,
			    struct mp_placement_audit *ret);

#endif
