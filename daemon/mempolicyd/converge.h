/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From policies and cgroups to attachments: which policy should govern what (match.h, places.h), which
 * steps lead there (plan.h), and the steps themselves. Called by the manager after every change. A step
 * that fails leaves what runs as it was.
 */
#ifndef MP_CONVERGE_H
#define MP_CONVERGE_H

#include "state.h"

void mp_converge(struct mp_manager *manager);

/* When the next attempt is due; UINT64_MAX: never. */
uint64_t mp_converge_next_retry(struct mp_manager *manager);

#endif
