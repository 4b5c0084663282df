// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reports of the page-walk simulator: what they count is counted of every design, their means and estimates are what
 * their rows say, each form has every figure, and a trace is the same wherever its process had its memory.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <math.h>
#include <systemd/sd-json.h>

#include "../../sim/walk/play.h"
#include "../../sim/walk/report.h"
#include "../../sim/walk/rows.h"

#define GIB (1ULL << 30)
#define MAX_FIELDS 64

static char *errors;
static size_t errors_size;

static void start(struct walk_request *request, const char *const *words)
{
	walk_request_init(request, "walked", open_memstream(&errors, &errors_size));
	for (; *words; words++)
		assert_int_equal(walk_request_set(request, *words), 0);
}

/* What has been said of errors; the caller's to free. */
static char *finish(struct walk_request *request)
{
	fclose(request->err);
	walk_request_done(request);
	return errors;
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define SHORT "n=4000", "skip=1000"

static char *report(const char *environment, const char *const *words)
{
	struct walk_request request;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	start(&request, words);
	assert_int_equal(walk_report(&request, environment, out), 0);
	fclose(out);
	free(finish(&request));
	return text;
}

static char *report_one(const char *what, const char *designs, const char *const *words)
{
	struct walk_request request;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	start(&request, words);
	assert_int_equal(walk_report_one(&request, what, designs, out), 0);
	fclose(out);
	free(finish(&request));
	return text;
}

/* Fields of the next line; the text is taken to pieces. */
static unsigned int fields_of(char **text, char separator, char *fields[MAX_FIELDS])
{
	char *line = strsep(text, "\n");
	const char separators[2] = { separator };
	unsigned int nr = 0;

	if (!line || !*line)
		return 0;
	while (nr < MAX_FIELDS && (fields[nr] = strsep(&line, separators)))
		nr++;
	return nr;
}

static unsigned int column_of(char *const *fields, unsigned int nr, const char *name)
{
	for (unsigned int i = 0; i < nr; i++)
		if (!strcmp(fields[i], name))
			return i;
	fail_msg("no column %s", name);
	return 0;
}

/* ---- the same again ----------------------------------------------------------------------------------- */

static void identical_requests_give_identical_bytes(void **state)
{
	static const char *const outputs[] = { "--json", "--csv", "--levels", "seed=1" };

	for (size_t i = 0; i < sizeof(outputs) / sizeof(*outputs); i++) {
		const char *const *words =
			WORDS(SHORT, outputs[i], "workloads=gups,redis", "published=1");
		char *once = report("virt", words), *again = report("virt", words);

		assert_true(strlen(once) > 200);
		assert_string_equal(once, again);
		free(once);
		free(again);
	}
}

/* ---- figures ------------------------------------------------------------------------------------------ */

static void every_access_of_a_walk_is_found_somewhere(void **state)
{
	for (size_t i = 0; i < walk_designs_count; i++) {
		struct walk_play *play = calloc(1, sizeof(*play));
		const struct walk_counts *count;
		struct walk_request request;
		uint64_t found = 0;

		start(&request, WORDS(SHORT, "huge=30"));
		assert_int_equal(walk_play_start(play, &request, "btree"), 0);
		assert_int_equal(walk_play_add(play, &request, &walk_designs[i]), 0);
		assert_int_equal(walk_play_run(play, &request, "btree"), 0);
		count = &play->runs[0].machine.count;
		for (unsigned int where = WALK_L1; where < WALK_WHERES; where++)
			found += count->found[where];
		assert_true(found > 100);
		assert_int_equal(found, count->accesses);
		assert_int_equal(count->found[WALK_PWC], 0);
		walk_play_done(play);
		free(finish(&request));
		free(play);
	}
}

static void as_many_references_count_as_were_asked_for(void **state)
{
	char *text = report_one("gups", "radix", WORDS("n=4097", "skip=4095")), *rest = text;
	char *fields[MAX_FIELDS];

	assert_int_equal(fields_of(&rest, '\t', fields), 10);
	assert_string_equal(fields[2], "4097");
	free(text);
}

static void the_mean_is_that_of_its_rows(void **state)
{
	char *text = report("native", WORDS(SHORT, "workloads=gups,btree,canneal", "designs=dmt",
					    "caches=on", "pages=4K", "walk_share=21"));
	char *rest = text, *fields[MAX_FIELDS];
	double logs = 0, gain;
	unsigned int nr = 0;

	while (fields_of(&rest, '\t', fields)) {
		if (strcmp(fields[3], "dmt"))
			continue;
		gain = strtod(fields[5], NULL);
		assert_float_equal(strtod(fields[6], NULL), 1 / (0.79 + 0.21 / gain), 0.0015);
		if (strcmp(fields[0], "mean")) {
			logs += log(gain);
			nr++;
			continue;
		}
		assert_string_equal(fields[4], "1.28");
		assert_float_equal(gain, exp(logs / 3), 0.0015);
		nr += 10;
	}
	assert_int_equal(nr, 13);
	free(text);
}

static double walk_accesses(const char *const *words)
{
	char *text = report("virt", words), *rest = text, *fields[MAX_FIELDS], *names[MAX_FIELDS];
	unsigned int columns = fields_of(&rest, ',', names);
	double accesses;

	assert_int_equal(fields_of(&rest, ',', fields), columns);
	accesses = strtod(fields[column_of(names, columns, "sequential_per_walk")], NULL);
	free(text);
	return accesses;
}

static void pages_of_the_host_are_the_guests_unless_they_are_given(void **state)
{
	/* Almost every walk is cold: 24, 15, and what is between. */
	double small =
		walk_accesses(WORDS(SHORT, "workloads=gups", "caches=off", "--csv", "pages=4K"));
	double huge =
		walk_accesses(WORDS(SHORT, "workloads=gups", "caches=off", "--csv", "pages=THP"));
	double host = walk_accesses(
		WORDS(SHORT, "workloads=gups", "caches=off", "--csv", "pages=4K", "host_huge=100"));

	assert_float_equal(small, 24, 0.001);
	assert_float_equal(huge, 15, 0.001);
	assert_float_equal(host, 19, 0.001);
}

static void what_never_walks_has_no_gain(void **state)
{
	/* A footprint that the TLB has whole, once it is warm. */
	char *text = report("native", WORDS("n=1000", "skip=20000", "workloads=gups", "designs=dmt",
					    "caches=on", "pages=4K", "scale=0.00001"));

	assert_non_null(strstr(text, "gups\t4K\ton\tdmt\t0.00\t-\n"));
	assert_null(strstr(text, "mean"));
	free(text);
}

/* ---- forms -------------------------------------------------------------------------------------------- */

static void every_line_of_csv_has_every_column(void **state)
{
	static const char *const outputs[] = { "--csv", "--levels" };

	for (size_t i = 0; i < 2; i++) {
		char *text = report("nested", WORDS(SHORT, outputs[i], "workloads=gups",
						    "published=1", "walk_share=40"));
		char *rest = text, *fields[MAX_FIELDS];
		unsigned int columns = fields_of(&rest, ',', fields), nr, lines = 0;

		assert_int_equal(columns, i ? 12 : 35);
		while ((nr = fields_of(&rest, ',', fields))) {
			assert_int_equal(nr, columns);
			lines++;
		}
		assert_true(lines > 10);
		free(text);
	}
}

static void the_histogram_has_24_columns_and_every_walk(void **state)
{
	char *text = report_one("gups", "2d", WORDS("n=50000", "skip=0", "--levels"));
	char *counts = report_one("gups", "2d", WORDS("n=50000", "skip=0", "--csv"));
	char *rest = text, *fields[MAX_FIELDS], *names[MAX_FIELDS];
	uint64_t walks, found;
	unsigned int columns, lines = 0;

	fields_of(&rest, ',', fields);
	for (; fields_of(&rest, ',', fields); lines++)
		if (!strcmp(fields[5], "1") && !strcmp(fields[6], "0")) {
			/* The guest's last entry: read by every walk. */
			found = 0;
			for (unsigned int i = 8; i < 12; i++)
				found += strtoull(fields[i], NULL, 10);
		}
	assert_int_equal(lines, 24);
	rest = counts;
	columns = fields_of(&rest, ',', names);
	assert_int_equal(fields_of(&rest, ',', fields), columns);
	walks = strtoull(fields[column_of(names, columns, "walks_4k")], NULL, 10);
	assert_true(walks > 10000);
	assert_int_equal(found, walks);
	free(text);
	free(counts);
}

static sd_json_variant *member(sd_json_variant *object, const char *name)
{
	sd_json_variant *found = sd_json_variant_by_key(object, name);

	if (!found)
		fail_msg("no member %s", name);
	return found;
}

static void json_has_what_csv_has(void **state)
{
	static const char *const names[] = { "references",
					     "unmapped",
					     "l1_tlb_misses",
					     "l2_tlb_misses",
					     "walks",
					     "sequential_per_walk",
					     "accesses_per_walk",
					     "cycles_per_walk",
					     "walk_cycles_per_reference",
					     "data_cycles_per_reference",
					     "found",
					     "histogram",
					     "walk_cache_hit_rates",
					     "host_walk_cache_hit_rates",
					     "nested_tlb_hits",
					     "fallbacks",
					     "registers",
					     "gain" };
	char *text = report("virt", WORDS(SHORT, "--json", "workloads=gups", "caches=on"));
	sd_json_variant *all = NULL, *results;
	unsigned int means = 0, runs = 0;

	assert_int_equal(sd_json_parse(text, 0, &all, NULL, NULL), 0);
	assert_string_equal(sd_json_variant_string(member(member(all, "machine"), "memory_cycles")),
			    "200");
	results = member(all, "results");
	for (size_t i = 0; i < sd_json_variant_elements(results); i++) {
		sd_json_variant *result = sd_json_variant_by_index(results, i);

		if (!sd_json_variant_by_key(result, "workload")) {
			means++;
			continue;
		}
		for (size_t j = 0; j < sizeof(names) / sizeof(*names); j++)
			member(result, names[j]);
		assert_int_equal(sd_json_variant_unsigned(member(result, "references")), 4000);
		runs++;
	}
	/* Seven designs, two sizes of pages. */
	assert_int_equal(runs, 14);
	assert_int_equal(means, 14);
	sd_json_variant_unref(all);
	free(text);
}

/* ---- traces ------------------------------------------------------------------------------------------- */

static void write_trace(char *path, uint64_t base, uint64_t stride, unsigned int nr)
{
	int fd = mkstemp(path);
	FILE *out = fdopen(fd, "w");

	for (uint64_t i = 0; i < nr; i++)
		fprintf(out, "%c %llx 8\n", i % 3 ? 'r' : 'w',
			(unsigned long long)(base + walk_mix(i, 3) % 512 * stride));
	fclose(out);
}

static char *replay(uint64_t base, uint64_t stride)
{
	char path[] = "/tmp/mempol-walk-XXXXXX", what[64], *text, *from;

	write_trace(path, base, stride, 5000);
	snprintf(what, sizeof(what), "text:%s", path);
	text = report_one(what, "radix,2d,npvdmt", WORDS("skip=0", "--csv"));
	/* The name is another each time. */
	while ((from = strstr(text, what)))
		memset(from, 'x', strlen(what));
	unlink(path);
	return text;
}

static void a_trace_is_the_same_wherever_the_memory_was(void **state)
{
	char *low = replay(0, 1 << 20), *high = replay(0x7f1200000000ULL, 1 << 20);

	assert_string_equal(low, high);
	free(low);
	free(high);
}

static void gibibytes_of_a_trace_are_put_behind_one_another(void **state)
{
	struct walk_squeeze *squeeze = calloc(1, sizeof(*squeeze));
	uint64_t r[3] = { walk_reference(0x7fff00000123, WALK_WRITE, 5), 77 * GIB + 5,
			  0x7fff00000999 };

	assert_true(walk_squeeze(squeeze, r, 3));
	assert_int_equal(r[0], walk_reference(0x7fff00000123 % GIB, WALK_WRITE, 5));
	assert_int_equal(r[1], GIB + 5);
	assert_int_equal(r[2], 0x7fff00000999 % GIB);
	for (uint64_t i = 2; i < WALK_SQUEEZE_MOST; i++) {
		r[0] = i * 512 * GIB;
		assert_true(walk_squeeze(squeeze, r, 1));
		assert_int_equal(r[0], i * GIB);
	}
	r[0] = 3 * GIB;
	assert_false(walk_squeeze(squeeze, r, 1));
	free(squeeze);
}

static void a_converted_trace_is_the_same(void **state)
{
	char path[] = "/tmp/mempol-walk-XXXXXX", binary[] = "/tmp/mempol-walk-XXXXXX";
	char what[64], *text, *from_text, *from_binary;
	struct walk_request request;

	write_trace(path, 0x7f0000000000ULL, 4096 * 3, 5000);
	close(mkstemp(binary));
	start(&request, WORDS("skip=0"));
	assert_int_equal(walk_report_convert(&request, "text", path, binary), 0);
	free(finish(&request));
	snprintf(what, sizeof(what), "text:%s", path);
	from_text = report_one(what, "dmt", WORDS("skip=100"));
	snprintf(what, sizeof(what), "binary:%s", binary);
	from_binary = report_one(what, "dmt", WORDS("skip=100"));
	text = strchr(from_text, '\t');
	assert_string_equal(text, strchr(from_binary, '\t'));
	free(from_text);
	free(from_binary);
	unlink(path);
	unlink(binary);
}

/* ---- speed -------------------------------------------------------------------------------------------- */

static void arrays_at_equal_distances_do_not_forget_each_other(void **state)
{
	struct walk_play *play = calloc(1, sizeof(*play));
	struct walk_request request;

	/* Three arrays of 40 GiB, a word of each in turn. */
	start(&request, WORDS("n=30000", "skip=0"));
	assert_int_equal(walk_play_start(play, &request, "stream"), 0);
	assert_int_equal(walk_play_add(play, &request, walk_design_find("2d")), 0);
	assert_int_equal(walk_play_run(play, &request, "stream"), 0);
	/* 80,000 bytes of each are 20 pages. */
	assert_in_range(play->runs[0].machine.remembered, 60, 70);
	walk_play_done(play);
	free(finish(&request));
	free(play);
}

/* ---- mistakes ----------------------------------------------------------------------------------------- */

static void mistakes_are_told_in_one_line(void **state)
{
	static const struct {
		const char *word, *message;
	} rows[] = {
		{ "n=x", "walked: n= is a number from 0 to 1099511627776, not 'x'\n" },
		{ "scale=5", "walked: scale= is above 0 and at most 4, not '5'\n" },
		{ "scale=nan", "walked: scale= is above 0 and at most 4, not 'nan'\n" },
		{ "walk_share=101", "walked: walk_share= is above 0 and at most 100, not '101'\n" },
		{ "pages=2M", "walked: pages= is 4K, THP or both, not '2M'\n" },
		{ "caches=1", "walked: caches= is off, on or both, not '1'\n" },
		{ "designs=dmt,x", "walked: no such design: x\n" },
		{ "--xml",
		  "walked: KEY=VALUE, --json, --csv or --levels is expected, not '--xml'\n" },
		{ "dump=/none", "walked: /none: No such file or directory\n" },
		{ "levels=7", "walked: levels= is a number from 4 to 5, not '7'\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct walk_request request;
		char *message;

		start(&request, (const char *const[]){ NULL });
		assert_int_equal(walk_request_set(&request, rows[i].word), -EINVAL);
		message = finish(&request);
		assert_string_equal(message, rows[i].message);
		free(message);
	}
}

static void so_are_those_of_a_report(void **state)
{
	static const struct {
		const char *what, *designs, *message;
	} rows[] = {
		{ "none", "dmt", "walked: no such workload: none\n" },
		{ "gups", "none", "walked: no such design: none\n" },
		{ "x:y", "dmt",
		  "walked: formats are text, lackey, drmemtrace and binary, not 'x'\n" },
		{ "text:/none", "dmt", "walked: /none: No such file or directory\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct walk_request request;
		char *message;

		start(&request, WORDS(SHORT));
		assert_true(walk_report_one(&request, rows[i].what, rows[i].designs, stdout) < 0);
		message = finish(&request);
		assert_string_equal(message, rows[i].message);
		free(message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identical_requests_give_identical_bytes),
		cmocka_unit_test(every_access_of_a_walk_is_found_somewhere),
		cmocka_unit_test(as_many_references_count_as_were_asked_for),
		cmocka_unit_test(the_mean_is_that_of_its_rows),
		cmocka_unit_test(pages_of_the_host_are_the_guests_unless_they_are_given),
		cmocka_unit_test(what_never_walks_has_no_gain),
		cmocka_unit_test(every_line_of_csv_has_every_column),
		cmocka_unit_test(the_histogram_has_24_columns_and_every_walk),
		cmocka_unit_test(json_has_what_csv_has),
		cmocka_unit_test(a_trace_is_the_same_wherever_the_memory_was),
		cmocka_unit_test(gibibytes_of_a_trace_are_put_behind_one_another),
		cmocka_unit_test(a_converted_trace_is_the_same),
		cmocka_unit_test(arrays_at_equal_distances_do_not_forget_each_other),
		cmocka_unit_test(mistakes_are_told_in_one_line),
		cmocka_unit_test(so_are_those_of_a_report),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
