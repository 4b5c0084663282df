// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulator's readahead against mm/readahead.c of Linux 6.12: which pages come in with which read, in the cases
 * the kernel tells apart, by hand; and how pages of a trace become neighbours.
 */
#include "fixture.h"

#include "../../sim/readahead.h"

#define NR 4096

static struct sim_setup setup;
static struct sim_result result;
static struct sim_trace trace;
static struct sim_cache cache;
static struct sim_file file;

/* What the last read brought in, as "0-3 8-11". */
static char windows[256];
static uint32_t expected; /* the page that goes on with the last piece */
static uint32_t room; /* pages that still fit */
static size_t n_locked, n_accessed;

static int add(struct sim_file *at, uint32_t page)
{
	size_t length = strlen(windows);

	if (!room)
		return -ENOMEM;
	room--;
	if (length && page == expected)
		length = (size_t)(strrchr(windows, '-') - windows) + 1;
	else
		length += (size_t)sprintf(windows + length, "%s%u-", length ? " " : "", page);
	sprintf(windows + length, "%u", page);
	expected = page + 1;

	n_locked = 1;
	for (uint32_t i = 0; i < page; i++)
		n_locked += sim_cached(&cache.folios[i]) && cache.folios[i].locked;
	cache.folios[page] = (struct sim_folio){ .pages = 1, .locked = true };
	sim_link(&cache, page, 0, false);
	return 0;
}

static void accessed(struct sim_file *at, uint32_t page)
{
	assert_true(sim_cached(&cache.folios[page]));
	assert_false(cache.folios[page].locked);
	n_accessed++;
}

static int open_file(void **state)
{
	setup = (struct sim_setup){ .cache_pages = NR, .readahead_pages = 32 };
	result = (struct sim_result){};
	trace = (struct sim_trace){ .nr_objects = NR, .from_start = true };
	if (sim_cache_init(&cache, &setup, &trace, &result) < 0)
		return -1;
	file = (struct sim_file){ .add = add, .accessed = accessed };
	sim_file_open(&file, &cache, &trace);
	room = UINT32_MAX;
	n_accessed = 0;
	return 0;
}

static int close_file(void **state)
{
	sim_cache_done(&cache);
	return 0;
}

static const char *read_pages(uint32_t page, uint32_t nr)
{
	struct sim_ref refs[512] = { { page, 1, SIM_READ } };
	size_t at = 0;

	for (uint32_t i = 1; i < nr; i++)
		refs[i] = (struct sim_ref){ page + i, 1, SIM_READ_ON };
	trace.refs = refs;
	trace.nr_refs = nr;
	windows[0] = '\0';
	assert_int_equal(sim_file_replay(&file, &at), 0);
	assert_int_equal(at, nr);
	for (uint32_t i = 0; i < NR; i++)
		assert_false(cache.folios[i].locked || cache.folios[i].held);
	return windows;
}

static void forget(uint32_t page)
{
	sim_unlink(&cache, page);
	cache.folios[page].list = SIM_NO_LIST;
}

static void test_a_stream_has_windows_that_grow(void **state)
{
	assert_string_equal(read_pages(0, 1), "0-3");
	assert_int_equal(n_locked, 4);
	/* At the mark of each window the next one comes, twice as large. */
	assert_string_equal(read_pages(1, 1), "4-11");
	assert_string_equal(read_pages(2, 1), "");
	assert_string_equal(read_pages(3, 1), "");
	assert_string_equal(read_pages(4, 1), "12-27");
	assert_string_equal(read_pages(5, 7), "");
	assert_string_equal(read_pages(12, 1), "28-59");
	assert_string_equal(read_pages(13, 15), "");
	assert_string_equal(read_pages(28, 1), "60-91");
	assert_int_equal(n_locked, 32);
	assert_int_equal(n_accessed, 29);
	assert_int_equal(result.references, 29);
	assert_int_equal(result.misses, 1);
	assert_int_equal(result.hits, 28);
}

static void test_a_large_read_is_of_large_windows(void **state)
{
	/* The disk takes 40 at once: as it is, and so nothing is marked; the next one is a stream. */
	assert_string_equal(read_pages(100, 40), "100-139");
	assert_int_equal(n_locked, 40);
	assert_int_equal(result.misses, 1);
	assert_int_equal(n_accessed, 40);
	assert_string_equal(read_pages(140, 20), "140-171");
	/* It takes 320 at once: 1000-1319, the second half marked, and two of that size for the rest. */
	assert_string_equal(read_pages(1000, 400), "1000-1959");
	assert_int_equal(n_locked, 320);
	assert_int_equal(result.misses, 3);
}

static void test_a_small_read_anywhere_is_read_as_it_is(void **state)
{
	assert_string_equal(read_pages(0, 1), "0-3");
	assert_string_equal(read_pages(1000, 3), "1000-1002");
	assert_string_equal(read_pages(2000, 1), "2000-2000");
	/* The page behind the last one, or the one behind that, is a stream. */
	assert_string_equal(read_pages(2002, 1), "2002-2005");
}

static void test_history_in_the_cache_is_a_stream(void **state)
{
	for (uint32_t page = 500; page < 506; page++) {
		add(&file, page);
		cache.folios[page].locked = false;
	}
	read_pages(3000, 1);
	assert_string_equal(read_pages(506, 2), "506-513");
	/* The mark is on its last page. */
	assert_string_equal(read_pages(508, 5), "");
	assert_string_equal(read_pages(513, 1), "514-529");
}

static void test_what_is_there_splits_a_window(void **state)
{
	read_pages(2, 1);
	assert_string_equal(read_pages(0, 1), "0-1 3-3");
	forget(1);
	/* It went before it was read: windows begin anew there, as page 0 was the last one read. */
	assert_string_equal(read_pages(0, 2), "1-1 4-4");
	assert_int_equal(result.misses, 3);
}

static void test_the_file_ends(void **state)
{
	assert_string_equal(read_pages(NR - 2, 1), "4094-4094");
	assert_string_equal(read_pages(NR - 1, 1), "4095-4095");
	assert_string_equal(read_pages(NR - 40, 40), "4056-4093");
}

static void test_a_window_ends_where_there_is_no_room(void **state)
{
	room = 2;
	assert_string_equal(read_pages(0, 4), "0-1");
	/* What nobody has room for is read past the cache. */
	assert_int_equal(result.misses, 3);
	assert_int_equal(result.hits, 1);
	assert_int_equal(n_accessed, 2);
}

static void test_one_page_read_in_pieces_is_one_access(void **state)
{
	read_pages(7, 1);
	read_pages(7, 1);
	assert_int_equal(n_accessed, 1);
	read_pages(9, 1);
	read_pages(7, 1);
	assert_int_equal(n_accessed, 3);
}

/* As text: the trace that comes of it. */
static struct sim_trace load(const char *text, uint32_t window)
{
	struct sim_source source = { .readahead_pages = window };
	char path[] = "/tmp/test_sim_readahead.XXXXXX";
	struct sim_trace loaded;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	source.path = path;
	assert_int_equal(sim_trace_load(&source, stderr, &loaded), 0);
	unlink(path);
	return loaded;
}

static void test_pages_are_numbered_in_the_order_of_the_file(void **state)
{
	struct sim_trace loaded = load("r 9\nr 3 2\nr 1000000\nw 0\nw 3\n"
				       "r 18446744073709551614\n",
				       4);
	static const struct sim_ref wanted[] = {
		{ 9, 1, SIM_READ },
		{ 3, 1, SIM_READ },
		{ 4, 1, SIM_READ_ON },
		/* Two windows and a page: what is in between is out of reach. */
		{ 18, 1, SIM_READ },
		{ 0, 1, SIM_WRITE },
		{ 3, 1, SIM_WRITE },
		{ 27, 1, SIM_READ },
	};

	assert_int_equal(loaded.nr_refs, ARRAY_SIZE(wanted));
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		assert_int_equal(loaded.refs[i].object, wanted[i].object);
		assert_int_equal(loaded.refs[i].op, wanted[i].op);
	}
	assert_int_equal(loaded.nr_objects, 28);
	assert_int_equal(loaded.nr_unnamed, 22);
	assert_true(loaded.from_start);
	sim_trace_free(&loaded);
	loaded = load("r 5\nr 8 6\nr 1000\n", 4);
	assert_false(loaded.from_start);
	/* A read of six has windows of six. */
	assert_int_equal(loaded.refs[7].object, 8 + 2 * 6 + 1);
	sim_trace_free(&loaded);
}

#define FILE_TEST(f) cmocka_unit_test_setup_teardown(f, open_file, close_file)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(test_a_stream_has_windows_that_grow),
		FILE_TEST(test_a_large_read_is_of_large_windows),
		FILE_TEST(test_a_small_read_anywhere_is_read_as_it_is),
		FILE_TEST(test_history_in_the_cache_is_a_stream),
		FILE_TEST(test_what_is_there_splits_a_window),
		FILE_TEST(test_the_file_ends),
		FILE_TEST(test_a_window_ends_where_there_is_no_room),
		FILE_TEST(test_one_page_read_in_pieces_is_one_access),
		cmocka_unit_test(test_pages_are_numbered_in_the_order_of_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
