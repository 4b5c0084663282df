/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the daemon does for one mechanism and for no other: a table of functions beside the library's
 * description (mechanism.h). load.c and steps.c walk it; what its events say is mechanism-events.h's. A mechanism that needs nothing of
 * its own has no row.
 */
#ifndef MP_MECHANISM_OPS_H
#define MP_MECHANISM_OPS_H

#include <systemd/sd-json.h>

#include "state.h"

struct mp_mechanism_ops {
	const struct mp_mechanism *mechanism;

	/* Adds what the ops struct has beside its head. 0, or -errno and a sentence. May be NULL. */
	int (*fill)(const struct mp_manager *manager, const struct mp_policy *policy,
		    struct mp_ops_values *values, char **ret_problem);

	/* @at was just attached: no user has asked anything of it yet. May be NULL. */
	void (*attached)(struct mp_attachment *at);

	/*
	 * What should be attached was just worked out and is, as far as it can be. What the mechanism keeps between
	 * two calls is its own part of the manager's @own, which done() frees. Both may be NULL.
	 */
	void (*attend)(struct mp_manager *manager);
	void (*done)(struct mp_manager *manager);

	/* An event of the kernel's that it may have to act on. May be NULL. */
	void (*told)(struct mp_manager *manager, const struct mempol_event *event);

	/* Adds the fields of a policy in the reply of Show that no other mechanism has. 0 or -errno. May be NULL. */
	int (*add_show_fields)(const struct mp_manager *manager, const struct mp_slot *slot,
			       sd_json_variant **v);

	/*
	 * What explain says beside the verdict of a policy for a cgroup, which @at governs; NULL: the policy does not
	 * match there. Allocated; NULL: nothing. May be NULL.
	 */
	char *(*explain)(const struct mp_manager *manager, const struct mp_slot *slot,
			 const struct mp_attachment *at);
};

extern const struct mp_mechanism_ops mp_cache_ops;
extern const struct mp_mechanism_ops mp_placement_ops;
extern const struct mp_mechanism_ops mp_balloon_ops;
extern const struct mp_mechanism_ops mp_refcount_ops;
extern const struct mp_mechanism_ops mp_translation_ops;

/* NULL when the mechanism needs nothing of its own. */
const struct mp_mechanism_ops *mp_mechanism_ops_of(enum mempol_mechanism_id id);

/* The hooks of all mechanisms that are for the manager as a whole. */
void mp_mechanisms_attend(struct mp_manager *manager);
void mp_mechanisms_done(struct mp_manager *manager);

#endif
