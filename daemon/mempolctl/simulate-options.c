/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The options of simulate: their table, the help text, and the request they make. Called by verb-simulate.c;
 * nothing here reads a trace.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "engine.h"
#include "native.h"
#include "propose.h"
#include "simulate.h"
#include "size.h"
#include "suggest.h"
#include "text.h"

enum {
	OPT_ACCESSED_BITS = 0x100,
	OPT_CGROUP,
	OPT_COLUMNS,
	OPT_CSV,
	OPT_DIRTY,
	OPT_ENGINE,
	OPT_ENGINES,
	OPT_FORMAT,
	OPT_JSON,
	OPT_NO_LEGEND,
	OPT_OPS,
	OPT_PLOT,
	OPT_PROPOSE,
	OPT_READAHEAD,
	OPT_RECLAIM,
	OPT_SET,
	OPT_SIZE,
	OPT_STEPS,
	OPT_UNIT,
	OPT_VERBOSE,
};

const struct option ctl_simulate_options[] = {
	{ "engines", required_argument, NULL, OPT_ENGINES },
	{ "engine", required_argument, NULL, OPT_ENGINE },
	{ "set", required_argument, NULL, OPT_SET },
	{ "size", required_argument, NULL, OPT_SIZE },
	{ "steps", required_argument, NULL, OPT_STEPS },
	{ "accessed-bits", no_argument, NULL, OPT_ACCESSED_BITS },
	{ "dirty", required_argument, NULL, OPT_DIRTY },
	{ "readahead", required_argument, NULL, OPT_READAHEAD },
	{ "reclaim", required_argument, NULL, OPT_RECLAIM },
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "columns", required_argument, NULL, OPT_COLUMNS },
	{ "ops", required_argument, NULL, OPT_OPS },
	{ "propose", required_argument, NULL, OPT_PROPOSE },
	{ "unit", required_argument, NULL, OPT_UNIT },
	{ "cgroup", required_argument, NULL, OPT_CGROUP },
	{ "plot", required_argument, NULL, OPT_PLOT },
	{ "verbose", no_argument, NULL, OPT_VERBOSE },
	{ "csv", no_argument, NULL, OPT_CSV },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "no-legend", no_argument, NULL, OPT_NO_LEGEND },
	{ "help", no_argument, NULL, 'h' },
	{},
};

static void print_help(FILE *f)
{
	fprintf(f, "Usage: mempolctl simulate --size SIZE[,SIZE...] [OPTION...] TRACE\n\n"
		   "What each engine would miss of TRACE in a cache of SIZE.\n\nEngines:\n");
	for (size_t i = 0; i < sim_policies_count; i++) {
		const struct mp_engine *engine =
			mp_engine_find(MEMPOL_MECH_NONE, sim_policies[i].name);

		fprintf(f, "  %-8s %s\n", sim_policies[i].name,
			engine ? engine->description : sim_policies[i].description);
	}
	fprintf(f,
		"\nOptions:\n"
		"  --engines NAME[,NAME...]  which; default all\n"
		"  --engine FILE.so          an engine of your own, built with mempol-engine.mk\n"
		"  --set KEY=VALUE           of the engines that have KEY, or ENGINE.KEY=VALUE\n"
		"  --size SIZE[,SIZE...]     of the cache: 64M, 10%% of what TRACE uses, a range\n"
		"                            as 64M..1G, or auto\n"
		"  --steps N                 sizes of a range, default %d\n"
		"  --accessed-bits           accesses are seen as through mmap\n"
		"  --dirty N                 a page written stays dirty until N others were\n"
		"  --readahead SIZE          read ahead as the kernel does: 128K; default none\n"
		"  --reclaim N               pages reclaimed at a time, default %d\n"
		"  --format FORMAT           of TRACE, see below; default by its name\n"
		"  --columns NAME=N[,...]    where csv has object, time, size and op; or: twitter\n"
		"  --ops WORD=OP[,...]       what words of csv mean: read, write, remove or skip\n"
		"  --propose FILE            write a policy for the best engine, if one helps\n"
		"  --unit NAME               whom the policy is for, or:\n"
		"  --cgroup PATH\n"
		"  --plot FILE               draw the miss ratios: FILE.png or FILE.svg\n"
		"  --verbose                 also pages forced out and the simulation's speed\n"
		"  --csv                     print CSV\n"
		"  --json                    print JSON\n"
		"  --no-legend               print no column titles\n"
		"  -h, --help                this text\n\n"
		"Formats:\n",
		SIMULATE_STEPS, SIM_RECLAIM_DEFAULT);
	for (size_t i = 0; i < sim_formats_count; i++)
		fprintf(f, "  %-12s %s\n", sim_formats[i].name, sim_formats[i].description);
	fprintf(f, "\nTRACE is a file, or - for standard input; .gz and .zst are unpacked.\n"
		   "See mempolctl(1).\n");
}

/* As papers call it. */
static const char *other_name(const char *word)
{
	static const char *const names[] = { "optimum", "optimal", "opt", "min", "clairvoyant" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcasecmp(word, names[i]))
			return "belady";
	return NULL;
}

static bool has_policy(const struct simulate_request *request, const struct sim_policy *policy)
{
	for (size_t i = 0; i < request->n_policies; i++)
		if (request->policies[i] == policy)
			return true;
	return false;
}

/* Each once, as sizes are. */
static int add_engine(struct simulate_request *request, const char *word)
{
	const struct sim_policy *policy = sim_policy_find(word);
	const char *words[SIMULATE_LIST_MAX];

	if (mp_engine_is_path(word) || strstr(word, ".bpf.o"))
		return simulate_complain(
			"'%s': --engines has names of shipped engines; your own is simulated as "
			"native code: --engine ./NAME.so",
			word);
	if (!policy) {
		for (size_t i = 0; i < sim_policies_count; i++)
			words[i] = sim_policies[i].name;
		return simulate_complain("unknown engine '%s', did you mean '%s'?", word,
					 other_name(word) ?:
						 mp_nearest(word, words, sim_policies_count));
	}
	if (has_policy(request, policy))
		return 0;
	if (request->n_policies == SIMULATE_LIST_MAX)
		return simulate_complain("more than %d engines", SIMULATE_LIST_MAX);
	request->policies[request->n_policies++] = policy;
	return 0;
}

/* One that has the name of another is called by its file. */
static int add_native(struct simulate_request *request, const char *path)
{
	_cleanup_free_ char *problem = NULL, *clean = NULL;
	const struct sim_policy *policy;
	bool taken = false;
	int r;

	if (request->n_policies == SIMULATE_LIST_MAX)
		return simulate_complain("more than %d engines", SIMULATE_LIST_MAX);
	r = ctl_native_load(path, NULL, &policy, &problem);
	if (r < 0)
		return r == -ENOMEM ? r : simulate_complain("%s: %s", path, problem);
	taken = sim_policy_find(policy->name);
	for (size_t i = 0; i < request->n_policies; i++)
		taken = taken || !strcmp(request->policies[i]->name, policy->name);
	if (taken) {
		clean = mp_owned(strdup(path));
		if (!clean)
			return -ENOMEM;
		mp_text_clean(clean);
		r = ctl_native_load(path, clean, &policy, &problem);
		if (r < 0)
			return r == -ENOMEM ? r : simulate_complain("%s: %s", path, problem);
	}
	request->policies[request->n_policies++] = policy;
	return 0;
}

static int add_setting(struct simulate_request *request, const char *setting)
{
	if (request->n_settings == SIMULATE_LIST_MAX)
		return simulate_complain("more than %d --set", SIMULATE_LIST_MAX);
	request->settings[request->n_settings++] = setting;
	return 0;
}

/* When all engines are known. */
static int apply_settings(const struct simulate_request *request)
{
	for (size_t i = 0; i < request->n_settings; i++) {
		_cleanup_free_ char *problem = NULL;
		int r = ctl_native_apply(request->policies, request->n_policies,
					 request->settings[i], &problem);

		if (r < 0)
			return r == -ENOMEM ? r : simulate_complain("--set: %s", problem);
	}
	return 0;
}

static int each_word(struct simulate_request *request, const char *list,
		     int (*add)(struct simulate_request *request, const char *word))
{
	_cleanup_free_ char *copy = mp_owned(strdup(list));
	char *rest = copy, *word;
	int r = copy ? 0 : -ENOMEM;

	while (r == 0 && (word = strsep(&rest, ",")))
		r = add(request, word);
	return r;
}

static bool take_count(const char *word, uint64_t min, uint64_t max, uint32_t *ret)
{
	uint64_t count;

	if (word[strspn(word, "0123456789")] || mp_size_parse(word, &count) < 0 || count < min ||
	    count > max)
		return false;
	*ret = (uint32_t)count;
	return true;
}

static int set_pages(const char *option, const char *word, uint64_t min, uint32_t *ret)
{
	if (!take_count(word, min, UINT32_MAX, ret))
		return simulate_complain("--%s=%s is no number of pages, from %" PRIu64 " to %u",
					 option, word, min, UINT32_MAX);
	return 0;
}

static int set_steps(struct simulate_request *request, const char *word)
{
	if (!take_count(word, 2, SIMULATE_LIST_MAX, &request->steps))
		return simulate_complain("--steps=%s is no number of sizes, from 2 to %d", word,
					 SIMULATE_LIST_MAX);
	return 0;
}

static int set_match(struct simulate_request *request, const char *key, const char *word)
{
	if (request->match)
		return simulate_complain(
			"a policy is for --unit or for --cgroup: write one of them");
	request->match_key = key;
	request->match = word;
	return 0;
}

/* As read_ahead_kb: 0 is none. */
static int set_readahead(struct simulate_request *request, const char *word)
{
	const uint64_t max = (uint64_t)SIM_MAX_READAHEAD * SIM_PAGE_SIZE;
	char text[MP_SIZE_TEXT];
	uint64_t bytes;

	if (mp_size_parse(word, &bytes) < 0 || bytes > max || (bytes && bytes < SIM_PAGE_SIZE))
		return simulate_complain(
			"--readahead=%s is no size of a window: 0, or %dK to %s, as in 128K", word,
			SIM_PAGE_SIZE / 1024, mp_size_format(max, text));
	request->readahead_pages = bytes / SIM_PAGE_SIZE;
	return 0;
}

static int set_format(struct simulate_request *request, const char *word)
{
	const char *names[SIMULATE_LIST_MAX];

	request->format = sim_format_find(word);
	if (request->format)
		return 0;
	for (size_t i = 0; i < sim_formats_count; i++)
		names[i] = sim_formats[i].name;
	return simulate_complain("unknown format '%s', did you mean '%s'?", word,
				 mp_nearest(word, names, sim_formats_count));
}

static int set_columns(struct simulate_request *request, const char *word)
{
	const char *problem;

	if (sim_columns_parse(word, &request->source.columns, &request->source.words, &problem) < 0)
		return simulate_complain(
			"--columns=%s: %s; as in: time=1,object=2,size=4,op=3, or object=key,size=bytes",
			word, problem);
	return 0;
}

static int take_option(struct simulate_request *request, int option, char *argv[])
{
	switch (option) {
	case OPT_ENGINES:
		return each_word(request, optarg, add_engine);
	case OPT_ENGINE:
		return add_native(request, optarg);
	case OPT_SET:
		return add_setting(request, optarg);
	case OPT_SIZE:
		return each_word(request, optarg, simulate_sizes_add);
	case OPT_READAHEAD:
		return set_readahead(request, optarg);
	case OPT_RECLAIM:
		return set_pages("reclaim", optarg, 1, &request->reclaim_pages);
	case OPT_DIRTY:
		return set_pages("dirty", optarg, 0, &request->dirty_pages);
	case OPT_FORMAT:
		return set_format(request, optarg);
	case OPT_COLUMNS:
		return set_columns(request, optarg);
	case OPT_STEPS:
		return set_steps(request, optarg);
	case OPT_UNIT:
		return set_match(request, "Unit", optarg);
	case OPT_CGROUP:
		return set_match(request, "Cgroup", optarg);
	case OPT_PLOT:
		request->plot = optarg;
		return 0;
	case OPT_PROPOSE:
		request->propose = optarg;
		return 0;
	case OPT_CSV:
		request->csv = true;
		return 0;
	case OPT_OPS:
		request->ops = optarg;
		return 0;
	case OPT_ACCESSED_BITS:
		request->accessed_bits = true;
		return 0;
	case OPT_VERBOSE:
		request->verbose = true;
		return 0;
	case OPT_JSON:
		request->ctl.json = true;
		return 0;
	case OPT_NO_LEGEND:
		request->ctl.legend = false;
		return 0;
	case ':':
		return simulate_complain("'%s' needs a value", argv[optind - 1]);
	default:
		return simulate_complain("unknown option '%s'; see mempolctl simulate --help",
					 argv[optind - 1]);
	}
}

/* The format, by its option or by the trace's name, and what belongs to it. */
static int resolve_format(struct simulate_request *request)
{
	const struct sim_format_name *format = request->format;
	struct sim_source *source = &request->source;
	const char *problem;

	if (!strcmp(source->path, "-") && !format)
		return simulate_complain(
			"standard input has no name to tell its format: "
			"write --format text or --format csv, or another of --help");
	source->format = format ? format->format : sim_format_guess(source->path);
	source->format_is_guess = !format;
	if ((source->columns.are_set || request->ops) && source->format != SIM_FORMAT_CSV)
		return simulate_complain("--%s is for csv: write --format csv as well",
					 request->ops ? "ops" : "columns");
	if (format && format->columns && source->columns.are_set)
		return simulate_complain("--format %s has its own columns: write --format csv",
					 format->name);
	source->action = format ? format->action : 0;
	if (format && format->columns &&
	    sim_columns_parse(format->columns, &source->columns, &source->words, &problem) < 0)
		return simulate_complain("--format %s: %s", format->name, problem);
	if (request->ops && sim_op_words_parse(request->ops, &source->words, &problem) < 0)
		return simulate_complain("--ops=%s: %s; as in: 28=read,2a=write", request->ops,
					 problem);
	return 0;
}

/* The engine's gain is over lru: it is simulated in any case. */
static int need_lru(struct simulate_request *request)
{
	const struct sim_policy *lru = sim_policy_find("lru");

	if (has_policy(request, lru))
		return 0;
	if (request->n_policies == SIMULATE_LIST_MAX)
		return simulate_complain("more than %d engines, with lru, which --propose needs",
					 SIMULATE_LIST_MAX);
	memmove(request->policies + 1, request->policies,
		request->n_policies * sizeof(*request->policies));
	request->policies[0] = lru;
	request->n_policies++;
	return 0;
}

static int check_outputs(struct simulate_request *request)
{
	if (request->csv && request->ctl.json)
		return simulate_complain("write --csv or --json: there is one output");
	if (request->match && !request->propose)
		return simulate_complain(
			"--unit and --cgroup are for the policy of --propose FILE");
	if (request->propose && !request->match)
		return simulate_complain("--propose needs to know whom the policy is for: "
					 "write --unit NAME or --cgroup PATH as well");
	if (request->propose && !strcmp(request->propose, "-") &&
	    (request->csv || request->ctl.json))
		return simulate_complain("--propose - takes the output: write --propose FILE");
	if (request->propose && ctl_propose_check("simulate", request->propose) < 0)
		return -EINVAL;
	if (request->propose && need_lru(request) < 0)
		return -EINVAL;
	return request->plot ? simulate_plot_check(request->plot) : 0;
}

/* What cannot be together, when all options are known. */
static int check_together(struct simulate_request *request)
{
	if (request->readahead_pages && !sim_source_has_pages(&request->source))
		return simulate_complain(
			"--readahead needs pages that follow each other in a file: the objects of %s "
			"have no order; text, fio and block traces have",
			request->source.format == SIM_FORMAT_CSV ? "a csv trace" : "oracleGeneral");
	if (request->readahead_pages && request->accessed_bits)
		return simulate_complain("--readahead is for read(), --accessed-bits for mmap: "
					 "they cannot be simulated together");
	if (request->steps && !simulate_sizes_have_range(request))
		return simulate_complain("--steps is for a range of sizes, as in --size 64M..1G");
	if (!request->steps)
		request->steps = SIMULATE_STEPS;
	return check_outputs(request);
}

int simulate_options_take(struct simulate_request *request, int argc, char *argv[])
{
	int c, r;

	optind = 0;
	while ((c = getopt_long(argc, argv, ":h", ctl_simulate_options, NULL)) >= 0) {
		if (c == 'h') {
			print_help(stdout);
			return 1;
		}
		r = take_option(request, c, argv);
		if (r < 0)
			return r;
	}
	if (optind != argc - 1 || !request->n_sizes) {
		simulate_complain(optind != argc - 1 ?
					  "name one trace; see mempolctl simulate --help" :
					  "no --size; as in: --size 64M");
		return -EINVAL;
	}
	for (size_t i = 0; !request->n_policies && i < sim_policies_count; i++)
		request->policies[i] = &sim_policies[i];
	if (!request->n_policies)
		request->n_policies = sim_policies_count;
	request->source.path = argv[optind];
	request->source.readahead_pages = request->readahead_pages;
	r = resolve_format(request);
	if (r == 0)
		r = check_together(request);
	return r < 0 ? r : apply_settings(request);
}
