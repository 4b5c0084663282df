/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Candidates for the shell, from the tables of verbs and options and the daemon's list. Called by
 * the completion script through the hidden --complete; it is silent and quick whatever is wrong.
 */
#include <string.h>

#include "client.h"
#include "options.h"
#include "output.h"

/* What the words before the last one are. */
struct line {
	struct ctl ctl;
	const struct ctl_verb *verb;
	const struct ctl_verb *sub;
	int n_args; /* behind the last verb */
	const char *option; /* whose value comes next */
	bool only_args; /* behind "--" */
};

void ctl_offer(const char *candidate, const char *prefix)
{
	if (!strncmp(candidate, prefix, strlen(prefix)))
		puts(candidate);
}

static bool takes_value(const struct ctl_verb *verb, const char *word)
{
	const struct ctl_option *option = ctl_option_find(word);
	const struct option *own = verb ? verb->options : NULL;

	if (!own)
		return option && option->arg;
	for (; own->name; own++)
		if (!strncmp(word, "--", 2) && !strcmp(word + 2, own->name))
			return own->has_arg == required_argument;
	return false;
}

static void read_value(struct line *line, const char *word)
{
	if (!strcmp(line->option, "--socket"))
		line->ctl.socket = word;
	line->option = NULL;
}

static void read_word(struct line *line, const char *word)
{
	if (!strcmp(word, "=")) /* the shell takes --name=value apart */
		return;
	if (line->option) {
		read_value(line, word);
	} else if (!line->only_args && *word == '-') {
		line->only_args = !strcmp(word, "--");
		line->option = takes_value(line->verb, word) ? word : NULL;
	} else if (!line->verb) {
		line->verb = ctl_verb_find(word);
	} else if (line->verb->verbs && !line->sub && !line->n_args) {
		line->sub = ctl_subverb_find(line->verb, word);
		line->n_args += !line->sub;
	} else {
		line->n_args++;
	}
}

static void offer_policies(const struct line *line, const char *prefix)
{
	_cleanup_json_ sd_json_variant *reply = ctl_ask_quietly(&line->ctl, "List");
	sd_json_variant *policies = reply ? ctl_array(reply, "policies") : NULL;
	const char *before = NULL;

	for (size_t i = 0; policies && i < sd_json_variant_elements(policies); i++) {
		const char *name = ctl_string(sd_json_variant_by_index(policies, i), "name");

		/* One that looks like an option is for behind "--". */
		if (name && (!before || strcmp(name, before)) && (*name != '-' || line->only_args))
			ctl_offer(name, prefix);
		before = name;
	}
}

static void offer_verbs(const char *prefix)
{
	const struct ctl_verb *verb;

	for (size_t i = 0; (verb = ctl_verb_at(i)); i++)
		if (ctl_verb_is_built(verb))
			ctl_offer(verb->name, prefix);
}

static void offer_subverbs(const struct ctl_verb *verb, const char *prefix)
{
	for (const struct ctl_verb *sub = verb->verbs; sub && sub->name; sub++)
		ctl_offer(sub->name, prefix);
}

static void offer_option(const char *name, const char *prefix)
{
	char word[64];

	snprintf(word, sizeof(word), "--%s", name);
	ctl_offer(word, prefix);
}

static void offer_options(const struct ctl_verb *verb, const char *prefix)
{
	const struct ctl_option *option;

	if (verb && verb->options) {
		for (const struct option *own = verb->options; own->name; own++)
			offer_option(own->name, prefix);
		return;
	}
	for (size_t i = 0; (option = ctl_option_at(verb, i)); i++)
		if (verb || option->value != 'f')
			offer_option(option->name, prefix);
}

/* Files are the shell's affair, which knows them better. */
static void offer(const struct line *line, enum ctl_complete what, const char *prefix)
{
	switch (what) {
	case CTL_COMPLETE_POLICY:
		offer_policies(line, prefix);
		break;
	case CTL_COMPLETE_VERB:
		if (!line->n_args)
			offer_verbs(prefix);
		break;
	case CTL_COMPLETE_FILE:
		puts("FILE");
		break;
	case CTL_COMPLETE_PATH:
		puts("PATH");
		break;
	case CTL_COMPLETE_NOTHING:
		break;
	}
}

static void offer_value(const struct line *line, const char *prefix)
{
	const struct ctl_option *option = ctl_option_find(line->option);

	if (!line->verb || !line->verb->options)
		offer(line, option ? option->complete : CTL_COMPLETE_NOTHING, prefix);
	else if (line->verb->complete_value)
		line->verb->complete_value(line->option, prefix);
}

static void offer_argument(const struct line *line, const char *prefix)
{
	const struct ctl_verb *last = line->sub ? line->sub : line->verb;

	if (last->verbs && !line->n_args)
		offer_subverbs(last, prefix);
	if (last->verbs && !last->run)
		return;
	if (last->max_args < 0 || line->n_args < last->max_args)
		offer(line, last->complete, prefix);
}

enum ctl_exit ctl_complete(const struct ctl *ctl, int argc, char *argv[])
{
	const char *prefix = argc ? argv[argc - 1] : "";
	struct line line = { .ctl = *ctl };

	for (int i = 0; i + 1 < argc; i++)
		read_word(&line, argv[i]);
	if (!strcmp(prefix, "="))
		prefix = "";

	if (line.option)
		offer_value(&line, prefix);
	else if (*prefix == '-' && !line.only_args)
		offer_options(line.verb, prefix);
	else if (!line.verb)
		offer_verbs(prefix);
	else
		offer_argument(&line, prefix);
	return CTL_OK;
}
