/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of placement, the verb: its frames are fetched (placement-pages.c), judged (placement-judge.c), counted by
 * bucket (placement-iutil.c) or written down (placement-map.c). Included by these and by verb-placement.c.
 */
#ifndef MP_CTL_PLACEMENT_H
#define MP_CTL_PLACEMENT_H

#include "../lib/placement-dump.h"
#include "ctl.h"

struct placement_request {
	struct ctl ctl;
	const char *name; /* of a policy; NULL: of all */
	const char *cgroup; /* likewise */
	const char *file; /* a dump, in place of the daemon */
	bool reset;
};

/* What is known of a pool beside its pages. */
struct placement_source {
	const char *policy, *cgroup, *engine; /* of the row; cgroup may be NULL */
	struct mp_placement_pool pool;
	bool has_geometry; /* where a page may lie is known */
	uint64_t busy; /* frames whose page could not be looked at, so far */
	uint64_t absent;
};

/* A page of the pool; below 0: the walk ends with that. */
typedef int (*placement_handler)(const struct placement_source *source,
				 const struct mp_placed_page *page, void *userdata);

/*
 * The rows of PlacementStatus that have a pool and are meant. @ret_rows: an array that may be empty. CTL_OK, or the
 * failure has been told.
 */
enum ctl_exit placement_rows(const struct placement_request *request, sd_json_variant **ret_rows);

/*
 * Asks for all frames of the pool of @row. @source is filled in before the first page, and its counts are whole at the
 * end; it lives no longer than @row. CTL_OK, or the failure has been told.
 */
enum ctl_exit placement_walk(const struct placement_request *request, sd_json_variant *row,
			     struct placement_source *source, placement_handler handler,
			     void *userdata);

/* The verbs. */
enum ctl_exit placement_status(const struct placement_request *request);
enum ctl_exit placement_audit(const struct placement_request *request);
enum ctl_exit placement_iutil(const struct placement_request *request);
enum ctl_exit placement_map(const struct placement_request *request);

#endif
