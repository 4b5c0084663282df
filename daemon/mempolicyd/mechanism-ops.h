/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the daemon does for one mechanism and for no other: a table of functions beside the library's
 * description (mechanism.h). load.c, steps.c and events.c walk it; a mechanism that needs nothing of
 * its own has no row.
 */
#ifndef MP_MECHANISM_OPS_H
#define MP_MECHANISM_OPS_H

#include <systemd/sd-json.h>

#include "state.h"

struct mp_mechanism_ops {
	const struct mp_mechanism *mechanism;

	/* Adds what the ops struct has beside its head. 0, or -errno and a sentence. May be NULL. */
	int (*fill)(const struct mp_manager *manager, const struct mp_policy *policy,
		    struct mp_ops_values *values, char **ret_problem);

	/* @at was just attached: no user has asked anything of it yet. May be NULL. */
	void (*attached)(struct mp_attachment *at);

	/*
	 * Adds the fields of an event that no other mechanism has. Returns 0 or -errno; 0 as well when the
	 * event is a general one. May be NULL.
	 */
	int (*add_event_fields)(sd_json_variant **v, const struct mempol_event *event);

	/* An event that people should see, though its type is for the debug log. May be NULL. */
	bool (*is_notice)(const struct mempol_event *event);
};

extern const struct mp_mechanism_ops mp_balloon_ops;

/* NULL when the mechanism needs nothing of its own. */
const struct mp_mechanism_ops *mp_mechanism_ops_of(enum mempol_mechanism_id id);

#endif
