/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options first, then the verb that they have to fit; see subline.h.
 */
#include <string.h>

#include "complain.h"
#include "subline.h"

/* Letters of the options that have been given, in their order. */
struct given {
	int letters[32];
	size_t n;
};

static const char *option_name(const struct ctl_subline *line, int letter)
{
	for (const struct option *o = line->options; o->name; o++)
		if (o->val == letter)
			return o->name;
	return "";
}

/* 1 when there is nothing more to do. */
static int take_options(const struct ctl_subline *line, void *request, struct given *given,
			int argc, char *argv[])
{
	int c, r = 0;

	optind = 0;
	while (!r && (c = getopt_long(argc, argv, line->letters, line->options, NULL)) >= 0) {
		if (c == 'h') {
			line->print_help();
			return 1;
		}
		if (c == ':')
			return ctl_complain(line->verb, "'%s' needs a value", argv[optind - 1]);
		if (c == '?')
			return ctl_complain(line->verb,
					    "unknown option '%s'; see mempolctl %s --help",
					    argv[optind - 1], line->verb);
		if (given->n < ARRAY_SIZE(given->letters))
			given->letters[given->n++] = c;
		r = line->take(request, c, optarg);
	}
	return r;
}

/* Is each of them for the verb of that row? */
static bool options_fit(const struct ctl_subline *line, const struct given *given, size_t row)
{
	for (size_t i = 0; i < given->n; i++) {
		if (line->rows_of(given->letters[i]) & 1U << row)
			continue;
		ctl_complain(line->verb, "--%s does not go with %s",
			     option_name(line, given->letters[i]), line->verbs[row].name);
		return false;
	}
	return true;
}

enum ctl_exit ctl_subline_run(const struct ctl_subline *line, void *request, int argc, char *argv[])
{
	struct given given = {};
	int r = take_options(line, request, &given, argc + 1, argv - 1);

	if (r)
		return r == 1 ? CTL_OK : CTL_USAGE;
	argc -= optind - 1;
	argv += optind - 1;
	if (!argc)
		return line->usage();
	for (size_t i = 0; line->verbs[i].name; i++) {
		const struct ctl_verb *verb = &line->verbs[i];

		if (strcmp(argv[0], verb->name))
			continue;
		if (!options_fit(line, &given, i))
			return CTL_USAGE;
		if (argc - 1 < verb->min_args || (verb->max_args >= 0 && argc - 1 > verb->max_args))
			return line->usage();
		return line->run(request, i, argc - 1, argv + 1);
	}
	return ctl_subverb_unknown(ctl_verb_find(line->verb), argv[0]);
}
