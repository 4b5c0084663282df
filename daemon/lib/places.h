/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who gets a place when more cgroups match than can be governed: a pure function over the answer of
 * mp_assign(). Called by the daemon. It never looks at what is attached: the same cgroups and policies
 * give the same answer after a restart.
 */
#ifndef MP_PLACES_H
#define MP_PLACES_H

#include <stdint.h>

#include "match.h"

/*
 * Sets chosen[i] for each of @assignments that gets one of @max places; only winners need one. A cgroup
 * that a policy names by its exact path comes before those that match a glob. Then each policy in turn
 * gets one place, so that none takes the places of another. Within a policy an exclusion comes before what is
 * governed, for without a place the excluded cgroup would be governed. A cgroup near the root comes before a deeper one, then the older cgroup before the younger: ids[i] is the cgroup's id, which grows.
 * So what is made inside a container cannot take the place of the host's own cgroups.
 * Returns how many winners have no place, or -ENOMEM.
 */
int mp_places_choose(const struct mp_assignments *assignments, const uint64_t ids[], size_t max,
		     bool chosen[]);

#endif
