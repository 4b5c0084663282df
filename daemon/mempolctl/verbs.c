/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Verbs are looked up here, those of the table and those of mechanisms; see ctl.h.
 */
#include <string.h>

#include "mechanism.h"
#include "suggest.h"

#define WORDS_MAX 64

/* Of this program, handed over by main(). */
static const struct ctl_verb *table;
static size_t n_table;

void ctl_verbs_init(const struct ctl_verb *verbs)
{
	table = verbs;
	for (n_table = 0; verbs[n_table].name; n_table++)
		;
}

const struct ctl_verb *ctl_verb_at(size_t index)
{
	return index < n_table ? &table[index] : ctl_mechanism_verb_at(index - n_table);
}

const struct ctl_verb *ctl_verb_find(const char *name)
{
	const struct ctl_verb *verb;

	for (size_t i = 0; (verb = ctl_verb_at(i)); i++)
		if (!strcmp(verb->name, name))
			return verb;
	return NULL;
}

const struct ctl_verb *ctl_subverb_find(const struct ctl_verb *verb, const char *name)
{
	for (const struct ctl_verb *sub = verb->verbs; sub && sub->name; sub++)
		if (!strcmp(sub->name, name))
			return sub;
	return NULL;
}

bool ctl_verb_is_built(const struct ctl_verb *verb)
{
	return verb->run || verb->verbs;
}

enum ctl_exit ctl_verb_unknown(const char *word)
{
	const struct ctl_verb *verb;
	const char *words[WORDS_MAX];
	size_t n = 0;

	for (size_t i = 0; (verb = ctl_verb_at(i)) && n < ARRAY_SIZE(words); i++)
		if (ctl_verb_is_built(verb))
			words[n++] = verb->name;
	fprintf(stderr, "mempolctl: unknown verb '%s', did you mean '%s'?\n", word,
		mp_nearest(word, words, n));
	return CTL_USAGE;
}

enum ctl_exit ctl_verb_not_built(const struct ctl_verb *verb)
{
	fprintf(stderr, "mempolctl %s: not available in this version\n", verb->name);
	return CTL_USAGE;
}

enum ctl_exit ctl_subverb_unknown(const struct ctl_verb *verb, const char *word)
{
	const char *words[WORDS_MAX];
	size_t n = 0;

	for (const struct ctl_verb *sub = verb->verbs; sub->name && n < ARRAY_SIZE(words); sub++)
		words[n++] = sub->name;
	fprintf(stderr, "mempolctl %s: unknown verb '%s', did you mean '%s'?\n", verb->name, word,
		mp_nearest(word, words, n));
	return CTL_USAGE;
}
