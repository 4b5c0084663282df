/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page tables in mempolctl: what the kernel counts of a policy of theirs. The verb, which needs no policy, is
 * translation.c's.
 */
#include "mechanism.h"

static const struct ctl_column stats[] = {
	{ "PROCESSES", "counters.processes", true, 0 },
	{ "RANGES", "counters.ranges", true, 0 },
	{ "TEAS", "counters.teas", true, 0 },
	{ "FRAMES", "counters.tea_pages", true, 0 },
	{ "TABLES", "counters.tables", true, 0 },
	{ "PLACED", "counters.placed_tables", true, 0 },
	{ "HUGE", "counters.huge_windows", true, 0 },
	{ "CLAIMED", "counters.claimed", true, 0 },
	{ "BUSY", "counters.busy", true, 0 },
	{ "MISSED", "counters.missed", true, 0 },
	{ "RELEASED", "counters.released", true, 0 },
	{ "MOVED", "counters.moved", true, 0 },
	{ "TRIMMED", "counters.trimmed", true, 0 },
	{ "FAILED", "counters.failed", true, 0 },
	{ "REFUSED", "counters.refused_windows", true, 0 },
	{ "EJECTIONS", "counters.ejections", true, 0 },
};

const struct ctl_mechanism ctl_mechanism_translation = {
	.name = "translation",
	.stats = stats,
	.n_stats = ARRAY_SIZE(stats),
};
