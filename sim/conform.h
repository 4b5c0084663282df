/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does an engine keep the rules of the kernel? It runs over workloads made for it, each in several setups, and
 * what it did is judged. Called by `mempolctl test-engine` and the unit tests; prints nothing.
 */
#ifndef SIM_CONFORM_H
#define SIM_CONFORM_H

#include "sim.h"

/* For each page that is evicted, where a batch is wanted. lfu, which chooses five of a batch, has up to 19. */
#define SIM_MAX_LOOKS 24
/*
 * Two more rules where no more than a batch is reclaimed at a time; lfu breaks both with 512 pages. At most one of so
 * many evicted pages is taken by force. At most one of so many callbacks names less than a quarter of what was wanted: the
 * kernel takes the rest by force then, and throws the engine out only when it is so time after time.
 */
#define SIM_MAX_FORCED 20
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
