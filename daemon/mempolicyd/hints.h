/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What programs and people say of cached pages, as far as the daemon is asked: it gives the programs away by which they do,
 * runs the one for whoever may not, and keeps sets of pinned ranges for people. Called by hints-methods.c. It opens no file,
 * and whose pages may be touched is the kernel's to decide.
 */
#ifndef MP_HINTS_H
#define MP_HINTS_H

#include <systemd/sd-json.h>

#include "state.h"

/*
 * All of them return 0 and more, or -errno and a sentence that says why not and what to do (NULL: memory is short):
 * -EOPNOTSUPP when the kernel cannot.
 */

/*
 * Descriptors of the two programs that callers run themselves, which stay the agent's. @ret_residency is negative where
 * the agent has only the first.
 */
int mp_hints_programs(struct mp_manager *manager, int *ret_hint, int *ret_residency,
		      char **ret_problem);

/* A session of pins in the kernel: a descriptor of the caller's. */
int mp_hints_session(struct mp_manager *manager, int *ret_fd, char **ret_problem);

/* Runs the program; each range of @hint has its answer then. */
int mp_hints_tell(struct mp_manager *manager, struct mempol_hint *hint, char **ret_problem);

/*
 * What has become of the ranges, as an array. Of a file that is not the asker's (@visible) nothing is told of which
 * pages are cached: the counts are 0.
 */
int mp_hints_json(const struct mempol_hint *hint, bool visible, sd_json_variant **ret);

/* --- sets ---------------------------------------------------------------------------------------------- */

struct mp_pin_request {
	const char *set;
	int fd;
	uint64_t offset, length; /* bytes */
};

/* Pins the range for the set, which is made if there is none yet, or unpins what the set has of it. */
int mp_pins_add(struct mp_manager *manager, const struct mp_pin_request *request,
		sd_json_variant **ret, char **ret_problem);
int mp_pins_remove(struct mp_manager *manager, const struct mp_pin_request *request,
		   sd_json_variant **ret, char **ret_problem);

#endif
