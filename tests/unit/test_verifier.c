/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for the verifier's words: the reason, the source line it is about and the advice are found in logs as
 * Linux 6.12 writes them, anything else does no harm, and the page for engine writers has the whole table.
 */
#include "file.h"
#include "fixture.h"
#include "verifier.h"

#define TAIL                                                                       \
	"processed 41 insns (limit 1000000) max_states_per_insn 0 total_states 2 " \
	"peak_states 2 mark_read 1\n"

static void expect(const char *log, const char *reason, const char *file, unsigned int line,
		   const char *source, const char *advice)
{
	_cleanup_verdict_ struct mp_verdict v = {};

	assert_int_equal(mp_verifier_read(log, &v), 0);
	if (reason)
		assert_string_equal(v.reason, reason);
	else
		assert_null(v.reason);
	if (file)
		assert_string_equal(v.file, file);
	else
		assert_null(v.file);
	assert_int_equal(v.line, line);
	if (source)
		assert_string_equal(v.source, source);
	else
		assert_null(v.source);
	if (advice)
		assert_non_null(strstr(v.advice, advice));
	else
		assert_null(v.advice);
}

static void test_the_last_words_have_their_source_line_and_advice(void **state)
{
	expect("0: R1=ctx() R10=fp0\n"
	       "; s32 BPF_PROG(mine_added, struct folio *folio) @ mine.bpf.c:19\n"
	       "0: (79) r1 = *(u64 *)(r1 +0)\n"
	       "; sum += table[info.count]; @ mine.bpf.c:42\n"
	       "17: (0f) r1 += r2\n"
	       "18: (61) r0 = *(u32 *)(r1 +0)\n"
	       "invalid access to map value, value_size=64 off=252 size=4\n"
	       "R1 max value is outside of the allowed memory range\n" TAIL,
	       "R1 max value is outside of the allowed memory range", "mine.bpf.c", 42,
	       "sum += table[info.count];", "mask it right before the access");
	expect("; nr = mempol_batch(ev, 0, 1, 0); @ mine.bpf.c:21\n"
	       "3: (85) call bpf_mempol_cache_batch#71234\n"
	       "calling kernel function bpf_mempol_cache_batch is not allowed\n" TAIL,
	       "calling kernel function bpf_mempol_cache_batch is not allowed", "mine.bpf.c", 21,
	       "nr = mempol_batch(ev, 0, 1, 0);", "not into added()");
	expect("; while (1) @ a b.c:7\ninfinite loop detected at insn 4\ncur state: R0=1\n",
	       "cur state: R0=1", "a b.c", 7, "while (1)", "loop with bpf_for()");
}

/* Kernels before 6.8 name no file. */
static void test_a_line_without_a_place_is_told_as_it_is(void **state)
{
	expect("; x = y;\n3: (bf) r1 = r2\nR2 !read_ok\n" TAIL, "R2 !read_ok", NULL, 0, "x = y;",
	       "a variable is used before it has a value");
	expect("something new went wrong\n" TAIL, "something new went wrong", NULL, 0, NULL, NULL);
}

static void test_libbpf_speaks_where_the_verifier_was_not_reached(void **state)
{
	expect("libbpf: extern (func ksym) 'bpf_mempol_x': not found in kernel or module BTFs\n"
	       "libbpf: failed to load object 'mempol_engine'\n",
	       "extern (func ksym) 'bpf_mempol_x': not found in kernel or module BTFs", NULL, 0,
	       NULL, "load the module (modprobe mempol)");
	expect("", NULL, NULL, 0, NULL, NULL);
	expect("\n\n", "", NULL, 0, NULL, NULL);
}

static void test_what_a_terminal_must_not_see_is_cleaned(void **state)
{
	expect("; \x1b[31m @ x\x1b.c:zz\nbad \xff words\n", "bad ? words", "x?.c", 0, "?[31m",
	       NULL);
}

static void test_every_row_is_in_the_page_for_engine_writers(void **state)
{
	_cleanup_free_ char *page = NULL;
	const char *words, *advice;
	size_t size, n = 0;

	assert_int_equal(mp_file_read(TEST_TOP "/docs/writing-an-engine.md", 1 << 20, &page, &size),
			 0);
	for (; (advice = mp_verifier_advice_at(n, &words)); n++) {
		_cleanup_verdict_ struct mp_verdict v = {};

		if (!strstr(page, words) || !strstr(page, advice))
			fail_msg("docs/writing-an-engine.md lacks '%s': %s", words, advice);
	}
	assert_true(n >= 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_last_words_have_their_source_line_and_advice),
		cmocka_unit_test(test_a_line_without_a_place_is_told_as_it_is),
		cmocka_unit_test(test_libbpf_speaks_where_the_verifier_was_not_reached),
		cmocka_unit_test(test_what_a_terminal_must_not_see_is_cleaned),
		cmocka_unit_test(test_every_row_is_in_the_page_for_engine_writers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
