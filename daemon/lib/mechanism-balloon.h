/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is particular to the balloon's policies: the values of [Balloon] and the causes of a change of
 * size. Included by the balloon's own files of the library, the daemon and the tests.
 */
#ifndef MP_MECHANISM_BALLOON_H
#define MP_MECHANISM_BALLOON_H

#include <stdint.h>

#include "macro.h"
#include "mempol/abi.h"
#include "policy.h"

#define MP_PERIOD_MIN_MS 100
#define MP_PERIOD_MAX_MS (60 * 60 * 1000)

/* What [Balloon] says beside its engine. */
struct mp_balloon {
	bool keep_is_share;
	uint64_t keep; /* bytes, or percent of the memory: what is to stay free */
	uint32_t period_ms;
};

/* When [Balloon] says nothing: 10% of the memory, every second. */
extern const struct mp_balloon mp_balloon_default;

/* What @policy says, or the defaults when it has no such section. */
static inline struct mp_balloon *mp_balloon_of(const struct mp_policy *policy)
{
	return policy->settings[MEMPOL_MECH_BALLOON];
}

/* Whole pages, rounded up. @total_bytes is the memory of the machine. */
uint64_t mp_balloon_keep_pages(const struct mp_balloon *balloon, uint64_t total_bytes,
			       uint64_t page_bytes);

/* Why a balloon changed its size; NULL past the last. */
const char *mp_balloon_cause_to_string(unsigned int cause); /* "oom" */
const char *mp_balloon_cause_text(unsigned int cause); /* "memory had run out" */

#endif
