/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for the audit of placed memory: a page in a frame that it may not have is a violation, whatever its
 * frame, and a page that got there lawfully is none. Where pages may lie is compared with the engine's own source in
 * test_sim_place; here are fixed places, which tests/tools/test_mosaic's model gave.
 */
#include "fixture.h"
#include "placement-audit.h"

/* 16 buckets, the second half on another node. */
static const struct mp_placement_pool pool = {
	.frames = 1024,
	.front = 44,
	.back = 20,
	.choices = 4,
	.seed = 1,
	.segments = { { 0, 0, 8 }, { 1, 8, 8 } },
	.nr_segments = 2,
};

#define SPACE 1
#define PAGE 5
#define MOVED 900

static struct mp_placed_page in_frame(uint32_t frame, uint64_t vpn, unsigned int flags)
{
	return (struct mp_placed_page){
		.in_pool = true,
		.frame = frame,
		.space = SPACE,
		.vpn = vpn,
		.index = vpn,
		.flags = flags,
	};
}

/* In how many frames of the first node's may the page lie? */
static unsigned int lawful(uint64_t vpn, uint32_t lawful_frames[])
{
	unsigned int nr = 0;

	for (uint32_t frame = 0; frame < 512; frame++) {
		const struct mp_placed_page page = in_frame(frame, vpn, 0);

		if (mp_placement_judge(&pool, &page) == MP_VERDICT_OK)
			lawful_frames[nr++] = frame;
		else
			assert_int_equal(mp_placement_judge(&pool, &page), MP_VERDICT_VIOLATION);
	}
	return nr;
}

static void test_a_page_may_lie_in_as_many_frames_as_it_has_candidates(void **state)
{
	uint32_t frames[512];

	for (uint64_t vpn = 0; vpn < 100; vpn++) {
		unsigned int front = 0;

		assert_int_equal(lawful(vpn, frames), 44 + 4 * 20);
		for (unsigned int i = 0; i < 124; i++)
			front += frames[i] % 64 < 44;
		assert_int_equal(front, 44);
	}
}

static void test_each_node_has_its_candidates(void **state)
{
	unsigned int nr = 0;

	for (uint32_t frame = 512; frame < 1024; frame++) {
		const struct mp_placed_page page = in_frame(frame, PAGE, 0);

		nr += mp_placement_judge(&pool, &page) == MP_VERDICT_OK;
	}
	assert_int_equal(nr, 124);
}

/* By seed, space and page. */
static void test_what_a_page_is_known_by_matters(void **state)
{
	struct mp_placement_pool other = pool;
	unsigned int seed = 0, space = 0, number = 0;
	uint32_t frames[512];

	other.seed = 2;
	assert_int_equal(lawful(PAGE, frames), 124);
	for (unsigned int i = 0; i < 124; i++) {
		struct mp_placed_page page = in_frame(frames[i], PAGE, 0);

		seed += mp_placement_judge(&other, &page) == MP_VERDICT_OK;
		page.space = 2;
		space += mp_placement_judge(&pool, &page) == MP_VERDICT_OK;
		page = in_frame(frames[i], PAGE + 1, 0);
		number += mp_placement_judge(&pool, &page) == MP_VERDICT_OK;
	}
	assert_true(seed < 124 && space < 124 && number < 124);
}

/* A frame that @vpn may not have, and @also may, if it is not 0. */
static uint32_t wrong_frame(uint64_t vpn, uint64_t also)
{
	for (uint32_t frame = 0; frame < 512; frame++) {
		const struct mp_placed_page page = in_frame(frame, vpn, 0);
		const struct mp_placed_page other = in_frame(frame, also, 0);

		if (mp_placement_judge(&pool, &page) != MP_VERDICT_OK &&
		    (!also || mp_placement_judge(&pool, &other) == MP_VERDICT_OK))
			return frame;
	}
	fail_msg("every frame is right");
	return 0;
}

static void test_after_mremap_a_page_is_stale(void **state)
{
	struct mp_placed_page page = in_frame(wrong_frame(MOVED, PAGE), MOVED, 0);

	assert_int_equal(mp_placement_judge(&pool, &page), MP_VERDICT_VIOLATION);
	page.index = PAGE;
	assert_int_equal(mp_placement_judge(&pool, &page), MP_VERDICT_STALE);
	/* But not anywhere. */
	page.index = MOVED + 1;
	page.frame = wrong_frame(MOVED, 0);
	while (mp_placement_judge(&pool, &page) == MP_VERDICT_STALE)
		page.index++;
	assert_int_equal(mp_placement_judge(&pool, &page), MP_VERDICT_VIOLATION);
	/* UFFDIO_MOVE gives it another index, and the kernel says so. */
	page.flags = MP_PLACED_MOVED;
	assert_int_equal(mp_placement_judge(&pool, &page), MP_VERDICT_STALE);
}

static void test_with_keys_by_object_mremap_changes_nothing(void **state)
{
	struct mp_placement_pool by_object = pool;
	struct mp_placed_page page = in_frame(wrong_frame(MOVED, PAGE), MOVED, 0);

	by_object.by_object = true;
	page.index = PAGE;
	assert_int_equal(mp_placement_judge(&by_object, &page), MP_VERDICT_OK);
	page.index = MOVED;
	page.vpn = PAGE;
	assert_int_equal(mp_placement_judge(&by_object, &page), MP_VERDICT_VIOLATION);
}

static void test_after_fork_a_page_is_shared(void **state)
{
	struct mp_placed_page page = in_frame(wrong_frame(PAGE, 0), PAGE, MP_PLACED_SHARED);

	assert_int_equal(mp_placement_judge(&pool, &page), MP_VERDICT_SHARED);
	/* The parent is gone. */
	page.flags = MP_PLACED_INHERITED;
	assert_int_equal(mp_placement_judge(&pool, &page), MP_VERDICT_SHARED);
	/* Where it may be it is right, whoever maps it besides. */
	page.frame = wrong_frame(MOVED, PAGE);
	assert_int_equal(mp_placement_judge(&pool, &page), MP_VERDICT_OK);
}

static void test_what_is_not_placed_is_exempt(void **state)
{
	static const unsigned int flags[] = { MP_PLACED_KSM, MP_PLACED_HUGE, MP_PLACED_OTHER };
	struct mp_placed_page page = { .space = SPACE, .vpn = PAGE };

	assert_int_equal(mp_placement_judge(&pool, &page), MP_VERDICT_EXEMPT);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		page = in_frame(wrong_frame(PAGE, 0), PAGE, flags[i]);
		assert_int_equal(mp_placement_judge(&pool, &page), MP_VERDICT_EXEMPT);
	}
	page.flags = MP_PLACED_SWAP_CACHE;
	assert_int_equal(mp_placement_judge(&pool, &page), MP_VERDICT_VIOLATION);
	page.space = 0;
	assert_int_equal(mp_placement_judge(&pool, &page), MP_VERDICT_SWAP_CACHE);
}

static void test_fewer_buckets_than_choices_leave_every_back_yard(void **state)
{
	const struct mp_placement_pool small = {
		.frames = 128,
		.front = 60,
		.back = 4,
		.choices = 16,
		.segments = { { 0, 0, 2 } },
		.nr_segments = 1,
	};
	unsigned int nr = 0;

	for (uint32_t frame = 0; frame < 128; frame++) {
		const struct mp_placed_page page = in_frame(frame, PAGE, 0);

		nr += mp_placement_judge(&small, &page) == MP_VERDICT_OK;
	}
	assert_int_equal(nr, 60 + 2 * 4);
}

/* ---- whole dumps ------------------------------------------------------------------------------------- */

#define HEADER                                                                                   \
	"mempol-placement 1\nengine=mosaic\nframes=1024\nfront=44\nback=20\nchoices=4\nseed=1\n" \
	"key=address\nsegment=0,0,16\npages\n"

static int audit(const char *text, struct mp_errors *errors, struct mp_placement_audit *ret)
{
	_cleanup_fclose_ FILE *f = fmemopen((void *)text, strlen(text), "r");

	return mp_placement_audit_read(f, "dump", errors, ret);
}

static void test_a_dump_is_counted_and_its_first_violation_explained(void **state)
{
	_cleanup_errors_ struct mp_errors errors = {};
	_cleanup_free_ char *text = NULL;
	struct mp_placement_audit found;

	/* By the model page 5 has buckets 14; 0, 4, 11, 12, page 6 10; 3, 4, 8, 14, page 7 9; 0, 5, 10, 14. */
	assert_int_equal(audit(HEADER "899 1 5 5 -\n562 1 6 6 -\n576 1 7 7 -\n316 1 900 5 -\n"
				      "0 1 900 900 shared\n2 0 0 0 swap-cache\n- 1 8 8 huge\n"
				      "70 1 5 5 -\n940 1 5 5 -\n",
			       &errors, &found),
			 0);
	assert_int_equal(found.pages[MP_VERDICT_OK], 3);
	assert_int_equal(found.pages[MP_VERDICT_STALE], 1);
	assert_int_equal(found.pages[MP_VERDICT_SHARED], 1);
	assert_int_equal(found.pages[MP_VERDICT_SWAP_CACHE], 1);
	assert_int_equal(found.pages[MP_VERDICT_EXEMPT], 1);
	assert_int_equal(found.pages[MP_VERDICT_VIOLATION], 2);
	text = mp_placement_explain(&found.pool, &found.first);
	assert_string_equal(text,
			    "frame 70 (bucket 1, slot 6) has page 0x5 of space 1, which may lie in "
			    "the front yard of bucket 14 and in the back yards of buckets 0, 4, 11 "
			    "and 12");
}

static void test_a_bad_dump_leaves_no_answer(void **state)
{
	_cleanup_errors_ struct mp_errors errors = {};
	struct mp_placement_audit found = { .pages = { 7 } };

	assert_int_equal(audit(HEADER "1 1 1 1 -\n1 1 1 1 -\n", &errors, &found), -EBADMSG);
	assert_error(&errors, "12", "named before");
	assert_int_equal(found.pages[MP_VERDICT_OK], 7);
}

static void test_verdicts_have_words(void **state)
{
	assert_string_equal(mp_verdict_to_string(MP_VERDICT_OK), "ok");
	assert_string_equal(mp_verdict_to_string(MP_VERDICT_SWAP_CACHE), "swap-cache");
	for (unsigned int i = 0; i < MP_VERDICTS; i++)
		assert_non_null(mp_verdict_to_string(i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_page_may_lie_in_as_many_frames_as_it_has_candidates),
		cmocka_unit_test(test_each_node_has_its_candidates),
		cmocka_unit_test(test_what_a_page_is_known_by_matters),
		cmocka_unit_test(test_after_mremap_a_page_is_stale),
		cmocka_unit_test(test_with_keys_by_object_mremap_changes_nothing),
		cmocka_unit_test(test_after_fork_a_page_is_shared),
		cmocka_unit_test(test_what_is_not_placed_is_exempt),
		cmocka_unit_test(test_fewer_buckets_than_choices_leave_every_back_yard),
		cmocka_unit_test(test_a_dump_is_counted_and_its_first_violation_explained),
		cmocka_unit_test(test_a_bad_dump_leaves_no_answer),
		cmocka_unit_test(test_verdicts_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
