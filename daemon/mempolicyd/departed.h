/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Policies that left the kernel: the last events about them arrive afterwards and still need a name.
 * Called by attachments.c, kernel.c and steps.c. It asks the kernel nothing.
 */
#ifndef MP_DEPARTED_H
#define MP_DEPARTED_H

#include "state.h"

/* @at's link is about to be closed or to go to another attachment. */
void mp_departed_add(struct mp_manager *manager, const struct mp_attachment *at);
struct mp_departed *mp_departed_find(struct mp_manager *manager, uint64_t policy_id);

/* Forgets those whose last event has come, or will not come any more. True when some are left. */
bool mp_departed_remain(struct mp_manager *manager);
void mp_departed_forget_all(struct mp_manager *manager);

#endif
