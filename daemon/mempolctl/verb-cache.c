/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cache: people say what becomes of cached pages of files, and see what is cached. Options and verbs are read here;
 * cache.h has the parts.
 */
#include <string.h>

#include "cache.h"
#include "complain.h"
#include "pin_set.h"
#include "size.h"
#include "subline.h"

const struct option ctl_cache_options[] = {
	{ "recursive", no_argument, NULL, 'r' },
	{ "follow-links", no_argument, NULL, 'l' },
	{ "set", required_argument, NULL, 'S' },
	{ "wait", no_argument, NULL, 'w' },
	{ "fetch", no_argument, NULL, 'f' },
	{ "watch", required_argument, NULL, 'W' },
	{ "json", no_argument, NULL, 'j' },
	{ "no-legend", no_argument, NULL, 'n' },
	{ "socket", required_argument, NULL, 's' },
	{ "help", no_argument, NULL, 'h' },
	{},
};

#define PATHS "PATH[:OFFSET+LENGTH]..."

static void print_help(void)
{
	printf("Usage: mempolctl cache [OPTION...] activate|deactivate|evict|prefetch PATH...\n"
	       "       mempolctl cache [OPTION...] pin PATH...\n"
	       "       mempolctl cache [OPTION...] unpin [PATH...]\n"
	       "       mempolctl cache pins\n"
	       "       mempolctl cache [OPTION...] residency PATH...\n\n"
	       "Say what becomes of the cached pages of files, and see what is cached.\n"
	       "PATH may be PATH:OFFSET+LENGTH, in bytes or with K, M, G or T.\n\n"
	       "Verbs:\n"
	       "  activate          they are used again and again\n"
	       "  deactivate        they go first, unless they are used again\n"
	       "  evict             they are written back and freed soon\n"
	       "  prefetch          they are read, without waiting\n"
	       "  pin               they go last: the daemon keeps them so; only for root\n"
	       "  unpin             no longer, without PATH all of the set; only for root\n"
	       "  pins              what is pinned so\n"
	       "  residency         how much is cached, where in the file, on which list\n\n"
	       "Options:\n"
	       "  -r, --recursive   the files below directories, on one file system\n"
	       "  --follow-links    -r: also behind links\n"
	       "  --set NAME        pin, unpin: the set; default " CACHE_DEFAULT_SET "\n"
	       "  --wait            pin: own pages, as long as this command runs\n"
	       "  --fetch           pin --wait: read first what is not cached\n"
	       "  --watch TIME      residency: a line each TIME, as in 1s, a picture over time\n"
	       "  --json            print it as JSON\n"
	       "  --no-legend       print no column titles and no legend\n"
	       "  --socket PATH     talk to the daemon at PATH\n"
	       "  -h, --help        this text\n\n"
	       "For root, of anybody's pages; for other users, of pages of own cgroups.\n"
	       "See mempolctl(1).\n");
}

static enum ctl_exit usage(void)
{
	fprintf(stderr, "Usage: mempolctl cache activate|deactivate|evict|prefetch|pin|residency "
			"PATH... | unpin [PATH...] | pins\n");
	return CTL_USAGE;
}

/* For help, completion and the manual page's check; the functions are below. */
enum {
	ACTIVATE,
	DEACTIVATE,
	EVICT,
	PREFETCH,
	PIN,
	UNPIN,
	PINS,
	RESIDENCY,
	N_VERBS,
};

#define FILES(word, who, text)           \
	{ .name = (word),                \
	  .args = PATHS,                 \
	  .min_args = 1,                 \
	  .max_args = -1,                \
	  .access = (who),               \
	  .complete = CTL_COMPLETE_PATH, \
	  .help = (text) }

const struct ctl_verb ctl_cache_verbs[] = {
	[ACTIVATE] = FILES("activate", CTL_ACCESS_EVERYBODY, "pages are used again and again"),
	[DEACTIVATE] = FILES("deactivate", CTL_ACCESS_EVERYBODY, "pages go before others"),
	[EVICT] = FILES("evict", CTL_ACCESS_EVERYBODY, "pages are written back and freed soon"),
	[PREFETCH] = FILES("prefetch", CTL_ACCESS_EVERYBODY, "pages are read, without waiting"),
	[PIN] = FILES("pin", CTL_ACCESS_ROOT, "pages go after all others"),
	[UNPIN] = {
		.name = "unpin",
		.args = "[" PATHS "]",
		.max_args = -1,
		.access = CTL_ACCESS_ROOT,
		.complete = CTL_COMPLETE_PATH,
		.help = "no longer",
	},
	[PINS] = {
		.name = "pins",
		.args = "",
		.access = CTL_ACCESS_GROUP,
		.help = "what the daemon keeps pinned",
	},
	[RESIDENCY] = FILES("residency", CTL_ACCESS_ALONE, "how much is cached, and where"),
	[N_VERBS] = {},
};

static unsigned int rows_of(int letter)
{
	const unsigned int all = (1U << N_VERBS) - 1;

	switch (letter) {
	case 'r':
	case 'l':
		return all & ~(1U << PINS);
	case 'S':
		return 1U << PIN | 1U << UNPIN;
	case 'w':
	case 'f':
		return 1U << PIN;
	case 'W':
		return 1U << RESIDENCY;
	default:
		return all;
	}
}

static int take_watch(struct cache_request *request, const char *value)
{
	if (mp_time_parse(value, &request->watch_ms) < 0 || request->watch_ms < 100 ||
	    request->watch_ms > 3600000)
		return ctl_complain("cache", "--watch=%s: a time from 100ms to 1h, as in 1s",
				    value);
	return 0;
}

static int take_set(struct cache_request *request, const char *value)
{
	if (!mp_pin_set_name_valid(value))
		return ctl_complain(
			"cache",
			"--set=%s: 1 to 63 letters, digits and _ . @ -, the first neither . nor -",
			value);
	request->set = value;
	return 0;
}

static int take(void *userdata, int letter, const char *value)
{
	struct cache_request *request = userdata;

	switch (letter) {
	case 'r':
		request->recursive = true;
		return 0;
	case 'l':
		request->follow_links = true;
		return 0;
	case 'S':
		return take_set(request, value);
	case 'w':
		request->wait = true;
		return 0;
	case 'f':
		request->fetch = true;
		return 0;
	case 'W':
		return take_watch(request, value);
	case 'j':
		request->ctl.json = true;
		return 0;
	case 'n':
		request->ctl.legend = false;
		return 0;
	default:
		request->ctl.socket = value;
		return 0;
	}
}

/* Options that are good for the verb and make no sense together. */
static const char *option_problem(const struct cache_request *request)
{
	if (request->follow_links && !request->recursive)
		return "--follow-links goes with -r only";
	if (request->fetch && !request->wait)
		return "--fetch goes with pin --wait only: what is read belongs to whoever reads "
		       "it, and that would be this command";
	if (request->set && request->wait)
		return "--set is for the daemon's sets, and --wait keeps none";
	return NULL;
}

static enum ctl_exit run(void *userdata, size_t row, int argc, char *argv[])
{
	static const enum mempolicy_verb verbs[] = {
		[ACTIVATE] = MEMPOLICY_ACTIVATE,
		[DEACTIVATE] = MEMPOLICY_DEACTIVATE,
		[EVICT] = MEMPOLICY_EVICT,
		[PREFETCH] = MEMPOLICY_PREFETCH,
	};
	const struct cache_request *request = userdata;
	const char *problem = option_problem(request);

	if (problem) {
		ctl_complain("cache", "%s", problem);
		return CTL_USAGE;
	}
	switch (row) {
	case PIN:
		return cache_pin(request, argc, argv);
	case UNPIN:
		return cache_unpin(request, argc, argv);
	case PINS:
		return cache_pins(request);
	case RESIDENCY:
		return cache_residency(request, argc, argv);
	default:
		return cache_tell(request, verbs[row], argc, argv);
	}
}

enum ctl_exit ctl_cache(const struct ctl *ctl, int argc, char *argv[])
{
	static const struct ctl_subline line = {
		.verb = "cache",
		.verbs = ctl_cache_verbs,
		.options = ctl_cache_options,
		.letters = ":hr",
		.rows_of = rows_of,
		.take = take,
		.run = run,
		.print_help = print_help,
		.usage = usage,
	};
	struct cache_request request = { .ctl = *ctl };

	return ctl_subline_run(&line, &request, argc, argv);
}
