// SPDX-License-Identifier: GPL-2.0-only
/*
 * loop's decisions without a kernel: how much is looked for at the old end, and of which list. Run by make check
 * and make test; the engine itself is loaded by tests/vm and simulated by test_sim_figures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../bpf/cache/loop.h"

static void half_of_what_is_wanted_is_looked_for_at_the_old_end(void **state)
{
	assert_int_equal(loop_old_pages(2, 0), 1);
	assert_int_equal(loop_old_pages(31, 0), 15);
	assert_int_equal(loop_old_pages(32, 0), LOOP_OLD_MOST);
	assert_int_equal(loop_old_pages(64, 1), LOOP_OLD_MOST);
}

static void a_single_page_is_from_either_end_in_turn(void **state)
{
	assert_int_equal(loop_old_pages(1, 0), 0);
	assert_int_equal(loop_old_pages(1, 1), 1);
	assert_int_equal(loop_old_pages(0, 1), 0);
}

/* Turns of the second list among @turns. */
static unsigned int second_turns(unsigned int turns, unsigned long long first,
				 unsigned long long second)
{
	unsigned int nr = 0;

	for (unsigned int turn = 0; turn < turns; turn++)
		nr += loop_second(turn, first, second);
	return nr;
}

static void each_list_has_its_turns_by_its_size(void **state)
{
	assert_in_range(second_turns(1000, 100, 100), 480, 520);
	assert_in_range(second_turns(1000, 900, 100), 90, 110);
	assert_in_range(second_turns(1000, 1 << 28, 3 << 28), 735, 765);
}

static void an_empty_list_has_no_turn(void **state)
{
	assert_int_equal(second_turns(1000, 100, 0), 0);
	assert_int_equal(second_turns(1000, 0, 100), 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(half_of_what_is_wanted_is_looked_for_at_the_old_end),
		cmocka_unit_test(a_single_page_is_from_either_end_in_turn),
		cmocka_unit_test(each_list_has_its_turns_by_its_size),
		cmocka_unit_test(an_empty_list_has_no_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
