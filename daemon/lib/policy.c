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

void mp_patterns_reset(struct mp_patterns *patterns)
{
	for (size_t i = 0; i < patterns->count; i++) {
		free(patterns->items[i].glob);
		free(patterns->items[i].for_fnmatch);
		free(patterns->items[i].file);
	}
	free(patterns->items);
	*patterns = (struct mp_patterns){};
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
	for (size_t i = 0; i < ARRAY_SIZE(policy->settings); i++)
		free(policy->settings[i]);
	free(policy);
	return NULL;
}

static bool text_equal(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool patterns_equal(const struct mp_patterns *a, const struct mp_patterns *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->items[i].negated != b->items[i].negated ||
		    strcmp(a->items[i].glob, b->items[i].glob))
			return false;
	return true;
}

static bool settings_equal(const struct mp_policy *a, const struct mp_policy *b)
{
	const struct mp_mechanism *mechanism = mp_policy_mechanism(a);

	return !mechanism || !mechanism->settings_size ||
	       mechanism->settings_equal(a->settings[mechanism->id], b->settings[mechanism->id]);
}

bool mp_policy_runs_alike(const struct mp_policy *a, const struct mp_policy *b)
{
	return a->choice.mechanism == b->choice.mechanism &&
	       text_equal(a->choice.engine, b->choice.engine) && settings_equal(a, b);
}

bool mp_policy_equal(const struct mp_policy *a, const struct mp_policy *b)
{
	return text_equal(a->name, b->name) && text_equal(a->description, b->description) &&
	       a->priority == b->priority && mp_policy_runs_alike(a, b) &&
	       patterns_equal(&a->match.cgroup, &b->match.cgroup) &&
	       patterns_equal(&a->match.unit, &b->match.unit);
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
