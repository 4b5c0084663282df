/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page cache's row in the table of mechanisms (mechanism.h): engines, counters, and why a cgroup
 * cannot be governed.
 */
#include <errno.h>

#include "mechanism.h"

static const struct mp_engine engines[] = {
	{ "fifo", MEMPOL_MECH_CACHE, true, "evicts in the order of arrival" },
	{ "get-scan", MEMPOL_MECH_CACHE, true,
	  "evicts first what is read in runs, the rest as s3fifo" },
	{ "lfu", MEMPOL_MECH_CACHE, true, "evicts what was used least often, counts age slowly" },
	{ "loop", MEMPOL_MECH_CACHE, true,
	  "evicts what came last and what is kept unused: loops that change" },
	{ "mru", MEMPOL_MECH_CACHE, true, "evicts what came last: loops larger than the memory" },
	{ "none", MEMPOL_MECH_CACHE, true,
	  "leaves the cgroup to the kernel, as if no policy matched" },
	{ "noop", MEMPOL_MECH_CACHE, true, "decides nothing: for measuring, and to start from" },
	{ "s3fifo", MEMPOL_MECH_CACHE, true,
	  "evicts first what was read once, keeps what came back" },
	{ "second", MEMPOL_MECH_CACHE, true, "second chance: nearest to LRU" },
};

static const char *const counters[MEMPOL_CACHE_NR_COUNTERS] = {
#define MP_X(upper, lower) [MEMPOL_CACHE_##upper] = #lower,
	MEMPOL_CACHE_COUNTERS(MP_X)
#undef MP_X
};

static const char *attach_problem(int error)
{
	switch (-error) {
	case ENOENT:
		return "the cgroup is going away";
	case EOPNOTSUPP:
		return "the memory controller is not enabled for this cgroup";
	case EBUSY:
		return "another attachment still governs this cgroup";
	default:
		return NULL;
	}
}

const struct mp_mechanism mp_mechanism_cache = {
	.id = MEMPOL_MECH_CACHE,
	.name = "cache",
	.section = { "Cache", &mp_mechanism_cache, true, "what the page cache keeps" },
	.ops_type = "mempol_cache_ops",
	.replaces_live = true,
	.controller = "memory",
	.leaving_engine = "none",
	.kernel_option = "CONFIG_MEMPOL_CACHE",
	.engines = engines,
	.n_engines = ARRAY_SIZE(engines),
	.counters = counters,
	.n_counters = ARRAY_SIZE(counters),
	.held_counter = MEMPOL_CACHE_GOVERNED_PAGES,
	.ejections_counter = MEMPOL_CACHE_EJECTIONS,
	.has_tunables = true,
	.attach_problem = attach_problem,
};
