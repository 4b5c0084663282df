/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The words of a policy file: sections with their keys, from which the parser, the nearest word in
 * its messages, the manual page's check and the completion come. A mechanism brings its section with
 * it (mechanism.h). Words that are not built yet stand here too, so that they are refused by name. It
 * holds no parsing itself.
 */
#ifndef MP_KEYS_H
#define MP_KEYS_H

#include "macro.h"
#include "place.h"
#include "policy.h"

/*
 * Takes one value, which is "" for a reset. A bad value becomes an entry of place->errors and
 * leaves the policy as it was. Returns 0 (also with an entry) or -ENOMEM.
 */
typedef int (*mp_value_setter)(struct mp_policy *policy, const struct mp_place *place,
			       const char *value);

struct mp_key {
	const char *name;
	const char *type; /* as the manual page names it */
	bool list; /* values add up, the empty one resets */
	mp_value_setter set; /* NULL: not available in this version */
	const char *doc; /* of one that is not available: what to use in its place, "" for nothing */
};

struct mp_section {
	const char *name;
	const struct mp_mechanism *mechanism; /* NULL for [Policy], [Match], [Guard] */
	bool available; /* in this version */
	const char *doc;
	const struct mp_key *keys; /* beside Engine=, which each mechanism has */
	size_t n_keys;
};

#define MP_SECTIONS_MAX 16

/* In turn, NULL past the last; the index of a section never changes while the program runs. */
const struct mp_section *mp_section_at(size_t index);
const struct mp_section *mp_section_find(const char *name);
size_t mp_section_index(const struct mp_section *section);

/* In turn, NULL past the last. */
const struct mp_key *mp_key_at(const struct mp_section *section, size_t index);
const struct mp_key *mp_key_find(const struct mp_section *section, const char *name);

/*
 * What to say of a word that is none: "did you mean [Match]?", "there are 'Cgroup=' and 'Unit='".
 * Words that are not available are never proposed. 0 or -ENOMEM.
 */
int mp_section_suggest(const char *name, char **ret_text);
int mp_key_suggest(const struct mp_section *section, const char *name, char **ret_text);

/* The section where a key of that name works, or NULL. */
const struct mp_section *mp_key_home(const char *name);

/* The setters of values.c. */
int mp_set_description(struct mp_policy *policy, const struct mp_place *place, const char *value);
int mp_set_priority(struct mp_policy *policy, const struct mp_place *place, const char *value);
int mp_set_cgroup(struct mp_policy *policy, const struct mp_place *place, const char *value);
int mp_set_unit(struct mp_policy *policy, const struct mp_place *place, const char *value);
int mp_set_engine(struct mp_policy *policy, const struct mp_place *place, const char *value);

#endif
