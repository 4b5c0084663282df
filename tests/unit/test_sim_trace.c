// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for the simulator's traces: both formats as published, names as dense numbers, and every
 * error with file and line.
 */
#include "fixture.h"

#include "../../sim/sim.h"

static char *said;

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
	r = sim_trace_load(path, format, err, ret);
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
		BAD(TEXT, "r 18446744073709551615\n", ":1: ", "page beyond"),
		BAD(TEXT, "r 1\nr \0002\n", ":2: ", "NUL byte"),
		BAD(CSV, "", ":1: ", "the trace has no reference"),
		BAD(CSV, "time,object,size,op\n", ":1: ", "the trace has no reference"),
		BAD(CSV, "0,a,1,get\n1,a,1\n", ":2: ", "time,object,size,op"),
		BAD(CSV, "0,a,1,get,x\n", ":1: ", "and no more"),
		BAD(CSV, "0,a,1,get\ntime,object,size,op\n", ":2: ", "time 'time' is no number"),
		BAD(CSV, "-1,a,1,get\n", ":1: ", "time '-1' is no number"),
		BAD(CSV, ",a,1,get\n", ":1: ", "time '' is no number"),
		BAD(CSV, "0,,1,get\n", ":1: ", "there is no object"),
		BAD(CSV, "0,a,,get\n", ":1: ", "is no number of bytes"),
		BAD(CSV, "0,a,1K,get\n", ":1: ", "is no number of bytes"),
		BAD(CSV, "0,a,-1,get\n", ":1: ", "is no number of bytes"),
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
	assert_int_equal(sim_trace_load("/nonexistent/t", SIM_FORMAT_CSV, stderr, &trace), -ENOENT);
	assert_int_equal(sim_trace_load("/", SIM_FORMAT_CSV, stderr, &trace), -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_text_is_a_reference_for_each_page),
		TREE_TEST(test_csv_has_names_sizes_and_removals),
		TREE_TEST(test_csv_needs_no_titles),
		TREE_TEST(test_many_names_stay_apart),
		TREE_TEST(test_every_error_has_its_line),
		TREE_TEST(test_endless_lines_and_missing_files_are_errors),
	};
	int r = cmocka_run_group_tests(tests, NULL, NULL);

	free(said);
	return r;
}
