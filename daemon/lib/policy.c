/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of struct mp_policy: names, comparison, freeing (policy.h). Reading is policy-read.c.
 * Nothing here touches a file.
 */
#include <errno.h>

#include "mechanism.h"
#include "policy.h"
#include "strutil.h"

#define NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.@-"

const char *const mp_policy_dirs[] = {
	"/etc/mempolicyd/policy.d",
	"/run/mempolicyd/policy.d",
	"/usr/lib/mempolicyd/policy.d",
	NULL,
};

static void tuning_done(struct mp_tuning *tuning)
{
	free(tuning->key);
	free(tuning->value);
	free(tuning->file);
}

static struct mp_tuning *find_tuning(const struct mp_policy *policy, const char *key)
{
	for (size_t i = 0; i < policy->n_tunings; i++)
		if (!strcmp(policy->tunings[i].key, key))
			return &policy->tunings[i];
	return NULL;
}

int mp_policy_tune(struct mp_policy *policy, const char *file, unsigned int line, const char *key,
		   const char *value)
{
	struct mp_tuning *found = find_tuning(policy, key), *items, tuning = { .line = line };

	/* One that resets nothing stays, so that its key is checked. */
	if (!*value && found) {
		tuning_done(found);
		*found = policy->tunings[--policy->n_tunings];
		return 0;
	}
	if (!found && policy->n_tunings == MP_TUNINGS_MAX)
		return -E2BIG;
	items = reallocarray(policy->tunings, policy->n_tunings + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	policy->tunings = items;
	found = find_tuning(policy, key);
	tuning.key = strdup(key);
	tuning.value = strdup(value);
	tuning.file = strdup(file);
	if (!tuning.key || !tuning.value || !tuning.file) {
		tuning_done(&tuning);
		return -ENOMEM;
	}
	if (found)
		tuning_done(found);
	else
		found = &items[policy->n_tunings++];
	*found = tuning;
	return 0;
}

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
	for (size_t i = 0; i < policy->n_tunings; i++)
		tuning_done(&policy->tunings[i]);
	free(policy->tunings);
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

/* In any order. */
static bool tunings_equal(const struct mp_policy *a, const struct mp_policy *b)
{
	if (a->n_tunings != b->n_tunings)
		return false;
	for (size_t i = 0; i < a->n_tunings; i++) {
		const struct mp_tuning *other = find_tuning(b, a->tunings[i].key);

		if (!other || strcmp(a->tunings[i].value, other->value))
			return false;
	}
	return true;
}

bool mp_policy_runs_alike(const struct mp_policy *a, const struct mp_policy *b)
{
	return a->choice.mechanism == b->choice.mechanism &&
	       text_equal(a->choice.engine, b->choice.engine) && settings_run_alike(a, b) &&
	       tunings_equal(a, b);
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

bool mp_policy_name_valid(const char *name, size_t length)
{
	/* A command line would take the one for an option, and people hide files with the other. */
	if (!length || length >= MEMPOL_NAME_LEN || *name == '-' || *name == '.')
		return false;
	for (size_t i = 0; i < length; i++)
		if (!name[i] || !strchr(NAME_CHARS, name[i]))
			return false;
	return true;
}

int mp_policy_name_from_path(const char *path, char **ret_name)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	char *name;
	size_t n;

	if (!mp_ends_with(base, MP_POLICY_SUFFIX))
		return -EINVAL;
	n = strlen(base) - strlen(MP_POLICY_SUFFIX);
	if (!mp_policy_name_valid(base, n))
		return -EINVAL;

	name = strndup(base, n);
	if (!name)
		return -ENOMEM;
	*ret_name = name;
	return 0;
}
