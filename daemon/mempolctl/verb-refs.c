/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * refs: which references pages have, and why they cannot go or move; which files count their reads in cells.
 * Files are opened here and passed to the daemon, which tells a user of that user's own files.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "client.h"
#include "complain.h"
#include "mempol/abi.h"
#include "output.h"
#include "refs.h"
#include "table.h"

#define DEBUGFS "/sys/kernel/debug"

const struct option ctl_refs_options[] = {
	{ "held", no_argument, NULL, 'e' },	 { "drain", no_argument, NULL, 'd' },
	{ "who", no_argument, NULL, 'w' },	 { "json", no_argument, NULL, 'j' },
	{ "no-legend", no_argument, NULL, 'n' }, { "socket", required_argument, NULL, 's' },
	{ "help", no_argument, NULL, 'h' },	 {},
};

struct refs_request {
	struct ctl ctl;
	bool held, drain, who;
};

static void print_help(void)
{
	printf("Usage: mempolctl refs [OPTION...] FILE[:OFFSET+LENGTH]\n"
	       "       mempolctl refs [OPTION...] pfn FIRST[-LAST]\n"
	       "       mempolctl refs [OPTION...] cma NAME\n"
	       "       mempolctl refs files\n"
	       "       mempolctl refs on|off FILE\n\n"
	       "Which references pages have, and why they cannot go or move.\n\n"
	       "Verbs:\n"
	       "  pfn FIRST[-LAST]  pages of memory by page frame; only for root\n"
	       "  cma NAME          those of an area of CMA; only for root\n"
	       "  files             the files whose reads are counted in cells\n"
	       "  on FILE           count the reads of FILE in cells; only for root\n"
	       "  off FILE          no longer; only for root\n\n"
	       "Options:\n"
	       "  --held            only pages that somebody may hold\n"
	       "  --drain           empty the batches of the LRU lists first; only for root\n"
	       "  --who             hints: which processes map FILE or have it open\n"
	       "  --json            print what the daemon replies\n"
	       "  --no-legend       print no column titles and no total\n"
	       "  --socket PATH     talk to the daemon at PATH\n"
	       "  -h, --help        this text\n\n"
	       "For root and the group mempolicy, whose members are told of files that they own.\n"
	       "What is told was true for a moment.\n"
	       "See mempolctl(1).\n");
}

static enum ctl_exit usage(void)
{
	fprintf(stderr, "Usage: mempolctl refs FILE[:OFFSET+LENGTH] | pfn FIRST[-LAST] | cma NAME "
			"| files | on FILE | off FILE\n");
	return CTL_USAGE;
}

static enum ctl_exit out_of_memory(void)
{
	ctl_complain("refs", "out of memory");
	return CTL_FAILED;
}

/* What is wrong with the words, or with what they name. */
static enum ctl_exit refuse(int error, const char *problem)
{
	if (!problem)
		return out_of_memory();
	ctl_complain("refs", "%s", problem);
	switch (error) {
	case -EINVAL:
		return CTL_USAGE;
	case -EACCES:
	case -EPERM:
		return CTL_NOT_PERMITTED;
	default:
		return CTL_FAILED;
	}
}

/* One part of the answer; @first is where the next one begins, or behind the end. */
static enum ctl_exit ask_part(const struct refs_request *request, const struct refs_target *target,
			      uint64_t *first, sd_json_variant **rows)
{
	_cleanup_json_ sd_json_variant *parameters = NULL, *reply = NULL;
	enum ctl_exit result;
	uint64_t next;
	int r;

	r = sd_json_buildo(&parameters,
			   SD_JSON_BUILD_PAIR_CONDITION(!!target->path, "file",
							SD_JSON_BUILD_UNSIGNED(0)),
			   SD_JSON_BUILD_PAIR_UNSIGNED("first", *first),
			   SD_JSON_BUILD_PAIR_UNSIGNED("last", target->last),
			   SD_JSON_BUILD_PAIR_BOOLEAN("drain", request->drain));
	if (r < 0)
		return out_of_memory();
	result = ctl_call_with_file(&request->ctl, target->path ? "RefsFile" : "RefsMemory",
				    parameters, target->fd, &reply);
	if (result != CTL_OK)
		return result;
	if (refs_join(rows, ctl_array(reply, "pages")) < 0)
		return out_of_memory();
	next = ctl_number(reply, "next");
	*first = next > *first ? next : target->last + 1;
	return CTL_OK;
}

/* A machine has memory where a node has it. */
static bool has_memory(sd_json_variant *rows)
{
	for (size_t i = 0; rows && i < sd_json_variant_elements(rows); i++) {
		sd_json_variant *node =
			sd_json_variant_by_key(sd_json_variant_by_index(rows, i), "node");

		if (node && !sd_json_variant_is_null(node))
			return true;
	}
	return false;
}

static int add_who(const struct refs_target *target, sd_json_variant **answer)
{
	_cleanup_json_ sd_json_variant *who = NULL;
	_cleanup_free_ char *path = realpath(target->path, NULL);
	unsigned int hidden = 0;
	int r = refs_who("/proc", &target->st, path, &who, &hidden);

	if (r >= 0)
		r = sd_json_variant_set_field(answer, "who", who);
	return r < 0 ? r : sd_json_variant_set_field_unsigned(answer, "who_hidden", hidden);
}

static enum ctl_exit look(const struct refs_request *request, const struct refs_target *target)
{
	_cleanup_json_ sd_json_variant *rows = NULL, *answer = NULL;
	uint64_t first = target->first;
	enum ctl_exit result;
	int r;

	while (!target->empty && first <= target->last) {
		result = ask_part(request, target, &first, &rows);
		if (result != CTL_OK)
			return result;
	}
	if (!target->path && !has_memory(rows)) {
		ctl_complain("refs",
			     "there is no memory at page frame %" PRIu64 " to %" PRIu64
			     "; /proc/zoneinfo says where it begins",
			     target->first, target->last);
		return CTL_FAILED;
	}
	r = refs_answer(rows, target, request->held, &answer);
	if (r >= 0 && request->who)
		r = add_who(target, &answer);
	if (r < 0) {
		ctl_complain("refs", "failed: %s", strerror(-r));
		return CTL_FAILED;
	}
	return refs_print(&request->ctl, target, answer);
}

static enum ctl_exit run_target(const struct refs_request *request, struct refs_target *target,
				int error, char *problem)
{
	_cleanup_free_ char *text = problem;
	enum ctl_exit result = error < 0 ? refuse(error, text) : look(request, target);

	refs_target_done(target);
	return result;
}

static enum ctl_exit run_file(const struct refs_request *request, char *argv[])
{
	struct refs_target target;
	char *problem;
	int r = refs_target_file(argv[0], &target, &problem);

	return run_target(request, &target, r, problem);
}

static enum ctl_exit run_frames(const struct refs_request *request, char *argv[])
{
	struct refs_target target;
	char *problem;
	int r = refs_target_frames(argv[0], &target, &problem);

	return run_target(request, &target, r, problem);
}

static enum ctl_exit run_cma(const struct refs_request *request, char *argv[])
{
	struct refs_target target;
	char *problem;
	int r = refs_target_cma(DEBUGFS, argv[0], &target, &problem);

	return run_target(request, &target, r, problem);
}

static enum ctl_exit run_files(const struct refs_request *request, char *argv[])
{
	static const struct ctl_column columns[] = {
		{ "POLICY", "policy", false, 0 }, { "FILE", "name", false, 0 },
		{ "DEVICE", "device", false, 0 }, { "INODE", "inode", true, 0 },
		{ "CAUSE", "cause", false, 0 },	  { "AGE MS", "age_ms", true, 0 },
		{ "~READS", "reads", true, 0 },	  { "~FELL BACK", "fell_back", true, 0 },
		{ "BUSY", "busy", true, 0 },
	};
	_cleanup_json_ sd_json_variant *reply = NULL;
	enum ctl_exit result = ctl_call(&request->ctl, "RefsFiles", NULL, &reply);

	if (result != CTL_OK)
		return result;
	if (request->ctl.json)
		return ctl_print_json(reply);
	return ctl_table(&request->ctl, columns, ARRAY_SIZE(columns), ctl_array(reply, "files"));
}

static enum ctl_exit switch_file(const struct refs_request *request, const char *path, bool on)
{
	_cleanup_json_ sd_json_variant *parameters = NULL, *reply = NULL;
	_cleanup_free_ char *problem = NULL;
	struct refs_target target;
	enum ctl_exit result;
	int r = refs_target_open(path, &target, &problem);

	if (r >= 0)
		r = sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_UNSIGNED("file", 0));
	result = r < 0 ? refuse(r, problem) :
			 ctl_call_with_file(&request->ctl, on ? "RefsOn" : "RefsOff", parameters,
					    target.fd, &reply);
	refs_target_done(&target);
	if (result != CTL_OK)
		return result;
	if (request->ctl.json)
		return ctl_print_json(reply);
	printf("the reads of the file are %s, by policy %s\n",
	       on ? "counted in cells" : "no longer counted in cells",
	       ctl_string(reply, "policy") ?: "-");
	return CTL_OK;
}

static enum ctl_exit run_on(const struct refs_request *request, char *argv[])
{
	return switch_file(request, argv[0], true);
}

static enum ctl_exit run_off(const struct refs_request *request, char *argv[])
{
	return switch_file(request, argv[0], false);
}

/* For help, completion and the manual page's check; the function is in the table below. */
const struct ctl_verb ctl_refs_verbs[] = {
	{
		.name = "pfn",
		.args = "FIRST[-LAST]",
		.min_args = 1,
		.max_args = 1,
		.access = CTL_ACCESS_ROOT,
		.help = "why pages of memory cannot move",
	},
	{
		.name = "cma",
		.args = "NAME",
		.min_args = 1,
		.max_args = 1,
		.access = CTL_ACCESS_ROOT,
		.help = "likewise those of an area of CMA",
	},
	{
		.name = "files",
		.args = "",
		.access = CTL_ACCESS_GROUP,
		.help = "the files whose reads are counted in cells",
	},
	{
		.name = "on",
		.args = "FILE",
		.min_args = 1,
		.max_args = 1,
		.access = CTL_ACCESS_ROOT,
		.complete = CTL_COMPLETE_PATH,
		.help = "count the reads of a file in cells",
	},
	{
		.name = "off",
		.args = "FILE",
		.min_args = 1,
		.max_args = 1,
		.access = CTL_ACCESS_ROOT,
		.complete = CTL_COMPLETE_PATH,
		.help = "no longer",
	},
	{},
};

/* By the rows of the table of verbs. */
static enum ctl_exit (*const functions[])(const struct refs_request *request, char *argv[]) = {
	run_frames, run_cma, run_files, run_on, run_off,
};

static enum ctl_exit run(const struct refs_request *request, int argc, char *argv[])
{
	bool looks = true;

	if (!argc)
		return usage();
	for (size_t i = 0; ctl_refs_verbs[i].name; i++) {
		if (strcmp(argv[0], ctl_refs_verbs[i].name))
			continue;
		looks = i < 2;
		if (request->who || (!looks && (request->held || request->drain))) {
			ctl_complain("refs", "--%s does not go with %s",
				     request->who  ? "who" :
				     request->held ? "held" :
						     "drain",
				     argv[0]);
			return CTL_USAGE;
		}
		return argc - 1 == ctl_refs_verbs[i].max_args ? functions[i](request, argv + 1) :
								usage();
	}
	return argc == 1 ? run_file(request, argv) : usage();
}

/* 1 when there is nothing more to do. */
static int take_options(struct refs_request *request, int argc, char *argv[])
{
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, ":h", ctl_refs_options, NULL)) >= 0) {
		switch (c) {
		case 'h':
			print_help();
			return 1;
		case 'e':
			request->held = true;
			break;
		case 'd':
			request->drain = true;
			break;
		case 'w':
			request->who = true;
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
			return ctl_complain("refs", "'%s' needs a value", argv[optind - 1]);
		default:
			return ctl_complain("refs",
					    "unknown option '%s'; see mempolctl refs --help",
					    argv[optind - 1]);
		}
	}
	return 0;
}

enum ctl_exit ctl_refs(const struct ctl *ctl, int argc, char *argv[])
{
	struct refs_request request = { .ctl = *ctl };
	int r = take_options(&request, argc + 1, argv - 1);

	if (r)
		return r == 1 ? CTL_OK : CTL_USAGE;
	return run(&request, argc - (optind - 1), argv - 1 + optind);
}
