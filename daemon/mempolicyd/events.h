/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happened: every event of the kernel and of the daemon goes to the journal with structured
 * fields, into a ring of the last thousand, and to every follower. Called by the manager (adds)
 * and the control socket (reads). It decides nothing and never blocks on a reader.
 */
#ifndef MP_EVENTS_H
#define MP_EVENTS_H

#include <stdint.h>
#include <systemd/sd-json.h>

#include "macro.h"
#include "mempol/abi.h"

#define MP_EVENTS_KEPT 1000

struct mp_event {
	unsigned int type; /* enum mempol_event_type or enum mp_event_type */
	const char *policy; /* these four may be NULL */
	const char *cgroup;
	const char *engine;
	const char *reason;
	const char *message; /* one sentence */
	uint64_t cgroup_id;
	uint64_t time_usec; /* CLOCK_REALTIME */
	const struct mempol_event *kernel; /* the record it came from, or NULL */
};

struct mp_events;
typedef void (*mp_events_listener_t)(sd_json_variant *event, void *userdata);

int mp_events_new(struct mp_events **ret);
struct mp_events *mp_events_free(struct mp_events *events);
MP_DEFINE_CLEANUP(struct mp_events *, mp_events_free)

void mp_events_listen(struct mp_events *events, mp_events_listener_t listener, void *userdata);
void mp_events_add(struct mp_events *events, const struct mp_event *event);

/* The kept ones, oldest first, as one array. Returns 0 or -errno. */
int mp_events_json(const struct mp_events *events, sd_json_variant **ret);

/* When a record was made, on the clock people read. */
uint64_t mp_events_realtime(uint64_t monotonic_ns);

#endif
