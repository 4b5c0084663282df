// SPDX-License-Identifier: GPL-2.0-only
/*
 * s3fifo's decisions without a kernel: which queue yields, what counts as a use, which refaults enter the
 * main queue. Run by make check and make test; what follows from them is in test_sim_figures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../bpf/cache/s3fifo.h"

static void the_small_queue_yields_what_is_above_its_share(void **state)
{
	assert_true(s3fifo_from_small(101, 899, 10));
	assert_false(s3fifo_from_small(100, 900, 10));
	assert_false(s3fifo_from_small(0, 1, 10));
}

static void an_empty_main_queue_yields_nothing(void **state)
{
	assert_true(s3fifo_from_small(1, 0, 10));
	assert_true(s3fifo_from_small(0, 0, 10));
}

static void the_read_that_brought_it_in_is_no_use(void **state)
{
	assert_int_equal(s3fifo_uses(0, 0), 0);
	assert_int_equal(s3fifo_uses(1, 0), 0);
	assert_int_equal(s3fifo_uses(2, 0), 1);
}

static void of_a_mapped_folio_every_count_is_a_use(void **state)
{
	assert_int_equal(s3fifo_uses(0, 1), 0);
	assert_int_equal(s3fifo_uses(1, 1), 1);
}

static void uses_are_limited(void **state)
{
	assert_int_equal(s3fifo_uses(63, 0), S3FIFO_USES);
	assert_int_equal(s3fifo_uses(63, 1), S3FIFO_USES);
}

static void a_count_written_is_read_back(void **state)
{
	for (unsigned int mapped = 0; mapped < 2; mapped++)
		for (unsigned int uses = 0; uses <= S3FIFO_USES; uses++)
			assert_int_equal(s3fifo_uses(s3fifo_count(uses, mapped), mapped), uses);
}

static void a_quarter_is_enough(void **state)
{
	assert_int_equal(s3fifo_enough(32), 8);
	assert_int_equal(s3fifo_enough(33), 9);
	assert_int_equal(s3fifo_enough(1), 1);
}

static unsigned int admitted(struct s3fifo_window *window, unsigned int refaults)
{
	unsigned int n = 0;

	while (refaults--)
		n += s3fifo_admit(window, 100, 1000);
	return n;
}

static void what_was_gone_for_long_or_never_there_is_new(void **state)
{
	struct s3fifo_window window = {};

	assert_true(s3fifo_admit(&window, 1000, 1000));
	assert_false(s3fifo_admit(&window, 1001, 1000));
	assert_false(s3fifo_admit(&window, ~0ULL, 1000));
	assert_int_equal(window.refaults, 0);
}

static void a_main_queue_nobody_has_met_takes_every_refault(void **state)
{
	struct s3fifo_window window = {};

	assert_int_equal(admitted(&window, 100), 100);
}

static void a_main_queue_without_use_takes_few_and_recovers(void **state)
{
	struct s3fifo_window window = {};

	for (unsigned int i = 0; i < 10 * S3FIFO_WINDOW; i++)
		s3fifo_note(&window, 0);
	assert_int_equal(admitted(&window, 10 * S3FIFO_ADMIT), 10);
	for (unsigned int i = 0; i < S3FIFO_WINDOW; i++)
		s3fifo_note(&window, 1);
	assert_int_equal(admitted(&window, 100), 100);
}

static void one_use_in_four_is_enough(void **state)
{
	struct s3fifo_window window = {};

	for (unsigned int i = 0; i < 10 * S3FIFO_WINDOW; i++)
		s3fifo_note(&window, i % S3FIFO_USEFUL == 0);
	assert_in_range(admitted(&window, 100), 100, 100);
	assert_true(window.met <= S3FIFO_WINDOW);
}

/* As often as the small queue turns, whatever is left of a page; a batch at most. */
static void second_looks_keep_pace_with_the_small_queue(void **state)
{
	unsigned long long due = 0;
	unsigned int looks = 0;

	assert_int_equal(s3fifo_second_looks(&due, 0, 999, 64), 0);
	for (int i = 0; i < 1000; i++)
		looks += s3fifo_second_looks(&due, 10, 999, 64);
	assert_int_equal(looks, 10 * 64);
	assert_int_equal(s3fifo_second_looks(&due, 999, 999, 64), 63);
	assert_int_equal(s3fifo_second_looks(&due, 100000, 0, 64), S3FIFO_LOOKS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_small_queue_yields_what_is_above_its_share),
		cmocka_unit_test(an_empty_main_queue_yields_nothing),
		cmocka_unit_test(second_looks_keep_pace_with_the_small_queue),
		cmocka_unit_test(the_read_that_brought_it_in_is_no_use),
		cmocka_unit_test(of_a_mapped_folio_every_count_is_a_use),
		cmocka_unit_test(uses_are_limited),
		cmocka_unit_test(a_count_written_is_read_back),
		cmocka_unit_test(a_quarter_is_enough),
		cmocka_unit_test(what_was_gone_for_long_or_never_there_is_new),
		cmocka_unit_test(a_main_queue_nobody_has_met_takes_every_refault),
		cmocka_unit_test(a_main_queue_without_use_takes_few_and_recovers),
		cmocka_unit_test(one_use_in_four_is_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
