/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keys of a policy that are its engine's own: what policy.c needs of them, and what they come to once the engine is
 * known. To set one is in policy.h.
 */
#ifndef MP_TUNING_H
#define MP_TUNING_H

#include <stdint.h>

#include "macro.h"
#include "policy.h"

/* A key of the engine's, with the value that it has. */
struct mp_tuned {
	const char *key;
	uint64_t value;
	const struct mp_tuning *said; /* by the policy; NULL: it is the default */
};

void mp_tunings_done(struct mp_policy *policy);

/* In any order. */
bool mp_tunings_equal(const struct mp_policy *a, const struct mp_policy *b);

#endif
