/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * simulate: what would each engine miss of a trace? Needs no daemon. Options and a table around sim/,
 * which does the work and knows no user.
 */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "../../sim/sim.h"
#include "ctl.h"
#include "engine.h"
#include "output.h"
#include "size.h"
#include "suggest.h"
#include "table.h"
#include "text.h"

#define LIST_MAX 64
#define MEMINFO "/proc/meminfo"

/* Of the cache: bytes, or a share of the trace's working set. */
struct size {
	uint64_t bytes;
	unsigned int percent; /* 0: bytes */
};

struct request {
	const struct sim_policy *policies[LIST_MAX];
	size_t n_policies;
	struct size sizes[LIST_MAX];
	size_t n_sizes;
	uint32_t reclaim_pages;
	uint32_t readahead_pages;
	bool accessed_bits;
	bool verbose;
	const char *format;
	struct sim_columns columns; /* of csv */
	const char *trace;
	struct ctl ctl;
};

enum {
	OPT_ACCESSED_BITS = 0x100,
	OPT_COLUMNS,
	OPT_ENGINES,
	OPT_FORMAT,
	OPT_JSON,
	OPT_NO_LEGEND,
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
	{ "verbose", no_argument, NULL, OPT_VERBOSE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "no-legend", no_argument, NULL, OPT_NO_LEGEND },
	{ "help", no_argument, NULL, 'h' },
	{},
};

enum when {
	ALWAYS,
	READS_DIFFER, /* else it is the misses once more */
	EJECTED, /* somebody is */
	VERBOSE,
};

static const struct {
	struct ctl_column column;
	enum when when;
} columns[] = {
	{ { "ENGINE", "engine", false, false }, ALWAYS },
	{ { "SIZE", "size", true, false }, ALWAYS },
	{ { "REFERENCES", "references", true, false }, ALWAYS },
	{ { "HITS", "hits", true, false }, ALWAYS },
	{ { "MISSES", "misses", true, false }, ALWAYS },
	{ { "MISS RATIO", "miss_ratio", true, false }, ALWAYS },
	{ { "MISSED BYTES", "missed_bytes", true, false }, READS_DIFFER },
	{ { "EJECTED AT", "ejected_at", true, false }, EJECTED },
	{ { "FORCED", "forced_pages", true, false }, VERBOSE },
	{ { "REFERENCES/S", "references_per_second", true, false }, VERBOSE },
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
		"  --format text|csv         of TRACE; default by its name\n"
		"  --columns NAME=N[,...]    where csv has object, time, size and op; or: twitter\n"
		"  --verbose                 also pages forced out and the simulation's speed\n"
		"  --json                    print JSON\n"
		"  --no-legend               print no column titles\n"
		"  -h, --help                this text\n\n"
		"TRACE is a file, or - for standard input. See mempolctl(1) for the formats.\n",
		SIM_RECLAIM_DEFAULT);
}

static int complain(const char *format, ...) _printf_(1, 2);

static int complain(const char *format, ...)
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

static int add_engine(struct request *request, const char *word)
{
	const struct sim_policy *policy = sim_policy_find(word);
	const char *words[LIST_MAX];

	if (mp_engine_is_path(word) || strstr(word, ".bpf.o"))
		return complain("'%s': only shipped engines can be simulated, by name", word);
	if (!policy) {
		for (size_t i = 0; i < sim_policies_count; i++)
			words[i] = sim_policies[i].name;
		return complain("unknown engine '%s', did you mean '%s'?", word,
				mp_nearest(word, words, sim_policies_count));
	}
	if (request->n_policies == LIST_MAX)
		return complain("more than %d engines", LIST_MAX);
	request->policies[request->n_policies++] = policy;
	return 0;
}

static int add_size(struct request *request, const char *word)
{
	struct size size = {};
	bool good = mp_percent_parse(word, &size.percent) == 0 && size.percent;

	if (!good)
		good = mp_size_parse(word, &size.bytes) == 0 && size.bytes >= SIM_PAGE_SIZE;
	if (!good)
		return complain(
			"'%s' is no size: write bytes or a number with K, M, G or T, as in 64M, "
			"at least %dK, or 1%% to 100%% of what the trace uses",
			word, SIM_PAGE_SIZE / 1024);
	if (request->n_sizes == LIST_MAX)
		return complain("more than %d sizes", LIST_MAX);
	request->sizes[request->n_sizes++] = size;
	return 0;
}

static int each_word(struct request *request, const char *list,
		     int (*add)(struct request *request, const char *word))
{
	_cleanup_free_ char *copy = mp_owned(strdup(list));
	char *rest = copy, *word;
	int r = copy ? 0 : -ENOMEM;

	while (r == 0 && (word = strsep(&rest, ",")))
		r = add(request, word);
	return r;
}

static int set_reclaim(struct request *request, const char *word)
{
	uint64_t pages;

	if (word[strspn(word, "0123456789")] || mp_size_parse(word, &pages) < 0 || !pages ||
	    pages > UINT32_MAX)
		return complain("--reclaim=%s is no number of pages", word);
	request->reclaim_pages = pages;
	return 0;
}

/* As read_ahead_kb: 0 is none. */
static int set_readahead(struct request *request, const char *word)
{
	const uint64_t max = (uint64_t)SIM_MAX_READAHEAD * SIM_PAGE_SIZE;
	char text[MP_SIZE_TEXT];
	uint64_t bytes;

	if (mp_size_parse(word, &bytes) < 0 || bytes > max || (bytes && bytes < SIM_PAGE_SIZE))
		return complain(
			"--readahead=%s is no size of a window: 0, or %dK to %s, as in 128K", word,
			SIM_PAGE_SIZE / 1024, mp_size_format(max, text));
	request->readahead_pages = bytes / SIM_PAGE_SIZE;
	return 0;
}

static int set_format(struct request *request, const char *word)
{
	static const char *const formats[] = { "text", "csv" };

	if (strcmp(word, "text") && strcmp(word, "csv"))
		return complain("unknown format '%s', did you mean '%s'?", word,
				mp_nearest(word, formats, ARRAY_SIZE(formats)));
	request->format = word;
	return 0;
}

static int set_columns(struct request *request, const char *word)
{
	const char *problem;

	if (sim_columns_parse(word, &request->columns, &problem) < 0)
		return complain("--columns=%s: %s; as in: time=1,object=2,size=4,op=3", word,
				problem);
	return 0;
}

static int take_option(struct request *request, int option, char *argv[])
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
		return complain("'%s' needs a value", argv[optind - 1]);
	default:
		return complain("unknown option '%s'; see mempolctl simulate --help",
				argv[optind - 1]);
	}
}

/* By what its name ends in; that it is compressed is said later. */
static enum sim_format trace_format(const struct request *request)
{
	static const char *const packed[] = { ".gz", ".zst", ".xz", ".bz2", ".lz4" };
	const char *name = request->trace;
	size_t length = strlen(name);

	if (request->format)
		return strcmp(request->format, "csv") ? SIM_FORMAT_TEXT : SIM_FORMAT_CSV;
	for (size_t i = 0; i < ARRAY_SIZE(packed); i++) {
		size_t end = strlen(packed[i]);

		if (length > end && !strcasecmp(name + length - end, packed[i])) {
			length -= end;
			break;
		}
	}
	return length > 4 && !strncasecmp(name + length - 4, ".csv", 4) ? SIM_FORMAT_CSV :
									  SIM_FORMAT_TEXT;
}

/* What cannot be together, when all options are known. */
static int check_format(const struct request *request)
{
	if (!strcmp(request->trace, "-") && !request->format)
		return complain("standard input has no name to tell its format: "
				"write --format text or --format csv");
	if (request->columns.object && trace_format(request) != SIM_FORMAT_CSV)
		return complain("--columns is for csv: write --format csv as well");
	if (request->readahead_pages && trace_format(request) != SIM_FORMAT_TEXT)
		return complain("--readahead needs pages that follow each other in a file: "
				"the objects of a csv trace have no order, write a text trace");
	if (request->readahead_pages && request->accessed_bits)
		return complain("--readahead is for read(), --accessed-bits for mmap: "
				"they cannot be simulated together");
	return 0;
}

/* 1 when there is nothing more to do. @argv[0] is the verb. */
static int take_options(struct request *request, int argc, char *argv[])
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
		complain(optind != argc - 1 ? "name one trace; see mempolctl simulate --help" :
					      "no --size; as in: --size 64M");
		return -EINVAL;
	}
	for (size_t i = 0; !request->n_policies && i < sim_policies_count; i++)
		request->policies[i] = &sim_policies[i];
	if (!request->n_policies)
		request->n_policies = sim_policies_count;
	request->trace = argv[optind];
	return check_format(request);
}

static int add_row(sd_json_variant **rows, const struct sim_job *job)
{
	_cleanup_json_ sd_json_variant *row = NULL, *ejected_at = NULL;
	const struct sim_result *result = &job->result;
	double seconds = result->cpu_ns / 1e9;
	int r;

	if (result->ejected_at)
		r = sd_json_variant_new_unsigned(&ejected_at, result->ejected_at);
	else
		r = sd_json_variant_new_null(&ejected_at);
	if (r < 0)
		return r;
	r = sd_json_buildo(
		&row, SD_JSON_BUILD_PAIR_STRING("engine", job->policy->name),
		SD_JSON_BUILD_PAIR_UNSIGNED("size", job->setup.cache_pages * SIM_PAGE_SIZE),
		SD_JSON_BUILD_PAIR_UNSIGNED("references", result->references),
		SD_JSON_BUILD_PAIR_UNSIGNED("hits", result->hits),
		SD_JSON_BUILD_PAIR_UNSIGNED("misses", result->misses),
		SD_JSON_BUILD_PAIR_UNSIGNED("write_misses", result->write_misses),
		SD_JSON_BUILD_PAIR_REAL(
			"miss_ratio",
			result->references ? (double)result->misses / result->references : 0),
		SD_JSON_BUILD_PAIR_UNSIGNED("missed_bytes", result->missed_pages * SIM_PAGE_SIZE),
		SD_JSON_BUILD_PAIR_UNSIGNED("evicted_pages", result->evicted_pages),
		SD_JSON_BUILD_PAIR_UNSIGNED("forced_pages", result->forced_pages),
		SD_JSON_BUILD_PAIR_UNSIGNED("looks", result->looks),
		SD_JSON_BUILD_PAIR("ejected_at", SD_JSON_BUILD_VARIANT(ejected_at)),
		SD_JSON_BUILD_PAIR_UNSIGNED("cpu_ns", result->cpu_ns),
		SD_JSON_BUILD_PAIR_UNSIGNED("references_per_second",
					    seconds > 0 ? result->references / seconds : 0));
	return r < 0 ? r : sd_json_variant_append_array(rows, row);
}

/* The same rows with sizes and ratios as people read them. */
static int readable(sd_json_variant *rows, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *shown = NULL;

	for (size_t i = 0; i < sd_json_variant_elements(rows); i++) {
		_cleanup_json_ sd_json_variant *row =
			sd_json_variant_ref(sd_json_variant_by_index(rows, i));
		char size[MP_SIZE_TEXT], ratio[16];
		int r;

		snprintf(ratio, sizeof(ratio), "%.4f",
			 sd_json_variant_real(sd_json_variant_by_key(row, "miss_ratio")));
		r = sd_json_variant_set_field_string(&row, "size",
						     mp_size_format(ctl_number(row, "size"), size));
		if (r >= 0)
			r = sd_json_variant_set_field_string(&row, "miss_ratio", ratio);
		if (r >= 0)
			r = sd_json_variant_append_array(&shown, row);
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(shown);
	return 0;
}

static int build_reply(const struct request *request, const struct sim_trace *trace,
		       sd_json_variant *rows, sd_json_variant **ret)
{
	_cleanup_free_ char *path = mp_owned(strdup(request->trace));

	if (!path)
		return -ENOMEM;
	mp_text_clean(path);
	return sd_json_buildo(
		ret, SD_JSON_BUILD_PAIR_STRING("trace", path),
		SD_JSON_BUILD_PAIR_UNSIGNED("objects", trace->nr_objects - trace->nr_unnamed),
		SD_JSON_BUILD_PAIR_BOOLEAN("accessed_bits", request->accessed_bits),
		SD_JSON_BUILD_PAIR_UNSIGNED("reclaim_pages", request->reclaim_pages),
		SD_JSON_BUILD_PAIR_UNSIGNED("readahead_pages", request->readahead_pages),
		SD_JSON_BUILD_PAIR("results", SD_JSON_BUILD_VARIANT(rows)));
}

static enum ctl_exit print_table(const struct request *request, const struct sim_trace *trace,
				 bool ejected, sd_json_variant *reply)
{
	struct ctl_column shown[ARRAY_SIZE(columns)];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		if (columns[i].when == ALWAYS ||
		    (columns[i].when == READS_DIFFER &&
		     (trace->sizes_differ || request->readahead_pages)) ||
		    (columns[i].when == EJECTED && ejected) ||
		    (columns[i].when == VERBOSE && request->verbose))
			shown[n++] = columns[i].column;
	return ctl_table(&request->ctl, shown, n, reply);
}

static int print_results(const struct request *request, const struct sim_trace *trace,
			 const struct sim_job jobs[], size_t n_jobs, enum ctl_exit *ret_exit)
{
	_cleanup_json_ sd_json_variant *rows = NULL, *reply = NULL;
	bool ejected = false;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < n_jobs; i++) {
		ejected |= jobs[i].result.ejected_at;
		r = add_row(&rows, &jobs[i]);
	}
	if (r < 0)
		return r;
	r = request->ctl.json ? build_reply(request, trace, rows, &reply) : readable(rows, &reply);
	if (r < 0)
		return r;
	*ret_exit = request->ctl.json ? ctl_print_json(reply) :
					print_table(request, trace, ejected, reply);
	return 0;
}

/* All sizes as bytes. */
static int resolve_sizes(struct request *request, const struct sim_trace *trace)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < request->n_sizes; i++) {
		struct size *size = &request->sizes[i];

		if (!size->percent)
			continue;
		if (!pages && sim_trace_pages(trace, &pages) < 0)
			return -ENOMEM;
		size->bytes = pages * size->percent / 100 * SIM_PAGE_SIZE;
		if (!size->bytes)
			size->bytes = SIM_PAGE_SIZE;
	}
	return 0;
}

/* Every reclaim then empties the cache, and all engines are alike. */
static void warn_of_reclaim(const struct request *request)
{
	char text[MP_SIZE_TEXT];

	for (size_t i = 0; i < request->n_sizes; i++) {
		uint64_t pages = request->sizes[i].bytes / SIM_PAGE_SIZE;

		if (pages < request->reclaim_pages)
			complain(
				"warning: a cache of %s holds fewer pages (%llu) than are reclaimed "
				"at a time (%u): whenever it is full it is emptied; see --reclaim",
				mp_size_format(request->sizes[i].bytes, text),
				(unsigned long long)pages, request->reclaim_pages);
	}
}

static void warn_of_ejections(const struct sim_job jobs[], size_t n_jobs)
{
	char text[MP_SIZE_TEXT];

	for (size_t i = 0; i < n_jobs; i++)
		if (jobs[i].result.ejected_at)
			complain(
				"warning: the kernel ejects %s in a cache of %s after %llu references, because "
				"it withholds pages; the rest is under lru",
				jobs[i].policy->name,
				mp_size_format(jobs[i].setup.cache_pages * SIM_PAGE_SIZE, text),
				(unsigned long long)jobs[i].result.ejected_at);
}

/* A quarter of what is free is left to others. 0: not known. */
static uint64_t memory_share(void)
{
	uint64_t available;

	return sim_memory_available(MEMINFO, &available) < 0 ? 0 : available / 4 * 3;
}

/* A simulation for each CPU, as far as the memory goes. */
static unsigned int parallel(const struct sim_trace *trace)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t share = memory_share(), run = sim_run_bytes(trace);
	uint64_t fit = share && run ? share / run : UINT64_MAX;

	if (cpus < 1 || !fit)
		return 1;
	return fit < (uint64_t)cpus ? fit : (unsigned int)cpus;
}

static int simulate(const struct request *request, const struct sim_trace *trace,
		    enum ctl_exit *ret_exit)
{
	size_t n_jobs = request->n_policies * request->n_sizes;
	_cleanup_free_ struct sim_job *jobs = mp_owned(calloc(n_jobs, sizeof(*jobs)));
	int r;

	if (!jobs)
		return -ENOMEM;
	for (size_t i = 0; i < n_jobs; i++)
		jobs[i] = (struct sim_job){
			.policy = request->policies[i % request->n_policies],
			.setup = {
				.cache_pages =
					request->sizes[i / request->n_policies].bytes /
					SIM_PAGE_SIZE,
				.reclaim_pages = request->reclaim_pages,
				.accessed_bits = request->accessed_bits,
				.readahead_pages = request->readahead_pages,
			},
		};
	r = sim_run(jobs, n_jobs, parallel(trace), trace);
	if (r < 0)
		return r;
	warn_of_ejections(jobs, n_jobs);
	return print_results(request, trace, jobs, n_jobs, ret_exit);
}

enum ctl_exit ctl_simulate(const struct ctl *ctl, int argc, char *argv[])
{
	struct request request = { .ctl = *ctl, .reclaim_pages = SIM_RECLAIM_DEFAULT };
	enum ctl_exit result = CTL_FAILED;
	struct sim_source source;
	struct sim_trace trace;
	int r = take_options(&request, argc + 1, argv - 1);

	if (r)
		return r == 1 ? CTL_OK : r == -EINVAL ? CTL_USAGE : CTL_FAILED;
	source = (struct sim_source){
		.path = request.trace,
		.format = trace_format(&request),
		.columns = request.columns,
		.memory_bytes = memory_share(),
		.readahead_pages = request.readahead_pages,
	};
	/* It has said why. */
	if (sim_trace_load(&source, stderr, &trace) < 0)
		return CTL_FAILED;
	r = resolve_sizes(&request, &trace);
	if (r == 0) {
		warn_of_reclaim(&request);
		r = simulate(&request, &trace, &result);
	}
	sim_trace_free(&trace);
	if (r < 0)
		fprintf(stderr, "mempolctl simulate: failed: %s\n", strerror(-r));
	return result;
}
