/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From what is attached and what should be attached to the steps between: a pure function over two
 * snapshots. Called by the daemon after every change of policies, cgroups or the kernel's word. It
 * must never do one of the steps itself, and never read a clock.
 */
#ifndef MP_PLAN_H
#define MP_PLAN_H

#include <stdint.h>

#include "macro.h"
#include "mempol/abi.h"

/* One attachment, there or wished for. There is at most one per mechanism and cgroup. */
struct mp_plan_item {
	enum mempol_mechanism_id mechanism;
	uint64_t cgroup_id;
	const char *policy;
	uint64_t version; /* of what the policy would load; another one means: load it anew */
	bool blocked; /* wished for, but not to be tried now: it waits for its next attempt */
	void *userdata; /* the caller's */
};

enum mp_plan_verb {
	MP_PLAN_REPLACE, /* live: the governed pages stay governed */
	MP_PLAN_DETACH,
	MP_PLAN_ATTACH,
};

struct mp_plan_step {
	enum mp_plan_verb verb;
	const struct mp_plan_item *from; /* NULL for ATTACH */
	const struct mp_plan_item *to; /* NULL for DETACH */
};

struct mp_plan {
	struct mp_plan_step *steps;
	size_t count;
};

/*
 * Steps in the order in which they should be taken: replacements first, because they cost the
 * governed pages nothing, then what has to go, then what is new. An attachment whose successor is
 * blocked stays: the running set is left as it was. Returns 0 or -ENOMEM.
 */
int mp_plan_make(const struct mp_plan_item *current, size_t n_current,
		 const struct mp_plan_item *wanted, size_t n_wanted, struct mp_plan *ret);

void mp_plan_done(struct mp_plan *plan);
#define _cleanup_plan_ _cleanup_(mp_plan_done)

/* How long to wait before attempt number @attempt (0 is the first repetition). */
uint64_t mp_plan_retry_usec(unsigned int attempt);

/* Whether -errno of an attachment may go away by itself, so that trying again makes sense. */
bool mp_plan_error_is_transient(int error);

/* Whether @kind means that the kernel threw the policy out, rather than that it was asked to go. */
bool mp_plan_is_ejection(enum mempol_exit_kind kind);

#endif
