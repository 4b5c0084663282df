// SPDX-License-Identifier: GPL-2.0-only
/*
 * Designs side by side, and their means. See report.h.
 */
#include "report.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "generate.h"
#include "play.h"
#include "published.h"
#include "rows.h"

/*
 * Section 6 of the paper, geometric means against the plain walk: small pages, huge pages. It gives its peers as DMT's
 * gain over them (in a guest: pvDMT's), so that theirs over the plain walk is a quotient.
 */
static const struct {
	const char *design;
	double gain[2];
} papers[] = {
	{ "dmt", { 1.28, 1.46 } },
	{ "fpt", { 1.28 / 1.04, 1.46 / 1.18 } },
	{ "ecpt", { 1.28 / 1.03, 1.46 / 1.17 } },
	{ "asap", { 1.28 / 1.06, 1.46 / 1.23 } },
	{ "vdmt", { 1.41, 1.55 } },
	{ "pvdmt", { 1.58, 1.65 } },
	{ "vfpt", { 1.58 / 1.22, 1.65 / 1.49 } },
	{ "vecpt", { 1.58 / 1.16, 1.65 / 1.25 } },
	{ "agile", { 1.58 / 1.21, 1.65 / 1.34 } },
	{ "npvdmt", { 1.02, 1.11 } },
};

static const char six[] = "gups,btree,xsbench,redis,bfs,canneal";

/* Rows of a workload: designs, and what the published arithmetic makes of the plain one. */
enum {
	MAX_ROWS = WALK_PLAY_MAX + 2 * WALK_PUBLISHED_MAX,
	MAX_MEANS = 4 * MAX_ROWS,
};

struct report {
	struct walk_writing writing;
	const struct walk_writer *writer;
	struct walk_play play;
	struct walk_row rows[MAX_ROWS];
	size_t nr_rows;
	struct walk_mean means[MAX_MEANS];
	size_t nr_means;
};

static const struct walk_writer *const writers[WALK_OUTPUTS] = {
	[WALK_OUTPUT_TABLE] = &walk_write_table,
	[WALK_OUTPUT_CSV] = &walk_write_csv,
	[WALK_OUTPUT_LEVELS] = &walk_write_levels,
	[WALK_OUTPUT_JSON] = &walk_write_json,
};

static double paper_of(const char *design, const char *pages)
{
	for (size_t i = 0; i < sizeof(papers) / sizeof(*papers); i++)
		if (!strcmp(papers[i].design, design))
			return !strcmp(pages, "4K")  ? papers[i].gain[0] :
			       !strcmp(pages, "THP") ? papers[i].gain[1] :
						       0;
	return 0;
}

static bool is_plain(const struct walk_design *design)
{
	return !strcmp(design->name, "radix") || !strcmp(design->name, "2d") ||
	       !strcmp(design->name, "nested");
}

/* ---- rows --------------------------------------------------------------------------------------------- */

static void add_row(struct report *report, struct walk_row row)
{
	report->rows[report->nr_rows++] = row;
}

/* The plain walk of small pages has the arithmetic's huge ones in it. */
static void add_published(struct report *report, const struct walk_run *run,
			  const struct walk_case *where)
{
	struct walk_published published[WALK_PUBLISHED_MAX];
	unsigned int nr = walk_published(&run->machine.count, &run->machine.config,
					 run->design->environment, published);

	for (unsigned int huge = 0; huge < 2; huge++)
		for (unsigned int i = 0; i < nr; i++) {
			struct walk_row row = { .where = *where };

			row.where.pages = huge ? "THP" : "4K";
			row.design = walk_design_find(published[i].design);
			row.cycles = huge ? published[i].cycles_huge : published[i].cycles;
			add_row(report, row);
		}
}

static const struct walk_row *plain_of(const struct report *report, const struct walk_row *row)
{
	for (size_t i = 0; i < report->nr_rows; i++) {
		const struct walk_row *other = &report->rows[i];

		if (is_plain(other->design) && !other->run == !row->run &&
		    other->design->environment == row->design->environment &&
		    !strcmp(other->where.pages, row->where.pages))
			return other;
	}
	return NULL;
}

/* T' = T * ((1 - o) + o / gain): what walks do not take stays as it is. */
static double application_of(const struct walk_request *request, double gain)
{
	double share = request->walk_share / 100;

	return share > 0 && gain > 0 ? 1 / (1 - share + share / gain) : 0;
}

static void fill_rows(struct report *report, const struct walk_case *where)
{
	report->nr_rows = 0;
	for (size_t i = 0; i < report->play.nr_runs; i++) {
		const struct walk_run *run = &report->play.runs[i];
		const struct walk_counts *count = &run->machine.count;

		add_row(report, (struct walk_row){ .where = *where,
						   .design = run->design,
						   .run = run,
						   .cycles = walk_per(count->walk_cycles,
								      walk_walks(count)) });
	}
	for (size_t i = 0; report->writing.request->published && i < report->play.nr_runs; i++) {
		const struct walk_run *run = &report->play.runs[i];

		if (is_plain(run->design) && strcmp(where->pages, "THP"))
			add_published(report, run, where);
	}
	for (size_t i = 0; i < report->nr_rows; i++) {
		struct walk_row *row = &report->rows[i];
		const struct walk_row *plain = plain_of(report, row);

		row->gain = plain && row->cycles > 0 ? plain->cycles / row->cycles : 0;
		row->application = application_of(report->writing.request, row->gain);
	}
}

/* ---- means -------------------------------------------------------------------------------------------- */

static struct walk_mean *mean_of(struct report *report, const struct walk_row *row)
{
	struct walk_mean *mean;

	for (size_t i = 0; i < report->nr_means; i++) {
		mean = &report->means[i];
		if (mean->design == row->design && mean->published == !row->run &&
		    mean->where.caches == row->where.caches &&
		    !strcmp(mean->where.pages, row->where.pages))
			return mean;
	}
	if (report->nr_means == MAX_MEANS)
		return NULL;
	mean = &report->means[report->nr_means++];
	*mean = (struct walk_mean){ .where = row->where,
				    .design = row->design,
				    .published = !row->run,
				    .paper = paper_of(row->design->name, row->where.pages) };
	mean->where.workload = NULL;
	return mean;
}

/* Where nothing walks there is no gain, and nothing for the mean. */
static void add_to_means(struct report *report)
{
	for (size_t i = 0; i < report->nr_rows; i++) {
		const struct walk_row *row = &report->rows[i];
		struct walk_mean *mean = mean_of(report, row);

		if (!mean || !(row->gain > 0))
			continue;
		mean->gain += log(row->gain);
		mean->nr++;
	}
}

static void write_means(struct report *report)
{
	for (size_t i = 0; i < report->nr_means; i++) {
		struct walk_mean *mean = &report->means[i];

		if (!mean->nr)
			continue;
		mean->gain = exp(mean->gain / mean->nr);
		mean->application = application_of(report->writing.request, mean->gain);
		report->writer->mean(&report->writing, mean);
		report->writing.nr++;
	}
	report->nr_means = 0;
}

static void write_rows(struct report *report)
{
	for (size_t i = 0; i < report->nr_rows; i++) {
		report->writer->row(&report->writing, &report->rows[i]);
		report->writing.nr++;
	}
	fflush(report->writing.out);
}

/* ---- what is played ----------------------------------------------------------------------------------- */

static const char *pages_of(const struct walk_request *request)
{
	if (request->world.tree)
		return "dump";
	return request->world.huge_percent == 0	  ? "4K" :
	       request->world.huge_percent == 100 ? "THP" :
						    "mixed";
}

static int is_wanted(const struct walk_request *request, const struct walk_design *design,
		     unsigned int environment)
{
	const char *list = request->designs;
	const struct walk_design *named;
	int r;

	if (design->environment != environment)
		return 0;
	if (is_plain(design) || !list)
		return 1;
	while ((r = walk_request_design(request, &list, &named)) > 0)
		if (named == design)
			return 1;
	return r;
}

static int play_one(struct report *report, struct walk_request *request, const char *workload,
		    unsigned int environment)
{
	const struct walk_case where = { workload, pages_of(request), request->config.walk_caches };
	int r = walk_play_start(&report->play, request, workload);

	for (size_t i = 0; r == 0 && i < walk_designs_count; i++) {
		r = is_wanted(request, &walk_designs[i], environment);
		if (r > 0)
			r = walk_play_add(&report->play, request, &walk_designs[i]);
	}
	r = r ? r : walk_play_run(&report->play, request, workload);
	if (r == 0) {
		fill_rows(report, &where);
		write_rows(report);
		add_to_means(report);
	}
	walk_play_done(&report->play);
	return r;
}

static int play_all(struct report *report, struct walk_request *request, unsigned int environment)
{
	const char *list = request->workloads ? request->workloads : six;
	int r = 0;

	while (r == 0 && *list) {
		size_t length = strcspn(list, ",");
		char *workload = strndup(list, length);

		list += length + (list[length] == ',');
		r = workload ? play_one(report, request, workload, environment) :
			       walk_request_refuse(request, "out of memory");
		free(workload);
	}
	write_means(report);
	return r;
}

/* A dump has the pages that it has. */
static int play_pages(struct report *report, struct walk_request *request, unsigned int environment)
{
	int r = 0;

	if (request->world.tree)
		return play_all(report, request, environment);
	for (uint32_t huge = 0; huge < 2 && r == 0; huge++) {
		if (!(request->pages & (huge ? WALK_PAGES_HUGE : WALK_PAGES_SMALL)))
			continue;
		request->world.huge_percent = huge ? 100 : 0;
		if (!request->host_fixed)
			request->world.host_huge_percent = huge ? 100 : 0;
		r = play_all(report, request, environment);
	}
	return r;
}

/* NULL: told. */
static struct report *begin(const struct walk_request *request, FILE *out, bool single)
{
	struct report *report = calloc(1, sizeof(*report));

	if (!report) {
		walk_request_refuse(request, "out of memory");
		return NULL;
	}
	report->writing = (struct walk_writing){ .out = out, .request = request, .single = single };
	report->writer = writers[request->output];
	report->writer->begin(&report->writing);
	return report;
}

static int end(struct report *report, const struct walk_request *request, int r)
{
	if (r == 0)
		report->writer->end(&report->writing);
	if (r == 0 && (fflush(report->writing.out) || ferror(report->writing.out)))
		r = walk_request_refuse(request, "it cannot be written: %s", strerror(errno));
	free(report);
	return r;
}

int walk_report(struct walk_request *request, const char *environment, FILE *out)
{
	struct report *report;
	unsigned int number;
	int r = 0;

	for (number = WALK_NATIVE; number <= WALK_NESTED; number++)
		if (!strcmp(environment, walk_environment_names[number]))
			break;
	if (number > WALK_NESTED)
		return walk_request_refuse(
			request, "reports are native, virt and nested, not '%.40s'", environment);
	report = begin(request, out, false);
	if (!report)
		return -ENOMEM;
	for (uint32_t caches = 2; caches-- > 0 && r == 0;) {
		if (!(request->caches & (caches ? WALK_CACHES_ON : WALK_CACHES_OFF)))
			continue;
		request->config.walk_caches = caches;
		r = play_pages(report, request, number);
	}
	return end(report, request, r);
}

int walk_report_one(struct walk_request *request, const char *what, const char *designs, FILE *out)
{
	const struct walk_case where = { what, pages_of(request), request->config.walk_caches };
	const struct walk_design *design;
	struct report *report = begin(request, out, true);
	int r;

	if (!report)
		return -ENOMEM;
	r = walk_play_start(&report->play, request, what);
	while (r == 0) {
		r = walk_request_design(request, &designs, &design);
		if (r <= 0)
			break;
		r = walk_play_add(&report->play, request, design);
	}
	r = r ? r : walk_play_run(&report->play, request, what);
	if (r == 0) {
		fill_rows(report, &where);
		write_rows(report);
	}
	walk_play_done(&report->play);
	return end(report, request, r);
}

/* ---- converting --------------------------------------------------------------------------------------- */

static int put(const struct walk_request *request, FILE *out, const void *bytes, size_t size)
{
	if (fwrite(bytes, 1, size, out) != size)
		return walk_request_refuse(request, "it cannot be written: %s", strerror(errno));
	return 0;
}

static int convert_all(const struct walk_request *request, struct walk_trace *trace, FILE *out)
{
	uint64_t references[WALK_BATCH];
	uint8_t header[16];
	ssize_t n;
	int r;

	walk_trace_header(0, header);
	r = put(request, out, header, sizeof(header));
	while (r == 0 && (n = walk_trace_next(trace, references, WALK_BATCH)) != 0) {
		for (ssize_t i = 0; i < n; i++)
			references[i] = htole64(references[i]);
		r = n < 0 ? (int)n : put(request, out, references, (size_t)n * sizeof(*references));
	}
	if (r < 0)
		return r;
	/* Known at last. */
	walk_trace_header(trace->nr, header);
	if (fseek(out, 0, SEEK_SET))
		return walk_request_refuse(request, "it cannot be written: %s", strerror(errno));
	return put(request, out, header, sizeof(header));
}

static int convert_to(const struct walk_request *request, struct walk_trace *trace,
		      const char *binary)
{
	FILE *out = fopen(binary, "wbe");
	int r;

	if (!out)
		return walk_request_refuse(request, "%s: %s", binary, strerror(errno));
	r = convert_all(request, trace, out);
	if (fclose(out) && r == 0)
		r = walk_request_refuse(request, "%s: %s", binary, strerror(errno));
	return r;
}

static int convert_from(const struct walk_request *request, struct walk_trace *trace,
			enum walk_format format, const char *path, const char *binary)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r;

	if (fd < 0)
		return walk_request_refuse(request, "%s: %s", path, strerror(errno));
	r = walk_trace_start(trace, path, fd, format, request->err);
	if (r == 0) {
		r = convert_to(request, trace, binary);
		walk_trace_done(trace);
	}
	close(fd);
	return r;
}

int walk_report_convert(const struct walk_request *request, const char *format, const char *path,
			const char *binary)
{
	struct walk_trace *trace = calloc(1, sizeof(*trace));
	enum walk_format known;
	int r;

	if (!trace)
		return walk_request_refuse(request, "out of memory");
	r = walk_request_format(request, format, strlen(format), &known);
	if (r == 0)
		r = convert_from(request, trace, known, path, binary);
	free(trace);
	return r;
}
