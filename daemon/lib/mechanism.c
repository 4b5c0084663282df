/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The array of mechanisms and what is looked up in it (mechanism.h). A new mechanism is a row here and
 * a file mechanism-NAME.c.
 */
#include <string.h>

#include "mechanism.h"

const struct mp_mechanism *const mp_mechanisms[] = {
	&mp_mechanism_cache,	&mp_mechanism_placement,   &mp_mechanism_balloon,
	&mp_mechanism_refcount, &mp_mechanism_translation,
};

const size_t mp_mechanisms_count = ARRAY_SIZE(mp_mechanisms);

const struct mp_mechanism *mp_mechanism_get(enum mempol_mechanism_id id)
{
	for (size_t i = 0; i < mp_mechanisms_count; i++)
		if (mp_mechanisms[i]->id == id)
			return mp_mechanisms[i];
	return NULL;
}

const char *mp_mechanism_to_string(enum mempol_mechanism_id id)
{
	const struct mp_mechanism *mechanism = mp_mechanism_get(id);

	return mechanism ? mechanism->name : NULL;
}

const char *mp_counter_name(enum mempol_mechanism_id id, unsigned int index)
{
	const struct mp_mechanism *mechanism = mp_mechanism_get(id);

	return mechanism && index < mechanism->n_counters ? mechanism->counters[index] : NULL;
}

const struct mp_mechanism *mp_mechanism_find(const char *name)
{
	for (size_t i = 0; i < mp_mechanisms_count; i++)
		if (!strcmp(mp_mechanisms[i]->name, name))
			return mp_mechanisms[i];
	return NULL;
}

bool mp_ops_type_is(const char *type, const char *wanted)
{
	size_t n = strlen(wanted);

	return type && !strncmp(type, wanted, n) && (!type[n] || !strncmp(type + n, "___", 3));
}

const struct mp_mechanism *mp_mechanism_of_type(const char *type)
{
	for (size_t i = 0; i < mp_mechanisms_count; i++)
		if (mp_mechanisms[i]->ops_type && mp_ops_type_is(type, mp_mechanisms[i]->ops_type))
			return mp_mechanisms[i];
	return NULL;
}

const struct mp_mechanism *mp_policy_mechanism(const struct mp_policy *policy)
{
	return mp_mechanism_get(policy->choice.mechanism);
}
