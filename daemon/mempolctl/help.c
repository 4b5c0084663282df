/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Help in columns (help.h), whatever the lengths of names. Text of a verb that reads its options
 * itself comes from the verb.
 */
#include <ctype.h>
#include <string.h>

#include "help.h"
#include "options.h"

static int label(char buffer[static 64], const char *a, const char *b)
{
	return snprintf(buffer, 64, "%s%s%s", a, *b ? " " : "", b);
}

static int verb_label(char buffer[static 64], const struct ctl_verb *verb)
{
	return label(buffer, verb->name, verb->args);
}

static int option_label(char buffer[static 64], const struct ctl_option *option)
{
	char name[48];

	if (isprint(option->value) && option->value < 0x80)
		snprintf(name, sizeof(name), "-%c, --%s", option->value, option->name);
	else
		snprintf(name, sizeof(name), "--%s", option->name);
	return label(buffer, name, option->arg ?: "");
}

static void print_line(FILE *f, int width, const char *name, const char *help)
{
	fprintf(f, "  %-*s  %s\n", width, name, help);
}

static const struct ctl_verb *verb_at(const struct ctl_verb *parent, size_t index)
{
	if (!parent)
		return ctl_verb_at(index);
	return parent->verbs[index].name ? &parent->verbs[index] : NULL;
}

/* Those of @parent, or all. */
static void print_verbs(FILE *f, const struct ctl_verb *parent)
{
	const struct ctl_verb *verb;
	char text[64];
	int width = 0;

	for (size_t i = 0; (verb = verb_at(parent, i)); i++)
		if (ctl_verb_is_built(verb) && verb_label(text, verb) > width)
			width = verb_label(text, verb);
	fprintf(f, "\nVerbs:\n");
	for (size_t i = 0; (verb = verb_at(parent, i)); i++) {
		if (!ctl_verb_is_built(verb))
			continue;
		verb_label(text, verb);
		print_line(f, width, text, verb->help);
	}
}

static void print_options(FILE *f, const struct ctl_verb *verb)
{
	const struct ctl_option *option;
	char text[64];
	int width = 0;

	for (size_t i = 0; (option = ctl_option_at(verb, i)); i++)
		if (option_label(text, option) > width)
			width = option_label(text, option);
	fprintf(f, "\nOptions:\n");
	for (size_t i = 0; (option = ctl_option_at(verb, i)); i++) {
		option_label(text, option);
		print_line(f, width, text, option->help);
	}
}

void ctl_help_print(FILE *f)
{
	fprintf(f, "Usage: mempolctl [OPTION...] VERB [ARG...]\n\n"
		   "Show and steer the memory policies of mempolicyd.\n");
	print_verbs(f, NULL);
	print_options(f, NULL);
	fprintf(f,
		"\nExit status: 0 ok, 1 failed, 2 usage, 3 this kernel cannot, 4 not permitted,\n"
		"7 mempolicyd is not running. See mempolctl(1).\n");
}

static const char *access_text(enum ctl_access access)
{
	switch (access) {
	case CTL_ACCESS_EVERYBODY:
		return "For root, and for everybody of pages of own cgroups.";
	case CTL_ACCESS_GROUP:
		return "For root and the group mempolicy.";
	case CTL_ACCESS_ROOT:
		return "Only for root.";
	default:
		return "Does not ask mempolicyd.";
	}
}

void ctl_help_print_verb(FILE *f, const struct ctl_verb *verb, const struct ctl_verb *sub)
{
	const struct ctl_verb *last = sub ? sub : verb;
	char text[64];

	verb_label(text, last);
	fprintf(f, "Usage: mempolctl [OPTION...] %s%s%s\n\n", sub ? verb->name : "", sub ? " " : "",
		text);
	fprintf(f, "%c%s.\n", toupper((unsigned char)*last->help), last->help + 1);
	if (last->run)
		fprintf(f, "%s\n", access_text(last->access));
	else
		print_verbs(f, last);
	print_options(f, last);
	fprintf(f, "\nSee mempolctl(1).\n");
}

/* The verb of @verb's own by its name, NULL with a message when there is none. */
static const struct ctl_verb *find_sub(const struct ctl_verb *verb, const char *word)
{
	const struct ctl_verb *sub = ctl_subverb_find(verb, word);

	if (!verb->verbs)
		fprintf(stderr, "mempolctl help: %s has no verbs of its own\n", verb->name);
	else if (!sub)
		ctl_subverb_unknown(verb, word);
	return sub;
}

enum ctl_exit ctl_help(const struct ctl *ctl, int argc, char *argv[])
{
	const struct ctl_verb *verb = argc ? ctl_verb_find(argv[0]) : NULL, *sub = NULL;
	char option[] = "--help", *own[] = { argc ? argv[0] : NULL, option, NULL };

	if (!argc) {
		ctl_help_print(stdout);
		return CTL_OK;
	}
	if (!verb)
		return ctl_verb_unknown(argv[0]);
	if (!ctl_verb_is_built(verb))
		return ctl_verb_not_built(verb);
	if (argc > 1) {
		sub = find_sub(verb, argv[1]);
		if (!sub)
			return CTL_USAGE;
	}
	if (verb->options)
		return verb->run(ctl, 1, own + 1);
	ctl_help_print_verb(stdout, verb, sub);
	return CTL_OK;
}
