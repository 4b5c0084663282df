/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Candidates for the values of record's and advise's options. Called by complete.c through the table of verbs.
 */
#include <string.h>

#include "cgroup_tree.h"
#include "ctl.h"

#define CGROUP_ROOT "/sys/fs/cgroup"

/* Paths below the root, or what units are called by: their last components. */
static void offer_cgroups(const char *prefix, bool units)
{
	_cleanup_paths_ struct mp_paths paths = {};

	if (mp_cgroup_tree_read(CGROUP_ROOT, &paths) < 0)
		return;
	for (size_t i = 0; i < paths.count; i++) {
		const char *name = units ? strrchr(paths.items[i], '/') + 1 : paths.items[i];

		if (*name)
			ctl_offer(name, prefix);
	}
}

void ctl_record_complete(const char *option, const char *prefix)
{
	if (!strcmp(option, "--output"))
		puts("PATH");
	else if (!strcmp(option, "--sample"))
		ctl_offer("auto", prefix);
	else if (!strcmp(option, "--cgroup"))
		offer_cgroups(prefix, false);
	else if (!strcmp(option, "--unit"))
		offer_cgroups(prefix, true);
}
