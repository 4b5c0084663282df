// SPDX-License-Identifier: GPL-2.0-only
/*
 * The microbenchmark's pure parts: configuration, random streams, traces, counters. Run by make check,
 * without root. It must never read the running system's counters: it brings its own /proc.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "../../examples/microbenchmark/counters.h"
#include "../../examples/microbenchmark/datafile.h"
#include "../../examples/microbenchmark/patterns.h"
#include "../../examples/microbenchmark/report.h"

#define GENERAL "file_name = /f\nfile_size = 1M\n"

/* Parses, and returns what was complained about (the caller frees it). */
static char *parse(const char *text, size_t len, int expected, struct mb_config *ret)
{
	char *said = NULL;
	size_t size;
	FILE *err = open_memstream(&said, &size);

	assert_non_null(err);
	assert_int_equal(mb_config_parse("c", text, len, err, ret), expected);
	fclose(err);
	return said;
}

static void parse_good(const char *text, struct mb_config *ret)
{
	char *said = parse(text, strlen(text), 0, ret);

	assert_string_equal(said, "");
	free(said);
}

static void parse_bad(const char *text, const char *message)
{
	struct mb_config config;
	char *said = parse(text, strlen(text), -EINVAL, &config);

	if (!strstr(said, message))
		fail_msg("'%s' lacks '%s'", said, message);
	free(said);
}

static void pagepatrols_own_config_is_understood(void **state)
{
	struct mb_config config;

	(void)state;
	parse_good("# Configuration for file and execution sequence\n"
		   "file_name = /mnt/NVMe/bigfile1\n"
		   "file_size = 1073741824  # File size in bytes (1 GB)\n"
		   "iterations = 5\n"
		   "PagePatrol = 1\n"
		   "PF_Log_File_Name = page_faults\n"
		   "\n"
		   "execution_sequence = SmallRegionRandomAccess SmallRegionRandomAccess "
		   "SequentialAccessWithGaps \n"
		   "[SequentialAccessWithGaps]\n"
		   "    gap = 1\n"
		   "[CyclicBurstsAccess]\n"
		   "    window = 256\n"
		   "    stride = 4096\n"
		   "[SmallRegionRandomAccess]\n"
		   "    repeats = 1000000\n"
		   "    region_size = 30  # Percentage of the file to access\n"
		   "    unpin_after_iter = 5\n",
		   &config);
	assert_string_equal(config.file_name, "/mnt/NVMe/bigfile1");
	assert_int_equal(config.file_size, 1073741824);
	assert_int_equal(config.iterations, 5);
	assert_int_equal(config.page_patrol, 1);
	assert_string_equal(config.log_name, "page_faults");
	assert_int_equal(config.nr_entries, 3);
	assert_int_equal(config.sequence[1], MB_SMALL_REGION);
	assert_int_equal(config.sequence[2], MB_SEQUENTIAL_GAPS);
	assert_int_equal(config.sequential.gap, 1);
	assert_int_equal(config.bursts.stride, 4096);
	assert_int_equal(config.older.repeats, 10000);
	assert_int_equal(config.region.region_percent, 30);
	assert_int_equal(config.seed, 1);
	mb_config_free(&config);
}

static void sizes_fractions_and_comments_are_read(void **state)
{
	struct mb_config config;

	(void)state;
	parse_good("file_name=/a#b # where\nfile_size=2G\nexecution_sequence = GetScan # one\n"
		   "execution_sequence = Trace\n"
		   " [GetScan] # with a comment\n\ttheta = 0.5 # flat\nscan_probability=5e-4\n"
		   "[CyclicScan]\nblock_size = 64K\n[Trace]\ntrace_file = t",
		   &config);
	assert_string_equal(config.file_name, "/a#b");
	assert_int_equal(config.file_size, 2ULL << 30);
	assert_int_equal(config.nr_entries, 2);
	assert_true(config.get_scan.theta == 0.5);
	assert_true(config.get_scan.scan_probability == 5e-4);
	assert_int_equal(config.cyclic.block_bytes, 65536);
	assert_string_equal(config.trace.file, "t");
	mb_config_free(&config);
}

static void every_error_names_its_line_and_a_way_out(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "", "c:1: no file_name: add" },
		{ "file_size = 1M\nexecution_sequence = Trace\n", "c:2: no file_name" },
		{ "file_name = /f\n\n", "c:2: no file_size" },
		{ GENERAL, "c:2: no execution_sequence" },
		{ GENERAL "gap = 1\n",
		  "c:3: unknown key 'gap' before the first section; known are: file_name" },
		{ "\n[GetScan]\ntheta=1\niterations = 5\n",
		  "c:4: unknown key 'iterations' in section GetScan; known are: gets" },
		{ "[MyPattern]\nx = 1\n", "c:1: unknown section 'MyPattern'; known are: Seq" },
		{ "[GetScan\n", "c:1: section without ']'" },
		{ "[GetScan] gets = 1\n", "c:1: text after [GetScan]" },
		{ "execution_sequence = Trace Tracer\n", "c:1: unknown pattern 'Tracer'" },
		{ "execution_sequence = # none\n", "c:1: execution_sequence is empty" },
		{ "file_name =\n", "c:1: file_name has no value" },
		{ "iterations\n", "c:1: 'iterations' is neither" },
		{ "iterations = five\n", "c:1: iterations = five is no number" },
		{ "iterations = -1\n", "is no number" },
		{ "iterations = 5x\n", "is no number" },
		{ "iterations = 5K\n", "is no number" },
		{ "iterations = 0\n", "is out of range: 1 to 1000000" },
		{ "iterations = 18446744073709551616\n", "is out of range" },
		{ "PagePatrol = 2\n", "is out of range: 0 to 1" },
		{ "file_size = 4095\n", "is out of range: 4096 to" },
		{ "file_size = 17179869184G\n", "is out of range" },
		{ "file_size = 1T\n", "is no number: write bytes" },
		{ "[GetScan]\ntheta = nan\n", "c:2: theta = nan is no number" },
		{ "[GetScan]\ntheta = 0x1\n", "is no number" },
		{ "[GetScan]\ntheta =\n", "is no number" },
		{ "[GetScan]\nscan_probability = 1.5\n", "is out of range: 0 to 1" },
		{ "[SmallRegionRandomAccess]\nregion_size = 101\n", "is out of range: 1 to 100" },
		{ "file_name = /f\nfile_size = 8K\nexecution_sequence = SmallRegionRandomAccess\n",
		  "c:3: region_size = 1 % of 2 pages is no page" },
		{ GENERAL "execution_sequence = GetScan\n[GetScan]\nscan_length = 257\n",
		  "c:5: scan_length = 257 is longer than the file's 256 pages" },
		{ GENERAL "execution_sequence = CyclicScan\n[CyclicScan]\nblock_size = 5000\n",
		  "c:5: block_size = 5000 is no multiple" },
		{ GENERAL "execution_sequence = Trace\n", "c:3: Trace needs trace_file" },
		{ GENERAL "overwrite = 2\n", "c:3: overwrite = 2 is out of range: 0 to 1" },
	};

	(void)state;
	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++)
		parse_bad(cases[i].text, cases[i].message);
}

static void binary_and_endless_lines_are_refused(void **state)
{
	static const char nul[] = "file_name = /f\0oo\n";
	struct mb_config config;
	char *said, *text;

	(void)state;
	said = parse(nul, sizeof(nul) - 1, -EINVAL, &config);
	assert_non_null(strstr(said, "c:1: NUL byte"));
	free(said);
	said = parse("\nfile_name = /f\r\nseed = 1\r\n", 27, -EINVAL, &config);
	assert_string_equal(said,
			    "c:2: there is a carriage return; a line ends in a newline only\n");
	free(said);
	text = malloc(5000);
	assert_non_null(text);
	memset(text, '#', 5000);
	said = parse(text, 5000, -EINVAL, &config);
	assert_non_null(strstr(said, "c:1: line longer than 4096"));
	free(said);
	free(text);
}

static void a_failed_parse_leaves_the_result_untouched(void **state)
{
	struct mb_config config = { .iterations = 77 };
	char *said = parse("x", 1, -EINVAL, &config);

	(void)state;
	assert_int_equal(config.iterations, 77);
	assert_null(config.file_name);
	free(said);
}

/* Published in the description of SplitMix64: the first values from seed 1234567. */
static void the_generator_is_splitmix64(void **state)
{
	struct mb_rng rng;

	(void)state;
	mb_rng_seed(&rng, 1234567);
	assert_true(mb_rng_next(&rng) == 6457827717110365317ULL);
	assert_true(mb_rng_next(&rng) == 3203168211198807973ULL);
	for (unsigned int i = 0; i < 1000; i++) {
		double unit = mb_rng_unit(&rng);

		assert_true(mb_rng_below(&rng, 7) < 7);
		assert_true(unit >= 0 && unit < 1);
	}
}

static void zipf_ranks_have_their_weights(void **state)
{
	enum { RANKS = 100, DRAWS = 1000000 };
	u64 seen[RANKS] = { 0 };
	struct mb_zipf zipf;
	struct mb_rng rng;
	double sum = 0;

	(void)state;
	mb_rng_seed(&rng, 1);
	assert_int_equal(mb_zipf_init(&zipf, RANKS, 1), 0);
	for (unsigned int i = 0; i < DRAWS; i++)
		seen[mb_zipf_draw(&zipf, &rng)]++;
	for (unsigned int i = 0; i < RANKS; i++)
		sum += 1.0 / (i + 1);
	for (unsigned int i = 0; i < RANKS; i++) {
		double expected = DRAWS / sum / (i + 1);

		/* Five standard deviations. */
		assert_true(((double)seen[i] - expected) * ((double)seen[i] - expected) <
			    25 * expected);
	}
	mb_zipf_free(&zipf);
	assert_int_equal(mb_zipf_init(&zipf, 0, 1), -EINVAL);
}

/* What a stream says, as text, for the small cases. */
static int write_ref(void *arg, enum mb_op op, u64 page, u64 count)
{
	fprintf(arg, "%c%llu", "rwm"[op], (unsigned long long)page);
	if (count > 1)
		fprintf(arg, "+%llu", (unsigned long long)count);
	fputc(' ', arg);
	return 0;
}

static int write_phase(void *arg, enum mb_phase phase)
{
	fprintf(arg, "%c ", "!<>"[phase]);
	return 0;
}

static char *stream_text(const char *config_text, unsigned int runs)
{
	struct mb_config config;
	struct mb_stream stream;
	char *said = NULL;
	size_t size;
	FILE *out = open_memstream(&said, &size);
	struct mb_sink sink = { .ref = write_ref, .phase = write_phase, .arg = out };

	parse_good(config_text, &config);
	assert_int_equal(mb_stream_open(&stream, &config, stderr), 0);
	for (unsigned int i = 0; i < runs; i++)
		assert_int_equal(mb_stream_run(&stream, config.sequence[0], &sink), 0);
	mb_stream_close(&stream);
	mb_config_free(&config);
	fclose(out);
	return said;
}

static void expect_stream(const char *config_text, const char *expected)
{
	char *said = stream_text(config_text, 1);

	assert_string_equal(said, expected);
	free(said);
}

#define PAGES(n) "file_name = /f\nfile_size = " #n "K\nexecution_sequence = "

static void sequential_access_takes_every_gapth_page(void **state)
{
	(void)state;
	expect_stream(PAGES(40) "SequentialAccessWithGaps\n[SequentialAccessWithGaps]\ngap=4\n",
		      "m0 m4 m8 ");
	/* Half a page at the end is no page. */
	expect_stream(PAGES(10) "SequentialAccessWithGaps\n[SequentialAccessWithGaps]\ngap=1\n",
		      "m0 m1 ");
}

static void bursts_start_every_stride_and_end_with_the_file(void **state)
{
	(void)state;
	expect_stream(PAGES(40) "CyclicBurstsAccess\n[CyclicBurstsAccess]\nwindow=3\nstride=4\n",
		      "m0 m1 m2 m4 m5 m6 m8 m9 ");
}

static void a_cyclic_scan_measures_after_its_prime_passes(void **state)
{
	(void)state;
	expect_stream(PAGES(20) "CyclicScan\n[CyclicScan]\nprime=1\npasses=2\nblock_size=8K\n",
		      "r0+2 r2+2 r4 ! r0+2 r2+2 r4 r0+2 r2+2 r4 ");
	expect_stream(PAGES(20) "CyclicScan\n[CyclicScan]\nprime=0\npasses=1\nblock_size=64K\n",
		      "! r0+5 ");
}

static void scans_are_marked_whole_and_within_the_file(void **state)
{
	char *said = stream_text(PAGES(16) "GetScan\n[GetScan]\ngets=3\nscan_probability=1\n"
					   "scan_length=4\n",
				 1);
	const char *at = said;

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		assert_true(at[0] == 'r' && at[1] >= '0' && at[1] <= '3' && at[2] == ' ');
		assert_memory_equal(at + 3, "< r0 r1 r2 r3 > ", 16);
		at += 19;
	}
	assert_string_equal(at, "");
	free(said);
}

#define SMALL_REGION \
	PAGES(400)   \
	"SmallRegionRandomAccess\n[SmallRegionRandomAccess]\nrepeats=200\nregion_size=5\n"

static void one_seed_is_one_stream_and_another_is_another(void **state)
{
	char *first = stream_text(SMALL_REGION, 1);
	char *again = stream_text(SMALL_REGION, 1);
	char *other = stream_text("seed = 2\n" SMALL_REGION, 1);
	char *twice = stream_text(SMALL_REGION, 2);

	(void)state;
	assert_string_equal(first, again);
	assert_string_not_equal(first, other);
	/* An entry that comes again goes on, it does not repeat. */
	assert_memory_equal(twice, first, strlen(first));
	assert_string_not_equal(twice + strlen(first), first);
	/* 5 % of 100 pages: all of the first five and nothing else, whatever the seed. */
	for (const char *c = other; *c; c = strchr(c, ' ') + 1)
		assert_true(c[0] == 'm' && c[1] >= '0' && c[1] <= '4' && c[2] == ' ');
	for (char page = '0'; page <= '4'; page++)
		assert_non_null(strchr(other, page));
	free(first);
	free(again);
	free(other);
	free(twice);
}

/*
 * Caches of whole pages, exact. Page reads under a real kernel differ by its two lists and by what else
 * its memory limit holds; these figures say that the streams are the ones the published cases describe.
 */
struct lru {
	u32 *next, *prev; /* of the page; index nr_pages is the head of the ring */
	bool *cached;
	u64 nr_pages, used, capacity, misses, scan_misses;
	u32 pinned; /* the pages below this one never leave */
	bool in_scan;
};

static void lru_init(struct lru *lru, u64 nr_pages, u64 capacity)
{
	*lru = (struct lru){ .nr_pages = nr_pages, .capacity = capacity };
	lru->next = calloc(nr_pages + 1, sizeof(u32));
	lru->prev = calloc(nr_pages + 1, sizeof(u32));
	lru->cached = calloc(nr_pages, sizeof(bool));
	assert_true(lru->next && lru->prev && lru->cached);
	lru->next[nr_pages] = lru->prev[nr_pages] = (u32)nr_pages;
}

static void lru_free(struct lru *lru)
{
	free(lru->next);
	free(lru->prev);
	free(lru->cached);
}

static void lru_unlink(struct lru *lru, u32 page)
{
	lru->next[lru->prev[page]] = lru->next[page];
	lru->prev[lru->next[page]] = lru->prev[page];
}

static void lru_push(struct lru *lru, u32 page)
{
	u32 head = (u32)lru->nr_pages;

	lru->next[page] = lru->next[head];
	lru->prev[page] = head;
	lru->prev[lru->next[head]] = page;
	lru->next[head] = page;
}

static void lru_access(struct lru *lru, u32 page)
{
	bool pinned = page < lru->pinned;

	if (lru->cached[page]) {
		if (!pinned) {
			lru_unlink(lru, page);
			lru_push(lru, page);
		}
		return;
	}
	lru->misses++;
	lru->scan_misses += lru->in_scan;
	if (lru->used == lru->capacity) {
		u32 victim = lru->prev[lru->nr_pages];

		lru_unlink(lru, victim);
		lru->cached[victim] = false;
		lru->used--;
	}
	lru->cached[page] = true;
	lru->used++;
	if (!pinned)
		lru_push(lru, page);
}

static int lru_ref(void *arg, enum mb_op op, u64 page, u64 count)
{
	(void)op;
	for (u64 i = 0; i < count; i++)
		lru_access(arg, (u32)(page + i));
	return 0;
}

static int lru_phase(void *arg, enum mb_phase phase)
{
	struct lru *lru = arg;

	if (phase == MB_PHASE_MEASURE)
		lru->misses = 0;
	lru->in_scan = phase == MB_PHASE_SCAN_BEGIN;
	return 0;
}

/* The whole reference string, for Belady's optimum, which must know the future. */
struct refs {
	u32 *pages;
	size_t nr, capacity, measured_from;
};

static int record_ref(void *arg, enum mb_op op, u64 page, u64 count)
{
	struct refs *refs = arg;

	(void)op;
	for (u64 i = 0; i < count; i++) {
		if (refs->nr == refs->capacity) {
			refs->capacity = refs->capacity ? refs->capacity * 2 : 1 << 20;
			refs->pages = realloc(refs->pages, refs->capacity * sizeof(u32));
			assert_non_null(refs->pages);
		}
		refs->pages[refs->nr++] = (u32)(page + i);
	}
	return 0;
}

static int record_phase(void *arg, enum mb_phase phase)
{
	struct refs *refs = arg;

	if (phase == MB_PHASE_MEASURE)
		refs->measured_from = refs->nr;
	return 0;
}

static void run_config_text(const char *text, const struct mb_sink *sink, u64 *ret_pages)
{
	struct mb_config config;
	struct mb_stream stream;

	parse_good(text, &config);
	if (ret_pages)
		*ret_pages = mb_config_pages(&config);
	assert_int_equal(mb_stream_open(&stream, &config, stderr), 0);
	for (u64 i = 0; i < config.iterations; i++)
		for (unsigned int entry = 0; entry < config.nr_entries; entry++)
			assert_int_equal(mb_stream_run(&stream, config.sequence[entry], sink), 0);
	mb_stream_close(&stream);
	mb_config_free(&config);
}

static void simulate_lru(const char *text, struct lru *lru)
{
	struct mb_sink sink = { .ref = lru_ref, .phase = lru_phase, .arg = lru };

	run_config_text(text, &sink, NULL);
}

/*
 * Belady: of the cached pages the one that is used last goes. A cached page is known by the time of its
 * next use, a bit in a set of times; the set's highest bit is the victim, and it is searched downward
 * from the highest that can be set.
 */
static u64 simulate_belady(const struct refs *refs, u64 nr_pages, u64 capacity)
{
	size_t never = refs->nr + nr_pages, top = 0;
	u32 *next_use = calloc(refs->nr, sizeof(u32)), *coming = calloc(nr_pages, sizeof(u32));
	u32 *page_at = calloc(never, sizeof(u32)); /* page + 1 of each time in the set */
	u64 used = 0, misses = 0;
	bool *cached = calloc(nr_pages, sizeof(bool));

	assert_true(next_use && coming && page_at && cached);
	for (u64 page = 0; page < nr_pages; page++)
		coming[page] = (u32)(refs->nr + page);
	for (size_t i = refs->nr; i-- > 0;) {
		next_use[i] = coming[refs->pages[i]];
		coming[refs->pages[i]] = (u32)i;
	}
	for (size_t i = 0; i < refs->nr; i++) {
		u32 page = refs->pages[i];

		page_at[i] = 0;
		if (!cached[page]) {
			misses += i >= refs->measured_from;
			if (used == capacity) {
				while (!page_at[top])
					top--;
				cached[page_at[top] - 1] = false;
				page_at[top] = 0;
				used--;
			}
			cached[page] = true;
			used++;
		}
		page_at[next_use[i]] = page + 1;
		if (next_use[i] > top)
			top = next_use[i];
	}
	free(next_use);
	free(coming);
	free(page_at);
	free(cached);
	return misses;
}

static u64 best_possible(const char *text, u64 capacity)
{
	struct refs refs = { 0 };
	struct mb_sink sink = { .ref = record_ref, .phase = record_phase, .arg = &refs };
	u64 nr_pages, misses;

	run_config_text(text, &sink, &nr_pages);
	misses = simulate_belady(&refs, nr_pages, capacity);
	free(refs.pages);
	return misses;
}

static void assert_near(u64 value, u64 expected, u64 permille)
{
	assert_in_range(value, expected - expected * permille / 1000,
			expected + expected * permille / 1000);
}

#define CONFIG1                                                                      \
	"file_name = /f\nfile_size = 256M\niterations = 5\nexecution_sequence = "    \
	"SmallRegionRandomAccess SmallRegionRandomAccess SequentialAccessWithGaps\n" \
	"[SequentialAccessWithGaps]\ngap = 1\n"                                      \
	"[SmallRegionRandomAccess]\nrepeats = 250000\nregion_size = 30\n"

static void config1_at_a_quarter_has_the_published_misses(void **state)
{
	struct lru lru;

	(void)state;
	lru_init(&lru, 65536, 32768);
	simulate_lru(CONFIG1, &lru);
	assert_int_equal(lru.misses, 327680);
	lru_free(&lru);

	lru_init(&lru, 65536, 32768);
	lru.pinned = 65536 * 30 / 100;
	simulate_lru(CONFIG1, &lru);
	assert_near(lru.misses, 249040, 1);
	lru_free(&lru);

	assert_near(best_possible(CONFIG1, 32768), 196608, 1);
}

#define CYCLIC                                                               \
	"file_name = /f\nfile_size = 80M\nexecution_sequence = CyclicScan\n" \
	"[CyclicScan]\nprime = 1\npasses = 6\nblock_size = 1M\n"

static void the_cyclic_scan_has_the_published_misses(void **state)
{
	struct lru lru;

	(void)state;
	lru_init(&lru, 20480, 16384);
	simulate_lru(CYCLIC, &lru);
	assert_int_equal(lru.misses, 122880);
	lru_free(&lru);
	assert_near(best_possible(CYCLIC, 16384), 24576, 1);
}

#define GETSCAN                                                            \
	"file_name = /f\nfile_size = 256M\nexecution_sequence = GetScan\n" \
	"[GetScan]\ngets = 600000\ntheta = 0.99\nscan_probability = 0.0005\nscan_length = 2000\n"

static void gets_under_scans_miss_as_published(void **state)
{
	struct lru lru;

	(void)state;
	lru_init(&lru, 65536, 16384);
	simulate_lru(GETSCAN, &lru);
	assert_near(lru.misses - lru.scan_misses, 151901, 30);
	/* 300 scans of 2,000 pages, three quarters of them not cached. */
	assert_in_range(lru.scan_misses, 300000, 600000);
	lru_free(&lru);
}

static char *new_dir(void)
{
	char *dir = strdup("/tmp/test_microbenchmark.XXXXXX");

	assert_non_null(mkdtemp(dir));
	return dir;
}

static void write_file(const char *dir, const char *name, const char *text, size_t len)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	for (char *slash = strchr(path + strlen(dir) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void remove_dir(char *dir)
{
	char command[512];

	snprintf(command, sizeof(command), "rm -rf --one-file-system -- '%s'", dir);
	assert_int_equal(system(command), 0);
	free(dir);
}

static void a_trace_is_replayed_as_written(void **state)
{
	static const char text[] = "# made by hand\n\nr 3\n  w 1 2 # two\nm\t9 1\r\nr 0 10";
	char *dir = new_dir(), config[256];

	(void)state;
	write_file(dir, "trace", text, sizeof(text) - 1);
	snprintf(config, sizeof(config), PAGES(40) "Trace\n[Trace]\ntrace_file = %s/trace\n", dir);
	expect_stream(config, "r3 w1+2 m9 r0+10 ");
	remove_dir(dir);
}

static void bad_traces_name_their_line(void **state)
{
#define BAD(text, message) { text, sizeof(text) - 1, message }
	static const struct {
		const char *text;
		size_t len;
		const char *message;
	} cases[] = {
		BAD("", ":1: the trace has no reference"),
		BAD("r 1\nx 2\n", ":2: unknown operation"),
		BAD("r\n", ":1: write r, w or m"),
		BAD("r1\n", ":1: write r, w or m"),
		BAD("r -1\n", ":1: write r, w or m"),
		BAD("r 1 2 3\n", ":1: write r, w or m"),
		BAD("r 1x\n", ":1: write r, w or m"),
		BAD("r 1 0\n", ":1: COUNT is out of range"),
		BAD("r 1 4294967296\n", ":1: COUNT is out of range"),
		BAD("r 10\n", ":1: page beyond the end"),
		BAD("r 9 2\n", ":1: page beyond the end"),
		BAD("r 18446744073709551616\n", ":1: write r, w or m"),
		BAD("r 1\nr \0002\n", ":2: NUL byte"),
		BAD("r 1\0", ":1: NUL byte"),
	};
	char *dir = new_dir(), path[256], *line;

	(void)state;
	snprintf(path, sizeof(path), "%s/trace", dir);
	for (size_t i = 0; i <= MB_ARRAY_SIZE(cases); i++) {
		const char *message = ":1: line longer than";
		struct mb_trace trace;
		char *said = NULL;
		size_t size;
		FILE *err = open_memstream(&said, &size);

		if (i < MB_ARRAY_SIZE(cases)) {
			message = cases[i].message;
			write_file(dir, "trace", cases[i].text, cases[i].len);
		} else {
			line = malloc(5000);
			assert_non_null(line);
			memset(line, '#', 5000);
			write_file(dir, "trace", line, 5000);
			free(line);
		}
		assert_true(mb_trace_load(path, 10, err, &trace) < 0);
		fclose(err);
		if (!strstr(said, message))
			fail_msg("'%s' lacks '%s'", said, message);
		free(said);
	}
	remove_dir(dir);
}

static const char diskstats[] =
	"   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
	" 254       0 vda 1000 5 80016 700 20 3 4000 90 0 100 790 0 0 0 0 0 0\n"
	" 254       1 vda1 900 4 7208 600 20 3 4000 90 0 100 690 0 0 0 0 0 0\n"
	"   1       3 null 1 0 8 0 0 0 0 0 0 0 0\n";

static void put_text(const char *dir, const char *name, const char *text)
{
	write_file(dir, name, text, strlen(text));
}

static void disks_and_partitions_have_their_own_reads(void **state)
{
	char *dir = new_dir(), path[256];
	u64 sectors = 0;

	(void)state;
	put_text(dir, "proc/diskstats", diskstats);
	snprintf(path, sizeof(path), "%s/proc/diskstats", dir);
	assert_int_equal(mb_diskstats_read(path, 254, 0, &sectors), 0);
	assert_int_equal(sectors, 80016);
	assert_int_equal(mb_diskstats_read(path, 254, 1, &sectors), 0);
	assert_int_equal(sectors, 7208);
	assert_int_equal(mb_diskstats_read(path, 25, 0, &sectors), -ENODEV);
	assert_int_equal(mb_diskstats_read("/nonexistent", 254, 0, &sectors), -ENOENT);
	remove_dir(dir);
}

/* 0:40 is a btrfs whose device is 1:3 (a file system test cannot make block devices), 0:41 an overlay. */
static const char mountinfo[] = "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
				"30 22 0:26 / /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw\n"
				"40 22 0:40 /sub /mnt/b\\040b rw - btrfs /dev/null rw\n"
				"41 22 0:41 / /mnt/o rw - overlay overlay rw\n";

static char *new_system(void)
{
	char *dir = new_dir(), link[256];

	put_text(dir, "proc/diskstats", diskstats);
	put_text(dir, "proc/self/mountinfo", mountinfo);
	put_text(dir, "proc/self/cgroup", "1:name=systemd:/x\n0::/run.slice/a.service/inner\n");
	put_text(dir, "proc/vmstat", "nr_free_pages 1\nworkingset_refault_file 999\n");
	put_text(dir, "sys/fs/cgroup/run.slice/memory.stat",
		 "anon 1\nworkingset_refault_file_x 5\nworkingset_refault_file 42\n");
	put_text(dir, "dev/.keep", "");
	snprintf(link, sizeof(link), "%s/dev/null", dir);
	assert_int_equal(symlink("/dev/null", link), 0);
	return dir;
}

static void counters_are_found_below_any_root(void **state)
{
	struct mb_counters begin, end, sum = { 0 };
	char *dir = new_system();
	struct mb_probe probe;

	(void)state;
	assert_int_equal(mb_probe_init(&probe, dir, makedev(254, 1)), 0);
	assert_false(probe.refaults_of_system);
	assert_int_equal(mb_counters_begin(&probe, &begin), 0);
	assert_int_equal(begin.sectors_read, 7208);
	/* The nearest ancestor with the memory controller. */
	assert_int_equal(begin.refaults, 42);
	put_text(dir, "sys/fs/cgroup/run.slice/memory.stat", "workingset_refault_file 50\n");
	assert_int_equal(mb_counters_end(&probe, &end), 0);
	mb_counters_add(&sum, &begin, &end);
	assert_int_equal(sum.refaults, 8);
	assert_int_equal(sum.sectors_read, 0);
	assert_true(sum.time_ns > 0);
	mb_probe_free(&probe);
	remove_dir(dir);
}

static void a_file_systems_own_device_number_is_resolved_or_refused(void **state)
{
	char *dir = new_system();
	struct mb_probe probe;

	(void)state;
	assert_int_equal(mb_probe_init(&probe, dir, makedev(0, 40)), 0);
	assert_int_equal(probe.major, 1);
	assert_int_equal(probe.minor, 3);
	mb_probe_free(&probe);
	assert_int_equal(mb_probe_init(&probe, dir, makedev(0, 41)), -ENODEV);
	assert_int_equal(mb_probe_init(&probe, dir, makedev(0, 99)), -ENODEV);
	remove_dir(dir);
}

static void a_device_that_does_not_count_is_refused(void **state)
{
	char *dir = new_system();
	struct mb_probe probe;

	(void)state;
	put_text(dir, "sys/dev/block/254:0/queue/iostats", "1\n");
	put_text(dir, "sys/dev/block/queue/iostats", "0\n");
	put_text(dir, "sys/dev/block/254:1/partition", "1\n");
	assert_int_equal(mb_probe_init(&probe, dir, makedev(254, 0)), 0);
	mb_probe_free(&probe);
	assert_int_equal(mb_probe_init(&probe, dir, makedev(254, 1)), -EOPNOTSUPP);
	remove_dir(dir);
}

static void without_cgroup_v2_refaults_are_the_systems_and_said_to_be(void **state)
{
	char *dir = new_system();
	struct mb_counters now;
	struct mb_probe probe;

	(void)state;
	put_text(dir, "proc/self/cgroup", "3:memory:/x\n");
	assert_int_equal(mb_probe_init(&probe, dir, makedev(254, 0)), 0);
	assert_true(probe.refaults_of_system);
	assert_int_equal(mb_counters_begin(&probe, &now), 0);
	assert_int_equal(now.refaults, 999);
	mb_probe_free(&probe);
	remove_dir(dir);
}

static void the_result_line_is_the_published_one(void **state)
{
	struct mb_result result = {
		.counters = { .sectors_read = 163,
			      .refaults = 3,
			      .major_faults = 4,
			      .minor_faults = 5,
			      .time_ns = 1234567890 },
		.scan_sectors = 80,
	};
	char *said = NULL;
	size_t size;
	FILE *out = open_memstream(&said, &size);

	(void)state;
	mb_report_line(out, MB_CYCLIC_SCAN, &result);
	mb_report_line(out, MB_GET_SCAN, &result);
	fclose(out);
	assert_string_equal(said,
			    "CyclicScan page_reads=20 major_faults=4 minor_faults=5 refaults=3 "
			    "seconds=1.235\n"
			    "GetScan page_reads=20 major_faults=4 minor_faults=5 refaults=3 "
			    "seconds=1.235 get_reads=10\n");
	free(said);
}

/* What `unknown key` lists, section by section, is what the page has to describe. */
static void the_manual_page_describes_every_key_and_pattern(void **state)
{
	char *page = calloc(1, 1 << 16), text[256], *word;
	FILE *file = fopen(MB_MAN, "re");

	(void)state;
	assert_non_null(page);
	assert_non_null(file);
	assert_true(fread(page, 1, (1 << 16) - 1, file) > 0);
	fclose(file);
	for (int i = -1; i < MB_NR_PATTERNS; i++) {
		struct mb_config config;
		char *said;

		snprintf(text, sizeof(text), "[%s]\nnonsense = 1\n",
			 i < 0 ? "" : mb_pattern_names[i]);
		said = i < 0 ? parse("nonsense = 1\n", 13, -EINVAL, &config) :
			       parse(text, strlen(text), -EINVAL, &config);
		word = strstr(said, "known are:");
		assert_non_null(word);
		*strchr(word, '\n') = '\0';
		word = strtok(word + strlen("known are:"), " ");
		assert_non_null(word);
		for (; word; word = strtok(NULL, " ")) {
			snprintf(text, sizeof(text), "\n.B %s", word);
			if (!strstr(page, text))
				fail_msg("'%s' is missing", word);
		}
		if (i >= 0 && !strstr(page, mb_pattern_names[i]))
			fail_msg("'%s' is missing", mb_pattern_names[i]);
		free(said);
	}
	free(page);
}

static void what_is_no_regular_file_is_refused(void **state)
{
	char *said = NULL;
	struct mb_config config;
	size_t size;
	FILE *err = open_memstream(&said, &size);

	(void)state;
	assert_int_equal(mb_config_load("/", err, &config), -EINVAL);
	assert_int_equal(mb_config_load("/dev/zero", err, &config), -EINVAL);
	assert_int_equal(mb_config_load("/nonexistent", err, &config), -EIO);
	assert_int_equal(mb_datafile_open("/", false, err), -EISDIR);
	assert_int_equal(mb_datafile_open("/dev/null", true, err), -EINVAL);
	fclose(err);
	assert_non_null(strstr(said, "/: is no regular file"));
	free(said);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(pagepatrols_own_config_is_understood),
		cmocka_unit_test(sizes_fractions_and_comments_are_read),
		cmocka_unit_test(every_error_names_its_line_and_a_way_out),
		cmocka_unit_test(binary_and_endless_lines_are_refused),
		cmocka_unit_test(a_failed_parse_leaves_the_result_untouched),
		cmocka_unit_test(the_generator_is_splitmix64),
		cmocka_unit_test(zipf_ranks_have_their_weights),
		cmocka_unit_test(sequential_access_takes_every_gapth_page),
		cmocka_unit_test(bursts_start_every_stride_and_end_with_the_file),
		cmocka_unit_test(a_cyclic_scan_measures_after_its_prime_passes),
		cmocka_unit_test(scans_are_marked_whole_and_within_the_file),
		cmocka_unit_test(one_seed_is_one_stream_and_another_is_another),
		cmocka_unit_test(config1_at_a_quarter_has_the_published_misses),
		cmocka_unit_test(the_cyclic_scan_has_the_published_misses),
		cmocka_unit_test(gets_under_scans_miss_as_published),
		cmocka_unit_test(a_trace_is_replayed_as_written),
		cmocka_unit_test(bad_traces_name_their_line),
		cmocka_unit_test(disks_and_partitions_have_their_own_reads),
		cmocka_unit_test(counters_are_found_below_any_root),
		cmocka_unit_test(a_file_systems_own_device_number_is_resolved_or_refused),
		cmocka_unit_test(a_device_that_does_not_count_is_refused),
		cmocka_unit_test(without_cgroup_v2_refaults_are_the_systems_and_said_to_be),
		cmocka_unit_test(the_result_line_is_the_published_one),
		cmocka_unit_test(the_manual_page_describes_every_key_and_pattern),
		cmocka_unit_test(what_is_no_regular_file_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
