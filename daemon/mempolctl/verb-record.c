/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * record: a trace of what a cgroup asks of the page cache, for simulate. Needs root and no daemon.
 */
#include <errno.h>

#include "record.h"

const struct option ctl_record_options[] = {
	{ "cgroup", required_argument, NULL, 'c' },
	{ "unit", required_argument, NULL, 'u' },
	{ "seconds", required_argument, NULL, 's' },
	{ "sample", required_argument, NULL, 'n' },
	{ "output", required_argument, NULL, 'o' },
	{ "help", no_argument, NULL, 'h' },
	{},
};

static void print_help(void)
{
	printf("Usage: mempolctl record --cgroup PATH|--unit NAME --seconds N [OPTION...]\n\n"
	       "Write down what a cgroup asks of the page cache, for mempolctl simulate.\n\nOptions:\n"
	       "  --cgroup PATH        whose page cache, as /system.slice; those below it too\n"
	       "  --unit NAME          likewise, as postgresql.service\n"
	       "  --seconds N          how long; also 5min\n"
	       "  --sample SHIFT|auto  one page in 2^SHIFT; default by the size of the cache\n"
	       "  --output FILE        which must not exist; default standard output\n"
	       "  -h, --help           this text\n\n"
	       "Only for root. Ctrl-C ends it early, and what was recorded is kept.\n");
}

/* 1 when there is nothing more to do. */
static int take_options(struct record_request *request, int argc, char *argv[])
{
	int c, at = -1, r;

	optind = 0;
	while ((c = getopt_long(argc, argv, ":h", ctl_record_options, &at)) >= 0) {
		if (c == 'h') {
			print_help();
			return 1;
		}
		if (c == ':')
			return record_complain(request, "'%s' needs a value", argv[optind - 1]);
		if (c == '?')
			return record_complain(request,
					       "unknown option '%s'; see mempolctl record --help",
					       argv[optind - 1]);
		r = record_option(request, ctl_record_options[at].name, optarg);
		if (r < 0)
			return r;
	}
	if (optind < argc)
		return record_complain(request, "'%s' is too much: the trace goes to --output FILE",
				       argv[optind]);
	r = record_check(request);
	if (r == 0 && !request->output && isatty(STDOUT_FILENO))
		return record_complain(request,
				       "a trace is not for a terminal: name an --output FILE");
	return r;
}

enum ctl_exit ctl_record(const struct ctl *ctl, int argc, char *argv[])
{
	struct record_request request = { .verb = "record", .shift = -1 };
	struct recording recording;
	enum ctl_exit result;
	int r = take_options(&request, argc + 1, argv - 1);

	if (r)
		return r == 1 ? CTL_OK : CTL_USAGE;
	result = record_run(&request, &recording);
	if (result != CTL_OK)
		return result;
	result = record_save(&request, &recording, request.output ?: "-");
	if (result == CTL_OK)
		record_report(&request, &recording);
	recording_done(&recording);
	return result;
}
