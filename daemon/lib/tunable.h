/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an engine lets an administrator set: names, types, ranges, and values as text. The table is filled from
 * an object's BTF (engine_file.h) or from a native object's descriptor (mempolctl), both of which may be
 * hostile; the checks are the same for both. It holds values and never writes them anywhere.
 */
#ifndef MP_TUNABLE_H
#define MP_TUNABLE_H

#include <stdint.h>

#include "macro.h"

struct mp_section;

#define MP_TUNABLES_MAX 64
#define MP_TUNABLE_NAME_MAX 63
#define MP_TUNABLE_WORDS_MAX 64 /* of an enum */

enum mp_tunable_kind {
	MP_TUNABLE_BOOL,
	MP_TUNABLE_UNSIGNED,
	MP_TUNABLE_SIGNED,
	MP_TUNABLE_ENUM,
};

/* A tunable as the engine declares it. All strings are the caller's. */
struct mp_tunable_spec {
	const char *name; /* "small_percent" */
	const char *type; /* "u32", for people */
	const char *range; /* "1..90 %", "" for all of the type; of an enum "first|second-chance" */
	const char *text;
	enum mp_tunable_kind kind;
	size_t size; /* 1, 2, 4 or 8 bytes */
	size_t offset; /* the owner's affair */
	const void *value; /* the default, of that size */
};

struct mp_tunable {
	char *name;
	char *key; /* "SmallPercent" */
	char *type;
	char *range; /* what it allows, for people: "1..90 %", "no|yes" */
	char *text;
	char *unit; /* "%", or "" */
	char *words[MP_TUNABLE_WORDS_MAX]; /* of an enum, by value */
	size_t n_words;
	enum mp_tunable_kind kind;
	size_t size;
	size_t offset;
	uint64_t min, max; /* of a signed one: two's complement of 64 bits */
	uint64_t value; /* the default, likewise */
};

/* Zero-initialised is empty. */
struct mp_tunables {
	struct mp_tunable *items;
	size_t count;
};

void mp_tunables_done(struct mp_tunables *tunables);
#define _cleanup_tunables_ _cleanup_(mp_tunables_done)

/*
 * Adds one. @section: whose keys it must not take. Returns 0; or -ENOEXEC and a sentence that says what is
 * wrong with the declaration and what to write; or -ENOMEM.
 */
int mp_tunables_add(struct mp_tunables *tunables, const struct mp_section *section,
		    const struct mp_tunable_spec *spec, char **ret_problem);

/* By key; NULL when there is none. */
const struct mp_tunable *mp_tunables_find(const struct mp_tunables *tunables, const char *key);

/*
 * What to say of a key that is none: "did you mean 'SmallPercent='?". The keys of @section (may be NULL) are
 * proposed too. 0 or -ENOMEM.
 */
int mp_tunables_suggest(const struct mp_tunables *tunables, const struct mp_section *section,
			const char *key, char **ret_text);

/* The unit may stand behind a number. 0; -EINVAL and a sentence that begins with "KEY=TEXT:"; or -ENOMEM. */
int mp_tunable_parse(const struct mp_tunable *tunable, const char *text, uint64_t *ret_value,
		     char **ret_problem);

/* As it would be written. Allocated; NULL when memory is short. */
char *mp_tunable_format(const struct mp_tunable *tunable, uint64_t value);

/* The value as the engine's variable holds it, and back. */
void mp_tunable_store(const struct mp_tunable *tunable, uint64_t value, void *to);
uint64_t mp_tunable_fetch(enum mp_tunable_kind kind, size_t size, const void *from);

#endif
