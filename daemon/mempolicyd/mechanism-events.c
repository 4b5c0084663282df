// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of mechanism-events.h.
 */
#include "mechanism-events.h"

static const struct mp_mechanism_events *const table[] = {
	&mp_placement_events,
	&mp_balloon_events,
	&mp_refcount_events,
	&mp_translation_events,
};

const struct mp_mechanism_events *mp_mechanism_events_of(enum mempol_mechanism_id id)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i]->mechanism->id == id)
			return table[i];
	return NULL;
}
