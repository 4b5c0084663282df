/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for dumps of placed memory: a good one is read as it is, a bad one is refused with the line and with
 * what to do, and nothing of it is believed beyond the pages before.
 */
#include "fixture.h"
#include "placement-dump.h"

#define HEADER                                                                                    \
	"mempol-placement 1\nengine=mosaic\nframes=256\nfront=44\nback=20\nchoices=4\nseed=0x7\n" \
	"key=address\nsegment=0,0,2\nsegment=1,2,2\n"
#define PAGES HEADER "pages\n"

struct pages {
	struct mp_placement_pool pool;
	struct mp_placed_page page[8];
	size_t nr;
};

static int note(const struct mp_placement_pool *pool, const struct mp_placed_page *page,
		void *userdata)
{
	struct pages *pages = userdata;

	pages->pool = *pool;
	pages->page[pages->nr++] = *page;
	return pages->nr == ARRAY_SIZE(pages->page) ? -ENOSPC : 0;
}

static int read_bytes(const char *text, size_t size, struct mp_errors *errors, struct pages *ret)
{
	_cleanup_fclose_ FILE *f = fmemopen((void *)text, size, "r");

	*ret = (struct pages){};
	assert_non_null(f);
	return mp_placement_dump_read(f, "dump", errors, note, ret);
}

static int read_text(const char *text, struct mp_errors *errors, struct pages *ret)
{
	return read_bytes(text, strlen(text), errors, ret);
}

static void test_a_dump_is_read_as_it_is(void **state)
{
	_cleanup_errors_ struct mp_errors errors = {};
	struct pages pages;

	assert_int_equal(read_text(PAGES "0 3 0x7f12 16 -\n# a comment\n\n"
					 "255 3 17 0x11 shared,swap-cache\n"
					 "-\t0 0 0 huge\r\n"
					 "12 18446744073709551615 1 1 inherited,moved,ksm,other\n",
				   &errors, &pages),
			 0);
	assert_int_equal(errors.count, 0);
	assert_int_equal(pages.pool.frames, 256);
	assert_int_equal(pages.pool.front, 44);
	assert_int_equal(pages.pool.back, 20);
	assert_int_equal(pages.pool.choices, 4);
	assert_int_equal(pages.pool.seed, 7);
	assert_false(pages.pool.by_object);
	assert_int_equal(pages.pool.nr_segments, 2);
	assert_int_equal(pages.pool.segments[1].node, 1);
	assert_int_equal(pages.pool.segments[1].first_bucket, 2);
	assert_int_equal(pages.pool.segments[1].nr_buckets, 2);
	assert_int_equal(pages.nr, 4);
	assert_true(pages.page[0].in_pool);
	assert_int_equal(pages.page[0].frame, 0);
	assert_int_equal(pages.page[0].space, 3);
	assert_int_equal(pages.page[0].vpn, 0x7f12);
	assert_int_equal(pages.page[0].index, 16);
	assert_int_equal(pages.page[0].flags, 0);
	assert_int_equal(pages.page[1].frame, 255);
	assert_int_equal(pages.page[1].flags, MP_PLACED_SHARED | MP_PLACED_SWAP_CACHE);
	assert_false(pages.page[2].in_pool);
	assert_int_equal(pages.page[2].flags, MP_PLACED_HUGE);
	assert_int_equal(pages.page[3].space, UINT64_MAX);
	assert_int_equal(pages.page[3].flags,
			 MP_PLACED_INHERITED | MP_PLACED_MOVED | MP_PLACED_KSM | MP_PLACED_OTHER);
}

static void test_a_pool_may_be_empty(void **state)
{
	_cleanup_errors_ struct mp_errors errors = {};
	struct pages pages;

	assert_int_equal(read_text(PAGES, &errors, &pages), 0);
	assert_int_equal(pages.nr, 0);
}

static void test_what_the_handler_says_ends_the_reading(void **state)
{
	_cleanup_errors_ struct mp_errors errors = {};
	struct pages pages;

	assert_int_equal(read_text(PAGES "1 1 1 1 -\n2 1 1 1 -\n3 1 1 1 -\n4 1 1 1 -\n5 1 1 1 -\n"
					 "6 1 1 1 -\n7 1 1 1 -\n8 1 1 1 -\nnonsense\n",
				   &errors, &pages),
			 -ENOSPC);
	assert_int_equal(errors.count, 0);
}

static void test_what_is_wrong_is_named_with_its_line(void **state)
{
	static const struct {
		const char *text, *line, *says;
	} bad[] = {
		{ "\n", "1", "begin with \"mempol-placement 1\"" },
		{ "[Cache]\n", "1", "no dump of placed memory" },
		{ "mempol-placement\n", "1", "no dump" },
		{ "mempol-placement one\n", "1", "no dump" },
		{ "mempol-placement 2\n", "1", "use the one that wrote it" },
		{ "mempol-placement 1\n", "1", "ends before its pages" },
		{ HEADER, "10", "ends before its pages" },
		{ "mempol-placement 1\nfrmaes=64\n", "2", "do you mean frames=?" },
		{ "mempol-placement 1\ncolour=red\n", "2", "Unknown key colour=" },
		{ "mempol-placement 1\n0 1 1 1 -\n", "2", "no KEY=VALUE" },
		{ "mempol-placement 1\nengine=colour\n", "2", "only those of mosaic" },
		{ "mempol-placement 1\nframes=0\n", "2", "from 64 to 268435456" },
		{ "mempol-placement 1\nframes=100\n", "2", "a multiple of 64" },
		{ "mempol-placement 1\nframes=-64\n", "2", "not -64" },
		{ "mempol-placement 1\nframes=268435520\n", "2", "not 268435520" },
		{ "mempol-placement 1\nfront=64\n", "2", "front= is a number from 1 to 63" },
		{ "mempol-placement 1\nback=\n", "2", "back= is a number" },
		{ "mempol-placement 1\nchoices=17\n", "2", "choices= is a number from 1 to 16" },
		{ "mempol-placement 1\nseed=18446744073709551616\n", "2", "64 bits" },
		{ "mempol-placement 1\nseed=0x\n", "2", "64 bits" },
		{ "mempol-placement 1\nkey=page\n", "2", "address or object" },
		{ "mempol-placement 1\nsegment=0,0\n", "2", "NODE,BUCKET,BUCKETS" },
		{ "mempol-placement 1\nsegment=0,0,0\n", "2", "NODE,BUCKET,BUCKETS" },
		{ "mempol-placement 1\nsegment=0,0,1,1\n", "2", "NODE,BUCKET,BUCKETS" },
		{ "mempol-placement 1\nsegment=0,0,12345678901\n", "2", "NODE,BUCKET,BUCKETS" },
		{ "mempol-placement 1\nfront=44\nfront=44\n", "3", "twice: remove one" },
		{ "mempol-placement 1\nengine=mosaic\npages\n", "3", "frames= is missing" },
		{ "mempol-placement 1\nengine=mosaic\nframes=64\nfront=44\nback=21\nchoices=4\n"
		  "seed=0\nkey=address\nsegment=0,0,1\npages\n",
		  "10", "44 and 21, and must be 64 together" },
		{ HEADER "segment=2,5,1\npages\n", "12", "begins at bucket 5 and not at 4" },
		{ HEADER "segment=2,4,1\npages\n", "12", "have 5 buckets and frames= makes 4" },
		{ PAGES "1 2 3 -\n", "12", "has 4 fields" },
		{ PAGES "1 2 3 4 - -\n", "12", "has 6 fields" },
		{ PAGES "256 1 1 1 -\n", "12", "256 is no frame of a pool of 256" },
		{ PAGES "x 1 1 1 -\n", "12", "x is no frame" },
		{ PAGES "1 1 1 1 -\n1 1 2 2 -\n", "13", "Frame 1 has been named before" },
		{ PAGES "1 1x 1 1 -\n", "12", "numbers of 64 bits" },
		{ PAGES "1 1 -1 1 -\n", "12", "numbers of 64 bits" },
		{ PAGES "1 1 1 0xg -\n", "12", "numbers of 64 bits" },
		{ PAGES "1 1 1 1 shard\n", "12", "shard is no flag" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_errors_ struct mp_errors errors = {};
		struct pages pages;

		assert_int_equal(read_text(bad[i].text, &errors, &pages), -EBADMSG);
		assert_int_equal(errors.count, 1);
		assert_error(&errors, bad[i].line, bad[i].says);
		assert_in_range(pages.nr, 0, 1);
	}
}

static void test_a_nul_is_no_text(void **state)
{
	static const char text[] = "mempol-placement 1\n\0frames=64\n";
	_cleanup_errors_ struct mp_errors errors = {};
	struct pages pages;

	assert_int_equal(read_bytes(text, sizeof(text) - 1, &errors, &pages), -EBADMSG);
	assert_error(&errors, "2", "NUL");
}

static void test_more_segments_than_nodes_there_can_be_are_refused(void **state)
{
	_cleanup_errors_ struct mp_errors errors = {};
	_cleanup_free_ char *text = NULL;
	struct pages pages;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	fputs("mempol-placement 1\nframes=4160\n", f);
	for (int i = 0; i < 65; i++)
		fprintf(f, "segment=%d,%d,1\n", i, i);
	fclose(f);
	assert_int_equal(read_text(text, &errors, &pages), -EBADMSG);
	assert_error(&errors, "67", "64 segments at most");
}

static void test_what_cannot_be_read_says_so(void **state)
{
	_cleanup_errors_ struct mp_errors errors = {};
	_cleanup_fclose_ FILE *f = fopen("/", "re");
	struct pages pages = {};

	assert_non_null(f);
	assert_int_equal(mp_placement_dump_read(f, "/", &errors, note, &pages), -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_dump_is_read_as_it_is),
		cmocka_unit_test(test_a_pool_may_be_empty),
		cmocka_unit_test(test_what_the_handler_says_ends_the_reading),
		cmocka_unit_test(test_what_is_wrong_is_named_with_its_line),
		cmocka_unit_test(test_a_nul_is_no_text),
		cmocka_unit_test(test_more_segments_than_nodes_there_can_be_are_refused),
		cmocka_unit_test(test_what_cannot_be_read_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
