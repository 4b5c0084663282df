// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulator's table of policies with engines that are thrown out, linked into a mempolctl in place of the shipped
 * ones: how a user is told is tested in test_mempolctl_simulate.c.
 */
#include "hostile.h"

#include <string.h>

const struct sim_policy sim_policies[] = {
	{ .name = "lru", .description = "exact least recently used", .run = sim_run_lru },
	HOSTILE_POLICIES,
};

const size_t sim_policies_count = sizeof(sim_policies) / sizeof(sim_policies[0]);

const struct sim_policy *sim_policy_find(const char *name)
{
	for (size_t i = 0; i < sim_policies_count; i++)
		if (!strcmp(sim_policies[i].name, name))
			return &sim_policies[i];
	return NULL;
}
