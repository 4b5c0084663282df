/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mempolctl: options, then one verb of the table. It holds no knowledge of any verb; what it prints
 * itself is the version and usage errors.
 */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <string.h>

#include "help.h"
#include "options.h"

#ifndef MP_VERSION
#define MP_VERSION "0"
#endif

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
	/* A decimal comma would be another column of CSV, and gnuplot reads none. */
	setlocale(LC_NUMERIC, "C");
}

/* @sub: the verb of @verb's own that is meant, or NULL. */
static enum ctl_exit usage(const struct ctl_verb *verb, const struct ctl_verb *sub)
{
	const struct ctl_verb *last = sub ? sub : verb;

	fprintf(stderr, "Usage: mempolctl %s%s%s%s%s\n", verb->name, sub ? " " : "",
		sub ? sub->name : "", *last->args ? " " : "", last->args);
	return CTL_USAGE;
}

/* @argv holds the arguments behind the last verb. */
static enum ctl_exit run_verb(const struct ctl_request *request, const struct ctl_verb *verb,
			      const struct ctl_verb *sub, int argc, char *argv[])
{
	const struct ctl_verb *last = sub ? sub : verb;

	if (request->help) {
		ctl_help_print_verb(stdout, verb, sub);
		return CTL_OK;
	}
	if (argc < last->min_args || (last->max_args >= 0 && argc > last->max_args))
		return usage(verb, sub);
	if (request->ctl.follow && !last->can_follow) {
		fprintf(stderr, "mempolctl %s: there is nothing to follow\n", verb->name);
		return CTL_USAGE;
	}
	return last->run(&request->ctl, argc, argv);
}

static enum ctl_exit run_subverb(const struct ctl_request *request, const struct ctl_verb *verb,
				 int argc, char *argv[])
{
	const struct ctl_verb *sub = argc ? ctl_subverb_find(verb, argv[0]) : NULL;

	if (argc && !sub)
		return ctl_subverb_unknown(verb, argv[0]);
	if (!sub) {
		ctl_help_print_verb(request->help ? stdout : stderr, verb, NULL);
		return request->help ? CTL_OK : CTL_USAGE;
	}
	return run_verb(request, verb, sub, argc - 1, argv + 1);
}

/* @argv[0] is the verb, options may stand anywhere behind it. */
static enum ctl_exit run_line(struct ctl_request *request, int argc, char *argv[])
{
	const struct ctl_verb *verb = ctl_verb_find(argv[0]);
	int n;

	if (!verb)
		return ctl_verb_unknown(argv[0]);
	if (!ctl_verb_is_built(verb))
		return ctl_verb_not_built(verb);
	if (verb->options) /* these are not ours to judge */
		return run_verb(request, verb, NULL, argc - 1, argv + 1);
	n = ctl_options_take(request, verb, argc, argv);
	if (n < 0)
		return CTL_USAGE;
	if (request->version)
		return print_version(&request->ctl);
	if (verb->verbs)
		return run_subverb(request, verb, argc - n, argv + n);
	return run_verb(request, verb, NULL, argc - n, argv + n);
}

static enum ctl_exit run(int argc, char *argv[])
{
	const char *socket = getenv("MEMPOLCTL_SOCKET");
	struct ctl_request request = {
		.ctl = {
			.socket = socket && *socket ? socket : CTL_SOCKET,
			.legend = true,
		},
	};
	int n;

	/* What follows belongs to a line that is still being typed: no option of ours. */
	if (argc > 1 && !strcmp(argv[1], "--complete"))
		return ctl_complete(&request.ctl, argc - 2, argv + 2);

	n = ctl_options_take(&request, NULL, argc, argv);
	if (n < 0)
		return CTL_USAGE;
	if (request.version)
		return print_version(&request.ctl);
	if (request.help) {
		ctl_help_print(stdout);
		return CTL_OK;
	}
	if (n == argc) {
		ctl_help_print(stderr);
		return CTL_USAGE;
	}
	return run_line(&request, argc - n, argv + n);
}

int main(int argc, char *argv[])
{
	enum ctl_exit result;

	set_locale();
	ctl_verbs_init(ctl_verb_table);
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
