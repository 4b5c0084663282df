// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for quantities as text: K, M, G and T, and back; times with their units;
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
		{ "2T", 0, 2ULL << 40 },
		{ "16777216T", -ERANGE, 0 },
		{ "16777215.9999999T", 0, UINT64_MAX - 109951 },
		{ "1.5G", 0, 3ULL << 29 },
		{ "0.25K", 0, 256 },
		{ "0.0001K", 0, 0 },
		{ "1.333333333333333333333333K", 0, 1365 },
		{ "1.5", -EINVAL, 0 },
		{ "1.G", -EINVAL, 0 },
		{ ".5G", -EINVAL, 0 },
		{ "1,5G", -EINVAL, 0 },
		{ "1P", -EINVAL, 0 },
		{ "1MB", -EINVAL, 0 },
		{ "1m", -EINVAL, 0 },
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
	assert_string_equal(mp_size_format(3ULL << 40, text), "3T");
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
		{ "1m", 0, 60000 },
		{ "1 s", 0, 1000 },
		{ "1.5s", 0, 1500 },
		{ "1min 3s", 0, 63000 },
		{ "1h2min3s4ms", 0, 3723004 },
		{ "2 hours 1 second", 0, 7201000 },
		{ "-1s", -EINVAL, 0 },
		{ "1min 3", -EINVAL, 0 },
		{ "min", -EINVAL, 0 },
		{ "1d", -EINVAL, 0 },
		{ "1S", -EINVAL, 0 },
		{ "1s,2s", -EINVAL, 0 },
		{ "18446744073709551615ms 1ms", -ERANGE, 0 },
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
