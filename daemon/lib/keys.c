/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables of keys.h. A new key is one row here and one setter in values.c; a key that gets
 * built only swaps its NULL for a setter.
 */
#include <string.h>

#include "keys.h"
#include "suggest.h"

const struct mp_section mp_sections[] = {
	{ "Policy", MEMPOL_MECH_NONE, true, "what the policy is called and how it ranks" },
	{ "Match", MEMPOL_MECH_NONE, true, "the cgroups that are governed" },
	{ "Cache", MEMPOL_MECH_CACHE, true, "what the page cache keeps" },
	{ "Placement", MEMPOL_MECH_PLACEMENT, false, "which frame a page gets" },
	{ "Balloon", MEMPOL_MECH_BALLOON, true, "what goes back to the host" },
	{ "Refcount", MEMPOL_MECH_REFCOUNT, false, "scalable reference counts" },
	{ "Translation", MEMPOL_MECH_TRANSLATION, false, "contiguous leaf page tables" },
	{ "Guard", MEMPOL_MECH_NONE, false, "the limits that disarm a policy" },
};

const size_t mp_sections_count = ARRAY_SIZE(mp_sections);

const struct mp_key mp_keys[] = {
	{ "Policy", "Description", "text", false, mp_set_description, "one line for people" },
	{ "Policy", "Mode", "observe|dry-run|enforce", false, NULL, "how far the policy goes" },
	{ "Policy", "Priority", "integer", false, mp_set_priority,
	  "the higher one governs when two policies match one cgroup" },
	{ "Match", "Cgroup", "globs", true, mp_set_cgroup, "paths below the cgroup root" },
	{ "Match", "Unit", "globs", true, mp_set_unit, "last components of the path" },
	{ "Match", "Slice", "globs", true, NULL, "slices" },
	{ "Match", "User", "users", true, NULL, "users" },
	{ "Cache", "Engine", "engine", false, mp_set_cache_engine, "who decides" },
	{ "Placement", "Engine", "engine", false, NULL, "who decides" },
	{ "Balloon", "Engine", "engine", false, mp_set_balloon_engine, "who decides" },
	{ "Balloon", "Keep", "size|percent", false, mp_set_keep, "what is to stay free" },
	{ "Balloon", "Period", "time", false, mp_set_period, "how often the engine is asked" },
	{ "Refcount", "Engine", "engine", false, NULL, "who decides" },
	{ "Translation", "Engine", "engine", false, NULL, "who decides" },
};

const size_t mp_keys_count = ARRAY_SIZE(mp_keys);

const struct mp_section *mp_section_find(const char *name)
{
	for (size_t i = 0; i < mp_sections_count; i++)
		if (!strcmp(mp_sections[i].name, name))
			return &mp_sections[i];
	return NULL;
}

const struct mp_section *mp_section_of(enum mempol_mechanism_id mechanism)
{
	for (size_t i = 0; i < mp_sections_count; i++)
		if (mechanism != MEMPOL_MECH_NONE && mp_sections[i].mechanism == mechanism)
			return &mp_sections[i];
	return NULL;
}

const struct mp_key *mp_key_find(const char *section, const char *name)
{
	for (size_t i = 0; i < mp_keys_count; i++)
		if (!strcmp(mp_keys[i].section, section) && !strcmp(mp_keys[i].name, name))
			return &mp_keys[i];
	return NULL;
}

const char *mp_section_nearest(const char *name)
{
	const char *words[ARRAY_SIZE(mp_sections)];
	size_t n = 0;

	for (size_t i = 0; i < mp_sections_count; i++)
		if (mp_sections[i].available)
			words[n++] = mp_sections[i].name;
	return mp_nearest(name, words, n);
}

const struct mp_key *mp_key_nearest(const char *section, const char *name)
{
	const char *words[ARRAY_SIZE(mp_keys)];
	size_t n = 0;

	for (size_t i = 0; i < mp_keys_count; i++) {
		if (!mp_keys[i].set)
			continue;
		if (!strcmp(mp_keys[i].name, name))
			return &mp_keys[i];
		if (!strcmp(mp_keys[i].section, section))
			words[n++] = mp_keys[i].name;
	}
	return n ? mp_key_find(section, mp_nearest(name, words, n)) : NULL;
}
