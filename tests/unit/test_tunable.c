/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for tunables: declarations that make no sense are refused, values are taken exactly within the range
 * of the type and the declaration, and each message says what would be right.
 */
#include "fixture.h"
#include "keys.h"
#include "tunable.h"

/* A case says what differs from the usual. */
#pragma GCC diagnostic ignored "-Woverride-init"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

static const uint64_t zero;

static void assert_refused(const struct mp_tunable_spec *spec, const char *wanted)
{
	_cleanup_tunables_ struct mp_tunables tunables = {};
	_cleanup_free_ char *problem = NULL;

	assert_int_equal(mp_tunables_add(&tunables, mp_section_find("Cache"), spec, &problem),
			 -ENOEXEC);
	if (!strstr(problem, wanted))
		fail_msg("'%s' is not in '%s'", wanted, problem);
	assert_int_equal(tunables.count, 0);
}

#define SPEC(...)                                                \
	(&(struct mp_tunable_spec){ .name = "x",                 \
				    .type = "u32",               \
				    .range = "",                 \
				    .text = "",                  \
				    .kind = MP_TUNABLE_UNSIGNED, \
				    .size = 4,                   \
				    .value = &zero,              \
				    __VA_ARGS__ })

static void test_a_declaration_that_makes_no_sense_is_refused(void **state)
{
	assert_refused(SPEC(.name = "Upper"), "a name has at most 63 of a-z 0-9 _");
	assert_refused(SPEC(.name = ""), "begins with a letter");
	assert_refused(SPEC(.name = "engine"), "Engine= is a key of [Cache] itself");
	assert_refused(SPEC(.size = 3), "8 to 64 bits");
	assert_refused(SPEC(.range = "1-9"), "'1-9' is no range of u32: write \"MIN..MAX UNIT\"");
	assert_refused(SPEC(.range = "a..9"), "is no range");
	assert_refused(SPEC(.range = "1..9x"), "is no range");
	assert_refused(SPEC(.range = "-1..9"), "is no range");
	assert_refused(SPEC(.range = "0..4294967296"), "is no range");
	assert_refused(SPEC(.range = "0..99999999999999999999999"), "is no range");
	assert_refused(SPEC(.range = "000000000000000000000000000000000000..1"), "is no range");
	assert_refused(SPEC(.range = "1..9"), "its default 0 is not within its own range 1..9");
	assert_refused(SPEC(.range = "9..1"), "is not within its own range");
	assert_refused(SPEC(.kind = MP_TUNABLE_BOOL, .size = 1, .range = "0..1"),
		       "a bool has the range '0..1': write \"\"");
	assert_refused(SPEC(.kind = MP_TUNABLE_ENUM), "does not list the words of an enum");
	assert_refused(SPEC(.kind = MP_TUNABLE_ENUM, .range = "A||B"), "does not list the words");
	assert_refused(SPEC(.kind = MP_TUNABLE_ENUM, .range = "A_B"),
		       "with '-' where a name has '_'");
	assert_refused(SPEC(.kind = MP_TUNABLE_ENUM, .range = "A|b c"), "does not list the words");
}

static void test_two_of_one_key_are_refused(void **state)
{
	_cleanup_tunables_ struct mp_tunables tunables = {};
	_cleanup_free_ char *problem = NULL;

	assert_int_equal(mp_tunables_add(&tunables, NULL, SPEC(.name = "a_b"), &problem), 0);
	assert_int_equal(mp_tunables_add(&tunables, NULL, SPEC(.name = "a__b"), &problem),
			 -ENOEXEC);
	assert_non_null(strstr(problem, "there is another one that is called AB="));
}

static void test_there_is_an_end_to_their_number(void **state)
{
	_cleanup_tunables_ struct mp_tunables tunables = {};
	_cleanup_free_ char *problem = NULL;

	for (int i = 0; i <= MP_TUNABLES_MAX; i++) {
		char name[] = { 'a' + i / 26, 'a' + i % 26, '\0' };
		int r = mp_tunables_add(&tunables, NULL, SPEC(.name = name), &problem);

		assert_int_equal(r, i < MP_TUNABLES_MAX ? 0 : -ENOEXEC);
	}
	assert_non_null(strstr(problem, "more than 64 tunables"));
}

struct value {
	const char *text;
	uint64_t value;
	const char *problem; /* NULL: good */
};

/* The value goes into bytes as the engine's variable has them, and comes back from them as text. */
static void check_values(const struct mp_tunable_spec *spec, const struct value values[], size_t n)
{
	_cleanup_tunables_ struct mp_tunables tunables = {};
	_cleanup_free_ char *refusal = NULL;

	assert_int_equal(mp_tunables_add(&tunables, NULL, spec, &refusal), 0);
	for (size_t i = 0; i < n; i++) {
		const struct mp_tunable *t = &tunables.items[0];
		_cleanup_free_ char *problem = NULL, *again = NULL;
		uint64_t value = 0, bytes = 0, parsed;
		int r = mp_tunable_parse(t, values[i].text, &value, &problem);

		if (values[i].problem) {
			assert_int_equal(r, -EINVAL);
			if (!strstr(problem, values[i].problem))
				fail_msg("'%s' is not in '%s'", values[i].problem, problem);
			continue;
		}
		assert_int_equal(r, 0);
		assert_int_equal(value, values[i].value);
		mp_tunable_store(t, value, &bytes);
		assert_int_equal(mp_tunable_fetch(t->kind, t->size, &bytes), value);
		again = mp_tunable_format(t, value);
		free(problem);
		problem = NULL;
		assert_int_equal(mp_tunable_parse(t, again, &parsed, &problem), 0);
		assert_int_equal(parsed, value);
	}
}

#define VALUES(spec, ...)                                         \
	check_values(spec, (const struct value[]){ __VA_ARGS__ }, \
		     sizeof((const struct value[]){ __VA_ARGS__ }) / sizeof(struct value))

static void test_numbers_are_taken_within_their_range(void **state)
{
	VALUES(SPEC(.range = "0..90 %", .text = "share"), { "0", 0 }, { "90", 90 }, { "0x10", 16 },
	       { "91", 0, "X=91: not a whole number in 0..90 % (share)" },
	       { "-1", 0, "not a whole number" }, { "", 0, "not a whole number" },
	       { " 1", 0, "not a whole number" }, { "+1", 0, "not a whole number" },
	       { "1 ", 0, "not a whole number" }, { "0x", 0, "not a whole number" },
	       { "99999999999999999999999", 0, "not a whole number in 0..90 %" });
	/* The unit may stand behind it, and no other. */
	VALUES(SPEC(.range = "0..60 s", .text = "idle"), { "10s", 10 }, { "10", 10 },
	       { "0x10s", 16 }, { "61s", 0, "X=61s: not a whole number in 0..60 s" },
	       { "s", 0, "not a whole number" }, { "10ms", 0, "not a whole number" },
	       { "10 s", 0, "not a whole number" },
	       { "1000000000000000000000000000000000s", 0, "not a whole number" });
	VALUES(SPEC(.size = 1), { "255", 255 }, { "256", 0, "in 0..255" });
	VALUES(SPEC(.size = 2), { "65535", 65535 }, { "65536", 0, "in 0..65535" });
	VALUES(SPEC(.size = 4), { "4294967295", UINT32_MAX }, { "4294967296", 0, "in 0.." });
	VALUES(SPEC(.size = 8), { "18446744073709551615", UINT64_MAX },
	       { "18446744073709551616", 0, "in 0..18446744073709551615" });
	VALUES(SPEC(.kind = MP_TUNABLE_SIGNED, .size = 1), { "-128", (uint64_t)-128 },
	       { "127", 127 }, { "128", 0, "in -128..127" }, { "-129", 0, "in -128..127" });
	VALUES(SPEC(.kind = MP_TUNABLE_SIGNED, .size = 2), { "-32768", (uint64_t)-32768 },
	       { "32768", 0, "in -32768..32767" });
	VALUES(SPEC(.kind = MP_TUNABLE_SIGNED, .range = "-3..", .size = 4), { "-3", (uint64_t)-3 },
	       { "-0x2", (uint64_t)-2 }, { "-4", 0, "in -3..2147483647" });
	VALUES(SPEC(.kind = MP_TUNABLE_SIGNED, .size = 8),
	       { "-9223372036854775808", (uint64_t)INT64_MIN },
	       { "9223372036854775808", 0, "not a whole number" });
}

static void test_words_are_taken_as_they_are_written(void **state)
{
	VALUES(SPEC(.kind = MP_TUNABLE_BOOL, .size = 1), { "yes", 1 }, { "on", 1 }, { "no", 0 },
	       { "0", 0 }, { "true", 1 }, { "2", 0, "X=2: unknown word" },
	       { "ye", 0, "did you mean 'yes'?" });
	VALUES(SPEC(.kind = MP_TUNABLE_ENUM, .range = "OLDEST|NEWEST"), { "OLDEST", 0 },
	       { "NEWEST", 1 }, { "newest", 0, "did you mean 'NEWEST'?" },
	       { "1", 0, "there are 'OLDEST' and 'NEWEST'" });
	VALUES(SPEC(.kind = MP_TUNABLE_ENUM, .range = "second-chance|horizon"),
	       { "second-chance", 0 }, { "horizon", 1 },
	       { "second_chance", 0, "did you mean 'second-chance'?" });
}

static void test_a_wrong_key_is_answered_with_the_nearest(void **state)
{
	_cleanup_tunables_ struct mp_tunables tunables = {};
	_cleanup_free_ char *problem = NULL, *near = NULL, *far = NULL;

	assert_int_equal(mp_tunables_add(&tunables, NULL, SPEC(.name = "small_percent"), &problem),
			 0);
	assert_non_null(mp_tunables_find(&tunables, "SmallPercent"));
	assert_null(mp_tunables_find(&tunables, "small_percent"));
	assert_int_equal(
		mp_tunables_suggest(&tunables, mp_section_find("Cache"), "SmalPercent", &near), 0);
	assert_string_equal(near, "did you mean 'SmallPercent='?");
	assert_int_equal(mp_tunables_suggest(&tunables, mp_section_find("Cache"), "Zzz", &far), 0);
	assert_string_equal(far, "there are 'Engine=', 'PinMax=' and 'SmallPercent='");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_declaration_that_makes_no_sense_is_refused),
		cmocka_unit_test(test_two_of_one_key_are_refused),
		cmocka_unit_test(test_there_is_an_end_to_their_number),
		cmocka_unit_test(test_numbers_are_taken_within_their_range),
		cmocka_unit_test(test_words_are_taken_as_they_are_written),
		cmocka_unit_test(test_a_wrong_key_is_answered_with_the_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
