/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control socket: Varlink for mempolctl and anybody else in the group; and beside it one for everybody, by which a
 * program says what becomes of its own cached pages. Called by main.c. It translates between the wire and the manager,
 * checks who asks, and bounds what a client can cost; it decides nothing about policies.
 */
#ifndef MP_CONTROL_H
#define MP_CONTROL_H

#include "manager.h"

struct mp_control;

/* Listens at the configured path, and beside it. Returns 0 or -errno. */
int mp_control_new(struct mp_manager *manager, struct mp_control **ret);
struct mp_control *mp_control_free(struct mp_control *control);
MP_DEFINE_CLEANUP(struct mp_control *, mp_control_free)

#endif
