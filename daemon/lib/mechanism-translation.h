/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is particular to the policies of page tables: the values of [Translation]. Included by the mechanism's own files
 * of the library, the daemon and the tests.
 */
#ifndef MP_MECHANISM_TRANSLATION_H
#define MP_MECHANISM_TRANSLATION_H

#include <stdbool.h>
#include <stdint.h>

#include "macro.h"
#include "mempol/abi.h"
#include "policy.h"

#define MP_TRANSLATION_PERIOD_MIN_MS 100
#define MP_TRANSLATION_PERIOD_MAX_MS (60 * 60 * 1000)
#define MP_TRANSLATION_RATE_MAX (1U << 20)
#define MP_TRANSLATION_BUBBLES_MAX 50
#define MP_TRANSLATION_TRIM_MIN_MS 1000
#define MP_TRANSLATION_TRIM_MAX_MS (24 * 60 * 60 * 1000)
/* Addresses in 2 GiB: more frames are not had in a row. */
#define MP_TRANSLATION_RANGE_MAX (2ULL << 30)

/* What [Translation] says beside its engine and the engine's tunables. */
struct mp_translation {
	uint64_t min_range; /* bytes of addresses */
	uint64_t max_memory; /* bytes of frames; 0: a 256th of the machine's memory */
	uint32_t bubbles; /* percent */
	uint32_t period_ms;
	uint32_t move_rate; /* tables in a second */
	uint32_t max_idle; /* a thousandth each */
	uint32_t trim_ms; /* 0: never */
	bool follows; /* tables go where their data is */
};

/* When [Translation] says nothing. */
extern const struct mp_translation mp_translation_default;

/* What @policy says, or the defaults when it has no such section. */
static inline struct mp_translation *mp_translation_of(const struct mp_policy *policy)
{
	return policy->settings[MEMPOL_MECH_TRANSLATION];
}

/* Windows of 2 MiB, rounded up. */
static inline uint32_t mp_translation_windows(uint64_t bytes)
{
	return (uint32_t)((bytes + MEMPOL_TEA_WINDOW_BYTES - 1) / MEMPOL_TEA_WINDOW_BYTES);
}

#endif
