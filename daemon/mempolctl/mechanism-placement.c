/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Placement in mempolctl: what the kernel counts of a policy of it. What can be asked of its pools is a verb of its
 * own, verb-placement.c.
 */
#include "mechanism.h"

static const struct ctl_column stats[] = {
	{ "POOL", "counters.pool_pages", true, 0 },
	{ "WANTED", "counters.wanted_pages", true, 0 },
	{ "USED", "counters.used_pages", true, 0 },
	{ "FREE", "counters.free_pages", true, 0 },
	{ "LOST", "counters.lost_pages", true, 0 },
	{ "PLACED", "counters.placed", true, 0 },
	{ "EVICTED", "counters.evicted", true, 0 },
	{ "ORDINARY", "counters.ordinary", true, 0 },
	{ "EXEMPT", "counters.exempt", true, 0 },
	{ "EXEMPT LARGE", "counters.exempt_large", true, 0 },
	{ "EXEMPT NODE", "counters.exempt_node", true, 0 },
	{ "RACES", "counters.races", true, 0 },
	{ "BUSY", "counters.busy", true, 0 },
	{ "FAILED", "counters.failed", true, 0 },
	{ "PROTECTED", "counters.protected", true, 0 },
	{ "GATED", "counters.gated", true, 0 },
	{ "PAUSED", "counters.paused", true, 0 },
	{ "KEPT", "counters.kept", true, 0 },
	{ "MOVED", "counters.moved", true, 0 },
	{ "LOOKS", "counters.looks", true, 0 },
	{ "ACCESSED", "counters.accessed", true, 0 },
	{ "CONFLICT", "counters.conflict_pages", true, 0 },
	{ "REFUSED", "counters.refused", true, 0 },
	{ "EJECTIONS", "counters.ejections", true, 0 },
};

const struct ctl_mechanism ctl_mechanism_placement = {
	.name = "placement",
	.stats = stats,
	.n_stats = ARRAY_SIZE(stats),
};
