// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pools for their users: which policy has which, and how it is; see placement.h. The frames of one are
 * placement-frames.c.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "errors.h"
#include "figures.h"
#include "kernel.h"
#include "mechanism-placement.h"
#include "names.h"
#include "placement-frames.h"
#include "placement.h"

#define _cleanup_json_ _cleanup_(sd_json_variant_unrefp)

static bool is_meant(const struct mp_attachment *at, const struct mp_placement_wish *wish)
{
	return at->mechanism == &mp_mechanism_placement && at->slot &&
	       (!wish->name || !strcmp(at->name, wish->name)) &&
	       (!wish->cgroup || (at->cgroup && !strcmp(at->cgroup, wish->cgroup)));
}

/* An exclusion has no pool. */
static bool has_pool(const struct mp_attachment *at)
{
	return mp_loaded_is_attached(at->loaded) && !mp_attachment_leaves(at) &&
	       at->info_error == 0 && at->info.counters[MEMPOL_PLACEMENT_WANTED_PAGES];
}

/* There is nothing to tell of: because of the name, the kernel, a policy's state, or because there is no policy. */
static int explain(struct mp_manager *m, const struct mp_placement_wish *wish, char **ret_problem)
{
	const char *missing = m->features.missing[mp_mechanism_placement.id];
	const struct mp_slot *slot = wish->name ? mp_slot_find(m, wish->name) : NULL;

	if (wish->name && !slot)
		return -ESRCH;
	if (slot && mp_slot_mechanism(slot) && mp_slot_mechanism(slot) != &mp_mechanism_placement)
		return mp_problem(ret_problem, -EINVAL, "Policy %s has no [Placement]", slot->name);
	if (missing)
		return mp_problem(ret_problem, -EOPNOTSUPP, "%s", missing);
	if (slot)
		return mp_problem(ret_problem, -ENOENT,
				  "Policy %s has no pool%s%s; see mempolctl show %s", slot->name,
				  wish->cgroup ? " for " : "", wish->cgroup ?: "", slot->name);
	return mp_problem(ret_problem, -ENOENT,
			  "There is no policy with a pool: put a file with [Placement] into %s, "
			  "such as /usr/share/mempolicyd/policies/placement.mempolicy",
			  m->config->policy_dirs[0]);
}

/* ---- how pools are ------------------------------------------------------------------------------------ */

static int ask_pool(struct mp_manager *m, const struct mp_attachment *at, struct mempol_call *call)
{
	_cleanup_free_ char *problem = NULL;

	*call = (struct mempol_call){
		.op = MEMPOL_CALL_PLACEMENT_POOL,
		.body.place_pool.policy_id = mp_loaded_policy_id(at->loaded),
	};
	return mp_kernel_call(m, call, &problem);
}

/* What the kernel's answer about the pool adds to a row. */
static int add_pool(sd_json_variant **v, const struct mempol_call *call)
{
	_cleanup_json_ sd_json_variant *nodes = NULL;
	uint32_t nr = call->body.place_pool.nr;
	int r = sd_json_variant_new_array(&nodes, NULL, 0);

	for (uint32_t i = 0; i < nr && i < MEMPOL_PLACE_SEGMENTS && r >= 0; i++)
		r = sd_json_variant_append_arrayb(
			&nodes, SD_JSON_BUILD_UNSIGNED(call->body.place_pool.segments[i].nid));
	if (r >= 0)
		r = sd_json_variant_set_field(v, "nodes", nodes);
	if (r >= 0)
		r = sd_json_variant_set_field_unsigned(v, "policies",
						       call->body.place_pool.policies);
	return r < 0 ? r :
		       sd_json_variant_set_field_boolean(v, "ready", call->body.place_pool.ready);
}

static int add_row(struct mp_manager *m, sd_json_variant **array, const struct mp_attachment *at)
{
	_cleanup_json_ sd_json_variant *v = NULL, *counters = NULL;
	struct mempol_call call;
	int r;

	r = sd_json_buildo(&v, SD_JSON_BUILD_PAIR_STRING("policy", at->name),
			   SD_JSON_BUILD_PAIR_STRING("engine", mp_attachment_engine(at) ?: ""),
			   SD_JSON_BUILD_PAIR_STRING("state", mp_state_to_string(at->state)),
			   SD_JSON_BUILD_PAIR_STRING("reason", at->reason),
			   SD_JSON_BUILD_PAIR_STRING("cgroup", at->cgroup),
			   SD_JSON_BUILD_PAIR_STRING("pool",
						     mp_placement_pool_name(at->slot->policy)),
			   SD_JSON_BUILD_PAIR_UNSIGNED("page_size", sysconf(_SC_PAGESIZE)));
	if (r >= 0 && has_pool(at)) {
		r = mp_figures_counters(&at->info, at->mechanism, &counters);
		if (r >= 0)
			r = sd_json_variant_set_field(&v, "counters", counters);
		if (r >= 0 && ask_pool(m, at, &call) >= 0)
			r = add_pool(&v, &call);
	}
	return r < 0 ? r : sd_json_variant_append_array(array, v);
}

int mp_placement_status(struct mp_manager *m, const struct mp_placement_wish *wish,
			sd_json_variant **ret, char **ret_problem)
{
	_cleanup_json_ sd_json_variant *pools = NULL;
	size_t n = 0;
	int r = sd_json_variant_new_array(&pools, NULL, 0);

	*ret_problem = NULL;
	for (size_t i = 0; i < m->n_attachments && r >= 0; i++) {
		struct mp_attachment *at = m->attachments[i];

		if (!is_meant(at, wish))
			continue;
		mp_kernel_refresh(m, at);
		r = add_row(m, &pools, at);
		n++;
	}
	if (r < 0)
		return r;
	if (!n)
		return explain(m, wish, ret_problem);
	return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_VARIANT("pools", pools));
}

/* ---- one of them ------------------------------------------------------------------------------------- */

/* The first that is meant, with the kernel's figures of now. */
static int find(struct mp_manager *m, const struct mp_placement_wish *wish,
		struct mp_attachment **ret, char **ret_problem)
{
	for (size_t i = 0; i < m->n_attachments; i++) {
		struct mp_attachment *at = m->attachments[i];

		if (!is_meant(at, wish))
			continue;
		mp_kernel_refresh(m, at);
		if (!has_pool(at))
			continue;
		*ret = at;
		return 0;
	}
	return explain(m, wish, ret_problem);
}

int mp_placement_frames(struct mp_manager *m, const struct mp_placement_wish *wish,
			sd_json_variant **ret, char **ret_problem)
{
	struct mp_attachment *at = NULL;
	struct mempol_call pool;
	int r;

	*ret_problem = NULL;
	r = find(m, wish, &at, ret_problem);
	if (r < 0)
		return r;
	assert(at);
	r = ask_pool(m, at, &pool);
	if (r < 0)
		return mp_placement_refused(at, r, ret_problem);
	return mp_placement_read(m, at, &pool, wish->first, ret, ret_problem);
}

int mp_placement_reset(struct mp_manager *m, const struct mp_placement_wish *wish,
		       sd_json_variant **ret, char **ret_problem)
{
	unsigned int changed = 0;

	*ret_problem = NULL;
	for (size_t i = 0; i < m->n_attachments; i++) {
		struct mp_attachment *at = m->attachments[i];
		struct mempol_call call = { .op = MEMPOL_CALL_PLACEMENT_RESET };
		int r;

		if (!is_meant(at, wish))
			continue;
		mp_kernel_refresh(m, at);
		if (!has_pool(at))
			continue;
		call.body.place_pool.policy_id = mp_loaded_policy_id(at->loaded);
		r = mp_kernel_call(m, &call, ret_problem);
		if (r < 0)
			return mp_placement_refused(at, r, ret_problem);
		changed++;
	}
	if (!changed)
		return explain(m, wish, ret_problem);
	return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_UNSIGNED("changed", changed));
}
