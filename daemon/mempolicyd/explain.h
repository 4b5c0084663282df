/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a cgroup is governed as it is: which policy governs it, from where, what every other policy says of
 * it, and what is missing. Called by methods.c. The
 * kernel is asked first; what its answer changes is all that is changed.
 */
#ifndef MP_EXPLAIN_H
#define MP_EXPLAIN_H

#include <systemd/sd-json.h>

#include "state.h"

/*
 * @cgroup is a path below the cgroup root, with or without a leading slash. Returns 0 and the parameters of
 * the reply, -ESRCH when there is no such cgroup, or -errno.
 */
int mp_explain(struct mp_manager *manager, const char *cgroup, sd_json_variant **ret);

#endif
