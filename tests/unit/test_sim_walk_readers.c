// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dumps of page tables and traces of memory as the page-walk simulator reads them: every form once, and every mistake
 * with its line and the way out of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../sim/walk/dump.h"
#include "../../sim/walk/trace.h"

static int file_with(const void *bytes, size_t size)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* ---- dumps ------------------------------------------------------------------------------------------- */

#define HEAD "mempol-walk 1\nM 42 redis 4 1000\n"
#define TABLES "T 3 0 2000 0\nT 2 0 3000 0\nT 1 200000 4000 0\n"

static int read_dump(const char *text, struct walk_dump *dump, char **message)
{
	int fd = file_with(text, strlen(text)), r;
	size_t size;
	FILE *err = open_memstream(message, &size);

	r = walk_dump_read(dump, "d", fd, err);
	fclose(err);
	close(fd);
	return r;
}

static void a_whole_dump_answers_questions(void **state)
{
	static const char text[] = HEAD "V 200000 400000 rw\n" TABLES "P 201000 80000 3 a\n"
					"P 600000 1000000 2 hd\nP 40000000 c0000000 1 g\n"
					"R 200000 4000 1 0\nR 400000 7000 3 -\nE 10\n";
	struct walk_dump dump;
	char *message;

	assert_int_equal(read_dump(text, &dump, &message), 0);
	assert_string_equal(message, "");
	assert_int_equal(dump.tgid, 42);
	assert_string_equal(dump.comm, "redis");
	assert_int_equal(walk_tree_leaf(&dump.tree, 0x203fff), 1);
	assert_int_equal(walk_tree_data(&dump.tree, 0x203fff), 0x82fff);
	assert_int_equal(walk_tree_leaf(&dump.tree, 0x204000), 0);
	assert_int_equal(walk_tree_leaf(&dump.tree, 0x812345), 2);
	assert_int_equal(walk_tree_data(&dump.tree, 0x812345), 0x1212345);
	assert_int_equal(walk_tree_leaf(&dump.tree, 0x40000001), 3);
	assert_int_equal(walk_tree_entry(&dump.tree, 0x201000, 4), 0x1000);
	assert_int_equal(walk_tree_entry(&dump.tree, 0x201000, 3), 0x2000);
	assert_int_equal(walk_tree_entry(&dump.tree, 0x201000, 2), 0x3008);
	assert_int_equal(walk_tree_entry(&dump.tree, 0x201000, 1), 0x4008);
	assert_int_equal(dump.nr_ranges, 2);
	assert_int_equal(dump.ranges[0].reg, 0);
	assert_int_equal(dump.ranges[1].reg, -1);
	assert_int_equal(dump.ranges[1].end, 0xa00000);
	assert_true(dump.ranges[0].huge);
	walk_dump_done(&dump);
	free(message);
}

static void a_dump_is_simulated_where_its_tables_are(void **state)
{
	static const char text[] = HEAD TABLES "P 201000 80000 3 a\nR 200000 4000 1 0\nE 6\n";
	const uint64_t va = 0x201000, misplaced = 0x202000;
	struct walk_world world = { .bits = 30, .placed_percent = 100 };
	struct walk_dump dump;
	struct walk_run run;
	char *message;

	assert_int_equal(read_dump(text, &dump, &message), 0);
	world.tree = &dump.tree;
	world.ranges = dump.ranges;
	world.nr_ranges = dump.nr_ranges;
	assert_int_equal(
		walk_run_init(&run, walk_design_find("dmt"), &walk_config_defaults, &world), 0);
	walk_run_references(&run, &va, 1);
	assert_int_equal(run.machine.count.sequential, 1);
	assert_int_equal(run.machine.count.fallbacks, 0);
	/* The register says one thing, the tables another. */
	run.machine.guest.ranges[0].base = 0x9000;
	walk_run_references(&run, &misplaced, 1);
	assert_int_equal(run.machine.count.sequential, 1 + 1 + 4);
	assert_int_equal(run.machine.count.fallbacks, 1);
	walk_run_done(&run);
	walk_dump_done(&dump);
	free(message);
}

static void mistakes_of_a_dump_are_told_with_their_line(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "", "d:1: no E line: the dump is not whole, make it once more\n" },
		{ "mempol-walk 2\n", "d:1: a dump begins with the line 'mempol-walk 1'\n" },
		{ "mempol-walk 1\nV 0 1000 r\n",
		  "d:2: the M line comes first: 'M tgid comm levels root'\n" },
		{ "mempol-walk 1\nM 42 redis 6 1000\n",
		  "d:2: '6' is no number of levels: a decimal number from 4 to 5\n" },
		{ "mempol-walk 1\nM 42 redis 4 1234\n",
		  "d:2: the root table 1234 is no multiple of 4096: write addresses of bytes, not frame numbers\n" },
		{ "mempol-walk 1\nM 42 redis 4 20000000000\n",
		  "d:2: the root table 20000000000 is not below 20000000000\n" },
		{ HEAD "M 42 redis 4 1000\n", "d:3: a second M line: a dump is of one process\n" },
		{ HEAD "V 2000 2000 r\n",
		  "d:3: a mapping that is empty or overlaps the one before: write them by their addresses\n" },
		{ HEAD "V 1000 3000 r\nV 2000 4000 r\n",
		  "d:4: a mapping that is empty or overlaps the one before: write them by their addresses\n" },
		{ HEAD "T 4 0 2000 0\n",
		  "d:3: '4' is no level below the root: a decimal number from 1 to 3\n" },
		{ HEAD "T 2 0 3000 0\n",
		  "d:3: no table of level 3 for 0: write its T line before this one\n" },
		{ HEAD "T 3 1000 2000 0\n",
		  "d:3: the address 1000 is no multiple of 549755813888: write addresses of bytes, not frame numbers\n" },
		{ HEAD TABLES "T 3 0 9000 0\n",
		  "d:6: 0 has a table or a page already: name each once\n" },
		{ HEAD TABLES "P 201000 80001 1 -\n",
		  "d:6: the frame 80001 is no multiple of 4096: write addresses of bytes, not frame numbers\n" },
		{ HEAD TABLES "P 201000 80000 2 -\nP 202000 90000 1 -\n",
		  "d:7: 202000 has a table or a page already: name each once\n" },
		{ HEAD TABLES "P 200000 200000 1 h\n",
		  "d:6: 200000 has a table or a page already: name each once\n" },
		{ HEAD TABLES "P 400000 200000 1 h\nT 1 400000 9000 0\n",
		  "d:7: 400000 has a table or a page already: name each once\n" },
		{ HEAD TABLES "P 400000 200000 1 h\nP 401000 9000 1 -\n",
		  "d:7: 401000 overlaps a larger page\n" },
		{ HEAD TABLES "P 3ff000 80000 2 -\n",
		  "d:6: no table of level 1 for 400000: write its T line before this one\n" },
		{ HEAD TABLES "P 201000 80000 0 -\n",
		  "d:6: '0' is no number of pages: a decimal number from 1 to 68719476736\n" },
		{ HEAD TABLES "P fffffffff000 80000 2 -\n",
		  "d:6: 2 pages go beyond the last address\n" },
		{ HEAD TABLES "P 201000 80000 1 x\n",
		  "d:6: 'x' are no flags: of h, g, a, d and w, or -\n" },
		{ HEAD TABLES "P 201001 80000 1 x\n",
		  "d:6: 'x' are no flags: of h, g, a, d and w, or -\n" },
		{ HEAD TABLES "P 201000 80000 1\n",
		  "d:6: 4 words where the form is 'P va pa count flags'\n" },
		{ HEAD "R 1000 2000 1 0\n",
		  "d:3: the start 1000 is no multiple of 2097152: write addresses of bytes, not frame numbers\n" },
		{ HEAD "R 200000 2000 2 0\nR 400000 9000 1 1\n",
		  "d:4: it overlaps the area before: write them by their addresses\n" },
		{ HEAD "R 0 2000 1 64\n",
		  "d:3: '64' is no register: a decimal number from 0 to 63\n" },
		{ HEAD "X 1\n", "d:3: 'X' is no kind of line: M, V, T, P, R or E\n" },
		{ HEAD "\n", "d:3: '' is no kind of line: M, V, T, P, R or E\n" },
		{ HEAD, "d:3: no E line: the dump is not whole, make it once more\n" },
		{ HEAD "E 2\n",
		  "d:3: 'E 2' after 1 lines: the dump is not whole, make it once more\n" },
		{ HEAD "E 1\nV 0 1000 r\n", "d:4: something behind the E line: remove it\n" },
		{ HEAD TABLES "P 8000000000 c0000000 1 g\n",
		  "d:6: no table of level 3 for 8000000000: write its T line before this one\n" },
		{ HEAD "V zz 1000 r\n", "d:3: 'zz' is no start: a number in hex\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct walk_dump dump;
		char *message;

		assert_true(read_dump(rows[i].text, &dump, &message) < 0);
		assert_string_equal(message, rows[i].message);
		free(message);
	}
}

/* ---- traces ------------------------------------------------------------------------------------------ */

#define R(address) walk_reference(address, WALK_READ, 0)
#define W(address) walk_reference(address, WALK_WRITE, 0)
#define F(address) walk_reference(address, WALK_FETCH, 0)

/* How many, or an error; @size at a time. */
static ssize_t read_trace(enum walk_format format, const void *bytes, size_t length, size_t step,
			  uint64_t *references, char **message)
{
	struct walk_trace *trace = malloc(sizeof(*trace));
	int fd = file_with(bytes, length);
	ssize_t nr = 0, n;
	size_t size;
	FILE *err = open_memstream(message, &size);

	assert_non_null(trace);
	n = walk_trace_start(trace, "t", fd, format, err);
	if (n == 0) {
		while ((n = walk_trace_next(trace, references + nr, step)) > 0)
			nr += n;
		walk_trace_done(trace);
	}
	fclose(err);
	close(fd);
	free(trace);
	return n < 0 ? n : nr;
}

static void assert_trace(enum walk_format format, const char *text, const uint64_t *wanted,
			 ssize_t nr)
{
	for (size_t step = WALK_TRACE_LEAST; step < 20; step += 5) {
		uint64_t references[64];
		char *message;

		assert_int_equal(read_trace(format, text, strlen(text), step, references, &message),
				 nr);
		assert_memory_equal(references, wanted, (size_t)nr * sizeof(*wanted));
		assert_string_equal(message, "");
		free(message);
	}
}

static void a_text_has_reads_writes_and_instructions(void **state)
{
	const uint64_t wanted[] = { R(0x1000), W(0x2ff8),	   F(0x40), R(0xfff), R(0x1000),
				    R(0),      R((1ULL << 57) - 1) };

	assert_trace(WALK_FORMAT_TEXT,
		     "# of a program\nr 1000\nw 0x2ff8 8\n\n i 40 4 # here\nr fff 2\nr 0 4096\n"
		     "r 1ffffffffffffff 1",
		     wanted, 7);
}

static void lackey_has_accesses_that_read_and_write(void **state)
{
	const uint64_t wanted[] = { F(0x401000),  R(0x1ffe000), W(0x1ffe008), R(0x1ffeffc),
				    R(0x1fff000), W(0x1ffeffc), W(0x1fff000) };

	assert_trace(WALK_FORMAT_LACKEY,
		     "==7== Lackey\nI  00401000,3\n L 01ffe000,8\n S 01ffe008,8\n M 01ffeffc,8\n",
		     wanted, 7);
}

static void drmemtrace_has_threads(void **state)
{
	const uint64_t wanted[] = { F(0x7f4fe2b0d100), W(0x7ffd1ff8),
				    walk_reference(0x7ffd0010, WALK_READ, 1) };

	assert_trace(
		WALK_FORMAT_DRMEMTRACE,
		"Output format:\n<--record#-> <--instr#->: <---tid---> <record details>\n"
		"------------------------------------------------------------\n"
		"           1           0:     3256418 <marker: version 3>\n"
		"           5           1:     3256418 ifetch       3 byte(s) @ "
		"0x00007f4fe2b0d100 48 89 e7             mov    %rsp, %rdi\n"
		"           6           1:     3256418 write        8 byte(s) @ "
		"0x000000007ffd1ff8 by PC 0x00007f4fe2b0d103\n"
		"           7           1:     3256419 read         8 byte(s) @ "
		"0x000000007ffd0010\nView tool results:\n              3 : total instructions\n",
		wanted, 3);
}

/* As its versions print it: titles, long instructions with a second line, lines between threads, records without address. */
static void drmemtrace_is_read_in_all_its_forms(void **state)
{
	static const char *const threads[][2] = { { "2765542", "2765543" },
						  { "T2765542", "T2765543" },
						  { "W0.T2765542", "W0.T2765543" },
						  { "W0.T2765542", "W1.T2765542" } };
	const uint64_t wanted[] = { F(0x401012), R(0x7ffdf008),
				    walk_reference(0x8e1000, WALK_WRITE, 1), F(0x401028) };

	(void)state;
	for (size_t i = 0; i < sizeof(threads) / sizeof(*threads); i++) {
		const char *one = threads[i][0], *two = threads[i][1];
		char text[2048];

		snprintf(
			text, sizeof(text),
			"Output format:\n<--record#-> <--instr#->: <Wrkld.Tid> <record details>\n"
			"------------------------------------------------------------\n"
			"       1       0: %s <marker: version 6>\n"
			"       2       0: %s <marker: filetype 0xe42>\n"
			"      94      68: %s ifetch       8 byte(s) @ 0x0000000000401012 48 8d 34 25 00 20 40 lea    0x00402000 -> %%rsi\n"
			"      94      68: %s                                             00\n"
			"      95      68: %s read         8 byte(s) @ 0x000000007ffdf008 by PC 0x0000000000401012\n"
			"      96      68: %s pref-r       8 byte(s) @ 0x000000007ffdf008 by PC 0x0000000000401012\n"
			"------------------------------------------------------------\n"
			"      97      69: %s <marker: tid 2765543 on core 10>\n"
			"      98      69: %s write        8 byte(s) @ 0x00000000008e1000 by PC 0x0000000000401026\n"
			"      99      70: %s ifetch       2 byte(s) @ 0x0000000000401028 non-branch\n"
			"     100      70: %s <thread 2765542 exited>\n"
			"View tool results:\n              3 : total instructions\n",
			one, one, one, one, one, one, two, two, one, one);
		assert_trace(WALK_FORMAT_DRMEMTRACE, text, wanted,
			     sizeof(wanted) / sizeof(*wanted));
	}
}

static void the_binary_form_is_what_it_was_made_of(void **state)
{
	const uint64_t wanted[] = { R(1), W(1ULL << 56), walk_reference(77, WALK_FETCH, 15) };
	uint8_t bytes[16 + sizeof(wanted)];
	uint64_t references[64];
	char *message;

	walk_trace_header(3, bytes);
	memcpy(bytes + 16, wanted, sizeof(wanted));
	for (size_t step = 1; step < 6; step++) {
		assert_int_equal(read_trace(WALK_FORMAT_BINARY, bytes, sizeof(bytes), step,
					    references, &message),
				 3);
		assert_memory_equal(references, wanted, sizeof(wanted));
		free(message);
	}
	/* One byte short, one reference short, a type that is none, another beginning. */
	assert_true(read_trace(WALK_FORMAT_BINARY, bytes, sizeof(bytes) - 1, 8, references,
			       &message) < 0);
	assert_string_equal(
		message,
		"t: reference 3: the file has not as many as its header says: convert the trace once more\n");
	free(message);
	assert_true(read_trace(WALK_FORMAT_BINARY, bytes, sizeof(bytes) - 8, 8, references,
			       &message) < 0);
	free(message);
	bytes[8] = 2;
	assert_true(read_trace(WALK_FORMAT_BINARY, bytes, sizeof(bytes), 8, references, &message) <
		    0);
	free(message);
	bytes[8] = 3;
	bytes[23] |= 0x0e;
	assert_true(read_trace(WALK_FORMAT_BINARY, bytes, sizeof(bytes), 8, references, &message) <
		    0);
	assert_string_equal(
		message,
		"t: reference 1: its type is none of 0, 1 and 2: convert the trace once more\n");
	free(message);
	bytes[0] = 'M';
	assert_true(read_trace(WALK_FORMAT_BINARY, bytes, sizeof(bytes), 8, references, &message) <
		    0);
	assert_string_equal(message, "t:1: it does not begin as a binary trace: name its format\n");
	free(message);
}

static void mistakes_of_a_trace_are_told_with_their_line(void **state)
{
	static const struct {
		enum walk_format format;
		const char *text, *message;
	} rows[] = {
		{ WALK_FORMAT_TEXT, "", "t: no reference in it: is it of the format text?\n" },
		{ WALK_FORMAT_TEXT, "r 10\nx 10\n",
		  "t:2: no reference: write r, w or i, an address in hex, and a size\n" },
		{ WALK_FORMAT_TEXT, "r 10 8 9\n",
		  "t:1: no reference: write r, w or i, an address in hex, and a size\n" },
		{ WALK_FORMAT_TEXT, "r 10 0\n",
		  "t:1: an access of 0 bytes: write it as several of 1 to 4096\n" },
		{ WALK_FORMAT_TEXT, "r 10 4097\n",
		  "t:1: an access of 4097 bytes: write it as several of 1 to 4096\n" },
		{ WALK_FORMAT_TEXT, "r ffffffff81000000\n",
		  "t:1: ffffffff81000000 is beyond 57 bits of address: leave out what the kernel does\n" },
		{ WALK_FORMAT_TEXT, "r 1ffffffffffffff 2\n",
		  "t:1: 1ffffffffffffff is beyond 57 bits of address: leave out what the kernel does\n" },
		{ WALK_FORMAT_LACKEY, "I  10,4\nhello\n",
		  "t:2: no line of lackey: let valgrind write it by itself, with --log-file=FILE\n" },
		{ WALK_FORMAT_LACKEY, "I,\n",
		  "t:1: no line of lackey: let valgrind write it by itself, with --log-file=FILE\n" },
		{ WALK_FORMAT_DRMEMTRACE, "Output format:\n",
		  "t: no reference in it: is it of the format drmemtrace?\n" },
		{ WALK_FORMAT_DRMEMTRACE, "1 1: x read 8 byte(s) @ 0x10\n",
		  "t:1: 'x' is no thread: print it with drmemtrace -tool view\n" },
		{ WALK_FORMAT_DRMEMTRACE, "1 1: 5 read 8 byte(s) @\n",
		  "t:1: a read without 'N byte(s) @ 0xADDRESS': the line is not whole\n" },
	};
	uint64_t references[64];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *message;

		assert_true(read_trace(rows[i].format, rows[i].text, strlen(rows[i].text), 8,
				       references, &message) < 0);
		assert_string_equal(message, rows[i].message);
		free(message);
	}
}

static void the_seventeenth_thread_is_refused(void **state)
{
	char text[1024] = "", *message;
	uint64_t references[64];

	for (int i = 0; i < 17; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "%d %d: %d read 8 byte(s) @ 0x10\n", i, i, 1000 + i);
	assert_true(read_trace(WALK_FORMAT_DRMEMTRACE, text, strlen(text), 32, references,
			       &message) < 0);
	assert_string_equal(
		message,
		"t:17: a thread more than 16: keep some of them, with drmemtrace -only_thread\n");
	free(message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_dump_answers_questions),
		cmocka_unit_test(a_dump_is_simulated_where_its_tables_are),
		cmocka_unit_test(mistakes_of_a_dump_are_told_with_their_line),
		cmocka_unit_test(a_text_has_reads_writes_and_instructions),
		cmocka_unit_test(lackey_has_accesses_that_read_and_write),
		cmocka_unit_test(drmemtrace_has_threads),
		cmocka_unit_test(drmemtrace_is_read_in_all_its_forms),
		cmocka_unit_test(the_binary_form_is_what_it_was_made_of),
		cmocka_unit_test(mistakes_of_a_trace_are_told_with_their_line),
		cmocka_unit_test(the_seventeenth_thread_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
