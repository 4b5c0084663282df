/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reference counts in mempolctl: what the kernel counts of a policy of theirs. Who holds pages is asked with a verb
 * of its own, which needs no policy.
 */
#include "mechanism.h"

static const struct ctl_column stats[] = {
	{ "FILES", "counters.files", true, 0 },
	{ "READS", "counters.reads", true, 0 },
	{ "FELL BACK", "counters.fell_back", true, 0 },
	{ "UNMARKED", "counters.unmarked", true, 0 },
	{ "MOVED", "counters.moved", true, 0 },
	{ "CONVERTED", "counters.converted", true, 0 },
	{ "QUERIES", "counters.queries", true, 0 },
	{ "BUSY", "counters.busy", true, 0 },
	{ "IN", "counters.opted_in", true, 0 },
	{ "OUT", "counters.opted_out", true, 0 },
	{ "REFUSED", "counters.refused", true, 0 },
	{ "EJECTIONS", "counters.ejections", true, 0 },
};

const struct ctl_mechanism ctl_mechanism_refcount = {
	.name = "refcount",
	.stats = stats,
	.n_stats = ARRAY_SIZE(stats),
};
