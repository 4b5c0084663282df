// SPDX-License-Identifier: GPL-2.0-only
/*
 * The row of the page cache in the daemon's table of mechanisms (mechanism-ops.h): how much programs may pin under a
 * policy, which its ops struct is given, and what explain says of it.
 */
#include <inttypes.h>
#include <string.h>

#include "kept-pins.h"
#include "mechanism-cache.h"
#include "mechanism-ops.h"

/* Under an engine that leaves the cgroup to the kernel nothing can be pinned, as if no policy matched. */
static bool may_pin(const struct mp_policy *policy)
{
	return strcmp(policy->choice.engine, mp_mechanism_cache.leaving_engine) != 0 &&
	       mp_cache_of(policy)->pin_max;
}

static int fill(const struct mp_manager *m, const struct mp_policy *policy,
		struct mp_ops_values *values, char **ret_problem)
{
	const struct mp_cache *cache = mp_cache_of(policy);

	(void)ret_problem;
	/* A module without these members would refuse the engine. */
	if (values->leaves || !may_pin(policy) || m->features.hints_missing)
		return 0;
	/* The default is not asked of an engine that was built before there were pins; what somebody wrote is. */
	if (mp_mechanism_cache.settings_equal(cache, &mp_cache_default)) {
		mp_ops_values_add_optional(values, "pin_permyriad", 4,
					   (uint32_t)cache->pin_max * 100);
		return 0;
	}
	mp_ops_values_add(values, "pin_permyriad", 4,
			  cache->pin_is_share ? (uint32_t)cache->pin_max * 100 : 0);
	mp_ops_values_add(values, "pin_pages", 8,
			  mp_pin_max_pages(cache, (uint64_t)sysconf(_SC_PAGESIZE)));
	return 0;
}

static char *explain(const struct mp_manager *m, const struct mp_slot *slot,
		     const struct mp_attachment *at)
{
	const bool usual =
		mp_mechanism_cache.settings_equal(mp_cache_of(slot->policy), &mp_cache_default);
	char most[MP_PIN_MAX_TEXT], *text;
	struct mempol_policy_info info;
	uint64_t pinned;
	int n;

	if (!at || mp_attachment_leaves(at) || !may_pin(slot->policy) ||
	    (usual && m->features.hints_missing))
		return NULL;
	if (m->features.hints_missing) {
		n = asprintf(&text, "programs can pin nothing: %s", m->features.hints_missing);
		return n < 0 ? NULL : text;
	}
	if (mp_agent_query(m->agent, mp_loaded_policy_id(at->loaded), &info) < 0)
		return strdup("how much of it is pinned cannot be read now");
	mp_pin_max_format(mp_cache_of(slot->policy), most);
	pinned = info.counters[MEMPOL_CACHE_PINNED_PAGES];
	if (usual && !pinned)
		return NULL;
	n = asprintf(&text, "programs may pin %s%s, %" PRIu64 " page%s pinned", most,
		     mp_cache_of(slot->policy)->pin_is_share ? " of its memory" : "", pinned,
		     pinned == 1 ? " is" : "s are");
	return n < 0 ? NULL : text;
}

const struct mp_mechanism_ops mp_cache_ops = {
	.mechanism = &mp_mechanism_cache,
	.fill = fill,
	.attend = mp_kept_attend,
	.done = mp_kept_done,
	.explain = explain,
};
