/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * translation: what maps a process' memory, why it is not huge, what that costs, and what would change it. Options
 * and verbs are read here; translation.h has the parts.
 */
#include <errno.h>
#include <string.h>

#include "new-file.h"
#include "size.h"
#include "subline.h"
#include "translation.h"

const struct option ctl_translation_options[] = {
	{ "all", no_argument, NULL, 'a' },	    { "tables", no_argument, NULL, 't' },
	{ "dump", required_argument, NULL, 'd' },   { "from", required_argument, NULL, 'f' },
	{ "trace", required_argument, NULL, 'r' },  { "format", required_argument, NULL, 'm' },
	{ "sample", optional_argument, NULL, 'S' }, { "skip", required_argument, NULL, 'k' },
	{ "output", required_argument, NULL, 'o' }, { "json", no_argument, NULL, 'j' },
	{ "no-legend", no_argument, NULL, 'n' },    { "socket", required_argument, NULL, 's' },
	{ "help", no_argument, NULL, 'h' },	    {},
};

/* How long page_idle is looked at, if nobody says. */
#define SAMPLE_MS 10000

/* No machine has more. */
#define NODES_MAX 1023

/* Which verbs an option is for, in the order of the table below. */
enum {
	WALK = 1,
	STATUS = 2,
	PREDICT = 4,
	RECORD = 8,
	AREAS = 16,
	TRIM = 32,
	NODE = 64,
};

static void print_help(void)
{
	printf("Usage: mempolctl translation [OPTION...] walk PID\n"
	       "       mempolctl translation [OPTION...] status [PID|CGROUP]\n"
	       "       mempolctl translation [OPTION...] predict PID --trace FILE|--sample\n"
	       "       mempolctl translation record -o DIR -- COMMAND [ARG...]\n"
	       "       mempolctl translation [OPTION...] areas PID | trim PID | node PID NODE\n\n"
	       "What maps a process' memory, why it has no huge pages, and what its TLB misses\n"
	       "would cost otherwise; and page tables by hand.\n\n"
	       "Verbs:\n"
	       "  walk PID              each mapping: huge, full, partly filled, empty windows\n"
	       "  status [PID|CGROUP]   bytes of page tables, and what huge pages would save\n"
	       "  predict PID           cycles of page walks: now, with huge pages, as a guest\n"
	       "  record -- COMMAND     what a command refers to, and its page tables\n"
	       "  areas PID             its ranges whose page tables lie in a row\n"
	       "  trim PID              free its page tables that have no entry\n"
	       "  node PID NODE         move its page tables to a node\n\n"
	       "Options:\n"
	       "  --all                 walk: mappings without a page too\n"
	       "  --tables              walk: each table with its physical address; root only\n"
	       "  --dump FILE           walk: write the tables down for predict; root only\n"
	       "  --trace FILE          predict: the references, as record writes them\n"
	       "  --format NAME         predict: of the trace: lackey (default), text,\n"
	       "                        drmemtrace, binary\n"
	       "  --sample[=TIME]       predict: an estimate from page_idle, in 10s; root only\n"
	       "  --from FILE           predict: a dump in place of PID; needs no daemon\n"
	       "  --skip N              predict: references that warm up; default a quarter\n"
	       "  -o, --output DIR      record: a directory, which must not exist\n"
	       "  --json                print it as JSON\n"
	       "  --no-legend           print no column titles and no sums\n"
	       "  --socket PATH         talk to the daemon at PATH\n"
	       "  -h, --help            this text\n\n"
	       "For root, and for a member of the group mempolicy about own processes.\n"
	       "See mempolctl(1).\n");
}

static enum ctl_exit usage(void)
{
	fprintf(stderr, "Usage: mempolctl translation walk PID | status [PID|CGROUP] | "
			"predict PID --trace FILE|--sample | record -o DIR -- COMMAND | "
			"areas PID | trim PID | node PID NODE\n");
	return CTL_USAGE;
}

/* ---- the verbs ---------------------------------------------------------------------------------------- */

static enum ctl_exit no_pid(const char *word)
{
	translation_complain("'%s' is not the number of a process", word);
	return CTL_USAGE;
}

struct dump_job {
	const struct translation_request *request;
	const struct translation_walk *walk;
	enum ctl_exit result;
};

static int write_dump(void *userdata, int fd)
{
	struct dump_job *job = userdata;
	_cleanup_fclose_ FILE *file = mp_owned(ctl_stream_over(fd));

	if (!file)
		return -errno;
	job->result = translation_dump(&job->request->ctl, job->walk, file);
	return job->result == CTL_OK ? 0 : -ECANCELED;
}

static enum ctl_exit save_dump(const struct translation_request *request,
			       const struct translation_walk *walk)
{
	struct dump_job job = { .request = request, .walk = walk, .result = CTL_FAILED };
	int r = ctl_new_file(request->dump, write_dump, &job);

	if (r == -ECANCELED)
		return job.result;
	if (r == 0)
		return CTL_OK;
	translation_complain("--dump %s: %s", request->dump,
			     r == -EEXIST ? "it exists, and nothing is overwritten" : strerror(-r));
	return r == -EACCES || r == -EPERM ? CTL_NOT_PERMITTED : CTL_FAILED;
}

static enum ctl_exit run_walk(const struct translation_request *request, int argc, char *argv[])
{
	struct translation_walk walk = {};
	enum ctl_exit result;
	uint64_t pid;

	(void)argc;
	if (!translation_pid(argv[0], &pid))
		return no_pid(argv[0]);
	if (request->tables)
		return translation_print_tables(request, pid);
	result = translation_ask_walk(&request->ctl, pid, false, &walk);
	if (result != CTL_OK)
		return result;
	if (request->dump)
		result = save_dump(request, &walk);
	if (result == CTL_OK)
		result = translation_print_walk(request, &walk);
	if (result == CTL_OK && !request->ctl.json && request->ctl.legend)
		translation_print_reach(&request->ctl, &walk);
	translation_walk_done(&walk);
	return result;
}

static enum ctl_exit run_status(const struct translation_request *request, int argc, char *argv[])
{
	return translation_status(request, argc ? argv[0] : NULL);
}

static enum ctl_exit run_predict(const struct translation_request *request, int argc, char *argv[])
{
	uint64_t pid;

	if (!argc == !request->from)
		return usage();
	if (argc && !translation_pid(argv[0], &pid))
		return no_pid(argv[0]);
	if (!request->trace && !request->sample_ms) {
		translation_complain(
			"predict needs --trace FILE, which record writes, or --sample");
		return CTL_USAGE;
	}
	if (request->from && request->sample_ms) {
		translation_complain("--sample looks at a process that lives, not at a dump");
		return CTL_USAGE;
	}
	return translation_predict(request, argc ? argv[0] : NULL);
}

static enum ctl_exit run_record(const struct translation_request *request, int argc, char *argv[])
{
	if (!request->output) {
		translation_complain("record needs --output DIR, which must not exist");
		return CTL_USAGE;
	}
	return translation_record(request, argc, argv);
}

static enum ctl_exit run_areas(const struct translation_request *request, int argc, char *argv[])
{
	uint64_t pid;

	(void)argc;
	return translation_pid(argv[0], &pid) ? translation_areas(request, pid) : no_pid(argv[0]);
}

static enum ctl_exit run_trim(const struct translation_request *request, int argc, char *argv[])
{
	uint64_t pid;

	(void)argc;
	return translation_pid(argv[0], &pid) ? translation_change(request, pid, NULL) :
						no_pid(argv[0]);
}

static enum ctl_exit run_node(const struct translation_request *request, int argc, char *argv[])
{
	uint64_t pid, node;

	(void)argc;
	if (!translation_pid(argv[0], &pid))
		return no_pid(argv[0]);
	/* Written as the number of a process is, but 0 is a node. */
	if (strcmp(argv[1], "0") != 0 && (!translation_pid(argv[1], &node) || node > NODES_MAX)) {
		translation_complain("'%s' is not the number of a node", argv[1]);
		return CTL_USAGE;
	}
	if (!strcmp(argv[1], "0"))
		node = 0;
	return translation_change(request, pid, &node);
}

/* For help, completion and the manual page's check; the functions are in the table below. */
const struct ctl_verb ctl_translation_verbs[] = {
	{
		.name = "walk",
		.args = "PID",
		.min_args = 1,
		.max_args = 1,
		.access = CTL_ACCESS_GROUP,
		.help = "each mapping: huge, full, partly filled, empty windows",
	},
	{
		.name = "status",
		.args = "[PID|CGROUP]",
		.max_args = 1,
		.access = CTL_ACCESS_GROUP,
		.help = "bytes of page tables, and what huge pages would save",
	},
	{
		.name = "predict",
		.args = "PID",
		.max_args = 1,
		.access = CTL_ACCESS_ROOT,
		.help = "cycles of page walks: now, with huge pages, as a guest",
	},
	{
		.name = "record",
		.args = "-o DIR -- COMMAND",
		.min_args = 1,
		.max_args = -1,
		.access = CTL_ACCESS_ROOT,
		.complete = CTL_COMPLETE_PATH,
		.help = "what a command refers to, and its page tables",
	},
	{
		.name = "areas",
		.args = "PID",
		.min_args = 1,
		.max_args = 1,
		.access = CTL_ACCESS_ROOT,
		.help = "its ranges whose page tables lie in a row",
	},
	{
		.name = "trim",
		.args = "PID",
		.min_args = 1,
		.max_args = 1,
		.access = CTL_ACCESS_ROOT,
		.help = "free its page tables that have no entry",
	},
	{
		.name = "node",
		.args = "PID NODE",
		.min_args = 2,
		.max_args = 2,
		.access = CTL_ACCESS_ROOT,
		.help = "move its page tables to a node",
	},
	{},
};

/* By the rows of the table of verbs. */
static enum ctl_exit (*const functions[])(const struct translation_request *request, int argc,
					  char *argv[]) = {
	run_walk, run_status, run_predict, run_record, run_areas, run_trim, run_node,
};

/* ---- options ------------------------------------------------------------------------------------------ */

static unsigned int rows_of(int letter)
{
	switch (letter) {
	case 'a':
	case 't':
	case 'd':
		return WALK;
	case 'f':
	case 'r':
	case 'm':
	case 'S':
	case 'k':
		return PREDICT;
	case 'o':
		return RECORD;
	default:
		return WALK | STATUS | PREDICT | RECORD | AREAS | TRIM | NODE;
	}
}

static int take_sample(struct translation_request *request, const char *value)
{
	request->sample_ms = SAMPLE_MS;
	if (value && (mp_time_parse(value, &request->sample_ms) < 0 || request->sample_ms < 1000 ||
		      request->sample_ms > 3600000))
		return translation_complain("--sample=%s: a time from 1s to 1h, as in 30s", value);
	return 0;
}

static int take_skip(struct translation_request *request, const char *value)
{
	char *end;

	errno = 0;
	request->skip = strtoull(value, &end, 10);
	if (*value < '0' || *value > '9' || errno || *end || request->skip == UINT64_MAX)
		return translation_complain("--skip %s: a number of references", value);
	return 0;
}

static int take(void *userdata, int letter, const char *value)
{
	struct translation_request *request = userdata;

	switch (letter) {
	case 'a':
		request->all = true;
		return 0;
	case 't':
		request->tables = true;
		return 0;
	case 'd':
		request->dump = value;
		return 0;
	case 'f':
		request->from = value;
		return 0;
	case 'r':
		request->trace = value;
		return 0;
	case 'm':
		request->format = value;
		return 0;
	case 'S':
		return take_sample(request, value);
	case 'k':
		return take_skip(request, value);
	case 'o':
		request->output = value;
		return 0;
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

static enum ctl_exit run(void *request, size_t row, int argc, char *argv[])
{
	return functions[row](request, argc, argv);
}

enum ctl_exit ctl_translation(const struct ctl *ctl, int argc, char *argv[])
{
	static const struct ctl_subline line = {
		.verb = "translation",
		.verbs = ctl_translation_verbs,
		.options = ctl_translation_options,
		.letters = ":ho:",
		.rows_of = rows_of,
		.take = take,
		.run = run,
		.print_help = print_help,
		.usage = usage,
	};
	struct translation_request request = { .ctl = *ctl, .skip = UINT64_MAX };

	return ctl_subline_run(&line, &request, argc, argv);
}
