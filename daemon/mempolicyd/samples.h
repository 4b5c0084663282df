/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recorders of governed cgroups: while one asks, the kernel tells of the accesses to a sample of what the cgroup's
 * cache policies govern. Called by samples-methods.c, and by the manager after each change (mechanism-ops.h). The
 * engines notice nothing, and nothing here outlives the daemon: a policy that leaves takes its sampling along.
 */
#ifndef MP_SAMPLES_H
#define MP_SAMPLES_H

#include "state.h"

/* One folio in 2^shift. */
#define MP_SAMPLES_SHIFT_MAX 20

struct mp_sample;

/* The policies that are sampled for @sample are others now: what a reply says of them. */
typedef void (*mp_samples_changed_t)(sd_json_variant *reply, void *userdata);

/*
 * Until mp_samples_end(). @cgroup is a path below the root. 0, or -errno and a sentence in @ret_problem (allocated,
 * may be NULL): -EOPNOTSUPP, the kernel module cannot.
 */
int mp_samples_begin(struct mp_manager *manager, const char *cgroup, uint32_t shift,
		     mp_samples_changed_t changed, void *userdata, struct mp_sample **ret,
		     sd_json_variant **ret_reply, char **ret_problem);
void mp_samples_end(struct mp_manager *manager, struct mp_sample *sample);

/* For the table of mechanisms. */
void mp_samples_attend(struct mp_manager *manager);
void mp_samples_done(struct mp_manager *manager);

#endif
