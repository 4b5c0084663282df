// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for a recording in memory: it stays within its bounds, a finer sample is a part of the one before,
 * and its text says what it is. And for runs: they are learned from what comes in, and known again by what is used.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../bpf/record/sampled-runs.h"
#include "../../daemon/mempolctl/sample.h"

static struct mempol_record use(uint64_t ino, uint64_t index)
{
	return (struct mempol_record){ .ino = ino, .index = index, .dev = 8 << 20 | 1, .thread = 7 };
}

static void a_sample_fills_the_cache_with_a_thousand_pages(void **state)
{
	static const struct {
		uint64_t pages;
		unsigned int shift;
	} cases[] = {
		{ 0, 0 },     { 1, 0 },	    { 2047, 0 },   { 2048, 1 },
		{ 16384, 4 }, { 32767, 4 }, { 262144, 8 }, { UINT64_MAX, 20 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(sample_shift_for(cases[i].pages), cases[i].shift);
}

static void a_finer_sample_is_a_part_of_the_coarser(void **state)
{
	assert_true(mempol_record_limit(0) == ~0ULL && mempol_record_limit(1) == ~0ULL >> 1 &&
		    mempol_record_limit(20) == 0xfffffffffffULL);
	for (unsigned int shift = 0; shift < 12; shift++) {
		unsigned int in = 0;

		for (uint64_t index = 0; index < 65536; index++) {
			in += sample_has(99, index, shift);
			if (sample_has(99, index, shift + 1))
				assert_true(sample_has(99, index, shift));
		}
		/* To a quarter: 65,536 >> 11 are 32 pages. */
		assert_in_range(in, (65536U >> shift) * 3 / 4, (65536U >> shift) * 5 / 4);
	}
}

static void a_full_sample_asks_to_be_halved(void **state)
{
	struct sample sample = { .max_uses = 1000 };
	struct mempol_record record;
	unsigned int halved = 0;

	for (uint64_t i = 0; i < 100000; i++) {
		record = use(i % 700, i);
		while (sample_add(&sample, &record) == 1) {
			sample_refine(&sample, sample.shift + 1);
			halved++;
			assert_true(sample.nr_uses < 1000);
		}
	}
	assert_in_range(halved, 6, 8);
	for (size_t i = 0; i < sample.nr_uses; i++)
		assert_true(sample_has(sample.files[sample.uses[i].file].ino, sample.uses[i].index,
				       sample.shift));
	/* A coarser one has nothing more to say. */
	halved = sample.shift;
	sample_refine(&sample, 1);
	assert_int_equal(sample.shift, halved);
	sample_done(&sample);
}

/* The simulator would refuse the trace when it has been recorded. */
static void it_has_no_more_pages_and_files_than_are_simulated(void **state)
{
	struct sample sample = { .max_uses = SAMPLE_MAX_USES };
	struct mempol_record record = use(1, 0);

	record.order = 20;
	for (; sample.nr_uses < SAMPLE_MAX_PAGES >> 20; record.index++)
		assert_int_equal(sample_add(&sample, &record), 0);
	assert_int_equal(sample_add(&sample, &record), 1);
	sample_refine(&sample, 1);
	assert_int_equal(sample.nr_pages, sample.nr_uses << 20);
	sample_done(&sample);
	sample.max_uses = SAMPLE_MAX_USES;
	for (uint64_t ino = 0; ino < SAMPLE_MAX_FILES; ino++) {
		record = use(ino, 5);
		assert_int_equal(sample_add(&sample, &record), 0);
	}
	record = use(SAMPLE_MAX_FILES, 5);
	assert_int_equal(sample_add(&sample, &record), 1);
	/* With their uses files are gone; those that are left are known by their new numbers. */
	sample_refine(&sample, 4);
	assert_int_equal(sample.nr_files, sample.nr_uses);
	assert_in_range(sample.nr_files, SAMPLE_MAX_FILES / 20, SAMPLE_MAX_FILES / 12);
	for (size_t i = 0; i < sample.nr_uses; i++)
		assert_true(sample.uses[i].file == i && sample_has(sample.files[i].ino, 5, 4));
	record = use(sample.files[7].ino, 5);
	assert_int_equal(sample_add(&sample, &record), 0);
	assert_int_equal(sample.uses[sample.nr_uses - 1].file, 7);
	sample_done(&sample);
}

static void a_record_that_no_program_writes_is_refused(void **state)
{
	struct sample sample = { .max_uses = 10 };
	struct mempol_record record = use(1, 1);

	record.op = MEMPOL_RECORD_NR_OPS;
	assert_int_equal(sample_add(&sample, &record), -EBADMSG);
	record = use(1, 1ULL << 39);
	assert_int_equal(sample_add(&sample, &record), -EBADMSG);
	record = use(1, 1);
	record.order = 21;
	assert_int_equal(sample_add(&sample, &record), -EBADMSG);
	assert_int_equal(sample.nr_uses, 0);
	sample_done(&sample);
}

static void files_are_told_apart_by_device_and_inode(void **state)
{
	struct sample sample = { .max_uses = 100000 };
	struct mempol_record record;

	for (unsigned int turn = 0; turn < 2; turn++)
		for (uint32_t i = 0; i < 2000; i++) {
			record = use(i / 2, 0);
			record.dev = i % 2;
			assert_int_equal(sample_add(&sample, &record), 0);
			assert_int_equal(sample.uses[sample.nr_uses - 1].file, i);
		}
	assert_int_equal(sample.nr_files, 2000);
	sample_done(&sample);
}

static void its_text_says_what_it_is(void **state)
{
	static const char expected[] =
		"# mempol-record 1 sample=1/1\n# cgroup: /a\n# seconds: 1.500\n"
		"# uses in the sample: 5, of them through mappings: 1\n"
		"# pages that came in: 9, in the sample: 1\n# records lost: 2\n# memory.max: 4096\n"
		"# page cache at the end: 8192\n"
		"# a line: OP FILE PAGE[+MORE] THREAD [run]; r read, m fault, w made dirty, a came in, "
		"d deleted\n"
		"# file 0: device 8:1 inode 5\na 0 17 7 run\nr 0 17 7 run\nw 0 16+1 7\nm 0 3 7\n"
		"# file 1: device 8:1 inode 6\nr 1 0 7\nd 1 0 7\n";
	static const struct sample_header header = { .cgroup = "/a",
						     .seconds = 1.5,
						     .lost = 2,
						     .added = 9,
						     .limit_bytes = 4096,
						     .file_bytes = 8192 };
	struct mempol_record records[6] = { use(5, 17), use(5, 17), use(5, 16),
					    use(5, 3),	use(6, 0),  use(6, 0) };
	struct sample sample = { .max_uses = 10 };
	struct sample_count count;
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	records[0].op = MEMPOL_RECORD_ADDED;
	records[0].flags = records[1].flags = MEMPOL_RECORD_IN_RUN;
	records[2].op = MEMPOL_RECORD_WRITE;
	records[2].order = 1;
	records[3].op = MEMPOL_RECORD_FAULT;
	records[5].op = MEMPOL_RECORD_GONE;
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(sample_add(&sample, &records[i]), 0);
	sample_count(&sample, &count);
	assert_int_equal(count.uses, 5);
	assert_int_equal(count.mapped, 1);
	assert_int_equal(sample_write(&sample, &header, f), 0);
	fclose(f);
	assert_string_equal(text, expected);
	free(text);
	sample_done(&sample);
}

static void a_full_disk_is_an_error(void **state)
{
	static const struct sample_header header = { .cgroup = "/a" };
	struct sample sample = { .max_uses = 10000 };
	struct mempol_record record;

	/* What fits a buffer fails when it is flushed, and what does not on the way. */
	for (unsigned int nr = 0; nr <= 10000; nr += 10000) {
		FILE *f = fopen("/dev/full", "w");

		assert_non_null(f);
		for (unsigned int i = 0; i < nr; i++) {
			record = use(5, i);
			assert_int_equal(sample_add(&sample, &record), 0);
		}
		assert_int_equal(sample_write(&sample, &header, f), -ENOSPC);
		fclose(f);
	}
	sample_done(&sample);
}

static struct sampled_runs runs;

static void a_run_is_learned_from_what_comes_in(void **state)
{
	memset(&runs, 0, sizeof(runs));
	for (unsigned int i = 0; i < 100; i++)
		assert_int_equal(sampled_runs_added(&runs, 7, 5, 1000 + i, 1), i >= 31);
	/* Further on by a few pages, and the beginning of another file, go on with it. */
	assert_true(sampled_runs_added(&runs, 7, 5, 1115, 1));
	assert_true(sampled_runs_added(&runs, 7, 6, 0, 1));
	assert_false(sampled_runs_added(&runs, 7, 6, 500, 1));
	assert_false(sampled_runs_added(&runs, 8, 6, 501, 1));
	/* A large folio is as many pages. */
	assert_true(sampled_runs_added(&runs, 9, 6, 0, 32));
}

static void a_use_belongs_to_a_run_near_its_front(void **state)
{
	memset(&runs, 0, sizeof(runs));
	assert_false(sampled_runs_used(&runs, 7, 5, 0, 4));
	for (unsigned int i = 0; i < 64; i++)
		sampled_runs_added(&runs, 7, 5, 2000 + i, 1);
	assert_true(sampled_runs_used(&runs, 7, 5, 2000, 4));
	assert_false(sampled_runs_used(&runs, 7, 5, 2063 - 1025, 4));
	assert_false(sampled_runs_used(&runs, 8, 5, 2000, 4));
	assert_false(sampled_runs_used(&runs, 7, 6, 2000, 4));
	/* In a sample of one in 16 the next page is 256 further on at most, and it is the front then. */
	assert_false(sampled_runs_used(&runs, 7, 5, 2063 + 257, 4));
	assert_true(sampled_runs_used(&runs, 7, 5, 2063 + 256, 4));
	assert_true(sampled_runs_used(&runs, 7, 5, 2063 + 512, 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sample_fills_the_cache_with_a_thousand_pages),
		cmocka_unit_test(a_finer_sample_is_a_part_of_the_coarser),
		cmocka_unit_test(a_full_sample_asks_to_be_halved),
		cmocka_unit_test(it_has_no_more_pages_and_files_than_are_simulated),
		cmocka_unit_test(a_record_that_no_program_writes_is_refused),
		cmocka_unit_test(files_are_told_apart_by_device_and_inode),
		cmocka_unit_test(its_text_says_what_it_is),
		cmocka_unit_test(a_full_disk_is_an_error),
		cmocka_unit_test(a_run_is_learned_from_what_comes_in),
		cmocka_unit_test(a_use_belongs_to_a_run_near_its_front),
	};

	return cmocka_run_group_tests_name("sample", tests, NULL, NULL);
}
