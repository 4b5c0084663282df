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

struct request {
	const struct sim_policy *policies[LIST_MAX];
	size_t n_policies;
	uint64_t sizes[LIST_MAX];
	size_t n_sizes;
	uint32_t reclaim_pages;
	bool accessed_bits;
	bool verbose;
	const char *format;
	const char *trace;
	struct ctl ctl;
};

enum {
	OPT_ACCESSED_BITS = 0x100,
	OPT_ENGINES,
	OPT_FORMAT,
	OPT_JSON,
	OPT_NO_LEGEND,
	OPT_RECLAIM,
	OPT_SIZE,
	OPT_VERBOSE,
};

const struct option ctl_simulate_options[] = {
	{ "engines", required_argument, NULL, OPT_ENGINES },
	{ "size", required_argument, NULL, OPT_SIZE },
	{ "accessed-bits", no_argument, NULL, OPT_ACCESSED_BITS },
	{ "reclaim", required_argument, NULL, OPT_RECLAIM },
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "verbose", no_argument, NULL, OPT_VERBOSE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "no-legend", no_argument, NULL, OPT_NO_LEGEND },
	{ "help", no_argument, NULL, 'h' },
	{},
};

static const struct ctl_column columns[] = {
	{ "ENGINE", "engine", false, false },
	{ "SIZE", "size", true, false },
	{ "REFERENCES", "references", true, false },
	{ "HITS", "hits", true, false },
	{ "MISSES", "misses", true, false },
	{ "MISS RATIO", "miss_ratio", true, false },
	{ "FORCED", "forced_pages", true, false },
	{ "REFERENCES/S", "references_per_second", true, false },
};
/* The last two are for --verbose. */
#define N_BRIEF (ARRAY_SIZE(columns) - 2)

static void print_help(FILE *f)
{
	fprintf(f, "Usage: mempolctl simulate --size SIZE[,SIZE...] [OPTION...] TRACE\n\n"
		   "What each engine would miss of TRACE in a cache of SIZE.\n\nEngines:\n");
	for (size_t i = 0; i < sim_policies_count; i++) {
		const struct mp_engine *engine =
			mp_engine_find(MEMPOL_MECH_CACHE, sim_policies[i].name);

		fprintf(f, "  %-8s %s\n", sim_policies[i].name,
			engine ? engine->description : sim_policies[i].description);
	}
	fprintf(f,
		"\nOptions:\n"
		"  --engines NAME[,NAME...]  which; default all\n"
		"  --size SIZE[,SIZE...]     of the cache, in bytes or with K, M, G\n"
		"  --accessed-bits           accesses are seen as through mmap\n"
		"  --reclaim N               pages reclaimed at a time, default %d\n"
		"  --format text|csv         of TRACE; default by its name\n"
		"  --verbose                 also pages forced out and the simulation's speed\n"
		"  --json                    print JSON\n"
		"  --no-legend               print no column titles\n"
		"  -h, --help                this text\n\n"
		"See mempolctl(1) for the formats of traces.\n",
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
	uint64_t bytes;

	if (mp_size_parse(word, &bytes) < 0 || bytes < SIM_PAGE_SIZE)
		return complain(
			"'%s' is no size: write bytes or a number with K, M or G, at least %dK",
			word, SIM_PAGE_SIZE / 1024);
	if (request->n_sizes == LIST_MAX)
		return complain("more than %d sizes", LIST_MAX);
	request->sizes[request->n_sizes++] = bytes;
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

static int set_format(struct request *request, const char *word)
{
	static const char *const formats[] = { "text", "csv" };

	if (strcmp(word, "text") && strcmp(word, "csv"))
		return complain("unknown format '%s', did you mean '%s'?", word,
				mp_nearest(word, formats, ARRAY_SIZE(formats)));
	request->format = word;
	return 0;
}

static int take_option(struct request *request, int option, char *argv[])
{
	switch (option) {
	case OPT_ENGINES:
		return each_word(request, optarg, add_engine);
	case OPT_SIZE:
		return each_word(request, optarg, add_size);
	case OPT_RECLAIM:
		return set_reclaim(request, optarg);
	case OPT_FORMAT:
		return set_format(request, optarg);
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
	return 0;
}

static enum sim_format trace_format(const struct request *request)
{
	const char *dot = strrchr(request->trace, '.');
	const char *format = request->format ? request->format : dot ? dot + 1 : "text";

	return strcmp(format, "csv") ? SIM_FORMAT_TEXT : SIM_FORMAT_CSV;
}

static int add_row(sd_json_variant **rows, const struct sim_job *job)
{
	_cleanup_json_ sd_json_variant *row = NULL;
	const struct sim_result *result = &job->result;
	double seconds = result->cpu_ns / 1e9;
	int r;

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
		SD_JSON_BUILD_PAIR_UNSIGNED("evicted_pages", result->evicted_pages),
		SD_JSON_BUILD_PAIR_UNSIGNED("forced_pages", result->forced_pages),
		SD_JSON_BUILD_PAIR_UNSIGNED("looks", result->looks),
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
	return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_STRING("trace", path),
			      SD_JSON_BUILD_PAIR_UNSIGNED("objects", trace->nr_objects),
			      SD_JSON_BUILD_PAIR_BOOLEAN("accessed_bits", request->accessed_bits),
			      SD_JSON_BUILD_PAIR_UNSIGNED("reclaim_pages", request->reclaim_pages),
			      SD_JSON_BUILD_PAIR("results", SD_JSON_BUILD_VARIANT(rows)));
}

static int print_results(const struct request *request, const struct sim_trace *trace,
			 const struct sim_job jobs[], size_t n_jobs, enum ctl_exit *ret_exit)
{
	_cleanup_json_ sd_json_variant *rows = NULL, *reply = NULL;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < n_jobs; i++)
		r = add_row(&rows, &jobs[i]);
	if (r < 0)
		return r;
	r = request->ctl.json ? build_reply(request, trace, rows, &reply) : readable(rows, &reply);
	if (r < 0)
		return r;
	*ret_exit = request->ctl.json ?
			    ctl_print_json(reply) :
			    ctl_table(&request->ctl, columns,
				      request->verbose ? ARRAY_SIZE(columns) : N_BRIEF, reply);
	return 0;
}

static int simulate(const struct request *request, const struct sim_trace *trace,
		    enum ctl_exit *ret_exit)
{
	size_t n_jobs = request->n_policies * request->n_sizes;
	_cleanup_free_ struct sim_job *jobs = mp_owned(calloc(n_jobs, sizeof(*jobs)));
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int r;

	if (!jobs)
		return -ENOMEM;
	for (size_t i = 0; i < n_jobs; i++)
		jobs[i] = (struct sim_job){
			.policy = request->policies[i % request->n_policies],
			.setup = {
				.cache_pages = request->sizes[i / request->n_policies] /
					       SIM_PAGE_SIZE,
				.reclaim_pages = request->reclaim_pages,
				.accessed_bits = request->accessed_bits,
			},
		};
	r = sim_run(jobs, n_jobs, cpus > 0 ? cpus : 1, trace);
	return r < 0 ? r : print_results(request, trace, jobs, n_jobs, ret_exit);
}

enum ctl_exit ctl_simulate(const struct ctl *ctl, int argc, char *argv[])
{
	struct request request = { .ctl = *ctl, .reclaim_pages = SIM_RECLAIM_DEFAULT };
	enum ctl_exit result = CTL_FAILED;
	struct sim_trace trace;
	int r = take_options(&request, argc + 1, argv - 1);

	if (r)
		return r == 1 ? CTL_OK : r == -EINVAL ? CTL_USAGE : CTL_FAILED;
	/* It has said why. */
	if (sim_trace_load(request.trace, trace_format(&request), stderr, &trace) < 0)
		return CTL_FAILED;
	r = simulate(&request, &trace, &result);
	sim_trace_free(&trace);
	if (r < 0)
		fprintf(stderr, "mempolctl simulate: failed: %s\n", strerror(-r));
	return result;
}
