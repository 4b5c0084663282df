/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for bytes becoming lines: encoding, length, comments, continuation.
 */
#include "fixture.h"
#include "policy.h"
#include "text.h"

static void assert_utf8(const char *bytes, size_t wanted)
{
	uint32_t code = 0;

	assert_int_equal(mp_utf8_char(bytes, strlen(bytes), &code), wanted);
}

static void test_well_formed_utf8_has_its_length(void **state)
{
	assert_utf8("a", 1);
	assert_utf8("\xc3\xa4", 2);
	assert_utf8("\xe2\x82\xac", 3);
	assert_utf8("\xf0\x9f\x98\x80", 4);
	assert_utf8("\xf4\x8f\xbf\xbf", 4);
}

static void test_ill_formed_utf8_is_refused(void **state)
{
	assert_utf8("", 0);
	assert_utf8("\x80", 0);
	assert_utf8("\xc3", 0);
	assert_utf8("\xc3(", 0);
	assert_utf8("\xc0\xaf", 0); /* overlong */
	assert_utf8("\xe0\x80\xaf", 0);
	assert_utf8("\xed\xa0\x80", 0); /* surrogate */
	assert_utf8("\xf4\x90\x80\x80", 0); /* above U+10FFFF */
	assert_utf8("\xff", 0);
}

static void assert_check(const char *text, size_t size, const char *line, const char *message)
{
	_cleanup_errors_ struct mp_errors errors = {};
	_cleanup_free_ char *exact = malloc(size);

	/* At its exact size, so that the sanitizer sees a read behind the end. */
	memcpy(exact, text, size);
	assert_int_equal(mp_text_check("f", exact, size, &errors), message ? -EBADMSG : 0);
	assert_int_equal(errors.count, message ? 1 : 0);
	if (message)
		assert_error(&errors, line, message);
}

static void test_first_offence_is_named_with_its_line(void **state)
{
	assert_check("a=\xc3\xa4\tb\n", 7, "", NULL);
	assert_check("a\nb\0c", 5, "2", "NUL");
	assert_check("a\n\n\xff", 4, "3", "not UTF-8");
	assert_check("a\n\xc3", 3, "2", "not UTF-8");
	assert_check("[a]\r\n", 5, "1", "carriage return");
	assert_check("x\n\x1b[0m", 6, "2", "control character (0x1b)");
	assert_check("x\xc2\x9b", 3, "1", "control character (0x9b)");
	assert_check("\xef\xbb\xbf[a]", 6, "1", "byte order mark");
}

struct seen {
	char text[4096];
};

static int record(const struct mp_line *line, void *userdata)
{
	struct seen *seen = userdata;
	size_t n = strlen(seen->text);

	if (line->section)
		snprintf(seen->text + n, sizeof(seen->text) - n, "%u[%s]", line->number,
			 line->section);
	else
		snprintf(seen->text + n, sizeof(seen->text) - n, "%u(%s|%s)", line->number,
			 line->key, line->value);
	return 0;
}

static void assert_walk(const char *text, const char *wanted, const char *line, const char *message)
{
	_cleanup_errors_ struct mp_errors errors = {};
	struct seen seen = {};
	size_t size = strlen(text);
	_cleanup_free_ char *exact = malloc(size + !size);

	memcpy(exact, text, size);
	assert_int_equal(mp_text_walk("f", exact, size, &errors, record, &seen), 0);
	assert_string_equal(seen.text, wanted);
	assert_int_equal(errors.count, message ? 1 : 0);
	if (message)
		assert_error(&errors, line, message);
}

static void test_lines_are_sections_and_keys(void **state)
{
	assert_walk("", "", "", NULL);
	assert_walk("[A]\nb=c\n\n[D]\n", "1[A]2(b|c)4[D]", "", NULL);
	assert_walk("b=c", "1(b|c)", "", NULL);
	assert_walk(" \t b \t=\t c d \t\n", "1(b|c d)", "", NULL);
	assert_walk("b=", "1(b|)", "", NULL);
	assert_walk("b=c=d", "1(b|c=d)", "", NULL);
	assert_walk("  [A]  \n", "1[A]", "", NULL);
}

static void test_comments_are_left_out_and_never_continue(void **state)
{
	assert_walk("# x\n;y\n  # z\nb=c # d\n", "4(b|c # d)", "", NULL);
	assert_walk("# x\\\nb=c\n", "2(b|c)", "", NULL);
}

static void test_trailing_backslash_continues_with_the_first_line_number(void **state)
{
	assert_walk("b=c \\\n d\\\ne\nf=g\n", "1(b|c   d e)4(f|g)", "", NULL);
	assert_walk("b=c \\\n# between\n d\n", "1(b|c   d)", "", NULL);
	assert_walk("b=c\\\n\nd=e\n", "1(b|c)3(d|e)", "", NULL);
}

static void test_what_is_no_line_is_named_and_the_walk_goes_on(void **state)
{
	assert_walk("b\nc=d\n", "2(c|d)", "1", "'b' is neither");
	assert_walk("=b\nc=d\n", "2(c|d)", "1", "no key");
	assert_walk("[A\nc=d\n", "2(c|d)", "1", "section line");
	assert_walk("[A] x\nc=d\n", "2(c|d)", "1", "section line");
	assert_walk("a=b\nc=d\\", "1(a|b)2(c|d)", "2", "ends in a backslash");
}

static void test_line_limit_is_exact(void **state)
{
	char text[MP_POLICY_LINE_MAX + 16];
	_cleanup_errors_ struct mp_errors errors = {};
	struct seen seen = {};

	memset(text, '#', sizeof(text));
	text[MP_POLICY_LINE_MAX] = '\n';
	assert_int_equal(mp_text_walk("f", text, sizeof(text), &errors, record, &seen), 0);
	assert_int_equal(errors.count, 0);
	text[MP_POLICY_LINE_MAX] = '#';
	text[MP_POLICY_LINE_MAX + 1] = '\n';
	assert_int_equal(mp_text_walk("f", text, sizeof(text), &errors, record, &seen), 0);
	assert_error(&errors, "1", "4097 bytes");
}

static int stop(const struct mp_line *line, void *userdata)
{
	(*(int *)userdata)++;
	return -ECANCELED;
}

static void test_handler_ends_the_walk(void **state)
{
	_cleanup_errors_ struct mp_errors errors = {};
	int calls = 0;

	assert_int_equal(mp_text_walk("f", "a=b\nc=d\n", 8, &errors, stop, &calls), -ECANCELED);
	assert_int_equal(calls, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_well_formed_utf8_has_its_length),
		cmocka_unit_test(test_ill_formed_utf8_is_refused),
		cmocka_unit_test(test_first_offence_is_named_with_its_line),
		cmocka_unit_test(test_lines_are_sections_and_keys),
		cmocka_unit_test(test_comments_are_left_out_and_never_continue),
		cmocka_unit_test(test_trailing_backslash_continues_with_the_first_line_number),
		cmocka_unit_test(test_what_is_no_line_is_named_and_the_walk_goes_on),
		cmocka_unit_test(test_line_limit_is_exact),
		cmocka_unit_test(test_handler_ends_the_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
