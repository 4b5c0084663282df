// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page cache's row in the daemon's table of mechanisms (mechanism-ops.h): recorders, see samples.h.
 */
#include "mechanism-ops.h"
#include "samples.h"

const struct mp_mechanism_ops mp_cache_ops = {
	.mechanism = &mp_mechanism_cache,
	.attend = mp_samples_attend,
	.done = mp_samples_done,
};
