// SPDX-License-Identifier: GPL-2.0-only
/*
 * The microbenchmark's configuration and random streams. Run by make check, without root.
 */
#include "microbenchmark.h"
#include "../../examples/microbenchmark/datafile.h"

#define GENERAL "file_name = /f\nfile_size = 1M\n"

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
		cmocka_unit_test(the_manual_page_describes_every_key_and_pattern),
		cmocka_unit_test(what_is_no_regular_file_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
