// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for the simulator's traces: both formats, columns in any order, names as dense numbers,
 * a bound on memory, and every error with file and line.
 */
#include "fixture.h"

#include "../../sim/sim.h"

static char *said;
static struct sim_columns columns;
static struct sim_op_words words;
static uint64_t memory_bytes;

/* The result of loading @text, what was complained about in said. */
static int load(void **state, enum sim_format format, const char *text, size_t size,
		struct sim_trace *ret)
{
	_cleanup_free_ char *path = tree_path(*state, "t");
	size_t length;
	FILE *err;
	int r;

	free(said);
	err = open_memstream(&said, &length);
	assert_non_null(err);
	tree_write_bytes(*state, "t", text, size);
	r = sim_trace_load(&(struct sim_source){ .path = path,
						 .format = format,
						 .columns = columns,
						 .memory_bytes = memory_bytes },
			   err, ret);
	fclose(err);
	return r;
}

static struct sim_trace good(void **state, enum sim_format format, const char *text)
{
	struct sim_trace trace;

	assert_int_equal(load(state, format, text, strlen(text), &trace), 0);
	assert_string_equal(said, "");
	return trace;
}

static void assert_refs(struct sim_trace *trace, size_t n, const struct sim_ref wanted[])
{
	assert_int_equal(trace->nr_refs, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(trace->refs[i].object, wanted[i].object);
		assert_int_equal(trace->refs[i].pages, wanted[i].pages);
		assert_int_equal(trace->refs[i].op, wanted[i].op);
	}
	sim_trace_free(trace);
}

static void test_text_is_a_reference_for_each_page(void **state)
{
	struct sim_trace trace =
		good(state, SIM_FORMAT_TEXT, "# comment\n\nr 100 3\nw 101 # again\r\nm 7\nr 100");

	assert_int_equal(trace.nr_objects, 4);
	assert_refs(&trace, 6,
		    (struct sim_ref[]){ { 0, 1, SIM_READ },
					{ 1, 1, SIM_READ },
					{ 2, 1, SIM_READ },
					{ 1, 1, SIM_WRITE },
					{ 3, 1, SIM_WRITE },
					{ 0, 1, SIM_READ } });
}

static void test_text_may_name_the_thread(void **state)
{
	struct sim_trace trace =
		good(state, SIM_FORMAT_TEXT, "r 5 2\nr 6 @7\nw 900 2 @65535 # x\nr 1\n");
	static const uint16_t threads[] = { 0, 0, 7, 65535, 65535, 0 };
	static const uint64_t index[] = { 5, 6, 900, 901, 1 };

	assert_int_equal(trace.nr_refs, 6);
	assert_memory_equal(trace.threads, threads, sizeof(threads));
	assert_memory_equal(trace.index, index, sizeof(index));
	sim_trace_free(&trace);
	trace = good(state, SIM_FORMAT_TEXT, "r 5 @0\n");
	assert_null(trace.threads);
	sim_trace_free(&trace);
}

/* So many that the table of references grows on the way. */
static void test_threads_keep_their_references(void **state)
{
	char text[20000] = "";
	struct sim_trace trace;
	size_t at = 0;

	for (unsigned int i = 0; i < 2100; i++)
		at += snprintf(text + at, sizeof(text) - at, "r 1 @%u\n", i % 9);
	trace = good(state, SIM_FORMAT_TEXT, text);
	assert_int_equal(trace.nr_refs, 2100);
	for (unsigned int i = 0; i < 2100; i++)
		assert_int_equal(trace.threads[i], i % 9);
	sim_trace_free(&trace);
}

static void test_csv_has_names_sizes_and_removals(void **state)
{
	struct sim_trace trace = good(state, SIM_FORMAT_CSV,
				      "time,object,size,op\n0,a b,1,get\n1.5, x ,4096,SET\n"
				      "1e3,a b,4097,get\n\n4,x,0,delete\r\n5,new,0,read");

	assert_int_equal(trace.nr_objects, 3);
	assert_refs(&trace, 5,
		    (struct sim_ref[]){ { 0, 1, SIM_READ },
					{ 1, 1, SIM_WRITE },
					{ 0, 2, SIM_READ },
					{ 1, 1, SIM_REMOVE },
					{ 2, 1, SIM_READ } });
}

static void test_csv_needs_no_titles(void **state)
{
	struct sim_trace trace = good(state, SIM_FORMAT_CSV, "0,time,1,get\n");

	assert_refs(&trace, 1, (struct sim_ref[]){ { 0, 1, SIM_READ } });
}

static void test_titles_of_any_words_are_skipped(void **state)
{
	struct sim_trace trace = good(state, SIM_FORMAT_CSV,
				      "# of 2024\n\ntimestamp,object,size,op\n1,a,4096,get\n"
				      "  # between\n2,a,4096,get\n");

	assert_refs(&trace, 2, (struct sim_ref[]){ { 0, 1, SIM_READ }, { 0, 1, SIM_READ } });
}

static void use_columns(const char *text)
{
	const char *problem;

	assert_int_equal(sim_columns_parse(text, &columns, &words, &problem), 0);
}

static int forget_source(void **state)
{
	columns = (struct sim_columns){};
	memory_bytes = 0;
	return tree_teardown(state);
}

/* IBM's object store: operations by number, and in the second column. */
static void test_columns_stand_in_the_order_that_is_said(void **state)
{
	struct sim_trace trace;

	use_columns("op=2,time=1,size=4,object=3");
	trace = good(state, SIM_FORMAT_CSV,
		     "# time_ms, op, object, bytes\n0,1,A,8371\n100,0,B,31,more\n"
		     "150,3,C,1\n600,2,A,8371\n700,4,B,4096\n");
	assert_true(trace.sizes_differ);
	assert_refs(&trace, 4,
		    (struct sim_ref[]){ { 0, 3, SIM_READ },
					{ 1, 1, SIM_WRITE },
					{ 0, 3, SIM_REMOVE },
					{ 1, 1, SIM_READ } });
	use_columns("twitter");
	trace = good(state, SIM_FORMAT_CSV, "0,k1,2,5000,7,get,0\n0,k2,2,1,7,add,60\n");
	assert_refs(&trace, 2, (struct sim_ref[]){ { 0, 2, SIM_READ }, { 1, 1, SIM_WRITE } });
}

static void test_only_the_object_is_needed(void **state)
{
	struct sim_trace trace;

	use_columns("object=2");
	trace = good(state, SIM_FORMAT_CSV, "x,a\n,b,\n,a\n");
	assert_false(trace.sizes_differ);
	assert_refs(
		&trace, 3,
		(struct sim_ref[]){ { 0, 1, SIM_READ }, { 1, 1, SIM_READ }, { 0, 1, SIM_READ } });
	assert_true(load(state, SIM_FORMAT_CSV, "x,a\nb\n", 6, &trace) < 0);
	assert_non_null(strstr(
		said, ":2: there is no column 2, which --columns, --format or the titles name"));
	/* Titles are told by the op when no column is a number. */
	use_columns("object=1,op=2");
	trace = good(state, SIM_FORMAT_CSV, "key,operation\na,get\n");
	assert_refs(&trace, 1, (struct sim_ref[]){ { 0, 1, SIM_READ } });
}

static void test_bad_columns_are_refused(void **state)
{
	static const char *const bad[][2] = {
		{ "", "the names are" },
		{ "offset=1", "needs a size" },
		{ "offset=1,sector=2,size=3", "the same in other units" },
		{ "object=1,size=2+3", "only an object may be of two" },
		{ "object=1+", "from 1 to 64" },
		{ "object=1+1", "two names have one column" },
		{ "time=1", "there is no object" },
		{ "objects=1", "the names are" },
		{ "object", "from 1 to 64" },
		{ "object=0", "from 1 to 64" },
		{ "object=65", "from 1 to 64" },
		{ "object=4294967297", "from 1 to 64" },
		{ "object=1,", "the names are" },
		{ "object=1,,time=2", "the names are" },
		{ "object=1,time=1", "two names have one column" },
		{ "object=1,object=2", "twice" },
		{ "twitte", "the names are" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct sim_columns untouched = { .object = 9 };
		const char *problem = NULL;

		assert_int_equal(sim_columns_parse(bad[i][0], &untouched, &words, &problem),
				 -EINVAL);
		assert_int_equal(untouched.object, 9);
		if (!strstr(problem, bad[i][1]))
			fail_msg("'%s': '%s' lacks '%s'", bad[i][0], problem, bad[i][1]);
	}
}

static void test_names_that_look_alike_stay_apart(void **state)
{
	struct sim_trace trace =
		good(state, SIM_FORMAT_CSV,
		     "0,7,1,get\n0,07,1,get\n0,7a,1,get\n0,0,1,get\n0,00,1,get\n"
		     "0,999999999999999999,1,get\n0,1000000000000000000,1,get\n"
		     "0,9223372036854775808,1,get\n0,7,1,get\n0,9223372036854775808,1,get\n"
		     "0,7a,1,get\n0,07,1,get\n");
	static const uint32_t objects[] = { 0, 1, 2, 3, 4, 5, 6, 7, 0, 7, 2, 1 };

	assert_int_equal(trace.nr_refs, ARRAY_SIZE(objects));
	for (size_t i = 0; i < trace.nr_refs; i++)
		assert_int_equal(trace.refs[i].object, objects[i]);
	sim_trace_free(&trace);
	trace = good(state, SIM_FORMAT_TEXT, "r 18446744073709551613 2\nr 18446744073709551614\n");
	assert_refs(
		&trace, 3,
		(struct sim_ref[]){ { 0, 1, SIM_READ }, { 1, 1, SIM_READ }, { 1, 1, SIM_READ } });
}

/* Blocks end anywhere in a line. */
static void test_no_line_is_lost_between_blocks(void **state)
{
	enum { N = 400 };
	_cleanup_free_ char *text = NULL;
	struct sim_trace trace;
	size_t length;
	FILE *f = open_memstream(&text, &length);

	assert_non_null(f);
	for (unsigned int i = 0; i < N; i++)
		fprintf(f, "%u,%0*u,1,get%s", i, i * 37 % 4000 + 1, i, i == N - 1 ? "" : "\n");
	fclose(f);
	trace = good(state, SIM_FORMAT_CSV, text);
	assert_int_equal(trace.nr_refs, N);
	assert_int_equal(trace.nr_objects, N);
	sim_trace_free(&trace);
}

static void test_a_trace_larger_than_its_share_of_memory_is_refused(void **state)
{
	struct sim_trace trace;

	memory_bytes = 10 << 20;
	assert_true(load(state, SIM_FORMAT_TEXT, "r 0\nr 0 10000000\n", 17, &trace) < 0);
	assert_non_null(strstr(said, ":2: "));
	assert_non_null(strstr(said, "more than the 10 MiB a simulation may take here: split"));
	trace = good(state, SIM_FORMAT_TEXT, "r 0 100000\n");
	assert_true(sim_trace_bytes(&trace) + sim_run_bytes(&trace) <= memory_bytes);
	sim_trace_free(&trace);
}

static void test_available_memory_is_the_kernels(void **state)
{
	_cleanup_free_ char *path = tree_path(*state, "meminfo");
	uint64_t bytes = 1;

	tree_write(*state, "meminfo",
		   "MemTotal:       24684112 kB\nMemFree:  1 kB\nMemAvailable:   2048 kB\n");
	assert_int_equal(sim_memory_available(path, &bytes), 0);
	assert_int_equal(bytes, 2 << 20);
	tree_write(*state, "meminfo", "MemTotal: 1 kB\n");
	assert_int_equal(sim_memory_available(path, &bytes), -ENODATA);
	assert_int_equal(sim_memory_available("/nonexistent/meminfo", &bytes), -ENOENT);
}

static void test_the_working_set_is_each_object_at_its_largest(void **state)
{
	struct sim_trace trace =
		good(state, SIM_FORMAT_CSV,
		     "0,a,5000,get\n1,b,1,get\n2,a,9000,get\n3,a,1,get\n4,c,90000,delete\n");
	uint64_t pages;

	assert_int_equal(sim_trace_pages(&trace, &pages), 0);
	assert_int_equal(pages, 4);
	sim_trace_free(&trace);
}

static void test_many_names_stay_apart(void **state)
{
	enum { N = 30000 };
	_cleanup_free_ char *text = NULL;
	struct sim_trace trace;
	size_t length;
	FILE *f = open_memstream(&text, &length);

	assert_non_null(f);
	for (unsigned int i = 0; i < 2 * N; i++)
		fprintf(f, "%u,key-%u,1,get\n", i, i % N * 2654435761U);
	fclose(f);
	trace = good(state, SIM_FORMAT_CSV, text);
	assert_int_equal(trace.nr_refs, 2 * N);
	assert_int_equal(trace.nr_objects, N);
	for (unsigned int i = 0; i < 2 * N; i++)
		assert_int_equal(trace.refs[i].object, i % N);
	sim_trace_free(&trace);
}

static void test_every_error_has_its_line(void **state)
{
#define BAD(format, text, line, message) \
	{ SIM_FORMAT_##format, text, sizeof(text) - 1, line, message }
	static const struct {
		enum sim_format format;
		const char *text;
		size_t size;
		const char *line, *message;
	} cases[] = {
		BAD(TEXT, "", ":1: ", "the trace has no reference"),
		BAD(TEXT, "# nothing\n\n", ":1: ", "the trace has no reference"),
		BAD(TEXT, "r 1\nx 2\n", ":2: ", "unknown operation"),
		BAD(TEXT, "r 1\nr -1\n", ":2: ", "write r, w or m"),
		BAD(TEXT, "r 1 0\n", ":1: ", "COUNT is out of range"),
		BAD(TEXT, "r 0 4294967295\n", ":1: ", "more than 134217728 references"),
		BAD(TEXT, "r 18446744073709551615\n",
		    ":1: ", "page beyond the last one, 18446744073709551614\n"),
		BAD(TEXT, "BZh91AY&SY", ":1: ", "not read here: use bzcat /"),
		BAD(CSV, "\xfd\x37zXZ", ":1: ", "/t | mempolctl simulate --format FORMAT -\n"),
		BAD(TEXT, "r 1\nr \0002\n", ":2: ", "NUL byte"),
		BAD(CSV, "", ":1: ", "the trace has no reference"),
		BAD(CSV, "time,object,size,op\n", ":1: ", "the trace has no reference"),
		BAD(CSV, "0,a,1,get\n1,a,1\n", ":2: ", "time,object,size,op"),
		BAD(CSV, "0,a,1,get,x\n",
		    ":1: ", "and no more; other columns are named with --columns"),
		BAD(CSV, "0,a,1,get\ntime,object,size,op\n", ":2: ", "time 'time' is no number"),
		BAD(CSV, "-1,a,1,get\n", ":1: ", "time '-1' is no number"),
		BAD(CSV, "0x10,a,1,get\n", ":1: ", "time '0x10' is no number"),
		BAD(CSV, "nan,a,1,get\n", ":1: ", "time 'nan' is no number"),
		BAD(CSV, "inf,a,1,get\n", ":1: ", "time 'inf' is no number"),
		BAD(CSV, "1e,a,1,get\n", ":1: ", "time '1e' is no number"),
		BAD(CSV, ".,a,1,get\n", ":1: ", "time '.' is no number"),
		BAD(CSV, "-1,a,-1,get\n", ":1: ", "time '-1' is no number"),
		BAD(CSV, "2024-01-01,a,4K,get\n", ":1: ", "time '2024-01-01' is no number"),
		BAD(CSV, "# c\n\nt,o,s,op\nt,o,s,op\n", ":4: ", "time 't' is no number"),
		BAD(CSV, "# of time\n0,1,A,8371\n",
		    ":2: ", "size 'A' is no number; other columns are named with --columns"),
		BAD(CSV, "0,a,1,5\n", ":1: ", "0 put, 1 get, 2 delete, 3 head, 4 copy"),
		BAD(CSV, ",a,1,get\n", ":1: ", "time '' is no number"),
		BAD(CSV, "0,,1,get\n", ":1: ", "there is no object"),
		BAD(CSV, "0,a,,get\n", ":1: ", "is no number"),
		BAD(CSV, "0,a,1K,get\n", ":1: ", "is no number"),
		BAD(CSV, "0,a,-1,get\n", ":1: ", "is no number"),
		BAD(CSV, "0,a,4398046511104,get\n", ":1: ", "out of range"),
		BAD(CSV, "0,a,18446744073709551616,get\n", ":1: ", "out of range"),
		BAD(CSV, "0,a,1,fetch\n", ":1: ", "unknown op 'fetch'"),
		BAD(CSV, "0,a,1,\033[2J\n", ":1: ", "unknown op '?[2J'"),
		BAD(CSV, "0,a,1,\n", ":1: ", "unknown op ''"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sim_trace trace = { .nr_refs = 77 };

		assert_true(load(state, cases[i].format, cases[i].text, cases[i].size, &trace) < 0);
		assert_int_equal(trace.nr_refs, 77);
		if (!strstr(said, cases[i].line) || !strstr(said, cases[i].message))
			fail_msg("'%s' lacks '%s' or '%s'", said, cases[i].line, cases[i].message);
	}
}

static void test_endless_lines_and_missing_files_are_errors(void **state)
{
	_cleanup_free_ char *text = malloc(5000);
	struct sim_trace trace;

	assert_non_null(text);
	memset(text, '#', 5000);
	assert_true(load(state, SIM_FORMAT_TEXT, text, 5000, &trace) < 0);
	assert_non_null(strstr(said, ":1: line longer than 4095"));
	assert_int_equal(sim_trace_load(&(struct sim_source){ .path = "/nonexistent/t" }, stderr,
					&trace),
			 -ENOENT);
	assert_int_equal(sim_trace_load(&(struct sim_source){ .path = "/" }, stderr, &trace), -EIO);
}

#define SOURCE_TEST(f) cmocka_unit_test_setup_teardown(f, tree_setup, forget_source)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_text_is_a_reference_for_each_page),
		TREE_TEST(test_text_may_name_the_thread),
		TREE_TEST(test_threads_keep_their_references),
		TREE_TEST(test_csv_has_names_sizes_and_removals),
		TREE_TEST(test_csv_needs_no_titles),
		TREE_TEST(test_titles_of_any_words_are_skipped),
		SOURCE_TEST(test_columns_stand_in_the_order_that_is_said),
		SOURCE_TEST(test_only_the_object_is_needed),
		TREE_TEST(test_bad_columns_are_refused),
		TREE_TEST(test_names_that_look_alike_stay_apart),
		TREE_TEST(test_no_line_is_lost_between_blocks),
		SOURCE_TEST(test_a_trace_larger_than_its_share_of_memory_is_refused),
		TREE_TEST(test_available_memory_is_the_kernels),
		TREE_TEST(test_the_working_set_is_each_object_at_its_largest),
		TREE_TEST(test_many_names_stay_apart),
		TREE_TEST(test_every_error_has_its_line),
		TREE_TEST(test_endless_lines_and_missing_files_are_errors),
	};
	int r = cmocka_run_group_tests(tests, NULL, NULL);

	free(said);
	return r;
}
