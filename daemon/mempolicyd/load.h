/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An engine's object for one place: a new id, the head of its ops struct and what the mechanism adds.
 * Called by slots.c (for the verifier) and steps.c (for an attachment). It attaches nothing.
 */
#ifndef MP_LOAD_H
#define MP_LOAD_H

#include "state.h"

/* As mp_loaded_new(). @cgroup_id is 0 for the machine, or where no cgroup is known yet. */
int mp_load(struct mp_manager *manager, const struct mp_policy *policy,
	    const struct mp_image *image, uint64_t cgroup_id, struct mp_loaded **ret,
	    char **ret_problem, char **ret_log);

/*
 * The image of the engine that leaves a cgroup to the kernel; it is read once. 0, or -errno and a
 * sentence.
 */
int mp_load_leaving(struct mp_manager *manager, const struct mp_mechanism *mechanism,
		    struct mp_image **ret, char **ret_problem);

#endif
