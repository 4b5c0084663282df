/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sections that belong to no mechanism, and what is looked up in all of them (keys.h). A new key
 * is one row here or in its mechanism's file, and one setter; a key that gets built only swaps its
 * NULL for a setter.
 */
#include <assert.h>
#include <string.h>

#include "keys.h"
#include "mechanism.h"
#include "suggest.h"

static const struct mp_key policy_keys[] = {
	{ "Description", "text", false, mp_set_description, "one line for people" },
	{ "Mode", "observe|dry-run|enforce", false, NULL, "" },
	{ "Priority", "integer", false, mp_set_priority,
	  "the higher one governs when two policies match one cgroup" },
};

static const struct mp_key match_keys[] = {
	{ "Cgroup", "globs", true, mp_set_cgroup, "paths below the cgroup root" },
	{ "Unit", "globs", true, mp_set_unit, "last components of the path" },
	{ "Slice", "globs", true, NULL, "Cgroup=/x.slice or Unit=x.slice" },
	{ "User", "users", true, NULL, "Cgroup=/user.slice/user-1000.slice" },
};

/* Each mechanism's first key. */
static const struct mp_key engine_key = {
	"Engine", "engine", false, mp_set_engine, "the engine that decides",
};

static const struct mp_section common[] = {
	{ "Policy", NULL, true, "what the policy is called and how it ranks", policy_keys,
	  ARRAY_SIZE(policy_keys) },
	{ "Match", NULL, true, "the cgroups that are governed", match_keys,
	  ARRAY_SIZE(match_keys) },
	{ "Guard", NULL, false, "the limits that disarm a policy", NULL, 0 },
};

const struct mp_section *mp_section_at(size_t index)
{
	if (index < ARRAY_SIZE(common))
		return &common[index];
	index -= ARRAY_SIZE(common);
	return index < mp_mechanisms_count ? &mp_mechanisms[index]->section : NULL;
}

const struct mp_section *mp_section_find(const char *name)
{
	const struct mp_section *section;

	for (size_t i = 0; (section = mp_section_at(i)); i++)
		if (!strcmp(section->name, name))
			return section;
	return NULL;
}

size_t mp_section_index(const struct mp_section *section)
{
	size_t i = 0;

	while (mp_section_at(i) != section)
		i++;
	assert(i < MP_SECTIONS_MAX);
	return i;
}

const struct mp_key *mp_key_at(const struct mp_section *section, size_t index)
{
	if (section->mechanism && !index--)
		return &engine_key;
	return index < section->n_keys ? &section->keys[index] : NULL;
}

const struct mp_key *mp_key_find(const struct mp_section *section, const char *name)
{
	const struct mp_key *key;

	for (size_t i = 0; (key = mp_key_at(section, i)); i++)
		if (!strcmp(key->name, name))
			return key;
	return NULL;
}

int mp_section_suggest(const char *name, char **ret_text)
{
	const char *words[MP_SECTIONS_MAX];
	const struct mp_section *section;
	size_t n = 0;

	for (size_t i = 0; (section = mp_section_at(i)); i++)
		if (section->available)
			words[n++] = section->name;
	return mp_suggest(name, words, n, "[", "]", ret_text);
}

int mp_key_suggest(const struct mp_section *section, const char *name, char **ret_text)
{
	const struct mp_key *key;
	const char *words[32];
	size_t n = 0;

	for (size_t i = 0; (key = mp_key_at(section, i)) && n < ARRAY_SIZE(words); i++)
		if (key->set)
			words[n++] = key->name;
	return mp_suggest(name, words, n, "'", "='", ret_text);
}

const struct mp_section *mp_key_home(const char *name)
{
	const struct mp_section *section;

	for (size_t i = 0; (section = mp_section_at(i)); i++) {
		const struct mp_key *key = section->available ? mp_key_find(section, name) : NULL;

		if (key && key->set)
			return section;
	}
	return NULL;
}
