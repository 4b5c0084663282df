/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of options (options.h), and getopt fed with it.
 */
#include <errno.h>
#include <string.h>

#include "options.h"

enum {
	OPT_JSON = 0x100,
	OPT_NO_LEGEND,
	OPT_SOCKET,
};

static const struct ctl_option options[] = {
	{ "json", OPT_JSON, NULL, CTL_COMPLETE_NOTHING, "print the daemon's reply itself" },
	{ "no-legend", OPT_NO_LEGEND, NULL, CTL_COMPLETE_NOTHING, "print no column titles" },
	{ "socket", OPT_SOCKET, "PATH", CTL_COMPLETE_PATH, "talk to the daemon at PATH" },
	{ "follow", 'f', NULL, CTL_COMPLETE_NOTHING, "with events: wait for new ones" },
	{ "help", 'h', NULL, CTL_COMPLETE_NOTHING, "print a help text and end" },
	{ "version", 'V', NULL, CTL_COMPLETE_NOTHING, "print the version and end" },
};

const struct ctl_option *ctl_option_at(const struct ctl_verb *verb, size_t index)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if ((!verb || verb->can_follow || options[i].value != 'f') && !index--)
			return &options[i];
	return NULL;
}

const struct ctl_option *ctl_option_find(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (!strncmp(word, "--", 2) && !strcmp(word + 2, options[i].name))
			return &options[i];
	return NULL;
}

/* The table as getopt wants it. '+' stops at the first argument, ':' leaves the messages to us. */
static void to_getopt(bool stops, char letters[], struct option longs[])
{
	letters = stpcpy(letters, stops ? "+:" : ":");
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const struct ctl_option *option = &options[i];

		if (option->value < OPT_JSON)
			*letters++ = option->value;
		if (option->value < OPT_JSON && option->arg)
			*letters++ = ':';
		longs[i] = (struct option){
			.name = option->name,
			.has_arg = option->arg ? required_argument : no_argument,
			.val = option->value,
		};
	}
	*letters = '\0';
	longs[ARRAY_SIZE(options)] = (struct option){};
}

static void take(struct ctl_request *request, int value)
{
	switch (value) {
	case OPT_JSON:
		request->ctl.json = true;
		break;
	case OPT_NO_LEGEND:
		request->ctl.legend = false;
		break;
	case OPT_SOCKET:
		request->ctl.socket = optarg;
		break;
	case 'f':
		request->ctl.follow = true;
		break;
	case 'h':
		request->help = true;
		break;
	case 'V':
		request->version = true;
		break;
	}
}

static bool is_ours(int value)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].value == value)
			return true;
	return false;
}

/*
 * @word is what getopt has passed last. Of letters that stand together, as in -xf, it is not the
 * culprit's word, and optopt has the letter.
 */
static int complain(const struct ctl_verb *verb, int c, const char *word)
{
	const char *space = verb ? " " : "", *name = verb ? verb->name : "";
	char letter[] = { '-', optopt, '\0' };

	fprintf(stderr, "mempolctl%s%s: ", space, name);
	if (c == ':')
		fprintf(stderr, "'%s' needs a value\n", word);
	else if (optopt && is_ours(optopt))
		fprintf(stderr, "'%s': this option takes no value\n", word);
	else
		fprintf(stderr, "unknown option '%s'; see mempolctl%s%s --help\n",
			optopt ? letter : word, space, name);
	return -EINVAL;
}

int ctl_options_take(struct ctl_request *request, const struct ctl_verb *verb, int argc,
		     char *argv[])
{
	struct option longs[ARRAY_SIZE(options) + 1];
	char letters[2 * ARRAY_SIZE(options) + 3];
	int c;

	to_getopt(!verb, letters, longs);
	optind = 0; /* begins anew */
	while ((c = getopt_long(argc, argv, letters, longs, NULL)) >= 0) {
		if (c == '?' || c == ':')
			return complain(verb, c, argv[optind - 1]);
		take(request, c);
	}
	return optind;
}
