/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a user may ask of pools: how full they are, which page each of their frames has, and to forget the first
 * conflict. Called by placement-methods.c, answered from the kernel. It judges nothing: that is mempolctl's affair.
 */
#ifndef MP_PLACEMENT_H
#define MP_PLACEMENT_H

#include <systemd/sd-json.h>

#include "state.h"

/* A policy at a cgroup; both may be NULL: any. */
struct mp_placement_wish {
	const char *name;
	const char *cgroup;
	uint64_t first; /* frame to begin at */
};

/*
 * All return 0 and a reply, or -errno and a sentence that says why not and what to do (NULL: memory is short, or
 * -ESRCH: there is no policy of that name): -EOPNOTSUPP when the kernel cannot, another one when it could.
 */
int mp_placement_status(struct mp_manager *manager, const struct mp_placement_wish *wish,
			sd_json_variant **ret, char **ret_problem);
int mp_placement_frames(struct mp_manager *manager, const struct mp_placement_wish *wish,
			sd_json_variant **ret, char **ret_problem);
int mp_placement_reset(struct mp_manager *manager, const struct mp_placement_wish *wish,
		       sd_json_variant **ret, char **ret_problem);

#endif
