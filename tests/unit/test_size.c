// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for quantities as text: K, M and G and nothing else, and back; times with their unit;
 * whole percentages.
 */
#include "fixture.h"
#include "size.h"

static void test_sizes_are_bytes_or_have_a_suffix(void **state)
{
	static const struct {
		const char *text;
		int r;
		uint64_t bytes;
	} cases[] = {
		{ "0", 0, 0 },
		{ "4096", 0, 4096 },
		{ "64M", 0, 64ULL << 20 },
		{ "3K", 0, 3072 },
		{ "17179869183G", 0, 17179869183ULL << 30 },
		{ "17179869184G", -ERANGE, 0 },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "M", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1T", -EINVAL, 0 },
		{ "1MB", -EINVAL, 0 },
		{ "1m", -EINVAL, 0 },
		{ "1.5M", -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t bytes = 0;

		assert_int_equal(mp_size_parse(cases[i].text, &bytes), cases[i].r);
		assert_true(bytes == cases[i].bytes);
	}
}

static void test_the_largest_whole_suffix_is_written(void **state)
{
	char text[MP_SIZE_TEXT];

	assert_string_equal(mp_size_format(0, text), "0");
	assert_string_equal(mp_size_format(1023, text), "1023");
	assert_string_equal(mp_size_format(1536, text), "1536");
	assert_string_equal(mp_size_format(64 << 20, text), "64M");
	assert_string_equal(mp_size_format(5000ULL << 30, text), "5000G");
	assert_string_equal(mp_size_format(UINT64_MAX, text), "18446744073709551615");
}

static void test_times_have_their_unit(void **state)
{
	static const struct {
		const char *text;
		int r;
		uint64_t ms;
	} cases[] = {
		{ "100ms", 0, 100 },
		{ "2s", 0, 2000 },
		{ "3min", 0, 180000 },
		{ "1h", 0, 3600000 },
		{ "0s", 0, 0 },
		{ "", -EINVAL, 0 },
		{ "1", -EINVAL, 0 },
		{ "s", -EINVAL, 0 },
		{ "1m", -EINVAL, 0 },
		{ "1 s", -EINVAL, 0 },
		{ "-1s", -EINVAL, 0 },
		{ "1.5s", -EINVAL, 0 },
		{ "1min 3s", -EINVAL, 0 },
		{ "99999999999999999999s", -ERANGE, 0 },
		{ "18446744073709551615h", -ERANGE, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t ms = 0;

		assert_int_equal(mp_time_parse(cases[i].text, &ms), cases[i].r);
		assert_true(ms == cases[i].ms);
	}
}

static void test_percentages_are_whole_and_at_most_all(void **state)
{
	static const char *const bad[] = { "", "%", "10", "10 %", "1.5%", "-1%", "10%%", "%10" };
	unsigned int percent = 7;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(mp_percent_parse(bad[i], &percent), -EINVAL);
	assert_int_equal(mp_percent_parse("101%", &percent), -ERANGE);
	assert_int_equal(mp_percent_parse("99999999999999999999%", &percent), -ERANGE);
	assert_int_equal(percent, 7);
	assert_int_equal(mp_percent_parse("0%", &percent), 0);
	assert_int_equal(percent, 0);
	assert_int_equal(mp_percent_parse("100%", &percent), 0);
	assert_int_equal(percent, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes_are_bytes_or_have_a_suffix),
		cmocka_unit_test(test_the_largest_whole_suffix_is_written),
		cmocka_unit_test(test_times_have_their_unit),
		cmocka_unit_test(test_percentages_are_whole_and_at_most_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
