// SPDX-License-Identifier: GPL-2.0-only
/*
 * Values for an ops struct, then the loader; see load.h.
 */
#include <errno.h>
#include <string.h>

#include "load.h"
#include "mechanism-ops.h"

int mp_load(struct mp_manager *m, const struct mp_policy *policy, const struct mp_image *image,
	    uint64_t cgroup_id, struct mp_loaded **ret, char **ret_problem, char **ret_log)
{
	const struct mp_mechanism_ops *ops = mp_mechanism_ops_of(policy->choice.mechanism);
	struct mp_ops_values values = {
		.policy_id = ++m->next_id,
		.cgroup_id = cgroup_id,
		.leaves = image == m->leaving[policy->choice.mechanism],
	};
	int r;

	*ret_problem = *ret_log = NULL;
	if (ops && ops->fill) {
		r = ops->fill(m, policy, &values, ret_problem);
		if (r < 0)
			return r;
	}
	/* An exclusion's engine is another one than the policy's. */
	if (!values.leaves) {
		values.tunings = policy->tunings;
		values.n_tunings = policy->n_tunings;
	}
	r = mp_loaded_new(image, &values, ret, ret_problem, ret_log);
	mp_manager_alive(m);
	return r;
}

int mp_load_leaving(struct mp_manager *m, const struct mp_mechanism *mechanism,
		    struct mp_image **ret, char **ret_problem)
{
	struct mp_image **image = &m->leaving[mechanism->id];
	_cleanup_free_ char *path = NULL, *why = NULL;
	int r = 0;

	*ret_problem = NULL;
	if (!*image) {
		r = mp_engine_object_path(m->config->engine_dir, mechanism->id,
					  mechanism->leaving_engine, &path);
		if (r >= 0)
			r = mp_image_read(path, false, mechanism->id, image, &why);
		if (r < 0 && asprintf(ret_problem, "engine %s: %s: %s", mechanism->leaving_engine,
				      path ?: "no path", why ?: strerror(-r)) < 0)
			*ret_problem = NULL;
	}
	*ret = *image;
	return r;
}
