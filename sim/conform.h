/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does an engine keep the rules of the kernel? It runs over workloads made for it, each in several setups, and
 * what it did is judged. Called by `mempolctl test-engine` and the unit tests; prints nothing.
 */
#ifndef SIM_CONFORM_H
#define SIM_CONFORM_H

#include "sim.h"

/* For each page that is evicted, where a batch is wanted. lfu, which chooses five of a batch, has 12.6. */
#define SIM_MAX_LOOKS 16
#define SIM_MAX_FORCED 20 /* at most one of so many evicted pages */
/*
 * Of the callbacks at most one in so many may name less than a quarter of what was wanted. The kernel takes the
 * rest by force then and a strike needs more, so that a rare one does no harm; shipped engines have some.
 */
#define SIM_MAX_SHORT 20
#define SIM_CONFORM_SECONDS 60 /* of CPU time for one run */

/* The first rule that was broken, and where. */
struct sim_breach {
	const char *workload; /* "a scan past what is hot" */
	struct sim_setup setup;
	char text[256]; /* what was wrong, and what to do; "" when nothing was */
};

/*
 * Runs the engine over all workloads, @nr_parallel at a time. Returns 0, also when it broke a rule; or -errno.
 * @ret_runs: how many runs were judged.
 */
int sim_conform(const struct sim_policy *policy, unsigned int nr_parallel,
		struct sim_breach *ret_breach, size_t *ret_runs);

#endif
