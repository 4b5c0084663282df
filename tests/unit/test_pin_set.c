// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for sets of pinned ranges: ranges that meet are one, what is taken out may leave two pieces, and a
 * file without ranges is not in the set. Against a map of single units, at random.
 */
#include "fixture.h"
#include "pin_set.h"

#define UNITS 64

static void assert_ranges(const struct mp_pin_file *file, const char *wanted)
{
	char text[512] = "";

	for (size_t i = 0; i < file->n; i++) {
		const size_t used = strlen(text);

		snprintf(text + used, sizeof(text) - used, "%s%llu-%llu", i ? " " : "",
			 (unsigned long long)file->ranges[i].start,
			 (unsigned long long)file->ranges[i].end);
	}
	assert_string_equal(text, wanted);
}

static void add(struct mp_pin_set *set, ino_t ino, uint64_t start, uint64_t end)
{
	const struct mp_pin_range range = { start, end };

	assert_int_equal(mp_pin_set_add(set, 1, ino, "/f", &range), 0);
}

static void take_out(struct mp_pin_set *set, ino_t ino, uint64_t start, uint64_t end)
{
	const struct mp_pin_range range = { start, end };

	assert_int_equal(mp_pin_set_remove(set, 1, ino, &range), 0);
}

static void test_ranges_that_meet_are_one(void **state)
{
	_cleanup_(mp_pin_set_done) struct mp_pin_set set = {};

	add(&set, 1, 10, 20);
	add(&set, 1, 30, 40);
	assert_ranges(&set.files[0], "10-20 30-40");
	add(&set, 1, 20, 25);
	assert_ranges(&set.files[0], "10-25 30-40");
	add(&set, 1, 5, 35);
	assert_ranges(&set.files[0], "5-40");
	add(&set, 1, 10, 20);
	assert_ranges(&set.files[0], "5-40");
	assert_int_equal(set.n, 1);
}

static void test_files_are_told_apart_by_their_numbers(void **state)
{
	_cleanup_(mp_pin_set_done) struct mp_pin_set set = {};
	const struct mp_pin_range range = { 0, 1 };

	add(&set, 1, 0, 1);
	add(&set, 2, 1, 2);
	assert_int_equal(mp_pin_set_add(&set, 2, 1, "/g", &range), 0);
	assert_int_equal(set.n, 3);
	take_out(&set, 2, 0, 5);
	assert_int_equal(set.n, 2);
	assert_string_equal(set.files[1].path, "/g");
}

static void test_what_is_taken_out_may_leave_two_pieces(void **state)
{
	_cleanup_(mp_pin_set_done) struct mp_pin_set set = {};

	add(&set, 1, 10, 40);
	take_out(&set, 1, 20, 30);
	assert_ranges(&set.files[0], "10-20 30-40");
	take_out(&set, 1, 20, 30);
	assert_ranges(&set.files[0], "10-20 30-40");
	take_out(&set, 1, 15, 35);
	assert_ranges(&set.files[0], "10-15 35-40");
	take_out(&set, 1, 0, 100);
	assert_int_equal(set.n, 0);
	take_out(&set, 1, 0, 100);
	take_out(&set, 7, 0, 100);
}

static void assert_like(const struct mp_pin_set *set, const bool units[UNITS])
{
	bool seen[UNITS] = {};

	for (size_t i = 0; set->n && i < set->files[0].n; i++) {
		const struct mp_pin_range *range = &set->files[0].ranges[i];

		assert_true(range->start < range->end && range->end <= UNITS);
		assert_true(!i || set->files[0].ranges[i - 1].end < range->start);
		for (uint64_t k = range->start; k < range->end; k++)
			seen[k] = true;
	}
	assert_memory_equal(seen, units, sizeof(seen));
}

static void test_it_is_as_if_each_unit_were_noted(void **state)
{
	_cleanup_(mp_pin_set_done) struct mp_pin_set set = {};
	bool units[UNITS] = {};

	srand(18);
	for (unsigned int i = 0; i < 20000; i++) {
		const uint64_t start = (uint64_t)rand() % UNITS;
		const uint64_t end = start + 1 + (uint64_t)rand() % (UNITS - start);
		const bool in = rand() % 2;

		if (in)
			add(&set, 1, start, end);
		else
			take_out(&set, 1, start, end);
		for (uint64_t k = start; k < end; k++)
			units[k] = in;
		assert_like(&set, units);
	}
}

static void test_names_are_as_those_of_policies(void **state)
{
	assert_true(mp_pin_set_name_valid("a.B-1_@"));
	assert_false(mp_pin_set_name_valid(""));
	assert_false(mp_pin_set_name_valid("-a"));
	assert_false(mp_pin_set_name_valid("a/b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges_that_meet_are_one),
		cmocka_unit_test(test_files_are_told_apart_by_their_numbers),
		cmocka_unit_test(test_what_is_taken_out_may_leave_two_pieces),
		cmocka_unit_test(test_it_is_as_if_each_unit_were_noted),
		cmocka_unit_test(test_names_are_as_those_of_policies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
