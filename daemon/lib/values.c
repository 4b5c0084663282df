/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The setters that belong to no mechanism: text to typed values. Called through keys only; each leaves the
 * policy alone when the value is bad and says in the entry what would be good.
 */
#include <errno.h>
#include <limits.h>

#include "engine.h"
#include "keys.h"
#include "match.h"
#include "mechanism.h"
#include "patterns.h"
#include "strutil.h"
#include "suggest.h"
#include "utf8.h"

#define OBJECT_SUFFIX ".bpf.o"

int mp_set_description(struct mp_policy *policy, const struct mp_place *place, const char *value)
{
	char *description = NULL;

	if (*value) {
		description = strdup(value);
		if (!description)
			return -ENOMEM;
	}
	free(policy->description);
	policy->description = description;
	return 0;
}

int mp_set_priority(struct mp_policy *policy, const struct mp_place *place, const char *value)
{
	const char *digits = value + (*value == '-' || *value == '+');
	long priority;

	if (!*value) {
		policy->priority = 0;
		return 0;
	}
	/* strtol() alone would take leading blanks and stop at the first letter. */
	errno = 0;
	priority = strtol(value, NULL, 10);
	if (!*digits || digits[strspn(digits, "0123456789")] || errno ||
	    priority < MP_PRIORITY_MIN || priority > MP_PRIORITY_MAX)
		return mp_complain(place, "Priority=%.60s: not an integer from %d to %d", value,
				   MP_PRIORITY_MIN, MP_PRIORITY_MAX);
	policy->priority = priority;
	return 0;
}

/* The form that is matched: a path has a leading slash and no trailing one. */
static char *normal_glob(const char *glob, bool is_path)
{
	size_t n = strlen(glob);
	char *normal;

	if (!is_path)
		return strdup(glob);
	while (n > 1 && glob[n - 1] == '/')
		n--;
	if (asprintf(&normal, "%s%.*s", *glob == '/' ? "" : "/", (int)n, glob) < 0)
		return NULL;
	return normal;
}

/* What can be told from the word as it was written; NULL when nothing is wrong with it. */
static const char *word_problem(const char *glob, bool is_path)
{
	if (*glob == '#' || *glob == ';')
		return "a comment has a line of its own, this one would be part of the value "
		       "(a name that begins so is written with a \\ before it)";
	if (is_path && strchr("*?[", *glob) && !strchr(glob, '/'))
		return "it begins at the cgroup root, where only a cgroup of the first level can "
		       "match: for any depth use Unit=, for the first level begin with /";
	return NULL;
}

/* 1 after an entry, 0 without, -ENOMEM. */
static int complain_of_word(const struct mp_place *place, const char *key, const char *word,
			    const char *problem)
{
	int r = mp_complain(place, "%s=%.60s: %s", key, word, problem);

	return r < 0 ? r : 1;
}

static int complain_of_invisible(const struct mp_place *place, const char *key, const char *word,
				 uint32_t code)
{
	int r = mp_complain(place, "%s=%.60s: it holds the invisible character U+%04X, take it out",
			    key, word, (unsigned int)code);

	return r < 0 ? r : 1;
}

/* Likewise 1, 0, -ENOMEM. */
static int add_word(struct mp_patterns *patterns, const struct mp_place *place, const char *key,
		    const char *word)
{
	bool is_path = !strcmp(key, "Cgroup"), negated = *word == '!';
	uint32_t invisible = mp_utf8_find_invisible(word);
	_cleanup_free_ char *glob = NULL;
	const char *problem;
	int r;

	if (!word[negated])
		return complain_of_word(place, key, word, "there is no glob behind the '!'");
	if (invisible)
		return complain_of_invisible(place, key, word, invisible);
	problem = word_problem(word + negated, is_path);
	if (problem)
		return complain_of_word(place, key, word, problem);
	glob = mp_owned(normal_glob(word + negated, is_path));
	if (!glob)
		return -ENOMEM;
	problem = mp_glob_problem(glob, is_path);
	if (problem)
		return complain_of_word(place, key, word, problem);
	r = mp_patterns_add(patterns, place, glob, negated);
	if (r < 0)
		return r;
	return mp_glob_for_fnmatch(glob, &patterns->items[patterns->count - 1].for_fnmatch);
}

static int set_patterns(struct mp_patterns *patterns, const struct mp_place *place, const char *key,
			const char *value)
{
	_cleanup_free_ char *copy = NULL;
	char *rest, *word;
	int r = 0;

	if (!*value) {
		mp_patterns_reset(patterns);
		return 0;
	}
	copy = rest = mp_owned(strdup(value));
	if (!copy)
		return -ENOMEM;
	/* Behind the first bad word the others may mean nothing. */
	while (r == 0 && (word = strsep(&rest, " \t")))
		if (*word)
			r = add_word(patterns, place, key, word);
	return r < 0 ? r : 0;
}

int mp_set_cgroup(struct mp_policy *policy, const struct mp_place *place, const char *value)
{
	return set_patterns(&policy->match.cgroup, place, "Cgroup", value);
}

int mp_set_unit(struct mp_policy *policy, const struct mp_place *place, const char *value)
{
	return set_patterns(&policy->match.unit, place, "Unit", value);
}

static void choice_reset(struct mp_engine_choice *choice)
{
	free(choice->engine);
	free(choice->file);
	*choice = (struct mp_engine_choice){};
}

/* Those of the mechanism that can be used. */
static size_t engine_names(const struct mp_mechanism *mechanism, const char *names[], size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < mechanism->n_engines && n < max; i++)
		if (mechanism->engines[i].available)
			names[n++] = mechanism->engines[i].name;
	return n;
}

static bool is_object_path(const char *value)
{
	return *value == '/' && strlen(value) < PATH_MAX && mp_ends_with(value, OBJECT_SUFFIX) &&
	       !mp_ends_with(value, "/" OBJECT_SUFFIX);
}

static int unknown_engine(const struct mp_place *place, const char *value)
{
	const struct mp_mechanism *mechanism = place->mechanism;
	_cleanup_free_ char *advice = NULL;
	const char *names[64];
	size_t n = engine_names(mechanism, names, ARRAY_SIZE(names));
	int r;

	if (!strcasecmp(value, "lru") && mechanism->leaving_engine)
		return mp_complain(place,
				   "Engine=%s: LRU is the kernel's own, use Engine=%s or no policy",
				   value, mechanism->leaving_engine);
	r = mp_suggest(value, names, n, "'", "'", &advice);
	return r < 0 ? r : mp_complain(place, "Engine=%.60s: unknown engine, %s", value, advice);
}

static int engine_of_another(const struct mp_place *place, const struct mp_engine *engine)
{
	const struct mp_mechanism *other = mp_mechanism_get(engine->mechanism);
	_cleanup_free_ char *list = NULL;
	const char *names[64];
	size_t n = engine_names(place->mechanism, names, ARRAY_SIZE(names));
	int r;

	r = mp_list_words(names, n, "'", "'", &list);
	return r < 0 ? r :
		       mp_complain(place, "Engine=%s: this engine is for [%s], [%s] has %s",
				   engine->name, other->section.name,
				   place->mechanism->section.name, list);
}

/* 1 when @value can stand, 0 after an entry, -ENOMEM. */
static int check_path(const struct mp_place *place, const char *value)
{
	uint32_t invisible = mp_utf8_find_invisible(value);

	if (invisible)
		return complain_of_invisible(place, "Engine", value, invisible) < 0 ? -ENOMEM : 0;
	if (is_object_path(value))
		return 1;
	return mp_complain(
		place, "Engine=%.200s: a path must begin with '/' and end in NAME" OBJECT_SUFFIX,
		value);
}

static int check_engine(const struct mp_place *place, const char *value)
{
	const struct mp_engine *engine;

	if (mp_engine_is_path(value))
		return check_path(place, value);
	engine = mp_engine_find(place->mechanism->id, value);
	if (engine && engine->available)
		return 1;
	if (!engine)
		engine = mp_engine_find(MEMPOL_MECH_NONE, value);
	if (!engine)
		return unknown_engine(place, value);
	if (!engine->available)
		return mp_complain(place, "Engine=%s: not available in this version", value);
	return engine_of_another(place, engine);
}

int mp_set_engine(struct mp_policy *policy, const struct mp_place *place, const char *value)
{
	struct mp_engine_choice *choice = &policy->choice;
	struct mp_engine_choice chosen = { .mechanism = place->mechanism->id, .line = place->line };
	int r;

	if (!*value) {
		choice_reset(choice);
		return 0;
	}
	r = check_engine(place, value);
	if (r <= 0)
		return r;

	chosen.engine = strdup(value);
	chosen.file = strdup(place->file);
	if (!chosen.engine || !chosen.file) {
		choice_reset(&chosen);
		return -ENOMEM;
	}
	choice_reset(choice);
	*choice = chosen;
	return 0;
}
