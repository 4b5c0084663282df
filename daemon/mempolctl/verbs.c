/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of verbs: dispatch, help, completion and the manual page's check come from it. A word
 * of the design that is not built yet is a row without function. Verbs of mechanisms are theirs.
 */
#include <string.h>

#include "mechanism.h"
#include "suggest.h"

#define WORDS_MAX 64

static const struct ctl_verb verbs[] = {
	{
		.name = "help",
		.args = "[VERB]",
		.max_args = 2,
		.complete = CTL_COMPLETE_VERB,
		.run = ctl_help,
		.help = "this text, or that of a verb",
	},
	{
		.name = "status",
		.args = "",
		.access = CTL_ACCESS_GROUP,
		.run = ctl_status,
		.help = "how the daemon is and what it governs",
	},
	{
		.name = "list",
		.args = "",
		.access = CTL_ACCESS_GROUP,
		.run = ctl_list,
		.help = "one row a policy, mechanism and cgroup",
	},
	{
		.name = "show",
		.args = "NAME",
		.min_args = 1,
		.max_args = 1,
		.access = CTL_ACCESS_GROUP,
		.complete = CTL_COMPLETE_POLICY,
		.run = ctl_show,
		.help = "a policy's files and errors, why it was ejected",
	},
	{
		.name = "explain",
		.args = "CGROUP",
		.min_args = 1,
		.max_args = 1,
		.access = CTL_ACCESS_GROUP,
		.complete = CTL_COMPLETE_PATH,
		.run = ctl_explain,
		.help = "which policy governs a cgroup, and why not others",
	},
	{
		.name = "stats",
		.args = "[NAME]",
		.max_args = 1,
		.access = CTL_ACCESS_GROUP,
		.complete = CTL_COMPLETE_POLICY,
		.run = ctl_stats,
		.help = "the kernel's counters of each policy",
	},
	{
		.name = "events",
		.args = "[-f]",
		.access = CTL_ACCESS_GROUP,
		.can_follow = true,
		.run = ctl_events,
		.help = "the last 1,000 events; -f goes on with new ones",
	},
	{
		.name = "check",
		.args = "[FILE|DIR...]",
		.max_args = -1,
		.complete = CTL_COMPLETE_FILE,
		.options = ctl_check_options,
		.run = ctl_check,
		.help = "check policy files, or all; needs no daemon",
	},
	{
		.name = "reload",
		.args = "",
		.access = CTL_ACCESS_ROOT,
		.run = ctl_reload,
		.help = "read all policy files again, all or nothing",
	},
	{
		.name = "reset",
		.args = "NAME",
		.min_args = 1,
		.max_args = 1,
		.access = CTL_ACCESS_ROOT,
		.complete = CTL_COMPLETE_POLICY,
		.run = ctl_reset,
		.help = "let a policy that was ejected try again",
	},
	{
		.name = "engines",
		.args = "",
		.access = CTL_ACCESS_GROUP,
		.run = ctl_engines,
		.help = "the engines, and whether each can be used",
	},
	{
		.name = "features",
		.args = "",
		.access = CTL_ACCESS_GROUP,
		.run = ctl_features,
		.help = "what this kernel can, and why not",
	},
	{
		.name = "simulate",
		.args = "--size SIZE TRACE",
		.min_args = 1,
		.max_args = -1,
		.complete = CTL_COMPLETE_PATH,
		.options = ctl_simulate_options,
		.complete_value = ctl_simulate_complete,
		.run = ctl_simulate,
		.help = "what engines would miss; needs no daemon",
	},
	CTL_NOT_BUILT("set-mode"),
	CTL_NOT_BUILT("top"),
	CTL_NOT_BUILT("metrics"),
	CTL_NOT_BUILT("dump"),
};

const struct ctl_verb *ctl_verb_at(size_t index)
{
	if (index < ARRAY_SIZE(verbs))
		return &verbs[index];
	return ctl_mechanism_verb_at(index - ARRAY_SIZE(verbs));
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
