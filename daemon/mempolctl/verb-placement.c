/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * placement: how full pools are, whether pages lie where they may, and which page lies where. Here are its options, its
 * verbs and status; the others are in placement-*.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "client.h"
#include "complain.h"
#include "output.h"
#include "placement.h"
#include "size.h"

const struct option ctl_placement_options[] = {
	{ "cgroup", required_argument, NULL, 'c' }, { "file", required_argument, NULL, 'f' },
	{ "reset", no_argument, NULL, 'r' },	    { "json", no_argument, NULL, 'j' },
	{ "no-legend", no_argument, NULL, 'n' },    { "socket", required_argument, NULL, 's' },
	{ "help", no_argument, NULL, 'h' },	    {},
};

static void print_help(void)
{
	printf("Usage: mempolctl placement status [NAME]\n"
	       "       mempolctl placement audit [--cgroup CGROUP] [NAME]\n"
	       "       mempolctl placement audit --file FILE\n"
	       "       mempolctl placement iutil [--reset] [--cgroup CGROUP] [NAME]\n"
	       "       mempolctl placement map [--cgroup CGROUP] NAME\n\n"
	       "Where the pages of governed control groups lie.\n\n"
	       "Verbs:\n"
	       "  status [NAME]    how full pools are, and who got no frame of them\n"
	       "  audit [NAME]     do pages lie where mosaic may put them; only for root\n"
	       "  iutil [NAME]     first conflict, use, and use by bucket; only for root\n"
	       "  map NAME         which page each frame has, as a dump; only for root\n\n"
	       "Options:\n"
	       "  --cgroup CGROUP  only of the policy at CGROUP\n"
	       "  --file FILE      with audit: a dump that map has written, - for standard input\n"
	       "  --reset          with iutil: forget the first conflict\n"
	       "  --json           print JSON\n"
	       "  --no-legend      print no column titles\n"
	       "  --socket PATH    talk to the daemon at PATH\n"
	       "  -h, --help       this text\n\n"
	       "audit fails with status 1 if a page lies where it may not.\n"
	       "See mempolctl(1).\n");
}

/* ---- status -------------------------------------------------------------------------------------------- */

static const char *share(uint64_t part, uint64_t of, char text[static 32])
{
	uint64_t permyriad = of ? (uint64_t)((unsigned __int128)part * 10000 / of) : 0;

	snprintf(text, 32, "%" PRIu64 ".%02" PRIu64 " %%", permyriad / 100, permyriad % 100);
	return text;
}

static void print_pool(sd_json_variant *row, sd_json_variant *counters)
{
	uint64_t pages = ctl_number(counters, "pool_pages");
	uint64_t wanted = ctl_number(counters, "wanted_pages");
	uint64_t sharing = ctl_number(row, "policies"), page_size = ctl_number(row, "page_size");
	char size[MP_SIZE_TEXT], others[48] = "", missing[64] = "";

	if (sharing > 1)
		snprintf(others, sizeof(others), ", shared by %" PRIu64 " attachments", sharing);
	if (pages < wanted)
		snprintf(missing, sizeof(missing), " of %" PRIu64, wanted);
	ctl_print_labelf("Pool", "%s: %s (%" PRIu64 "%s pages)%s", ctl_string(row, "pool") ?: "-",
			 mp_size_format(pages * page_size, size), pages, missing, others);
}

/* "large folios 3, other nodes 1": those that are not 0, and what is left. */
static void print_exempt(sd_json_variant *counters)
{
	uint64_t all = ctl_number(counters, "exempt"), large = ctl_number(counters, "exempt_large");
	uint64_t node = ctl_number(counters, "exempt_node");

	if (!all)
		ctl_print_label("Exempt", "0");
	else
		ctl_print_labelf("Exempt",
				 "%" PRIu64 ": large folios %" PRIu64 ", other nodes %" PRIu64
				 ", the rest %" PRIu64,
				 all, large, node, all - (large + node < all ? large + node : all));
}

static void print_counters(sd_json_variant *row, sd_json_variant *counters)
{
	uint64_t pages = ctl_number(counters, "pool_pages");
	uint64_t used = ctl_number(counters, "used_pages");
	uint64_t lost = ctl_number(counters, "lost_pages");
	uint64_t conflict = ctl_number(counters, "conflict_pages");
	char text[32];

	print_pool(row, counters);
	ctl_print_labelf("In use", "%s (%" PRIu64 " pages)", share(used, pages, text), used);
	if (lost)
		ctl_print_labelf("Lost", "%" PRIu64 " page%s, memory failed there", lost,
				 lost == 1 ? "" : "s");
	if (conflict)
		ctl_print_labelf("Conflict", "the first with %s in use (%" PRIu64 " pages)",
				 share(conflict, pages, text), conflict);
	else
		ctl_print_label("Conflict", "none yet");
	ctl_print_labelf("Placed", "%" PRIu64 ", for %" PRIu64 " of them another page went",
			 ctl_number(counters, "placed"), ctl_number(counters, "evicted"));
	ctl_print_labelf("Ordinary", "%" PRIu64, ctl_number(counters, "ordinary"));
	print_exempt(counters);
}

enum ctl_exit placement_status(const struct placement_request *request)
{
	_cleanup_json_ sd_json_variant *reply = NULL;
	enum ctl_exit result =
		ctl_call_policy(&request->ctl, "PlacementStatus", request->name, &reply);
	sd_json_variant *rows;

	if (result != CTL_OK)
		return result;
	if (request->ctl.json)
		return ctl_print_json(reply);
	rows = ctl_array(reply, "pools");
	for (size_t i = 0; rows && i < sd_json_variant_elements(rows); i++) {
		sd_json_variant *row = sd_json_variant_by_index(rows, i);
		sd_json_variant *counters = sd_json_variant_by_key(row, "counters");

		if (i)
			putchar('\n');
		ctl_print_label("Policy", ctl_string(row, "policy"));
		ctl_print_label("Cgroup", ctl_string(row, "cgroup"));
		ctl_print_label("Engine", ctl_string(row, "engine"));
		ctl_print_label("State", ctl_string(row, "state"));
		ctl_print_label("Reason", ctl_string(row, "reason"));
		if (counters && sd_json_variant_is_object(counters))
			print_counters(row, counters);
	}
	return CTL_OK;
}

/* ---- words and options --------------------------------------------------------------------------------- */

/* For help, completion and dispatch; the functions are in the table below. */
const struct ctl_verb ctl_placement_verbs[] = {
	{
		.name = "status",
		.args = "[NAME]",
		.max_args = 1,
		.access = CTL_ACCESS_GROUP,
		.complete = CTL_COMPLETE_POLICY,
		.help = "how full pools are, and who got no frame of them",
	},
	{
		.name = "audit",
		.args = "[NAME]",
		.max_args = 1,
		.access = CTL_ACCESS_ROOT,
		.complete = CTL_COMPLETE_POLICY,
		.help = "do pages lie where mosaic may put them",
	},
	{
		.name = "iutil",
		.args = "[NAME]",
		.max_args = 1,
		.access = CTL_ACCESS_ROOT,
		.complete = CTL_COMPLETE_POLICY,
		.help = "first conflict, use, and use by bucket",
	},
	{
		.name = "map",
		.args = "NAME",
		.min_args = 1,
		.max_args = 1,
		.access = CTL_ACCESS_ROOT,
		.complete = CTL_COMPLETE_POLICY,
		.help = "which page each frame has, as a dump",
	},
	{},
};

/* By the rows of the table of verbs. */
static enum ctl_exit (*const functions[])(const struct placement_request *request) = {
	placement_status,
	placement_audit,
	placement_iutil,
	placement_map,
};

static enum ctl_exit usage(void)
{
	fprintf(stderr, "Usage: mempolctl placement status [NAME] | audit [NAME] | iutil [NAME] | "
			"map NAME\n");
	return CTL_USAGE;
}

/* Files are the shell's affair. */
void ctl_placement_complete(const char *option, const char *prefix)
{
	(void)prefix;
	if (!strcmp(option, "--file") || !strcmp(option, "--socket"))
		puts("PATH");
}

/* 1 when there is nothing more to do. */
static int take_options(struct placement_request *request, int argc, char *argv[])
{
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, ":h", ctl_placement_options, NULL)) >= 0) {
		switch (c) {
		case 'h':
			print_help();
			return 1;
		case 'c':
			request->cgroup = optarg;
			break;
		case 'f':
			request->file = optarg;
			break;
		case 'r':
			request->reset = true;
			break;
		case 'j':
			request->ctl.json = true;
			break;
		case 'n':
			request->ctl.legend = false;
			break;
		case 's':
			request->ctl.socket = optarg;
			break;
		case ':':
			return ctl_complain("placement", "'%s' needs a value", argv[optind - 1]);
		default:
			return ctl_complain("placement",
					    "unknown option '%s'; see mempolctl placement --help",
					    argv[optind - 1]);
		}
	}
	return 0;
}

/* An option that a verb would pass over is a mistake. */
static const char *option_problem(const struct placement_request *request,
				  enum ctl_exit (*function)(const struct placement_request *))
{
	if (request->file && function != placement_audit)
		return "--file goes with audit only";
	if (request->file && (request->name || request->cgroup))
		return "--file goes alone: a dump has one policy's pages";
	if (request->reset && function != placement_iutil)
		return "--reset goes with iutil only";
	if (request->cgroup && (request->reset || function == placement_status))
		return "--cgroup goes with audit, iutil and map only, and not with --reset";
	return NULL;
}

/* For what is said of a word that is none. */
static const struct ctl_verb placement = { .name = "placement", .verbs = ctl_placement_verbs };

static enum ctl_exit dispatch(struct placement_request *request, int argc, char *argv[])
{
	for (size_t i = 0; argc && ctl_placement_verbs[i].name; i++) {
		const char *problem;

		if (strcmp(argv[0], ctl_placement_verbs[i].name))
			continue;
		if (argc - 1 < ctl_placement_verbs[i].min_args ||
		    argc - 1 > ctl_placement_verbs[i].max_args)
			return usage();
		request->name = argc > 1 ? argv[1] : NULL;
		problem = option_problem(request, functions[i]);
		if (problem) {
			ctl_complain("placement", "%s", problem);
			return CTL_USAGE;
		}
		return functions[i](request);
	}
	if (argc)
		return ctl_subverb_unknown(&placement, argv[0]);
	return usage();
}

enum ctl_exit ctl_placement(const struct ctl *ctl, int argc, char *argv[])
{
	struct placement_request request = { .ctl = *ctl };
	int r = take_options(&request, argc + 1, argv - 1);

	if (r)
		return r == 1 ? CTL_OK : CTL_USAGE;
	return dispatch(&request, argc - (optind - 1), argv - 1 + optind);
}
