/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The options of simulate: their table, the help text, and the request they make. Called by verb-simulate.c;
 * nothing here reads a trace.
 */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "engine.h"
#include "simulate.h"
#include "size.h"
#include "suggest.h"
#include "text.h"

enum {
	OPT_ACCESSED_BITS = 0x100,
	OPT_COLUMNS,
	OPT_ENGINES,
	OPT_FORMAT,
	OPT_JSON,
	OPT_NO_LEGEND,
	OPT_OPS,
	OPT_READAHEAD,
	OPT_RECLAIM,
	OPT_SIZE,
	OPT_VERBOSE,
};

const struct option ctl_simulate_options[] = {
	{ "engines", required_argument, NULL, OPT_ENGINES },
	{ "size", required_argument, NULL, OPT_SIZE },
	{ "accessed-bits", no_argument, NULL, OPT_ACCESSED_BITS },
	{ "readahead", required_argument, NULL, OPT_READAHEAD },
	{ "reclaim", required_argument, NULL, OPT_RECLAIM },
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "columns", required_argument, NULL, OPT_COLUMNS },
	{ "ops", required_argument, NULL, OPT_OPS },
	{ "verbose", no_argument, NULL, OPT_VERBOSE },
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
		"  --size SIZE[,SIZE...]     of the cache: 64M, or 10%% of what TRACE uses\n"
		"  --accessed-bits           accesses are seen as through mmap\n"
		"  --readahead SIZE          read ahead as the kernel does: 128K; default none\n"
		"  --reclaim N               pages reclaimed at a time, default %d\n"
		"  --format FORMAT           of TRACE, see below; default by its name\n"
		"  --columns NAME=N[,...]    where csv has object, time, size and op; or: twitter\n"
		"  --ops WORD=OP[,...]       what words of csv mean: read, write, remove or skip\n"
		"  --verbose                 also pages forced out and the simulation's speed\n"
		"  --json                    print JSON\n"
		"  --no-legend               print no column titles\n"
		"  -h, --help                this text\n\n"
		"Formats:\n",
		SIM_RECLAIM_DEFAULT);
	for (size_t i = 0; i < sim_formats_count; i++)
		fprintf(f, "  %-12s %s\n", sim_formats[i].name, sim_formats[i].description);
	fprintf(f, "\nTRACE is a file, or - for standard input; .gz and .zst are unpacked. "
		   "See mempolctl(1).\n");
}

int simulate_complain(const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		text = NULL;
	va_end(ap);
	if (text)
		mp_text_clean(text);
	fprintf(stderr, "mempolctl simulate: %s\n", text ? text : "out of memory");
	return -EINVAL;
}

static int add_engine(struct simulate_request *request, const char *word)
{
	const struct sim_policy *policy = sim_policy_find(word);
	const char *words[SIMULATE_LIST_MAX];

	if (mp_engine_is_path(word) || strstr(word, ".bpf.o"))
		return simulate_complain("'%s': only shipped engines can be simulated, by name",
					 word);
	if (!policy) {
		for (size_t i = 0; i < sim_policies_count; i++)
			words[i] = sim_policies[i].name;
		return simulate_complain("unknown engine '%s', did you mean '%s'?", word,
					 mp_nearest(word, words, sim_policies_count));
	}
	if (request->n_policies == SIMULATE_LIST_MAX)
		return simulate_complain("more than %d engines", SIMULATE_LIST_MAX);
	request->policies[request->n_policies++] = policy;
	return 0;
}

static int add_size(struct simulate_request *request, const char *word)
{
	struct simulate_size size = {};
	bool good = mp_percent_parse(word, &size.percent) == 0 && size.percent;

	if (!good)
		good = mp_size_parse(word, &size.bytes) == 0 && size.bytes >= SIM_PAGE_SIZE;
	if (!good)
		return simulate_complain(
			"'%s' is no size: write bytes or a number with K, M, G or T, as in 64M, "
			"at least %dK, or 1%% to 100%% of what the trace uses",
			word, SIM_PAGE_SIZE / 1024);
	if (request->n_sizes == SIMULATE_LIST_MAX)
		return simulate_complain("more than %d sizes", SIMULATE_LIST_MAX);
	request->sizes[request->n_sizes++] = size;
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

static int set_reclaim(struct simulate_request *request, const char *word)
{
	uint64_t pages;

	if (word[strspn(word, "0123456789")] || mp_size_parse(word, &pages) < 0 || !pages ||
	    pages > UINT32_MAX)
		return simulate_complain("--reclaim=%s is no number of pages", word);
	request->reclaim_pages = pages;
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
	case OPT_SIZE:
		return each_word(request, optarg, add_size);
	case OPT_READAHEAD:
		return set_readahead(request, optarg);
	case OPT_RECLAIM:
		return set_reclaim(request, optarg);
	case OPT_FORMAT:
		return set_format(request, optarg);
	case OPT_COLUMNS:
		return set_columns(request, optarg);
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

/* What cannot be together, when all options are known. */
static int check_together(const struct simulate_request *request)
{
	if (request->readahead_pages && !sim_source_has_pages(&request->source))
		return simulate_complain(
			"--readahead needs pages that follow each other in a file: the objects of %s "
			"have no order; text, fio and block traces have",
			request->source.format == SIM_FORMAT_CSV ? "a csv trace" : "oracleGeneral");
	if (request->readahead_pages && request->accessed_bits)
		return simulate_complain("--readahead is for read(), --accessed-bits for mmap: "
					 "they cannot be simulated together");
	return 0;
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
	return r < 0 ? r : check_together(request);
}
