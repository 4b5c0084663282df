/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keys of a policy that are its engine's own, as they were written (tuning.h, policy.h). What they mean is known
 * when the engine is: engine_file.c.
 */
#include <errno.h>
#include <string.h>

#include "tuning.h"

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

void mp_tunings_done(struct mp_policy *policy)
{
	for (size_t i = 0; i < policy->n_tunings; i++)
		tuning_done(&policy->tunings[i]);
	free(policy->tunings);
	policy->tunings = NULL;
	policy->n_tunings = 0;
}

bool mp_tunings_equal(const struct mp_policy *a, const struct mp_policy *b)
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
