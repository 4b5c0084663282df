/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The array of mechanisms (mechanism.h). What one of them counts and which verbs it has stands in
 * its own file.
 */
#include <string.h>

#include "mechanism.h"
#include "output.h"

static const struct ctl_mechanism *const mechanisms[] = {
#define X(name) &ctl_mechanism_##name,
	CTL_MECHANISMS(X)
#undef X
};

const struct ctl_mechanism *ctl_mechanism_at(size_t index)
{
	return index < ARRAY_SIZE(mechanisms) ? mechanisms[index] : NULL;
}

const struct ctl_mechanism *ctl_mechanism_of(sd_json_variant *row)
{
	const char *name = ctl_string(row, "mechanism");

	for (size_t i = 0; name && i < ARRAY_SIZE(mechanisms); i++)
		if (!strcmp(mechanisms[i]->name, name))
			return mechanisms[i];
	return mechanisms[0];
}

const struct ctl_verb *ctl_mechanism_verb_at(size_t index)
{
	for (size_t i = 0; i < ARRAY_SIZE(mechanisms); i++)
		if (mechanisms[i]->verb && !index--)
			return mechanisms[i]->verb;
	return NULL;
}
