/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sets of pinned ranges that the daemon keeps for people. A set is a session of the kernel's, which holds the pins;
 * what is in it stands in pin_set.h's books. Called by pins.c, which asks the kernel, and by the table of mechanisms.
 */
#ifndef MP_KEPT_PINS_H
#define MP_KEPT_PINS_H

#include <systemd/sd-json.h>

#include "pin_set.h"
#include "state.h"

struct mp_kept {
	struct mp_pin_set set;
	int session;
};

/* NULL: there is none of that name. */
struct mp_kept *mp_kept_find(const struct mp_manager *manager, const char *set);
/* -ENOSPC: no more may be made. */
int mp_kept_may_make(const struct mp_manager *manager);
/* A new set, without ranges yet; @session becomes its own. 0 or -ENOMEM. */
int mp_kept_make(struct mp_manager *manager, const char *set, int session, struct mp_kept **ret);
/* Unpins all of it. -ENOENT: there is no such set. */
int mp_kept_drop(struct mp_manager *manager, const char *set);
/* The reply of Pins. */
int mp_kept_json(const struct mp_manager *manager, sd_json_variant **ret);

/* For the table of mechanisms: the sets go when no policy is left under which anything could be pinned. */
void mp_kept_attend(struct mp_manager *manager);
void mp_kept_done(struct mp_manager *manager);

#endif
