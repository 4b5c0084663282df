// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for mempolctl simulate over several sizes: ranges, shares and auto, curves as CSV and as a picture,
 * and a policy that is proposed or not. What it says of one size is tested in test_mempolctl_simulate.c.
 */
#include "mempolctl.h"

/* A loop over 400 pages, ten times: a cache that is a little smaller is of no use to LRU. */
static void write_loop(const char *tree)
{
	char text[1024] = "";

	for (unsigned int i = 0; i < 10; i++)
		strcat(text, "r 0 400\n");
	tree_write(tree, "loop", text);
}

static void test_a_range_is_geometric_steps(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	tree_write(*state, "t", "r 0 3\n");
	expect(&r, "$M simulate --no-legend --size 1M..8M --steps 4 --engines lru t", 0,
	       "lru 1M 3 0 3 1.0000\n"
	       "lru 2M 3 0 3 1.0000\n"
	       "lru 4M 3 0 3 1.0000\n"
	       "lru 8M 3 0 3 1.0000\n",
	       "");
	/* Eight by default; whole pages, each size once, and the end is the one that is said. */
	assert_int_equal(
		run(&r,
		    "$M simulate --size 1M..1G --engines lru --csv --no-legend t | cut -d, -f2"),
		0);
	assert_string_equal(r.out, "1048576\n2822144\n7598080\n20451328\n55050240\n148189184\n"
				   "398893056\n1073741824\n");
	assert_int_equal(run(&r, "$M simulate --reclaim 1 --size 4K..12K --engines lru --csv "
				 "--no-legend t | cut -d, -f2"),
			 0);
	assert_string_equal(r.out, "4096\n8192\n12288\n");
}

static void test_sizes_are_written_as_people_do(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	tree_write(*state, "t", "r 0 20000\n");
	assert_int_equal(run(&r, "$M simulate --size 1gb,1GiB,1g,0.5GB,64mb,10%,128k..1% --steps 2 "
				 "--engines lru --csv --no-legend t | cut -d, -f2"),
			 0);
	assert_string_equal(r.out, "1073741824\n536870912\n67108864\n8192000\n131072\n819200\n");
	assert_int_equal(
		run(&r, "$M simulate --size auto --engines lru --csv --no-legend t | cut -d, -f2"),
		0);
	assert_string_equal(r.out, "819200\n1638400\n4096000\n8192000\n16384000\n32768000\n"
				   "65536000\n");
	/* A cache that reclaim empties is none that auto tries, if there is another. */
	tree_write(*state, "t", "r 0 200\n");
	assert_int_equal(
		run(&r, "$M simulate --size auto --engines lru --csv --no-legend t | cut -d, -f2"),
		0);
	assert_string_equal(r.out, "327680\n655360\n");
	tree_write(*state, "t", "r 0\n");
	assert_int_equal(
		run(&r, "$M simulate --size auto --engines lru --csv --no-legend t | cut -d, -f2"),
		0);
	assert_string_equal(r.out, "4096\n");
}

static void test_csv_has_titles_and_the_bytes(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	tree_write(*state, "t.csv", "0,a,5000,get\n1,b,1,set\n2,a,5000,get\n");
	assert_int_equal(
		run(&r, "$M simulate --size 1M --engines lru --csv t.csv | sed 's/,[0-9]*$//'"), 0);
	assert_string_equal(
		r.out, "engine,size,references,hits,misses,write_misses,miss_ratio,missed_bytes,"
		       "byte_miss_ratio,evicted_pages,forced_pages,looks,ejected_at,cpu_ns\n"
		       "lru,1048576,3,1,2,1,0.666667,12288,0.600000,0,0,0,\n");
	expect(&r, "$M simulate --size 1M --engines lru t.csv", 0,
	       "ENGINE SIZE REFERENCES HITS MISSES MISS RATIO MISSED BYTES BYTE MISS RATIO\n"
	       "lru      1M          3    1      2     0.6667        12288          0.6000\n",
	       "");
}

static void test_a_picture_is_drawn_or_nothing_is(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	tree_write(*state, "it's", "r 0 3\nr 0 3\n");
	assert_int_equal(run(&r, "$M simulate --size 8K..1M --reclaim 1 --plot a.png it\\'s"), 0);
	assert_string_equal(r.err, "");
	assert_int_equal(run(&r, "head -c 4 a.png | tail -c 3"), 0);
	assert_string_equal(r.out, "PNG");
	assert_int_equal(run(&r, "$M simulate --size 8K..1M --reclaim 1 --plot a.SVG it\\'s"), 0);
	assert_int_equal(run(&r, "grep -c '<svg' a.SVG && grep -o \"it's\" a.SVG | head -n 1"), 0);
	assert_string_equal(r.out, "1\nit's\n");

	/* A gnuplot that fails leaves the picture that is there, and nothing else. */
	assert_int_equal(run(&r, "mkdir bin none && printf '#!/bin/sh\\necho x\\nexit 3\\n' "
				 ">bin/gnuplot && chmod +x bin/gnuplot && echo old >old.png"),
			 0);
	assert_int_equal(run(&r, "PATH=$PWD/bin:$PATH; $M simulate --size 1M --engines lru "
				 "--plot old.png it\\'s"),
			 1);
	assert_string_equal(r.err,
			    "mempolctl simulate: --plot=old.png: gnuplot has failed; the file "
			    "is as it was\n");
	assert_int_equal(run(&r, "cat old.png; ls | grep -c 'old'"), 0);
	assert_string_equal(r.out, "old\n1\n");

	assert_int_equal(run(&r, "PATH=$PWD/none; $M simulate --size 1M --plot b.png it\\'s"), 2);
	assert_string_equal(r.out, "");
	assert_non_null(strstr(r.err,
			       "--plot needs gnuplot, which is not installed: install it "
			       "(gnuplot-nox on Debian, gnuplot-minimal on Fedora), or draw what "
			       "--csv prints\n"));
	assert_int_equal(run(&r, "ls | grep -c 'b.png'"), 1);
}

static void test_the_best_engine_is_proposed(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	write_loop(*state);
	/* lru is simulated though nobody has named it. */
	assert_int_equal(run(&r, "$M simulate --size 1200K --engines mru,fifo --propose "
				 "60-loop.mempolicy --unit loop.service loop"),
			 0);
	assert_non_null(strstr(r.out, "\nlru    1200K "));
	assert_non_null(strstr(r.err, "mempolctl simulate: mru reads "));
	assert_int_equal(run(&r, "$M check 60-loop.mempolicy"), 0);
	assert_int_equal(run(&r, "grep -v '^#' 60-loop.mempolicy"), 0);
	assert_string_equal(r.out, "\n[Match]\nUnit=loop.service\n\n[Cache]\nEngine=mru\n");
	assert_int_equal(run(&r, "grep -c '^#   [lmf][rui]' 60-loop.mempolicy"), 0);
	assert_string_equal(r.out, "3\n");

	/* An engine that is named again and again is one. */
	assert_int_equal(run(&r, "$M simulate --size 1M --unit a.service --propose - --engines "
				 "$(yes fifo | head -64 | paste -sd,) loop | grep -c '^#   fifo '"),
			 0);
	assert_string_equal(r.out, "1\n");

	/* With what was set of the engine, if it is the one. */
	assert_int_equal(
		run(&r,
		    "$M simulate --size 1200K --engines s3fifo,get-scan --set SmallPercent=20 "
		    "--set get-scan.SmallPercent=15 --dirty 9 --propose - --unit a.service loop "
		    "2>/dev/null >q; grep -v '^#' q"),
		0);
	assert_non_null(strstr(r.out, "\nEngine=get-scan\nSmallPercent=15\n"));
	assert_int_equal(run(&r, "grep -c '^# Pages that stay dirty: 9' q"), 0);

	/* To standard output there is nothing beside it. */
	assert_int_equal(run(&r, "$M simulate --size 1200K --readahead 16K --propose - --cgroup "
				 "/a.slice/loop loop | tee p | head -n 1 | cut -d' ' -f1-4"),
			 0);
	assert_string_equal(r.out, "# Proposed by mempolctl\n");
	assert_int_equal(run(&r, "grep -c '^# Readahead: 16K' p"), 0);
	assert_int_equal(run(&r,
			     "$M simulate --size 1200K --propose - --cgroup /a.slice/loop loop | "
			     "$M check --name a -"),
			 0);
	assert_int_equal(run(&r, "$M simulate --size 1200K --propose - --unit x loop"), 1);
	assert_string_equal(r.out, "");
	assert_non_null(strstr(r.err, "mempolctl simulate: no policy can be written: Unit=x: "));
}

static void test_no_policy_is_no_file(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	write_loop(*state);
	assert_int_equal(run(&r, "$M simulate --no-legend --size 8M --engines mru --propose "
				 "a.mempolicy --unit loop.service loop"),
			 0);
	assert_string_equal(r.err,
			    "mempolctl simulate: no policy: the cache holds all that the trace "
			    "uses, every engine reads the same. Try a smaller size.\n");
	assert_int_equal(run(&r, "$M simulate --size 1200K --engines fifo --propose a.mempolicy "
				 "--unit loop.service loop"),
			 0);
	assert_string_equal(r.err,
			    "mempolctl simulate: no policy: no engine reads 5 % less than LRU; "
			    "the best, fifo, reads 100.0 %.\n");
	assert_int_equal(run(&r, "ls | grep -c mempolicy"), 1);
}

static void test_formats_and_options_are_completed(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	expect(&r, "$M --complete simulate --format blk", 0, "blkparse\nblkparse-d\nblkparse-c\n",
	       "");
	expect(&r, "$M --complete simulate --prop", 0, "--propose\n", "");
	expect(&r, "$M --complete simulate --plot ''", 0, "PATH\n", "");
	expect(&r, "$M --complete simulate --columns m", 0, "msr\n", "");
	expect(&r, "$M --complete simulate --size a", 0, "auto\n", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_a_range_is_geometric_steps),
		TREE_TEST(test_sizes_are_written_as_people_do),
		TREE_TEST(test_csv_has_titles_and_the_bytes),
		TREE_TEST(test_a_picture_is_drawn_or_nothing_is),
		TREE_TEST(test_the_best_engine_is_proposed),
		TREE_TEST(test_no_policy_is_no_file),
		TREE_TEST(test_formats_and_options_are_completed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
