// SPDX-License-Identifier: GPL-2.0-only
/*
 * The row of placement in the daemon's table of mechanisms (mechanism-ops.h): the pool that its ops struct names, and
 * what explain says of it. What its events say is in placement-events.c, what users ask in placement.c.
 */
#include <string.h>

#include "mechanism-ops.h"
#include "mechanism-placement.h"
#include "size.h"

/*
 * An exclusion places nothing, and neither does the engine that leaves all to the kernel: no memory is taken for them.
 */
static bool needs_pool(const struct mp_policy *policy, const struct mp_ops_values *values)
{
	return !values->leaves &&
	       strcmp(policy->choice.engine, mp_mechanism_placement.leaving_engine) != 0;
}

static int fill(const struct mp_manager *m, const struct mp_policy *policy,
		struct mp_ops_values *values, char **ret_problem)
{
	const struct mp_placement *placement = mp_placement_of(policy);
	bool pool = needs_pool(policy, values);
	uint64_t pages = mp_placement_pool_pages(placement, sysconf(_SC_PAGESIZE));

	(void)m;
	(void)ret_problem;
	mp_ops_values_add(values, "pool_id", 8, pool ? mp_placement_pool_id(policy) : 0);
	mp_ops_values_add(values, "pool_pages", 8, pool ? pages : 0);
	mp_ops_values_add(values, "nodes", 8, pool ? placement->nodes : 0);
	mp_ops_values_add(values, "pool_flags", 4,
			  pool && placement->contiguous ? MEMPOL_POOL_CONTIGUOUS : 0);
	return 0;
}

/* Of a pool that is there. */
static char *describe(const struct mp_policy *policy, const struct mempol_policy_info *info)
{
	uint64_t pages = info->counters[MEMPOL_PLACEMENT_POOL_PAGES];
	uint64_t used = info->counters[MEMPOL_PLACEMENT_USED_PAGES];
	uint64_t share = pages ? used * 10000 / pages : 0;
	char size[MP_SIZE_TEXT], *text;

	return asprintf(
		       &text,
		       "new anonymous pages go to pool %s of %s, %llu.%02llu %% of which is in use",
		       mp_placement_pool_name(policy),
		       mp_size_format(pages * sysconf(_SC_PAGESIZE), size),
		       (unsigned long long)share / 100, (unsigned long long)share % 100) < 0 ?
		       NULL :
		       text;
}

static char *explain(const struct mp_manager *m, const struct mp_slot *slot,
		     const struct mp_attachment *at)
{
	struct mempol_policy_info info;

	if (!at || mp_attachment_leaves(at) ||
	    !strcmp(mp_slot_engine(slot), mp_mechanism_placement.leaving_engine))
		return NULL;
	if (mp_agent_query(m->agent, mp_loaded_policy_id(at->loaded), &info) < 0)
		return strdup("how its pool is cannot be read now");
	/* While it waits, its state says so. */
	if (info.counters[MEMPOL_PLACEMENT_POOL_PAGES] <
	    info.counters[MEMPOL_PLACEMENT_WANTED_PAGES])
		return NULL;
	return describe(slot->policy, &info);
}

const struct mp_mechanism_ops mp_placement_ops = {
	.mechanism = &mp_mechanism_placement,
	.fill = fill,
	.explain = explain,
};
