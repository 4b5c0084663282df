/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for the reasons why a page stays where it is: the first one in a fixed order, with its number,
 * for going and for moving; and for runs of folios that are alike.
 */
#include "fixture.h"
#include "refs.h"

#include <string.h>

#define CLEAN (MEMPOL_REF_FILE | MEMPOL_REF_LRU)
/* All that may be true of one page of a file at a time. */
#define ALL                                                                                        \
	(CLEAN | MEMPOL_REF_FROZEN | MEMPOL_REF_LOCKED | MEMPOL_REF_WRITEBACK | MEMPOL_REF_DIRTY | \
	 MEMPOL_REF_UNEVICTABLE | MEMPOL_REF_PINNED)

struct fixture {
	struct mempol_ref_page page;
	enum mp_ref_question question;
	bool drained;
	const char *word, *text;
};

static void assert_why(const struct fixture *f)
{
	enum mp_ref_reason reason = mp_ref_why(&f->page, f->question, f->drained);
	char buffer[MP_REF_TEXT];

	assert_string_equal(mp_ref_reason_word(reason), f->word);
	assert_string_equal(mp_ref_why_text(&f->page, reason, buffer), f->text);
}

static void assert_all(const struct fixture *fixtures, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_why(&fixtures[i]);
}

/* Each flag that is taken away shows the next reason. */
static void test_why_a_page_cannot_go_is_the_first_that_holds(void **state)
{
	static const uint32_t order[] = { MEMPOL_REF_FROZEN, MEMPOL_REF_LOCKED,
					  MEMPOL_REF_WRITEBACK, MEMPOL_REF_DIRTY,
					  MEMPOL_REF_UNEVICTABLE };
	static const char *const words[] = { "frozen", "locked", "writeback", "dirty",
					     "unevictable" };
	struct fixture f = { .page = { .refs = 2060,
				       .mapped = 7,
				       .expected = 8,
				       .extra = 2052,
				       .hidden = 1,
				       .nr_pages = 1,
				       .flags = ALL } };

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		f.word = f.text = words[i];
		assert_why(&f);
		f.page.flags &= ~order[i];
	}
	f.word = "mapped";
	f.text = "mapped 7";
	assert_why(&f);
	f.page.mapped = 0;
	f.word = f.text = "pinned";
	assert_why(&f);
	f.page.flags &= ~MEMPOL_REF_PINNED;
	f.word = "held";
	f.text = "held 2052";
	assert_why(&f);
	f.page.extra = 0;
	f.word = "read";
	f.text = "being read";
	assert_why(&f);
	f.page.hidden = 0;
	f.word = "go";
	f.text = "can go";
	assert_why(&f);
}

static void test_a_single_reference_may_be_of_a_batch_unless_they_are_empty(void **state)
{
	static const struct fixture fixtures[] = {
		{ { .extra = 1, .flags = CLEAN },
		  MP_REF_GOES,
		  false,
		  "batch",
		  "held 1 or in an LRU batch" },
		{ { .extra = 1, .flags = CLEAN }, MP_REF_GOES, true, "held", "held 1" },
		{ { .extra = 2, .flags = CLEAN }, MP_REF_GOES, false, "held", "held 2" },
		{ { .extra = 1, .flags = CLEAN },
		  MP_REF_MOVES,
		  false,
		  "batch",
		  "held 1 or in an LRU batch" },
		{ { .extra = 1, .flags = CLEAN }, MP_REF_MOVES, true, "held", "held 1" },
		/* A reference that was dropped between two looks. */
		{ { .extra = -1, .flags = CLEAN }, MP_REF_GOES, true, "go", "can go" },
	};

	assert_all(fixtures, ARRAY_SIZE(fixtures));
}

static void test_why_a_page_cannot_move_is_the_first_that_holds(void **state)
{
	static const struct fixture fixtures[] = {
		{ { .refs = 1, .flags = MEMPOL_REF_SLAB }, MP_REF_MOVES, true, "slab", "slab" },
		{ { .refs = 1, .flags = MEMPOL_REF_TABLE },
		  MP_REF_MOVES,
		  true,
		  "table",
		  "page table" },
		{ { .refs = 1, .flags = MEMPOL_REF_OFFLINE },
		  MP_REF_MOVES,
		  true,
		  "offline",
		  "offline" },
		{ { .flags = CLEAN | MEMPOL_REF_POISONED },
		  MP_REF_MOVES,
		  true,
		  "poisoned",
		  "poisoned" },
		{ { .refs = 1, .flags = MEMPOL_REF_OTHER },
		  MP_REF_MOVES,
		  true,
		  "kernel",
		  "the kernel's own" },
		/* A balloon's page, and what zsmalloc has. */
		{ { .refs = 1, .flags = MEMPOL_REF_OFFLINE | MEMPOL_REF_MOVABLE },
		  MP_REF_MOVES,
		  true,
		  "move",
		  "can move" },
		{ { .refs = 1, .flags = MEMPOL_REF_OTHER | MEMPOL_REF_MOVABLE },
		  MP_REF_MOVES,
		  true,
		  "move",
		  "can move" },
		{ { .flags = MEMPOL_REF_FREE }, MP_REF_MOVES, true, "free", "free" },
		{ { .flags = MEMPOL_REF_FREE }, MP_REF_GOES, true, "free", "free" },
		{ { .flags = MEMPOL_REF_FROZEN }, MP_REF_MOVES, true, "frozen", "frozen" },
		{ { .extra = 1024, .flags = MEMPOL_REF_ANON | MEMPOL_REF_PINNED },
		  MP_REF_MOVES,
		  true,
		  "pinned",
		  "pinned" },
		{ { .extra = 3, .flags = CLEAN | MEMPOL_REF_WRITEBACK },
		  MP_REF_MOVES,
		  true,
		  "held",
		  "held 3" },
		{ { .hidden = 2, .flags = CLEAN | MEMPOL_REF_WRITEBACK },
		  MP_REF_MOVES,
		  true,
		  "read",
		  "being read" },
		{ { .flags = CLEAN | MEMPOL_REF_WRITEBACK },
		  MP_REF_MOVES,
		  true,
		  "writeback",
		  "writeback" },
		/* What keeps a page from going does not keep it from moving. */
		{ { .mapped = 3, .flags = CLEAN | MEMPOL_REF_DIRTY | MEMPOL_REF_UNEVICTABLE },
		  MP_REF_MOVES,
		  true,
		  "move",
		  "can move" },
	};

	assert_all(fixtures, ARRAY_SIZE(fixtures));
}

static void test_each_reason_has_a_word_of_its_own_and_each_flag_a_name(void **state)
{
	for (unsigned int i = 0; i < _MP_REF_REASON_MAX; i++)
		for (unsigned int k = 0; k < i; k++)
			assert_string_not_equal(mp_ref_reason_word(i), mp_ref_reason_word(k));
	assert_null(mp_ref_reason_word(_MP_REF_REASON_MAX));
	assert_string_equal(mp_ref_reason_text(MP_REF_HELD), "held");
	assert_null(mp_ref_reason_text(_MP_REF_REASON_MAX));
	assert_string_equal(mp_ref_flag_name(0), "locked");
	assert_string_equal(mp_ref_flag_name(__builtin_ctz(MEMPOL_REF_POISONED)), "poisoned");
	assert_string_equal(mp_ref_flag_name(__builtin_ctz(MEMPOL_REF_MOVABLE)), "movable");
	assert_null(mp_ref_flag_name(__builtin_ctz(MEMPOL_REF_MOVABLE) + 1));
}

static void test_only_pages_of_users_are_accounted(void **state)
{
	const struct mempol_ref_page file = { .flags = CLEAN }, anon = { .flags = MEMPOL_REF_ANON },
				     slab = { .flags = MEMPOL_REF_SLAB },
				     none = { .flags = MEMPOL_REF_FREE };

	assert_true(mp_ref_is_accounted(&file));
	assert_true(mp_ref_is_accounted(&anon));
	assert_false(mp_ref_is_accounted(&slab));
	assert_false(mp_ref_is_accounted(&none));
}

static void test_what_is_alike_and_right_behind_is_one_run(void **state)
{
	struct mp_ref_run run = { { .index = 8, .refs = 4, .nr_pages = 4, .flags = CLEAN }, 1 };
	struct mempol_ref_page next = run.page;

	assert_false(mp_ref_run_append(&run, &next));
	next.index = 16;
	assert_false(mp_ref_run_append(&run, &next));
	next.index = 12;
	assert_true(mp_ref_run_append(&run, &next));
	next.index = 16;
	assert_true(mp_ref_run_append(&run, &next));
	assert_int_equal(run.folios, 3);
	assert_int_equal(run.page.index, 8);
	assert_int_equal(run.page.nr_pages, 4);

	next.index = 20;
	next.nr_pages = 1;
	assert_false(mp_ref_run_append(&run, &next));
	next.nr_pages = 4;
	next.hidden = 1;
	assert_false(mp_ref_run_append(&run, &next));
	next.hidden = 0;
	next.flags |= MEMPOL_REF_DIRTY;
	assert_false(mp_ref_run_append(&run, &next));
	next.flags = CLEAN;
	next.zone = 1;
	assert_false(mp_ref_run_append(&run, &next));
	assert_int_equal(run.folios, 3);
}

static void test_free_blocks_of_any_size_are_one_run(void **state)
{
	struct mp_ref_run run = { { .index = 0, .nr_pages = 512, .flags = MEMPOL_REF_FREE }, 1 };
	struct mempol_ref_page next = { .index = 512, .nr_pages = 4, .flags = MEMPOL_REF_FREE };

	assert_true(mp_ref_run_append(&run, &next));
	assert_int_equal(run.folios, 1);
	assert_int_equal(run.page.nr_pages, 516);
	run.page.nr_pages = UINT32_MAX;
	next.index = UINT32_MAX;
	assert_false(mp_ref_run_append(&run, &next));
	assert_int_equal(run.page.nr_pages, UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_why_a_page_cannot_go_is_the_first_that_holds),
		cmocka_unit_test(test_a_single_reference_may_be_of_a_batch_unless_they_are_empty),
		cmocka_unit_test(test_why_a_page_cannot_move_is_the_first_that_holds),
		cmocka_unit_test(test_each_reason_has_a_word_of_its_own_and_each_flag_a_name),
		cmocka_unit_test(test_only_pages_of_users_are_accounted),
		cmocka_unit_test(test_what_is_alike_and_right_behind_is_one_run),
		cmocka_unit_test(test_free_blocks_of_any_size_are_one_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
