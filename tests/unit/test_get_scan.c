// SPDX-License-Identifier: GPL-2.0-only
/*
 * get-scan's decisions without a kernel: what is a run, by thread and by place, and which pages of runs are let
 * in when they come back. Run by make check and make test; what follows from them is in test_sim_figures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../bpf/cache/get-scan.h"
#include "../../bpf/cache/runs.h"

static struct runs runs;

static int forget(void **state)
{
	memset(&runs, 0, sizeof(runs));
	return 0;
}

/* Pages of a run among @nr from @from on, @step apart. */
static unsigned int read_on(unsigned int thread, unsigned long long ino, unsigned long long from,
			    unsigned int nr, unsigned int step)
{
	unsigned int found = 0;

	for (unsigned int i = 0; i < nr; i++)
		found += runs_note(&runs, thread, ino, from + i * step);
	return found;
}

static void a_file_in_order_is_a_run_after_32_steps(void **state)
{
	assert_int_equal(read_on(1, 7, 1000, 32, 1), 0);
	assert_int_equal(read_on(1, 7, 1032, 100, 1), 100);
}

static void pages_up_to_16_apart_are_a_run_and_more_are_none(void **state)
{
	assert_int_equal(read_on(1, 7, 0, 100, 16), 100 - 32);
	assert_int_equal(read_on(2, 8, 0, 100, 17), 0);
}

static void backwards_and_the_same_page_are_no_run(void **state)
{
	for (unsigned int i = 200; i; i--)
		assert_false(runs_note(&runs, 1, 7, i));
	assert_int_equal(read_on(2, 8, 5, 100, 0), 0);
}

/* 13 pages of each: twelve steps a file. */
static void files_one_after_the_other_are_a_run(void **state)
{
	unsigned int found = 0;

	for (unsigned int file = 0; file < 10; file++)
		found += read_on(1, 100 + file, 0, 13, 1);
	assert_in_range(found, 130 - 40, 130 - 32);
}

static void files_of_a_single_page_are_no_run(void **state)
{
	for (unsigned int file = 0; file < 1000; file++)
		assert_false(runs_note(&runs, 1, 100 + file, 0));
}

/* But among larger ones they are of the run that they stand in. */
static void single_pages_do_not_end_a_run(void **state)
{
	read_on(1, 7, 0, 64, 1);
	for (unsigned int file = 0; file < 10; file++)
		assert_true(runs_note(&runs, 1, 100 + file, 0));
}

static void the_middle_of_another_file_ends_a_run(void **state)
{
	read_on(1, 7, 0, 64, 1);
	assert_false(runs_note(&runs, 1, 8, 5000));
	assert_false(runs_note(&runs, 1, 8, 5001));
}

static void one_thread_does_not_go_on_with_the_run_of_another(void **state)
{
	unsigned int found = 0;

	/* Files of eight pages: no place is long enough to be learned by itself. */
	for (unsigned int file = 0; file < 100; file++)
		found += read_on(file, 100 + file, 0, 8, 1);
	assert_int_equal(found, 0);
}

/* Two files at once, page by page: neither ends the other. */
static void threads_that_take_turns_have_runs_of_their_own(void **state)
{
	unsigned int found = 0;

	for (unsigned int i = 0; i < 100; i++)
		found += runs_note(&runs, 1, 7, i) + runs_note(&runs, 2, 8, 5000 + i);
	assert_int_equal(found, 2 * (100 - 32));
}

/* Four threads share a scan, and each reads something else between its pages. */
static void a_scan_by_a_pool_is_a_run(void **state)
{
	unsigned int found = 0, others = 0, nr = 2000;
	unsigned long long at = 12345;

	for (unsigned int i = 0; i < nr; i++) {
		found += runs_note(&runs, i % 4, 7, 100000 + i);
		at = at * 6364136223846793005ULL + 1442695040888963407ULL;
		others += runs_note(&runs, i % 4, 7, at >> 47);
	}
	assert_in_range(found, nr * 9 / 10, nr);
	assert_in_range(others, 0, nr / 100);
}

/* What a scan leaves behind does not make runs of what is read there at random. */
static void gets_after_a_scan_are_no_run(void **state)
{
	unsigned long long at = 99;
	unsigned int found = 0;

	read_on(1, 7, 0, 20000, 1);
	for (unsigned int i = 0; i < 5000; i++) {
		at = at * 6364136223846793005ULL + 1442695040888963407ULL;
		found += runs_note(&runs, 1, 7, (at >> 33) % 20000);
	}
	assert_in_range(found, 0, 50);
}

#define PAGES 16384

static struct get_scan_window sampled(unsigned int met, unsigned int unused_of)
{
	struct get_scan_window window = { .governed = PAGES };

	for (unsigned int i = 0; i < met; i++)
		get_scan_note(&window, !unused_of || i % unused_of);
	return window;
}

static void what_comes_back_late_or_is_new_is_not_let_in(void **state)
{
	struct get_scan_window window = sampled(1000, 2);

	assert_false(get_scan_lets_in(&window, ~0ULL, PAGES));
	assert_false(get_scan_lets_in(&window, PAGES / GET_SCAN_SOON + 1, PAGES));
	assert_true(get_scan_lets_in(&window, PAGES / GET_SCAN_SOON, PAGES));
}

static void of_a_loop_nothing_is_let_in(void **state)
{
	struct get_scan_window window = sampled(1000, 0);

	assert_false(get_scan_lets_in(&window, 10, PAGES));
	window = sampled(1000, GET_SCAN_USED * 4);
	assert_false(get_scan_lets_in(&window, 10, PAGES));
	window = sampled(1000, GET_SCAN_USED / 2);
	assert_true(get_scan_lets_in(&window, 10, PAGES));
}

/* The first turn of a loop has used nothing twice: it must not count. */
static void samples_count_when_something_has_come_back(void **state)
{
	struct get_scan_window window = {};

	for (unsigned int i = 0; i < 1000; i++)
		get_scan_note(&window, 0);
	assert_int_equal(window.met, 0);
	assert_false(get_scan_lets_in(&window, 10, PAGES));
	for (unsigned int i = 0; i < 10; i++)
		get_scan_note(&window, i % 2);
	assert_true(get_scan_lets_in(&window, 10, PAGES));
}

static void a_loop_that_comes_is_seen(void **state)
{
	struct get_scan_window window = sampled(10000, 2);

	for (unsigned int i = 0; i < 10 * PAGES / GET_SCAN_WINDOW; i++)
		get_scan_note(&window, 1);
	assert_false(get_scan_lets_in(&window, 10, PAGES));
	assert_true(window.met <= PAGES / GET_SCAN_WINDOW + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_file_in_order_is_a_run_after_32_steps, forget),
		cmocka_unit_test_setup(pages_up_to_16_apart_are_a_run_and_more_are_none, forget),
		cmocka_unit_test_setup(backwards_and_the_same_page_are_no_run, forget),
		cmocka_unit_test_setup(files_one_after_the_other_are_a_run, forget),
		cmocka_unit_test_setup(files_of_a_single_page_are_no_run, forget),
		cmocka_unit_test_setup(single_pages_do_not_end_a_run, forget),
		cmocka_unit_test_setup(the_middle_of_another_file_ends_a_run, forget),
		cmocka_unit_test_setup(one_thread_does_not_go_on_with_the_run_of_another, forget),
		cmocka_unit_test_setup(threads_that_take_turns_have_runs_of_their_own, forget),
		cmocka_unit_test_setup(a_scan_by_a_pool_is_a_run, forget),
		cmocka_unit_test_setup(gets_after_a_scan_are_no_run, forget),
		cmocka_unit_test(what_comes_back_late_or_is_new_is_not_let_in),
		cmocka_unit_test(of_a_loop_nothing_is_let_in),
		cmocka_unit_test(samples_count_when_something_has_come_back),
		cmocka_unit_test(a_loop_that_comes_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
