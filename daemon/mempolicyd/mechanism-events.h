/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What events of one mechanism say and those of no other do: a table beside mechanism-ops.h, which events.c walks. It
 * needs nothing of the manager, which stands above the events.
 */
#ifndef MP_MECHANISM_EVENTS_H
#define MP_MECHANISM_EVENTS_H

#include <stdbool.h>
#include <systemd/sd-json.h>

#include "mechanism.h"

struct mp_mechanism_events {
	const struct mp_mechanism *mechanism;

	/*
	 * Adds the fields of an event that no other mechanism has. Returns 0 or -errno; 0 as well when the
	 * event is a general one.
	 */
	int (*add_fields)(sd_json_variant **v, const struct mempol_event *event);

	/* An event that people should see, though its type is for the debug log; NULL: none is. */
	bool (*is_notice)(const struct mempol_event *event);
};

extern const struct mp_mechanism_events mp_placement_events;
extern const struct mp_mechanism_events mp_balloon_events;
extern const struct mp_mechanism_events mp_refcount_events;
extern const struct mp_mechanism_events mp_translation_events;

/* NULL when all events of the mechanism are general ones. */
const struct mp_mechanism_events *mp_mechanism_events_of(enum mempol_mechanism_id id);

#endif
