/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of struct mp_policy: comparison, freeing (policy.h). Reading is policy-read.c.
 * Nothing here touches a file.
 */
#include <string.h>

#include "mechanism.h"
#include "policy.h"
#include "tuning.h"

const char *const mp_policy_dirs[] = {
	"/etc/mempolicyd/policy.d",
	"/run/mempolicyd/policy.d",
	"/usr/lib/mempolicyd/policy.d",
	NULL,
};

static void settings_free(enum mempol_mechanism_id id, void *settings)
{
	const struct mp_mechanism *mechanism = settings ? mp_mechanism_get(id) : NULL;

	if (mechanism && mechanism->settings_done)
		mechanism->settings_done(settings);
	free(settings);
}

struct mp_policy *mp_policy_free(struct mp_policy *policy)
{
	if (!policy)
		return NULL;

	for (size_t i = 0; i < policy->n_files; i++)
		free(policy->files[i]);
	free(policy->files);
	free(policy->name);
	free(policy->path);
	free(policy->description);
	mp_patterns_reset(&policy->match.cgroup);
	mp_patterns_reset(&policy->match.unit);
	free(policy->choice.engine);
	free(policy->choice.file);
	mp_tunings_done(policy);
	for (size_t i = 0; i < ARRAY_SIZE(policy->settings); i++)
		settings_free(i, policy->settings[i]);
	free(policy);
	return NULL;
}

static bool text_equal(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool settings_equal(const struct mp_policy *a, const struct mp_policy *b)
{
	const struct mp_mechanism *mechanism = mp_policy_mechanism(a);

	return !mechanism || !mechanism->settings_size ||
	       mechanism->settings_equal(a->settings[mechanism->id], b->settings[mechanism->id]);
}

static bool settings_run_alike(const struct mp_policy *a, const struct mp_policy *b)
{
	const struct mp_mechanism *mechanism = mp_policy_mechanism(a);

	return settings_equal(a, b) || (mechanism->settings_run_alike &&
					mechanism->settings_run_alike(a->settings[mechanism->id],
								      b->settings[mechanism->id]));
}

bool mp_policy_runs_alike(const struct mp_policy *a, const struct mp_policy *b)
{
	return a->choice.mechanism == b->choice.mechanism &&
	       text_equal(a->choice.engine, b->choice.engine) && settings_run_alike(a, b) &&
	       mp_tunings_equal(a, b);
}

bool mp_policy_equal(const struct mp_policy *a, const struct mp_policy *b)
{
	return text_equal(a->name, b->name) && text_equal(a->description, b->description) &&
	       a->priority == b->priority && mp_policy_runs_alike(a, b) && settings_equal(a, b) &&
	       mp_patterns_equal(&a->match.cgroup, &b->match.cgroup) &&
	       mp_patterns_equal(&a->match.unit, &b->match.unit);
}

const char *mp_policy_mode(const struct mp_policy *policy)
{
	return "enforce";
}
