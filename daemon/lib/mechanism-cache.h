/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is particular to the policies of the page cache: the values of [Cache]. Included by the mechanism's own files
 * of the library, the daemon and the tests.
 */
#ifndef MP_MECHANISM_CACHE_H
#define MP_MECHANISM_CACHE_H

#include <stdint.h>

#include "macro.h"
#include "mempol/abi.h"
#include "policy.h"

/* What [Cache] says beside its engine and the engine's tunables. */
struct mp_cache {
	bool pin_is_share;
	uint64_t pin_max; /* bytes, or percent of the smallest memory limit: what programs may pin */
};

/* When [Cache] says nothing: 10%. */
extern const struct mp_cache mp_cache_default;

/* What @policy says, or the defaults when it has no such section. */
static inline struct mp_cache *mp_cache_of(const struct mp_policy *policy)
{
	return policy->settings[MEMPOL_MECH_CACHE];
}

/* As the file says it: "10%", "64M", in a caller's buffer. */
#define MP_PIN_MAX_TEXT 32
const char *mp_pin_max_format(const struct mp_cache *cache, char buffer[static MP_PIN_MAX_TEXT]);

/* Whole pages, rounded down: what @cache says is the most. 0 for a share. */
uint64_t mp_pin_max_pages(const struct mp_cache *cache, uint64_t page_bytes);

#endif
