/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mempolctl: options, then one verb of the table. It holds no knowledge of any verb; what it prints
 * itself is help, the version and usage errors.
 */
#include <errno.h>
#include <getopt.h>
#include <langinfo.h>
#include <locale.h>
#include <string.h>

#include "ctl.h"
#include "suggest.h"

#ifndef MP_VERSION
#define MP_VERSION "0"
#endif

enum {
	OPT_JSON = 0x100,
	OPT_NO_LEGEND,
	OPT_SOCKET,
	OPT_VERSION,
};

static const struct option options[] = {
	{ "json", no_argument, NULL, OPT_JSON },
	{ "no-legend", no_argument, NULL, OPT_NO_LEGEND },
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "follow", no_argument, NULL, 'f' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{},
};

static void print_help(FILE *f)
{
	fprintf(f, "Usage: mempolctl [OPTION...] VERB [ARG...]\n\n"
		   "Show and steer the memory policies of mempolicyd.\n\nVerbs:\n");
	for (const struct ctl_verb *verb = ctl_verbs; verb->name; verb++)
		if (verb->run)
			fprintf(f, "  %-8s %-8s %s\n", verb->name, verb->args, verb->help);
	fprintf(f, "\nOptions:\n"
		   "  --json            print the daemon's reply itself\n"
		   "  --no-legend       print no column titles\n"
		   "  --socket PATH     talk to the daemon at PATH\n"
		   "  -f, --follow      with events: wait for new ones\n"
		   "  -h, --help        this text\n"
		   "  --version         the version\n\n"
		   "Exit status: 0 ok, 1 failed, 2 usage, 3 this kernel cannot, 4 not permitted,\n"
		   "7 mempolicyd is not running. See mempolctl(1).\n");
}

static enum ctl_exit print_version(const struct ctl *ctl)
{
	if (ctl->json)
		printf("{\"version\":\"" MP_VERSION "\"}\n");
	else
		printf("mempolctl " MP_VERSION "\n");
	return CTL_OK;
}

/* Names may hold UTF-8 and a table escapes what its locale does not have; C has nothing. */
static void set_locale(void)
{
	setlocale(LC_ALL, "");
	if (strcmp(nl_langinfo(CODESET), "UTF-8"))
		setlocale(LC_CTYPE, "C.UTF-8");
}

static enum ctl_exit unknown_verb(const char *word)
{
	const char *words[64];
	size_t n = 0;

	for (const struct ctl_verb *verb = ctl_verbs; verb->name && n < ARRAY_SIZE(words); verb++)
		if (verb->run)
			words[n++] = verb->name;
	fprintf(stderr, "mempolctl: unknown verb '%s', did you mean '%s'?\n", word,
		mp_nearest(word, words, n));
	return CTL_USAGE;
}

/* Its options may not be ours to judge, so the verb is looked for before them. */
static const struct ctl_verb *find_verb(int argc, char *argv[])
{
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--socket")) {
			i++;
			continue;
		}
		if (*argv[i] == '-')
			continue;
		return ctl_verb_find(argv[i]);
	}
	return NULL;
}

static enum ctl_exit run_verb(const struct ctl *ctl, int argc, char *argv[])
{
	const struct ctl_verb *verb = ctl_verb_find(argv[0]);
	int n_args = argc - 1;

	if (!verb)
		return unknown_verb(argv[0]);
	if (n_args < verb->min_args || (verb->max_args >= 0 && n_args > verb->max_args)) {
		fprintf(stderr, "Usage: mempolctl %s%s%s\n", verb->name, *verb->args ? " " : "",
			verb->args);
		return CTL_USAGE;
	}
	if (ctl->follow && !verb->can_follow) {
		fprintf(stderr, "mempolctl %s: there is nothing to follow\n", verb->name);
		return CTL_USAGE;
	}
	return verb->run(ctl, n_args, argv + 1);
}

static enum ctl_exit run(int argc, char *argv[])
{
	const char *socket = getenv("MEMPOLCTL_SOCKET");
	struct ctl ctl = {
		.socket = socket && *socket ? socket : CTL_SOCKET,
		.legend = true,
	};
	const struct ctl_verb *verb;
	bool version = false, own_options;
	int c;

	/* What follows belongs to a line that is still being typed: no option of ours. */
	if (argc > 1 && !strcmp(argv[1], "--complete"))
		return ctl_complete(&ctl, argc - 2, argv + 2);

	verb = find_verb(argc, argv);
	if (verb && !verb->run) {
		fprintf(stderr, "mempolctl %s: not available in this version\n", verb->name);
		return CTL_USAGE;
	}

	own_options = verb && ctl_verb_options(verb);
	while ((c = getopt_long(argc, argv, own_options ? "+fh" : "fh", options, NULL)) >= 0) {
		switch (c) {
		case OPT_JSON:
			ctl.json = true;
			break;
		case OPT_NO_LEGEND:
			ctl.legend = false;
			break;
		case OPT_SOCKET:
			ctl.socket = optarg;
			break;
		case 'f':
			ctl.follow = true;
			break;
		case 'h':
			print_help(stdout);
			return CTL_OK;
		case OPT_VERSION:
			version = true;
			break;
		default:
			return CTL_USAGE;
		}
	}
	if (version)
		return print_version(&ctl);
	if (optind == argc) {
		print_help(stderr);
		return CTL_USAGE;
	}
	return run_verb(&ctl, argc - optind, argv + optind);
}

int main(int argc, char *argv[])
{
	enum ctl_exit result;

	set_locale();
	result = run(argc, argv);
	/* A full disk must not look like success. */
	errno = 0;
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "mempolctl: cannot write: %s\n",
			errno ? strerror(errno) : "an earlier write failed");
		return result == CTL_OK ? CTL_FAILED : result;
	}
	return result;
}
