/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The words of a policy file: one table of sections and one of keys, from which the parser, the
 * nearest word in its messages, the manual page's check and the completion come. Words that are
 * not built yet stand here too, so that they are refused by name. It holds no parsing itself.
 */
#ifndef MP_KEYS_H
#define MP_KEYS_H

#include "errors.h"
#include "macro.h"
#include "policy.h"

/* Where a value stands, and where to complain. */
struct mp_place {
	const char *file;
	unsigned int line;
	struct mp_errors *errors;
};

/*
 * Takes one value, which is "" for a reset. A bad value becomes an entry of place->errors and
 * leaves the policy as it was. Returns 0 (also with an entry) or -ENOMEM.
 */
typedef int (*mp_value_setter)(struct mp_policy *policy, const struct mp_place *place,
			       const char *value);

struct mp_section {
	const char *name;
	enum mempol_mechanism_id mechanism; /* NONE for [Policy], [Match], [Guard] */
	bool available; /* in this version */
	const char *doc;
};

struct mp_key {
	const char *section;
	const char *name;
	const char *type; /* as the manual page names it */
	bool list; /* values add up, the empty one resets */
	mp_value_setter set; /* NULL: not available in this version */
	const char *doc;
};

extern const struct mp_section mp_sections[];
extern const size_t mp_sections_count;
extern const struct mp_key mp_keys[];
extern const size_t mp_keys_count;

const struct mp_section *mp_section_find(const char *name);
/* NULL for a mechanism that has none. */
const struct mp_section *mp_section_of(enum mempol_mechanism_id mechanism);
const struct mp_key *mp_key_find(const char *section, const char *name);

/*
 * What was probably meant: "[Match]", "Cgroup=" of the same section, or "Priority= in [Policy]"
 * when the very word belongs elsewhere. Words that are not available are never proposed.
 */
const char *mp_section_nearest(const char *name);
const struct mp_key *mp_key_nearest(const char *section, const char *name);

/* The setters of values.c. */
int mp_set_description(struct mp_policy *policy, const struct mp_place *place, const char *value);
int mp_set_priority(struct mp_policy *policy, const struct mp_place *place, const char *value);
int mp_set_cgroup(struct mp_policy *policy, const struct mp_place *place, const char *value);
int mp_set_unit(struct mp_policy *policy, const struct mp_place *place, const char *value);
int mp_set_cache_engine(struct mp_policy *policy, const struct mp_place *place, const char *value);
int mp_set_balloon_engine(struct mp_policy *policy, const struct mp_place *place,
			  const char *value);
int mp_set_keep(struct mp_policy *policy, const struct mp_place *place, const char *value);
int mp_set_period(struct mp_policy *policy, const struct mp_place *place, const char *value);

#endif
