/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for translation as a user sees it: parts of an answer become one, a row is there for each mapping that
 * has pages, options that mean nothing for a verb are refused before anybody is asked, a failure has the daemon's
 * words, and predict works on a dump alone.
 */
#include "mempolctl-server.h"

#define ROW(start, end, huge, full, partial, empty, reason)                                               \
	"{\"start\":" start ",\"end\":" end ",\"kind\":\"anon\",\"rights\":\"rw--\",\"giant\":0,"         \
	"\"huge\":" huge ",\"full\":" full ",\"partial\":" partial ",\"empty\":" empty                    \
	",\"present\":0,\"swapped\":0,\"shared\":0,\"copied\":true,\"allowed\":true,\"reason\":\"" reason \
	"\",\"why\":\"x\"}"
#define HEAD                                                                                                 \
	"\"pid\":42,\"command\":\"redis\",\"began_ns\":7,\"program\":2,\"levels\":5,\"vm_pte_bytes\":53248," \
	"\"page_table_bytes\":53248,\"tables\":[8,1,1,1],\"spare\":3,\"anon_pages\":1,"                      \
	"\"file_pages\":0,\"shmem_pages\":0,\"swap_pages\":0,\"saved_by_huge\":0,"                           \
	"\"saved_by_hugetlb\":45056,\"empty_bytes\":4096,\"enabled\":\"always\""

static const struct reply replies[] = {
	{ "TranslationWalk", NULL,
	  "{" HEAD
	  ",\"ranges\":[" ROW("4194304", "20971520", "3", "4", "0", "1", "waiting") "," ROW(
		  "20971520", "20975616", "0", "0", "0", "0",
		  "untouched") "," ROW("140737488355328", "140737488359424", "0", "1", "0", "0",
				       "small") "]}" },
	{ "TranslationTables", NULL,
	  "{\"pid\":42,\"command\":\"redis\",\"began_ns\":7,\"program\":2,\"levels\":4,\"root\":4096,\"entries\":["
	  "3,1,0,8192,0,0,2,1,0,12288,0,0,1,1,4194304,16384,2,0,1,2,4194304,65536,2,0]}" },
	{ "TranslationTrim", NULL,
	  "{\"pid\":42,\"command\":\"redis\",\"began_ns\":7,\"program\":2,\"tables\":512,\"held_ns\":150001,"
	  "\"refused\":{\"special\":0,\"busy\":3,\"locks\":0,\"slot\":0,\"memory\":0}}" },
	{ "TranslationMove", NULL,
	  "{\"pid\":42,\"command\":\"redis\",\"began_ns\":7,\"program\":2,\"tables\":1,\"held_ns\":0,"
	  "\"refused\":{\"special\":1,\"busy\":0,\"locks\":0,\"slot\":0,\"memory\":0}}" },
	{ "TranslationAreas", NULL,
	  "{\"pid\":42,\"command\":\"redis\",\"began_ns\":7,\"program\":2,\"areas\":[{\"start\":4194304,"
	  "\"end\":71303168,\"pfn\":4096,\"node\":1,\"windows\":32,\"frames\":30,\"placed\":20,\"elsewhere\":2,\"huge\":4,"
	  "\"idle\":10}]}" },
};

static const struct question questions[] = { {} };

static void test_a_mapping_with_pages_has_a_row_and_reasons_are_told_once(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	start_server(&r);
	expect(&r, "$M translation walk 42", 0,
	       "       START          END KIND HUGE FULL PART EMPTY WHY\n"
	       "      400000      1400000 anon    3    4    0     1 waiting\n"
	       "800000000000 800000001000 anon    0    1    0     0 small\n\n"
	       "small       it has no whole window: 2 MiB from a multiple of 2 MiB on\n"
	       "waiting     khugepaged has not come by, or found no free huge page\n\n"
	       "52K of page tables: 8 leaf, 1 + 1 above, 3 kept to split huge pages; 5 levels\n"
	       "Less with transparent huge pages: 0, with hugetlbfs: 44K; in empty ones: 4K\n"
	       "In a row: 1 range; 16 registers reach 20 of 22 page tables of these ranges (90.9 %)\n",
	       "");
	assert_int_equal(run(&r, "$M translation walk 42 --no-legend --all"), 0);
	assert_non_null(strstr(r.out, "untouched"));
	assert_null(strstr(r.out, "START"));
	assert_int_equal(run(&r, "$M translation walk 42 --json"), 0);
	assert_non_null(strstr(r.out, "\"page_table_bytes\":53248"));
	assert_non_null(strstr(r.out, "\"reason\":\"untouched\""));
}

static void test_a_dump_is_written_once_and_predict_reads_it(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	start_server(&r);
	assert_int_equal(run(&r, "$M translation walk 42 --dump tables"), 0);
	expect(&r, "cat tables", 0,
	       "mempol-walk 1\nM 42 redis 4 1000\nV 400000 1400000 rw--:anon\n"
	       "V 1400000 1401000 rw--:anon\nV 800000000000 800000001000 rw--:anon\n"
	       "T 3 0 2000 0\nT 2 0 3000 0\nT 1 400000 4000 0\nP 400000 10000 2 a\n"
	       "R 400000 1000000 32 0\nE 9\n",
	       "");
	expect(&r, "$M translation walk 42 --dump tables >/dev/null", 1, "",
	       "mempolctl translation: --dump tables: it exists, and nothing is overwritten\n");
	tree_write(r.tree, "trace", "r 400000 8\nr 401008 8\nr 402000 8\n");
	/*
	 * Walks begin cold: four accesses of memory at 200 cycles, then one of a cache beside a walk cache. The huge
	 * page has the third reference, too.
	 */
	expect(&r,
	       "$M translation predict --from tables --trace trace --format text --skip 0 >out.all && "
	       "grep -v ^guest out.all",
	       0,
	       "                          WALKS/1000 CYCLES/WALK  CYCLES/REF   X NOW\n"
	       "now                          1000.00       402.5      402.50    1.00\n"
	       "huge pages                    333.33       600.0      200.00    0.50\n"
	       "five levels                  1000.00       502.5      502.50    1.25\n\n"
	       "2 references counted, and 1 left out whose pages the tables do not have\n"
	       "Huge pages in every window with a page would take 2040K more memory\n",
	       "");
	expect(&r, "awk '/^guest/ { print $1, $2, $3, ($NF > 1) }' out.all", 0,
	       "guest 1000.00 915.5 1\nguest, host's huge 1\nguest, both huge 1\n", "");
	assert_int_equal(run(&r, "$M translation predict --from tables --trace trace --format text "
				 "--skip 0 --json"),
			 0);
	assert_non_null(strstr(r.out, "\"name\":\"huge pages\",\"walks\":1,"));
	expect(&r, "$M translation predict --from tables --trace trace --format text --skip 3", 1,
	       "",
	       "mempolctl translation: trace: 3 references, which all are warm-up: --skip fewer\n");
	expect(&r, "$M translation predict --from tables --trace trace", 1, "",
	       "trace:1: no line of lackey: let valgrind write it by itself, with --log-file=FILE\n");
	expect(&r, "$M translation predict --from none --trace trace", 1, "",
	       "mempolctl translation: none: No such file or directory\n");
}

static void test_tables_are_told_with_their_addresses(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	start_server(&r);
	expect(&r, "$M translation walk 42 --tables", 0,
	       "LEVEL ADDRESS TABLE NODE PRESENT\n"
	       "    4       0  1000    -       -\n"
	       "    3       0  2000    0       -\n"
	       "    2       0  3000    0       -\n"
	       "    1  400000  4000    0       2\n",
	       "");
}

static void test_tables_are_freed_and_moved_by_hand(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	start_server(&r);
	expect(&r, "$M translation trim 42", 0,
	       "512 page tables (2M) of process 42 (redis) had no entry and were freed; its mappings "
	       "were locked for 151 us at most\n"
	       "3 left: somebody was busy with their pages\n",
	       "");
	expect(&r, "$M translation node 42 1", 0,
	       "1 page table (4K) of process 42 (redis) moved to node 1\n"
	       "1 left: they are a driver's, or hugetlb\n",
	       "");
	assert_int_equal(run(&r, "$M translation node 42 0 --json"), 0);
	assert_non_null(strstr(r.out, "\"tables\":1,\"bytes\":4096"));
	assert_non_null(strstr(r.out, "\"special\":1"));
	expect(&r, "$M translation areas 42", 0,
	       " START     END NODE FRAMES PLACED ELSEWHERE HUGE IDLE REGISTER\n"
	       "400000 4400000    1     30     20         2    4   10        0\n\n"
	       "16 registers reach 20 of 22 page tables of these ranges (90.9 %)\n",
	       "");
	assert_int_equal(run(&r, "$M translation areas 42 --json"), 0);
	assert_non_null(strstr(r.out, "\"pfn\":4096"));
	assert_non_null(strstr(r.out, "\"register\":0"));
}

/* A kernel without TEAs has nothing in a row, and the rest of the dump is as ever. */
static void test_a_dump_needs_no_areas(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	special = (struct reply){ "TranslationAreas", "io.mempolicy.Manager.KernelCannot",
				  "{\"reason\":\"This kernel does not move page tables\"}" };
	start_server(&r);
	special = (struct reply){};
	assert_int_equal(run(&r, "$M translation walk 42 --dump tables"), 0);
	expect(&r, "tail -n 2 tables", 0, "P 400000 10000 2 a\nE 8\n", "");
	expect(&r, "$M translation areas 42", 3, "",
	       "This kernel cannot: This kernel does not move page tables\n");
	expect(&r, "$M translation walk 42 | tail -n 1", 0,
	       "Less with transparent huge pages: 0, with hugetlbfs: 44K; in empty ones: 4K\n", "");
}

static void test_a_dump_whose_areas_fail_is_none(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	special = (struct reply){ "TranslationAreas", "io.mempolicy.Manager.TranslationCannot",
				  "{\"reason\":\"There is no process 42 (No such process)\"}" };
	start_server(&r);
	special = (struct reply){};
	expect(&r, "$M translation walk 42 --dump more >/dev/null; test ! -e more", 0, "",
	       "There is no process 42 (No such process)\n");
}

static void test_what_cannot_be_answered_has_the_daemons_words(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	special = (struct reply){ "TranslationWalk", "io.mempolicy.Manager.TranslationCannot",
				  "{\"reason\":\"There is no process 42 (No such process)\"}" };
	start_server(&r);
	expect(&r, "$M translation walk 42", 1, "", "There is no process 42 (No such process)\n");
	expect(&r, "$M translation status 42", 1, "", "There is no process 42 (No such process)\n");
	special = (struct reply){};
}

static void test_words_that_mean_nothing_are_refused(void **state)
{
	static const struct {
		const char *line, *err;
	} rows[] = {
		{ "walk", "Usage: mempolctl translation walk PID" },
		{ "walk 1 2", "Usage: mempolctl translation walk PID" },
		{ "walk x", "mempolctl translation: 'x' is not the number of a process" },
		{ "walk 0", "mempolctl translation: '0' is not the number of a process" },
		{ "trim x", "mempolctl translation: 'x' is not the number of a process" },
		{ "areas 0", "mempolctl translation: '0' is not the number of a process" },
		{ "node 1", "Usage: mempolctl translation walk PID" },
		{ "node 1 x", "mempolctl translation: 'x' is not the number of a node" },
		{ "node 1 -1", "mempolctl" },
		{ "node 1 1024", "mempolctl translation: '1024' is not the number of a node" },
		{ "trim 1 --all", "mempolctl translation: --all does not go with trim" },
		{ "walk 1 --trace x", "mempolctl translation: --trace does not go with walk" },
		{ "status 1 --dump x", "mempolctl translation: --dump does not go with status" },
		{ "predict 1 --all --trace x",
		  "mempolctl translation: --all does not go with predict" },
		{ "predict 1", "mempolctl translation: predict needs --trace FILE" },
		{ "predict --trace x", "Usage: mempolctl translation walk PID" },
		{ "predict 1 --from x --trace x", "Usage: mempolctl translation walk PID" },
		{ "predict --from x --sample",
		  "mempolctl translation: --sample looks at a process" },
		{ "predict 1 --sample=1ms",
		  "mempolctl translation: --sample=1ms: a time from 1s to 1h" },
		{ "predict 1 --trace x --skip -1", "mempolctl translation: --skip -1: a number" },
		{ "record true", "mempolctl translation: record needs --output DIR" },
		{ "record -o x", "Usage: mempolctl translation walk PID" },
		{ "wlak 1", "mempolctl translation: unknown verb 'wlak', did you mean 'walk'?" },
		{ "walk 1 --nonsense", "mempolctl translation: unknown option '--nonsense'" },
		{ "walk 1 --dump", "mempolctl translation: '--dump' needs a value" },
		{ "", "Usage: mempolctl translation walk PID" },
	};
	_cleanup_run_ struct run r = { .tree = *state };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *line = NULL;

		assert_true(asprintf(&line, "$M translation %s", rows[i].line) > 0);
		assert_int_equal(run(&r, line), 2);
		if (strncmp(r.err, rows[i].err, strlen(rows[i].err)))
			fail_msg("%s: %s", line, r.err);
	}
}

/* In place of valgrind, which writes lines of another form: what matters is how it is started. */
static void test_record_runs_the_command_and_dumps_its_tables_at_the_end(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	start_server(&r);
	expect(&r, "PATH=/nowhere $M translation record -o dir -- true", 1, "",
	       "mempolctl translation: record needs valgrind, which is not installed: install it "
	       "(package valgrind)\n");
	tree_write(r.tree, "bin/valgrind",
		   "#!/bin/sh\necho \"$@\" >words\nwhile [ \"$1\" != \"${1#-}\" ]; do\n"
		   "case $1 in --log-file=*) echo ' L 400000,8' >\"${1#*=}\";; esac\nshift\ndone\n"
		   "\"$@\"\n");
	assert_int_equal(run(&r, "chmod +x bin/valgrind; PATH=$PWD/bin:$PATH $M translation record "
				 "-o dir -- sh -c 'echo ran; exit 3'"),
			 0);
	assert_string_equal(r.err, "The command ended with status 3; what was recorded is kept.\n");
	assert_non_null(strstr(r.out, "ran\n"));
	assert_non_null(strstr(r.out, "predict --from dir/tables --trace dir/trace\n"));
	expect(&r, "cat words; head -n 1 dir/tables; cat dir/trace", 0,
	       "--tool=lackey --trace-mem=yes --log-file=dir/trace sh -c echo ran; exit 3\n"
	       "mempol-walk 1\n L 400000,8\n",
	       "");
	expect(&r, "PATH=$PWD/bin:$PATH $M translation record -o dir -- true", 1, "",
	       "mempolctl translation: --output dir: it exists, and nothing is overwritten\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_a_mapping_with_pages_has_a_row_and_reasons_are_told_once),
		TREE_TEST(test_a_dump_is_written_once_and_predict_reads_it),
		TREE_TEST(test_tables_are_told_with_their_addresses),
		TREE_TEST(test_tables_are_freed_and_moved_by_hand),
		TREE_TEST(test_a_dump_needs_no_areas),
		TREE_TEST(test_a_dump_whose_areas_fail_is_none),
		TREE_TEST(test_what_cannot_be_answered_has_the_daemons_words),
		TREE_TEST(test_words_that_mean_nothing_are_refused),
		TREE_TEST(test_record_runs_the_command_and_dumps_its_tables_at_the_end),
	};

	server_replies = replies;
	n_server_replies = ARRAY_SIZE(replies);
	server_questions = questions;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
