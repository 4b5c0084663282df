/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page cache in mempolctl: what the kernel counts of a policy of the cache. What can be said of its
 * pages has a verb that needs no policy.
 */
#include "mechanism.h"

static const struct ctl_column stats[] = {
	{ "GOVERNED", "counters.governed_pages", true, 0 },
	{ "ADDED", "counters.added", true, 0 },
	{ "ACCESSED", "counters.accessed", true, 0 },
	{ "EVICTED", "counters.evicted", true, 0 },
	{ "REMOVED", "counters.removed", true, 0 },
	{ "REFAULTS", "counters.refaults", true, 0 },
	{ "REFUSED", "counters.refused", true, 0 },
	{ "FORCED", "counters.forced", true, 0 },
	{ "EJECTIONS", "counters.ejections", true, 0 },
	{ "HELD", "counters.held", true, 0 },
	{ "PINNED", "counters.pinned", true, 0 },
	{ "PINS", "counters.pinned_pages", true, 0 },
	{ "CAPPED", "counters.pins_refused", true, 0 },
	{ "BROKEN", "counters.pins_broken", true, 0 },
};

const struct ctl_mechanism ctl_mechanism_cache = {
	.name = "cache",
	.stats = stats,
	.n_stats = ARRAY_SIZE(stats),
};
