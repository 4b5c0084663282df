// SPDX-License-Identifier: GPL-2.0-only
/*
 * hot without a kernel: as it is loaded, compiled by the host's compiler, over synthetic samples of machines that
 * share pages, that do not, and that only look as if they did. Run by make check and make test; what a real kernel
 * samples is tests/vm's affair.
 */
#include "../../bpf/refcount/hot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

extern struct mempol_refcount_ops hot;
extern struct hot_page hot_pages[HOT_PAGES];

#define SECOND_NS 1000000000ULL
#define MIN_READS 10000
#define SAMPLE 1024

/* The map of files, as far as hot uses it: a few of them. */
#define FILES 16
static struct {
	u64 key[2];
	u64 value;
	bool used;
} files[FILES];

void *bpf_map_lookup_elem(void *map, const void *key)
{
	for (int i = 0; i < FILES; i++)
		if (files[i].used && !memcmp(files[i].key, key, sizeof(files[i].key)))
			return &files[i].value;
	return NULL;
}

long bpf_map_update_elem(void *map, const void *key, const void *value, u64 flags)
{
	for (int i = 0; i < FILES; i++) {
		if (files[i].used)
			continue;
		memcpy(files[i].key, key, sizeof(files[i].key));
		files[i].value = *(const u64 *)value;
		files[i].used = true;
		return 0;
	}
	return -1;
}

long bpf_map_delete_elem(void *map, const void *key)
{
	for (int i = 0; i < FILES; i++)
		if (files[i].used && !memcmp(files[i].key, key, sizeof(files[i].key)))
			files[i].used = false;
	return 0;
}

static int start(void **state)
{
	memset(hot_pages, 0, HOT_PAGES * sizeof(*hot_pages));
	memset(files, 0, sizeof(files));
	return 0;
}

/* Who reads: as many threads as there are CPUs, unless a test says otherwise. */
static u32 reader;

unsigned long long bpf_get_current_pid_tgid(void)
{
	return 4711ULL << 32 | reader;
}

/* Numbers that are the same in every run. */
static u32 next_random(void)
{
	static u32 x = 2463534242;

	x ^= x << 13;
	x ^= x >> 17;
	return x ^= x << 5;
}

static bool sample_by(u32 thread, u64 time_ns, u64 ino, u64 index, u32 cpu)
{
	struct mempol_ref_sample read = {
		.time_ns = time_ns,
		.ino = ino,
		.index = index,
		.dev = 0x801,
		.cpu = cpu,
		.weight = SAMPLE,
	};

	reader = thread;
	return hot.sampled(&read);
}

static bool sample(u64 time_ns, u64 ino, u64 index, u32 cpu)
{
	return sample_by(100 + cpu, time_ns, ino, index, cpu);
}

/*
 * @cpus read one page together, @rate times a second for @seconds; each sample is one's of them by chance. How many
 * samples asked for the file?
 */
static unsigned int share(u32 cpus, u64 rate, unsigned int seconds)
{
	u64 step = SECOND_NS * SAMPLE / rate, now = 5 * SECOND_NS;
	unsigned int asked = 0;

	for (u64 end = now + seconds * SECOND_NS; now < end; now += step)
		asked += sample(now, 7, 3, next_random() % cpus);
	return asked;
}

static void two_cpus_on_one_page_are_contention(void **state)
{
	assert_true(share(2, 4 * MIN_READS, 2) > 0);
}

static void so_are_sixteen(void **state)
{
	assert_true(share(16, 4 * MIN_READS, 2) > 0);
}

static void one_cpu_is_none_however_much_it_reads(void **state)
{
	assert_int_equal(share(1, 1000 * MIN_READS, 5), 0);
}

static void little_is_none_however_many_read(void **state)
{
	assert_int_equal(share(16, MIN_READS / 2, 20), 0);
}

static void it_is_found_within_a_few_seconds_just_above_the_limit(void **state)
{
	assert_true(share(2, MIN_READS * 3 / 2, 5) > 0);
}

/* However often: in each second it was seen on many CPUs. */
static void a_reader_that_the_scheduler_moves_does_not_contend(void **state)
{
	for (unsigned int moves = 1; moves < 1000; moves *= 3)
		for (u64 now = SECOND_NS; now < 20 * SECOND_NS; now += SECOND_NS / 400)
			assert_false(sample_by(1, moves * 100 * SECOND_NS + now, 7, 3,
					       now / (SECOND_NS / moves) % 16));
}

/* Two that share a CPU share its cache line. */
static void threads_of_one_cpu_do_not_contend(void **state)
{
	for (unsigned int i = 0; i < 10000; i++)
		assert_false(sample_by(i % 5, SECOND_NS + i * (SECOND_NS / 500), 7, 3, 0));
}

/* One that reads now and then beside one that reads all the time hardly waits for it. */
static void a_rare_reader_beside_a_busy_one_is_no_contention(void **state)
{
	for (unsigned int i = 0; i < 10000; i++)
		assert_false(sample(SECOND_NS + i * (SECOND_NS / 500), 7, 3, i % 32 == 0));
}

/* DRBM: each CPU its own page of one file. */
static void readers_of_different_pages_of_a_file_do_not_contend(void **state)
{
	for (unsigned int i = 0; i < 10000; i++)
		assert_false(sample(SECOND_NS + i * (SECOND_NS / 2000), 7, i % 16, i % 16));
}

/* DRBM again, but the 16 pages are one folio, and all samples name its first page. */
static void readers_of_different_pages_of_a_folio_do(void **state)
{
	unsigned int asked = 0;

	for (unsigned int i = 0; i < 1000; i++)
		asked += sample(SECOND_NS + i * (SECOND_NS / 200), 7, 0, i % 16);
	assert_true(asked > 0);
}

/* More cold pages than there are slots for, between the samples of a hot one. */
static void a_hot_page_is_found_among_many_cold_ones(void **state)
{
	unsigned int asked = 0, wrong = 0;

	for (unsigned int i = 0; i < 100000; i++) {
		u64 now = SECOND_NS + i * (SECOND_NS / 5000);

		if (i % 100 == 0)
			asked += sample(now, 7, 3, next_random() % 2);
		else
			wrong += sample(now, 8, next_random() % 1000000, next_random() % 16);
	}
	assert_true(asked > 0);
	assert_int_equal(wrong, 0);
}

/* Two devices have files of the same number. */
static void files_of_two_devices_are_two(void **state)
{
	struct mempol_ref_sample a = { .ino = 7, .index = 3, .dev = 1 }, b = a;
	struct hot_page page = {};

	b.dev = 2;
	hot_begin(&page, &a, 1);
	assert_true(hot_is(&page, &a));
	assert_false(hot_is(&page, &b));
}

/* What was long ago says nothing of now. */
static void samples_of_another_second_do_not_count(void **state)
{
	for (unsigned int i = 0; i < 1000; i++)
		assert_false(sample(SECOND_NS + i * (SECOND_NS / 5), 7, 3, i % 2));
}

static bool review(u64 ino, u64 reads, u64 period_ns, u32 cause)
{
	struct mempol_refcount_file file = {
		.ino = ino,
		.dev = 0x801,
		.reads = reads,
		.period_ns = period_ns,
		.cause = cause,
	};

	return hot.review(&file);
}

static void a_file_goes_out_when_it_has_been_idle_for_long_enough(void **state)
{
	for (unsigned int i = 0; i < 9; i++)
		assert_false(review(7, MIN_READS / 5, SECOND_NS, MEMPOL_REF_BY_SAMPLE));
	assert_true(review(7, MIN_READS / 5, SECOND_NS, MEMPOL_REF_BY_SAMPLE));
	/* In again, it begins anew. */
	assert_false(review(7, 0, SECOND_NS, MEMPOL_REF_BY_SAMPLE));
}

static void a_file_that_is_read_stays(void **state)
{
	for (unsigned int i = 0; i < 100; i++)
		assert_false(review(7, MIN_READS / 3, SECOND_NS, MEMPOL_REF_BY_SAMPLE));
}

static void a_second_of_reading_begins_the_time_anew(void **state)
{
	for (unsigned int i = 0; i < 100; i++)
		assert_false(review(7, i % 9 ? 0 : MIN_READS, SECOND_NS, MEMPOL_REF_BY_SAMPLE));
}

static void the_length_of_a_period_does_not_matter(void **state)
{
	assert_true(review(7, 0, 10 * SECOND_NS, MEMPOL_REF_BY_SAMPLE));
	for (unsigned int i = 0; i < 99; i++)
		assert_false(review(8, MIN_READS / 50, SECOND_NS / 10, MEMPOL_REF_BY_SAMPLE));
	assert_true(review(8, MIN_READS / 50, SECOND_NS / 10, MEMPOL_REF_BY_SAMPLE));
	assert_false(review(9, 86400ULL * MIN_READS, 86400 * SECOND_NS, MEMPOL_REF_BY_SAMPLE));
	assert_true(review(10, 86400ULL * MIN_READS / 5, 86400 * SECOND_NS, MEMPOL_REF_BY_SAMPLE));
}

/* It was asked for by name, so it is not hot's. */
static void what_was_named_stays(void **state)
{
	for (unsigned int i = 0; i < 100; i++) {
		assert_false(review(7, 0, SECOND_NS, MEMPOL_REF_BY_POLICY));
		assert_false(review(8, 0, SECOND_NS, MEMPOL_REF_BY_REQUEST));
	}
}

static void files_have_times_of_their_own(void **state)
{
	for (unsigned int i = 0; i < 9; i++) {
		assert_false(review(7, 0, SECOND_NS, MEMPOL_REF_BY_SAMPLE));
		assert_false(review(8, MIN_READS, SECOND_NS, MEMPOL_REF_BY_SAMPLE));
	}
	assert_true(review(7, 0, SECOND_NS, MEMPOL_REF_BY_SAMPLE));
	assert_false(review(8, 0, SECOND_NS, MEMPOL_REF_BY_SAMPLE));
}

#define HOT_TEST(f) cmocka_unit_test_setup(f, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOT_TEST(two_cpus_on_one_page_are_contention),
		HOT_TEST(so_are_sixteen),
		HOT_TEST(one_cpu_is_none_however_much_it_reads),
		HOT_TEST(little_is_none_however_many_read),
		HOT_TEST(it_is_found_within_a_few_seconds_just_above_the_limit),
		HOT_TEST(a_reader_that_the_scheduler_moves_does_not_contend),
		HOT_TEST(threads_of_one_cpu_do_not_contend),
		HOT_TEST(a_rare_reader_beside_a_busy_one_is_no_contention),
		HOT_TEST(readers_of_different_pages_of_a_file_do_not_contend),
		HOT_TEST(readers_of_different_pages_of_a_folio_do),
		HOT_TEST(a_hot_page_is_found_among_many_cold_ones),
		HOT_TEST(files_of_two_devices_are_two),
		HOT_TEST(samples_of_another_second_do_not_count),
		HOT_TEST(a_file_goes_out_when_it_has_been_idle_for_long_enough),
		HOT_TEST(a_file_that_is_read_stays),
		HOT_TEST(a_second_of_reading_begins_the_time_anew),
		HOT_TEST(the_length_of_a_period_does_not_matter),
		HOT_TEST(what_was_named_stays),
		HOT_TEST(files_have_times_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
