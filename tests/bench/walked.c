// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page-table walks in the simulator, as tables: synthetic workloads at the paper's sizes, or a process' own tables and
 * trace. tests/bench/run walked prints the reports. It judges nothing; test_sim_walk and its neighbours hold what is right.
 *
 *   walked --report native|virt|nested [KEY=VALUE...]
 *       workload, size of pages, walk caches, design, cycles a walk, speed-up against the plain walk; then geometric means
 *       of six workloads, with the paper's figure or "-"
 *   walked WORKLOAD|FORMAT:TRACE DESIGN[,DESIGN...] [KEY=VALUE...]
 *       workload, design, references, walks a reference, accesses one after the other and in all, cycles a walk, data
 *       cycles a reference, fallbacks a walk, references to what is not mapped
 *   walked --convert FORMAT TRACE BINARY
 *
 * Keys: n= and skip= (references that count, and those before them), scale= (of the paper's size), seed=, huge=,
 * host_huge=, placed= (per cent), in_order=, designs=, published=1 (with the published arithmetic), dump=, host_dump=,
 * host_offset= (hex), and those of the machine, which --keys prints.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../sim/walk/designs.h"
#include "../../sim/walk/dump.h"
#include "../../sim/walk/generate.h"
#include "../../sim/walk/published.h"
#include "../../sim/walk/trace.h"

#define MAX_RUNS 32

static _Noreturn void fail(const char *what, const char *word)
{
	fprintf(stderr, "walked: %s%s\n", what, word);
	exit(1);
}

/* ---- what is asked for ------------------------------------------------------------------------------- */

struct options {
	struct walk_config config;
	struct walk_world world;
	uint64_t n, skip, published;
	double scale;
	const char *designs;
	struct walk_dump dump, host_dump;
};

static int open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		fprintf(stderr, "walked: %s: %s\n", path, strerror(errno));
		exit(1);
	}
	return fd;
}

static const struct walk_tree *read_dump(struct walk_dump *dump, const char *path)
{
	int fd = open_file(path);

	if (walk_dump_read(dump, path, fd, stderr) < 0)
		exit(1);
	close(fd);
	return &dump->tree;
}

static uint64_t number(const char *word, const char *text, int base, uint64_t most)
{
	uint64_t value;

	if (!walk_text_number(text, base, &value) || value > most)
		fail("no number, or too large: ", word);
	return value;
}

static bool set_number(struct options *o, const char *word, const char *value)
{
	const struct {
		const char *name;
		uint64_t *wide;
		uint32_t *narrow;
		uint64_t most;
	} rows[] = {
		{ "n=", &o->n, NULL, 1ULL << 40 },
		{ "skip=", &o->skip, NULL, 1ULL << 40 },
		{ "seed=", &o->world.seed, NULL, 1ULL << 40 },
		{ "published=", &o->published, NULL, 1 },
		{ "huge=", NULL, &o->world.huge_percent, 100 },
		{ "host_huge=", NULL, &o->world.host_huge_percent, 100 },
		{ "placed=", NULL, &o->world.placed_percent, 100 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint64_t given;

		if (strncmp(word, rows[i].name, strlen(rows[i].name)))
			continue;
		given = number(word, value, 10, rows[i].most);
		if (rows[i].wide)
			*rows[i].wide = given;
		else
			*rows[i].narrow = (uint32_t)given;
		return true;
	}
	return false;
}

static void set(struct options *o, const char *word)
{
	const char *equals = strchr(word, '='), *value = equals ? equals + 1 : "";
	char problem[1024], *end;

	if (!equals)
		fail("KEY=VALUE is expected, not ", word);
	if (set_number(o, word, value))
		return;
	if (!strncmp(word, "scale=", 6)) {
		o->scale = strtod(value, &end);
		if (*end || !(o->scale > 0 && o->scale <= 4))
			fail("scale= is above 0 and at most 4, not ", value);
	} else if (!strncmp(word, "in_order=", 9)) {
		o->world.order = number(word, value, 10, 1) ? WALK_IN_ORDER : WALK_SCATTERED;
	} else if (!strncmp(word, "designs=", 8)) {
		o->designs = value;
	} else if (!strncmp(word, "dump=", 5)) {
		o->world.tree = read_dump(&o->dump, value);
	} else if (!strncmp(word, "host_dump=", 10)) {
		o->world.host_tree = read_dump(&o->host_dump, value);
	} else if (!strncmp(word, "host_offset=", 12)) {
		o->world.host_offset = number(word, value, 16, 1ULL << 47);
	} else if (walk_config_set(&o->config, word, problem, sizeof(problem)) < 0) {
		fail(problem, "");
	}
}

static void set_ranges(struct options *o)
{
	o->world.ranges = o->dump.ranges;
	o->world.nr_ranges = o->dump.nr_ranges;
	o->world.host_ranges = o->host_dump.ranges;
	o->world.nr_host_ranges = o->host_dump.nr_ranges;
}

/* ---- running ----------------------------------------------------------------------------------------- */

static struct walk_run runs[MAX_RUNS];
static size_t nr_runs;

static void add_run(const struct options *o, const struct walk_design *design)
{
	int r;

	if (nr_runs == MAX_RUNS)
		fail("too many designs at ", design->name);
	r = walk_run_init(&runs[nr_runs++], design, &o->config, &o->world);
	if (r == -EINVAL && walk_config_problem(&o->config))
		fail("no such machine: ", walk_config_problem(&o->config));
	if (r == -EINVAL)
		fail("this size, or a dump of the host, cannot be had with ", design->name);
	if (r < 0)
		fail("out of memory at ", design->name);
}

static void done_runs(void)
{
	while (nr_runs)
		walk_run_done(&runs[--nr_runs]);
}

/* All designs see each piece; at the end of the warm-up they begin to count. */
static void see(const struct options *o, const uint64_t *references, size_t nr, uint64_t *done)
{
	bool warm = *done >= o->skip;

	for (size_t i = 0; i < nr_runs; i++)
		walk_run_references(&runs[i], references, nr);
	*done += nr;
	for (size_t i = 0; !warm && *done >= o->skip && i < nr_runs; i++)
		walk_run_warm(&runs[i]);
}

static struct walk_generator generator;

static void generate(const struct options *o)
{
	for (uint64_t done = 0; done < o->n + o->skip;) {
		walk_generator_next(&generator);
		see(o, generator.batch, generator.nr, &done);
	}
}

static enum walk_format format_of(const char *name, size_t length)
{
	for (int i = 0; i < WALK_FORMATS; i++)
		if (strlen(walk_format_names[i]) == length &&
		    !strncmp(walk_format_names[i], name, length))
			return (enum walk_format)i;
	fail("formats are text, lackey, drmemtrace and binary, not ", name);
}

static struct walk_trace trace;

/* FORMAT:TRACE */
static void replay(const struct options *o, const char *word)
{
	const char *path = strchr(word, ':') + 1;
	uint64_t references[WALK_BATCH], done = 0;
	int fd = open_file(path);
	ssize_t n;

	if (walk_trace_start(&trace, path, fd, format_of(word, (size_t)(path - word) - 1), stderr) <
	    0)
		exit(1);
	while ((n = walk_trace_next(&trace, references, WALK_BATCH)) > 0)
		see(o, references, (size_t)n, &done);
	if (n < 0)
		exit(1);
	walk_trace_done(&trace);
	close(fd);
	if (done <= o->skip)
		fail("all references are warm-up: name fewer with skip= for ", path);
}

/* ---- one workload ------------------------------------------------------------------------------------ */

static double per(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

static uint64_t walks_of(const struct walk_counts *c)
{
	return c->walks[1] + c->walks[2] + c->walks[3];
}

static double cycles_of(const struct walk_run *run)
{
	return per(run->machine.count.walk_cycles, walks_of(&run->machine.count));
}

static bool is_plain(const struct walk_design *design)
{
	return !strcmp(design->name, "radix") || !strcmp(design->name, "2d") ||
	       !strcmp(design->name, "nested");
}

static void print_published(const char *workload, const struct walk_run *run)
{
	struct walk_published rows[WALK_PUBLISHED_MAX];
	unsigned int nr = walk_published(&run->machine.count, &run->machine.config,
					 run->design->environment, rows);

	for (unsigned int i = 0; i < nr; i++)
		printf("%s\tpublished:%s\t%.2f\t%.2f\n", workload, rows[i].design, rows[i].cycles,
		       rows[i].cycles_huge);
}

static void print_run(const struct options *o, const char *workload, const struct walk_run *run)
{
	const struct walk_counts *c = &run->machine.count;
	uint64_t walks = walks_of(c);

	printf("%s\t%s\t%" PRIu64 "\t%.4f\t%.3f\t%.3f\t%.2f\t%.2f\t%.4f\t%" PRIu64 "\n", workload,
	       run->design->name, c->references, per(walks, c->references),
	       per(c->sequential, walks), per(c->accesses, walks), per(c->walk_cycles, walks),
	       per(c->data_cycles, c->references), per(c->fallbacks, walks), c->unmapped);
	if (o->published && is_plain(run->design))
		print_published(workload, run);
}

/* The next name of a list; false: there is none. */
static bool next_design(const char **list, const struct walk_design **ret)
{
	char name[32];
	size_t length = strcspn(*list, ",");

	if (!length)
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)length, *list);
	*list += length + ((*list)[length] == ',');
	*ret = walk_design_find(name);
	if (!*ret)
		fail("no such design: ", name);
	return true;
}

static void start_generator(struct options *o, const char *name)
{
	const struct walk_workload *workload = walk_workload_find(name);

	if (!workload)
		fail("no such workload: ", name);
	o->world.bits = walk_generator_start(&generator, workload, o->scale, o->world.seed);
}

static void run_one(struct options *o, const char *what, const char *designs)
{
	const struct walk_design *design;
	bool traced = strchr(what, ':');

	if (traced)
		o->world.bits = 40;
	else
		start_generator(o, what);
	while (next_design(&designs, &design))
		add_run(o, design);
	if (traced)
		replay(o, what);
	else
		generate(o);
	for (size_t i = 0; i < nr_runs; i++)
		print_run(o, what, &runs[i]);
	done_runs();
}

/* ---- reports ----------------------------------------------------------------------------------------- */

/* Section 6 of the paper, geometric means against the plain walk. */
static const struct {
	const char *design;
	const char *paper[2]; /* small pages, huge pages */
} papers[] = {
	{ "dmt", { "1.28", "1.46" } },
	{ "vdmt", { "1.41", "1.55" } },
	{ "pvdmt", { "1.58", "1.65" } },
	{ "npvdmt", { "1.02", "1.11" } },
};

static const char *paper_of(const char *design, int huge)
{
	for (size_t i = 0; i < sizeof(papers) / sizeof(*papers); i++)
		if (!strcmp(papers[i].design, design))
			return papers[i].paper[huge];
	return "-";
}

static const char *const page_names[] = { "4K", "THP" };
static const char *const cache_names[] = { "off", "on" };

static bool is_reported(const struct options *o, const struct walk_design *design, int environment)
{
	const char *list = o->designs;
	const struct walk_design *named;

	if ((int)design->environment != environment)
		return false;
	if (is_plain(design) || !list)
		return true;
	while (next_design(&list, &named))
		if (named == design)
			return true;
	return false;
}

/* Whether it goes into the mean: where nothing walks there is no gain. */
static bool report_workload(const char *workload, int huge, uint32_t caches, double *logs,
			    const struct walk_design **designs)
{
	double plain = cycles_of(&runs[0]);

	for (size_t i = 0; i < nr_runs; i++) {
		double cycles = cycles_of(&runs[i]);

		designs[i] = runs[i].design;
		printf("%s\t%s\t%s\t%s\t%.2f\t", workload, page_names[huge], cache_names[caches],
		       designs[i]->name, cycles);
		if (cycles > 0)
			printf("%.3f\n", plain / cycles);
		else
			printf("-\n");
		logs[i] += cycles > 0 ? log(plain / cycles) : 0;
	}
	return plain > 0;
}

static void report_one(struct options *o, int environment, int huge, uint32_t caches)
{
	const struct walk_design *designs[MAX_RUNS];
	double logs[MAX_RUNS] = {};
	size_t nr = 0, nr_designs = 0;

	o->world.huge_percent = o->world.host_huge_percent = huge ? 100 : 0;
	o->config.walk_caches = caches;
	for (size_t w = 0; w < walk_workloads_count; w++) {
		/* The paper has none that streams. */
		if (!strcmp(walk_workloads[w].name, "stream"))
			continue;
		start_generator(o, walk_workloads[w].name);
		for (size_t i = 0; i < walk_designs_count; i++)
			if (is_reported(o, &walk_designs[i], environment))
				add_run(o, &walk_designs[i]);
		generate(o);
		nr_designs = nr_runs;
		nr += report_workload(walk_workloads[w].name, huge, caches, logs, designs);
		fflush(stdout);
		done_runs();
	}
	for (size_t i = 0; nr && i < nr_designs; i++)
		printf("mean\t%s\t%s\t%s\t%s\t%.3f\n", page_names[huge], cache_names[caches],
		       designs[i]->name, paper_of(designs[i]->name, huge),
		       exp(logs[i] / (double)nr));
}

static void report(struct options *o, const char *name)
{
	int environment = -1;

	for (int i = 0; i < 3; i++)
		if (!strcmp(name, walk_environment_names[i]))
			environment = i;
	if (environment < 0)
		fail("reports are native, virt and nested, not ", name);
	for (uint32_t caches = 2; caches-- > 0;)
		for (int huge = 0; huge < 2; huge++)
			report_one(o, environment, huge, caches);
}

/* ---- converting -------------------------------------------------------------------------------------- */

static void put(FILE *out, const void *bytes, size_t size)
{
	if (fwrite(bytes, 1, size, out) != size)
		fail("it cannot be written: ", strerror(errno));
}

static void convert(const char *format, const char *path, const char *binary)
{
	FILE *out = fopen(binary, "wbe");
	uint64_t references[WALK_BATCH];
	int fd = open_file(path);
	uint8_t header[16];
	ssize_t n;

	if (!out)
		fail("it cannot be written: ", binary);
	walk_trace_header(0, header);
	put(out, header, sizeof(header));
	if (walk_trace_start(&trace, path, fd, format_of(format, strlen(format)), stderr) < 0)
		exit(1);
	while ((n = walk_trace_next(&trace, references, WALK_BATCH)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			references[i] = htole64(references[i]);
		put(out, references, (size_t)n * sizeof(*references));
	}
	if (n < 0)
		exit(1);
	/* Known at last. */
	walk_trace_header(trace.nr, header);
	rewind(out);
	put(out, header, sizeof(header));
	if (fclose(out))
		fail("it cannot be written: ", binary);
	walk_trace_done(&trace);
	close(fd);
}

int main(int argc, char *argv[])
{
	static struct options o = { .world = { .placed_percent = 100, .seed = 1 },
				    .n = 5000000,
				    .skip = 3000000,
				    .scale = 1 };

	o.config = walk_config_defaults;
	if (argc == 2 && !strcmp(argv[1], "--keys")) {
		walk_config_print(&o.config, stdout);
		return 0;
	}
	if (argc < 3)
		fail("--report native|virt|nested, WORKLOAD|FORMAT:TRACE DESIGN[,DESIGN...] or --convert FORMAT TRACE BINARY",
		     "");
	if (argc == 5 && !strcmp(argv[1], "--convert")) {
		convert(argv[2], argv[3], argv[4]);
		return 0;
	}
	for (int i = 3; i < argc; i++)
		set(&o, argv[i]);
	set_ranges(&o);
	if (!strcmp(argv[1], "--report"))
		report(&o, argv[2]);
	else
		run_one(&o, argv[1], argv[2]);
	if (fflush(stdout))
		fail("it cannot be written: ", strerror(errno));
	walk_dump_done(&o.dump);
	walk_dump_done(&o.host_dump);
	return 0;
}
