/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Candidates for the values of simulate's options. Called by complete.c through the table of verbs;
 * a value that is a number has no candidates.
 */
#include <string.h>

#include "../../sim/sim.h"
#include "ctl.h"

/* Of a list with commas the last element is completed, and the ones before it stay. */
static void offer_engines(const char *prefix)
{
	const char *comma = strrchr(prefix, ',');
	int n_before = comma ? comma + 1 - prefix : 0;

	for (size_t i = 0; i < sim_policies_count; i++) {
		_cleanup_free_ char *word = NULL;

		if (asprintf(&word, "%.*s%s", n_before, prefix, sim_policies[i].name) < 0) {
			word = NULL;
			return;
		}
		ctl_offer(word, prefix);
	}
}

void ctl_simulate_complete(const char *option, const char *prefix)
{
	if (!strcmp(option, "--engines")) {
		offer_engines(prefix);
	} else if (!strcmp(option, "--format")) {
		for (size_t i = 0; i < sim_formats_count; i++)
			ctl_offer(sim_formats[i].name, prefix);
	} else if (!strcmp(option, "--columns")) {
		ctl_offer("twitter", prefix);
		ctl_offer("msr", prefix);
		ctl_offer("cloudphysics", prefix);
	} else if (!strcmp(option, "--size")) {
		ctl_offer("auto", prefix);
	} else if (!strcmp(option, "--engine") || !strcmp(option, "--plot") ||
		   !strcmp(option, "--propose")) {
		puts("PATH");
	}
}
