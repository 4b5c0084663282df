// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for mempolctl simulate: its table and its JSON, the traces people have, and what it says of
 * those it cannot read. What the engines miss is tested in test_sim_policies.c.
 */
#include "mempolctl.h"

static void test_simulate_is_a_table_or_json(void **state)
{
	static const char json[] =
		"{\"trace\":\"t.csv\",\"objects\":2,\"working_set\":12288,\"sampled_one_in\":1,\"accessed_bits\":false,"
		"\"reclaim_pages\":64,\"readahead_pages\":0,\"dirty_pages\":0,\"results\":[{\"engine\":\"s3fifo\",\"size\":1048576,"
		"\"references\":3,\"hits\":1,\"misses\":2,\"write_misses\":1,\"miss_ratio\":";
	_cleanup_run_ struct run r = { .tree = *state };

	tree_write(*state, "t", "r 0 3\nr 0 3\n");
	tree_write(*state, "t.csv", "0,a,5000,get\n1,b,1,set\n2,a,5000,get\n");
	expect(&r, "$M simulate --size 8K,16K --reclaim 1 --engines lru,belady t", 0,
	       "ENGINE SIZE REFERENCES HITS MISSES MISS RATIO\n"
	       "lru      8K          6    0      6     1.0000\n"
	       "belady   8K          6    2      4     0.6667\n"
	       "lru     16K          6    3      3     0.5000\n"
	       "belady  16K          6    3      3     0.5000\n",
	       "");
	/* Each engine once, however often it is named. */
	expect(&r, "$M simulate --no-legend --size 8K --reclaim 1 --engines lru,lru,belady,lru t",
	       0, "lru    8K 6 0 6 1.0000\nbelady 8K 6 2 4 0.6667\n", "");
	expect(&r, "$M simulate --no-legend --size 1M --engines mru t.csv", 0,
	       "mru 1M 3 1 2 0.6667 12288 0.6000\n", "");
	assert_int_equal(run(&r, "$M simulate --json --size 1M --engines s3fifo,lfu t.csv"), 0);
	assert_memory_equal(r.out, json, strlen(json));
	assert_non_null(strstr(r.out, "\"ejected_at\":null"));
	assert_int_equal(run(&r, "$M --json simulate --size 1M t | grep -o '\"engine\"' | wc -l"),
			 0);
	assert_string_equal(r.out, "10\n");
	assert_int_equal(run(&r, "$M simulate --help"), 0);
	assert_non_null(strstr(r.out, "\n  s3fifo "));
	expect(&r, "$M --complete simulate --si", 0, "--size\n", "");
	expect(&r, "$M --complete simulate --size 1M ''", 0, "PATH\n", "");
}

static void test_simulate_says_what_is_wrong(void **state)
{
	static const struct {
		const char *args;
		int code;
		const char *message;
	} cases[] = {
		{ "t", 2, "mempolctl simulate: no --size; as in: --size 64M\n" },
		{ "--size 1M", 2, "name one trace" },
		{ "--size 1M t t", 2, "name one trace" },
		{ "--size 4095 t", 2, "'4095' is no size" },
		{ "--size 1M, t", 2, "'' is no size" },
		{ "--size 1P t", 2, "'1P' is no size" },
		{ "--size 1gbb t", 2,
		  "'1gbb' is no size: write bytes or a number with K, M, G or T, as in 64M or 1gb, at "
		  "least 4K, or 1% to 100% of what the trace uses, or auto\n" },
		{ "--size 64b t", 2, "'64b' is no size" },
		{ "--size b t", 2, "'b' is no size" },
		{ "--size autos t", 2, "'autos' is no size" },
		{ "--size 64M.. t", 2, "'' is no size" },
		{ "--size 64M..1M t", 2, "'64M..1M' does not go upwards\n" },
		{ "--size 64M..64M t", 2, "'64M..64M' does not go upwards\n" },
		{ "--size 5%..4% t", 2, "'5%..4%' does not go upwards\n" },
		{ "--size 1M..100% t", 2,
		  "1M to 4K does not go upwards, with what the trace uses\n" },
		{ "--size 1M..2M..3M t", 2, "'2M..3M' is no size" },
		{ "--size 1M --steps 3 t", 2,
		  "--steps is for a range of sizes, as in --size 64M..1G\n" },
		{ "--size 1M..2M --steps 1 t", 2,
		  "--steps=1 is no number of sizes, from 2 to 64\n" },
		{ "--size 4M..1G,4K..2M,2M..3M,1G..2G,3G..4G --steps 64 t", 2,
		  "more than 256 sizes\n" },
		{ "--size 1M --plot a.jpg t", 2,
		  "--plot=a.jpg: a picture is called FILE.png or FILE.svg\n" },
		{ "--size 1M --csv --json t", 2, "write --csv or --json: there is one output\n" },
		{ "--size 1M --unit a.service t", 2,
		  "--unit and --cgroup are for the policy of --propose FILE\n" },
		{ "--size 1M --propose - t", 2,
		  "--propose needs to know whom the policy is for: write --unit NAME or --cgroup" },
		{ "--size 1M --propose - --unit a.service --cgroup /a t", 2,
		  "a policy is for --unit or for --cgroup: write one of them\n" },
		{ "--size 1M --propose - --json --unit a.service t", 2,
		  "--propose - takes the output: write --propose FILE\n" },
		{ "--size 1M --propose a.txt --unit a.service t", 2,
		  "a.txt: a policy file is called NAME.mempolicy" },
		{ "--size 1M --propose there.mempolicy --unit a.service t", 2,
		  "there.mempolicy: it exists: remove it, or choose another name\n" },
		{ "--size 0% t", 2, "'0%' is no size" },
		{ "--size 101% t", 2, "'101%' is no size" },
		{ "--size 1.5% t", 2, "'1.5%' is no size" },
		{ "--size 1M -", 2,
		  "standard input has no name to tell its format: write --format text or" },
		{ "--size 1M --columns object=1 t", 2,
		  "--columns is for csv: write --format csv as well\n" },
		{ "--size 1M --columns obj=1 t.csv", 2,
		  "--columns=obj=1: the names are time, object, size, op, offset and sector; as" },
		{ "--size 1M --format csv - <bad", 1, "standard input:1: a line is time," },
		{ "--size 1M t.CSV.gz", 1,
		  "t.CSV.gz:1: cannot be unpacked: its packed data ends too early: fetch it once more\n" },
		{ "--size 1M t.csv.xz", 1,
		  "t.csv.xz:1: packed in a way that is not read here: use xzcat t.csv.xz | mempolctl "
		  "simulate --format FORMAT -\n" },
		{ "--size 1M --ops get=read t", 2,
		  "--ops is for csv: write --format csv as well\n" },
		{ "--size 1M --ops get=read,GET=skip t.csv", 2,
		  "--ops=get=read,GET=skip: a word stands there twice; as in: 28=read" },
		{ "--size 1M --ops get=get t.csv", 2,
		  "--ops=get=get: an op is one of read, write, remove and skip; as in: 28=read" },
		{ "--size 1M --format msr --columns object=1 t", 2,
		  "--format msr has its own columns: write --format csv\n" },
		{ "--size 1M --format oracle --readahead 4K t", 2,
		  "the objects of oracleGeneral have no order; text, fio and block traces have" },
		{ "--size", 2, "'--size' needs a value" },
		{ "--size 1M --nope t", 2, "unknown option '--nope'" },
		{ "--size 1M --engines s3fif t", 2, "'s3fif', did you mean 's3fifo'?" },
		{ "--size 1M --engines optimum t", 2,
		  "unknown engine 'optimum', did you mean 'belady'?" },
		{ "--size 1M --engines lru,OPT t", 2, "'OPT', did you mean 'belady'?" },
		{ "--size 1M --engines /x/lfu.bpf.o t", 2, "your own is simulated as native code" },
		{ "--size 1M --reclaim 0 t", 2,
		  "--reclaim=0 is no number of pages, from 1 to 4294967295" },
		{ "--size 1M --reclaim 1K t", 2, "--reclaim=1K is no number of pages" },
		{ "--size 1M --dirty x t", 2,
		  "--dirty=x is no number of pages, from 0 to 4294967295" },
		{ "--size 1M --readahead 4095 t", 2,
		  "--readahead=4095 is no size of a window: 0, or 4K to 1G, as in 128K\n" },
		{ "--size 1M --readahead 2G t", 2, "--readahead=2G is no size" },
		{ "--size 1M --readahead auto t", 2, "--readahead=auto is no size" },
		{ "--size 1M --readahead 4K t.csv", 2,
		  "--readahead needs pages that follow each other in a file: the objects of a csv "
		  "trace have no order; text, fio and block traces have\n" },
		{ "--size 1M --readahead 4K --accessed-bits t", 2,
		  "--readahead is for read(), --accessed-bits for mmap" },
		{ "--size 1M --format cvs t", 2, "'cvs', did you mean 'csv'?" },
		{ "--size 1M --format csv t", 1, "t:1: a line is time,object,size,op; other" },
		{ "--size 1M bad", 1, "bad:2: unknown operation" },
		{ "--size 1M none", 1, "none:1: cannot be opened: No such file" },
		{ "--size 1M .", 1, ".:1: cannot be read: Is a directory" },
	};
	_cleanup_run_ struct run r = { .tree = *state };

	tree_write(*state, "t", "r 0\n");
	tree_write(*state, "bad", "r 0\nx\n");
	tree_write(*state, "there.mempolicy", "");
	tree_write(*state, "t.CSV.gz", "\x1f\x8b\b");
	tree_write(*state, "t.csv.xz", "\xfd\x37zXZ");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *line = NULL;

		assert_true(asprintf(&line, "$M simulate %s", cases[i].args) > 0);
		assert_int_equal(run(&r, line), cases[i].code);
		assert_string_equal(r.out, "");
		if (!strstr(r.err, cases[i].message))
			fail_msg("'%s' lacks '%s'", r.err, cases[i].message);
	}
}

#define IBM                                                                    \
	"# time_ms, op, object, bytes\n0,1,A,8371\n100,1,B,31\n160,1,C,3668\n" \
	"310,1,A,8371\n420,0,B,4096\n530,1,B,4096\n600,2,A,8371\n700,1,A,8371\n"

static void test_columns_are_taken_in_any_order(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	tree_write(*state, "ibm.csv", IBM);
	tree_write(*state, "t.csv", "timestamp,object,size,op\n1,a,4096,get\n2,a,4096,get\n");
	expect(&r,
	       "$M simulate --no-legend --size 1M --engines lru "
	       "--columns time=1,op=2,object=3,size=4 ibm.csv",
	       0, "lru 1M 7 3 4 0.5714 32768 0.6154\n", "");
	expect(&r,
	       "$M simulate --no-legend --size 1M --engines lru "
	       "--columns object=object,op=op,size=bytes ibm.csv",
	       0, "lru 1M 7 3 4 0.5714 32768 0.6154\n", "");
	/* Its titles say it all. */
	expect(&r, "$M simulate --no-legend --size 1M --engines lru ibm.csv", 0,
	       "lru 1M 7 3 4 0.5714 32768 0.6154\n", "");
	expect(&r, "$M simulate --no-legend --size 1M --engines lru --ops 0=skip,4=skip ibm.csv", 0,
	       "lru 1M 6 2 4 0.6667 32768 0.6667\n", "");
	expect(&r, "$M simulate --size 1M --engines lru t.csv", 0,
	       "ENGINE SIZE REFERENCES HITS MISSES MISS RATIO\n"
	       "lru      1M          2    1      1     0.5000\n",
	       "");
}

/* In place of a name there may be standard input, and the name may be in capitals. */
static void test_a_trace_comes_from_anywhere(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	tree_write(*state, "t.CSV", "0,a,1,get\n");
	tree_write(*state, "t", "r 0\nr 0\n");
	expect(&r, "$M simulate --no-legend --size 1M --engines lru t.CSV", 0,
	       "lru 1M 1 0 1 1.0000\n", "");
	expect(&r, "cat t | $M simulate --no-legend --size 1M --engines lru --format text -", 0,
	       "lru 1M 2 1 1 0.5000\n", "");
	expect(&r, "$M simulate --no-legend --size 1M --engines lru --format csv - <t.CSV", 0,
	       "lru 1M 1 0 1 1.0000\n", "");
	/* Packed, and called as if it were not. */
	expect(&r, "gzip -c t >u; $M simulate --no-legend --size 1M --engines lru u", 0,
	       "lru 1M 2 1 1 0.5000\n", "");
	expect(&r, "zstd -qc t | $M simulate --no-legend --size 1M --engines lru --format text -",
	       0, "lru 1M 2 1 1 0.5000\n", "");
}

/* One read of three pages, then one page after another: only the first of each window is waited for. */
static void test_readahead_reads_more_and_waits_less(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	tree_write(*state, "t", "r 0 3\nr 3\nr 4\nr 5\nr 40\nr 100\n");
	expect(&r, "$M simulate --size 1M --readahead 16K --engines lru,s3fifo,belady t", 0,
	       "ENGINE SIZE REFERENCES HITS MISSES MISS RATIO MISSED BYTES\n"
	       "lru      1M          8    5      3     0.3750        57344\n"
	       "s3fifo   1M          8    5      3     0.3750        57344\n"
	       "belady   1M          8    0      8     1.0000        32768\n",
	       "");
	assert_int_equal(run(&r, "$M simulate --json --size 1M --readahead 16K --engines lru t"),
			 0);
	assert_non_null(strstr(r.out, "\"objects\":8,"));
	assert_non_null(strstr(r.out, "\"readahead_pages\":4,"));
	expect(&r, "$M simulate --no-legend --size 1M --readahead 0 --engines lru t", 0,
	       "lru 1M 8 0 8 1.0000\n", "");
}

/* An engine that the kernel throws out: the table says when, and standard error why. */
static void test_an_ejection_is_told(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	tree_write(*state, "t", "r 0 2000\n");
	expect(&r, "$M-hostile simulate --size 1M,8M --engines lru,idle t", 0,
	       "ENGINE SIZE REFERENCES HITS MISSES MISS RATIO EJECTED AT\n"
	       "lru      1M       2000    0   2000     1.0000          -\n"
	       "idle     1M       2000    0   2000     1.0000       1793\n"
	       "lru      8M       2000    0   2000     1.0000          -\n"
	       "idle     8M       2000    0   2000     1.0000          -\n",
	       "mempolctl simulate: warning: the kernel ejects idle in a cache of 1M after 1793 "
	       "references, because it withholds pages; the rest is under lru\n");
	assert_int_equal(run(&r, "$M-hostile simulate --json --size 1M --engines idle t"), 0);
	assert_non_null(strstr(r.out, "\"ejected_at\":1793,"));
}

/* Requests that overlap share pages, with the format or with a text trace made of them. */
static void test_block_requests_share_pages(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	tree_write(*state, "msr.csv",
		   "128166372003061629,usr,0,Read,0,4096,1331\n"
		   "128166372016382155,usr,0,Read,512,4096,2046\n"
		   "128166372026382245,usr,0,Write,8192,16384,702\n"
		   "128166372036382245,usr,0,Read,12288,4096,500\n"
		   "128166372046382245,usr,1,Read,0,4096,500\n");
	expect(&r, "$M simulate --no-legend --size 1M --engines lru --format msr msr.csv", 0,
	       "lru 1M 9 2 7 0.7778\n", "");
	expect(&r,
	       "awk -F, '$6 > 0 { first = int($5 / 4096); last = int(($5 + $6 - 1) / 4096);"
	       "printf \"%s %.0f %.0f\\n\", tolower(substr($4, 1, 1)), $3 * 2^28 + first,"
	       "last - first + 1 }' msr.csv |"
	       "$M simulate --no-legend --size 1M --engines lru --format text -",
	       0, "lru 1M 9 2 7 0.7778\n", "");
}

static void test_an_iolog_has_several_files(void **state)
{
	static const char text[] =
		"fio version 3 iolog\n0 /data/a.db add\n0 /data/b.db add\n1 /data/a.db open\n"
		"1 /data/b.db open\n100 /data/a.db read 0 8192\n200 /data/b.db read 0 4096\n"
		"300 /data/a.db write 4096 4096\n400 /data/a.db read 0 4096\n500 /data/a.db close\n";
	_cleanup_run_ struct run r = { .tree = *state };

	tree_write(*state, "iolog3.log", text);
	expect(&r, "$M simulate --no-legend --size 1M --engines lru iolog3.log", 0,
	       "lru 1M 5 2 3 0.6000\n", "");
	expect(&r, "$M simulate --no-legend --size 1M --engines lru --readahead 128K iolog3.log", 0,
	       "lru 1M 5 3 2 0.4000 12288\n", "");
	expect(&r,
	       "sed '2,5d' iolog3.log >t.log; $M simulate --no-legend --size 1M --engines lru t.log",
	       1, "",
	       "t.log:2: '/data/a.db' has been neither added nor opened: is the beginning of the "
	       "log missing?\n");
}

static void test_a_share_is_of_what_the_trace_uses(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	tree_write(*state, "t", "r 0 200\nr 0 200\n");
	expect(&r, "$M simulate --no-legend --reclaim 1 --size 1%,50%,100% --engines lru t", 0,
	       "lru   8K 400   0 400 1.0000\n"
	       "lru 400K 400   0 400 1.0000\n"
	       "lru 800K 400 200 200 0.5000\n",
	       "");
}

static void test_a_cache_below_what_is_reclaimed_is_warned_of(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	tree_write(*state, "t", "r 0 3\nr 0 3\n");
	tree_write(*state, "two.csv", "1,a,4096,get\n2,b,67108864,get\n");
	expect(&r, "timeout 300 $M simulate --no-legend --size 4K,1M --engines fifo t", 0,
	       "fifo 4K 6 0 6 1.0000\n"
	       "fifo 1M 6 3 3 0.5000\n",
	       "mempolctl simulate: warning: a cache of 4K holds fewer pages (1) than are reclaimed at "
	       "a time (64): whenever it is full it is emptied; see --reclaim\n");
	expect(&r, "timeout 300 $M simulate --no-legend --size 64M --engines s3fifo two.csv", 0,
	       "s3fifo 64M 2 0 2 1.0000 67112960 1.0000\n", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_simulate_is_a_table_or_json),
		TREE_TEST(test_columns_are_taken_in_any_order),
		TREE_TEST(test_a_trace_comes_from_anywhere),
		TREE_TEST(test_block_requests_share_pages),
		TREE_TEST(test_readahead_reads_more_and_waits_less),
		TREE_TEST(test_an_ejection_is_told),
		TREE_TEST(test_an_iolog_has_several_files),
		TREE_TEST(test_a_share_is_of_what_the_trace_uses),
		TREE_TEST(test_a_cache_below_what_is_reclaimed_is_warned_of),
		TREE_TEST(test_simulate_says_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
