// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for PagePatrol = 1, over a library of the test's own: each pattern says what PagePatrol's did, of a page
 * once an entry, and where nobody answers nothing is said.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "../../examples/microbenchmark/hints.h"

#define PAGES 16

static struct {
	int open_error;
	enum mempolicy_way way;
	enum mempolicy_verb verbs[64];
	u64 pages[64];
	unsigned int n, flushes, open;
	int flush_error;
} library;

static const unsigned char map[1];
static struct mb_config config;

int __wrap_mempolicy_open(struct mempolicy **ret, unsigned int flags);
struct mempolicy *__wrap_mempolicy_close(struct mempolicy *m);
enum mempolicy_way __wrap_mempolicy_way(const struct mempolicy *m);
int __wrap_mempolicy_range(struct mempolicy *m, enum mempolicy_verb verb, const void *address,
			   size_t length);
int __wrap_mempolicy_flush(struct mempolicy *m, struct mempolicy_result *ret);

int __wrap_mempolicy_open(struct mempolicy **ret, unsigned int flags)
{
	/* Without the calls of every kernel: they would be another measurement. */
	assert_int_equal(flags, 0);
	if (library.open_error)
		return library.open_error;
	*ret = (struct mempolicy *)&library;
	library.open++;
	return 0;
}

struct mempolicy *__wrap_mempolicy_close(struct mempolicy *m)
{
	library.open--;
	return NULL;
}

enum mempolicy_way __wrap_mempolicy_way(const struct mempolicy *m)
{
	return library.way;
}

int __wrap_mempolicy_range(struct mempolicy *m, enum mempolicy_verb verb, const void *address,
			   size_t length)
{
	assert_int_equal(length, MB_PAGE_SIZE);
	library.verbs[library.n] = verb;
	library.pages[library.n++] = (u64)((const unsigned char *)address - map) / MB_PAGE_SIZE;
	return 0;
}

int __wrap_mempolicy_flush(struct mempolicy *m, struct mempolicy_result *ret)
{
	*ret = (struct mempolicy_result){ .applied = 2 };
	library.flushes++;
	return library.flush_error;
}

static char said[1024];

static struct mb_hints begin(FILE **err)
{
	struct mb_hints hints;

	*err = fmemopen(said, sizeof(said), "w");
	assert_non_null(*err);
	assert_int_equal(mb_hints_open(&hints, PAGES, map, *err), 0);
	return hints;
}

static void end(struct mb_hints *hints, FILE *err)
{
	mb_hints_close(hints, err);
	fclose(err);
	assert_int_equal(library.open, 0);
}

static void access_twice(struct mb_hints *hints, enum mb_pattern pattern, u64 iteration)
{
	mb_hints_begin(hints, &config, pattern, iteration);
	mb_hints_accessed(hints, 3);
	mb_hints_accessed(hints, 5);
	mb_hints_accessed(hints, 3);
	mb_hints_end(hints);
}

static void each_pattern_says_its_own_of_a_page_once_an_entry(void **state)
{
	static const struct {
		enum mb_pattern pattern;
		u64 iteration;
		enum mempolicy_verb verb;
	} entries[] = {
		{ MB_SEQUENTIAL_GAPS, 0, MEMPOLICY_DEACTIVATE },
		{ MB_SEQUENTIAL_GAPS, 1, MEMPOLICY_DEACTIVATE },
		{ MB_CYCLIC_BURSTS, 0, MEMPOLICY_ACTIVATE },
		{ MB_SMALL_REGION, 5, MEMPOLICY_PIN },
		{ MB_SMALL_REGION, 6, MEMPOLICY_UNPIN },
	};
	FILE *err;
	struct mb_hints hints = begin(&err);

	config.region.unpin_after_iter = 5;
	config.sequential.deactivate = 1;
	for (size_t i = 0; i < MB_ARRAY_SIZE(entries); i++) {
		library.n = 0;
		access_twice(&hints, entries[i].pattern, entries[i].iteration);
		assert_int_equal(library.n, 2);
		assert_int_equal(library.verbs[0], entries[i].verb);
		assert_int_equal(library.pages[0], 3);
		assert_int_equal(library.pages[1], 5);
	}
	assert_int_equal(library.flushes, MB_ARRAY_SIZE(entries));
	end(&hints, err);
	assert_non_null(strstr(said, "hints: ranges=0 applied=10 already=0"));
	assert_null(strstr(said, "failed"));
}

static void the_other_patterns_say_nothing(void **state)
{
	static const enum mb_pattern patterns[] = { MB_RANDOM_OLDER, MB_CYCLIC_SCAN, MB_GET_SCAN,
						    MB_TRACE };
	FILE *err;
	struct mb_hints hints = begin(&err);

	for (size_t i = 0; i < MB_ARRAY_SIZE(patterns); i++)
		access_twice(&hints, patterns[i], 0);
	assert_int_equal(library.n, 0);
	assert_int_equal(library.flushes, 0);
	end(&hints, err);
}

static void a_sweep_says_nothing_if_it_is_not_to(void **state)
{
	FILE *err;
	struct mb_hints hints = begin(&err);

	config.sequential.deactivate = 0;
	access_twice(&hints, MB_SEQUENTIAL_GAPS, 0);
	assert_int_equal(library.n, 0);
	access_twice(&hints, MB_SMALL_REGION, 0);
	assert_int_equal(library.n, 2);
	end(&hints, err);
}

static void an_error_is_told_at_the_end(void **state)
{
	FILE *err;
	struct mb_hints hints = begin(&err);

	library.flush_error = -EDQUOT;
	access_twice(&hints, MB_SMALL_REGION, 0);
	end(&hints, err);
	assert_non_null(strstr(said, " failed=1 (Disk quota exceeded)\n"));
}

static void where_nobody_answers_nothing_is_said(void **state)
{
	static const struct {
		int error;
		enum mempolicy_way way;
		const char *text;
	} cases[] = {
		{ -ENOENT, 0, "mempolicyd is not running, running without hints" },
		{ -EOPNOTSUPP, 0, "this kernel has no hints" },
		{ -EACCES, 0, "only root and the group mempolicy" },
		{ 0, MEMPOLICY_BY_DAEMON, "bpf(2) is forbidden here" },
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_hints hints;
		FILE *err;

		library.open_error = cases[i].error;
		library.way = cases[i].way;
		hints = begin(&err);
		access_twice(&hints, MB_SMALL_REGION, 0);
		end(&hints, err);
		assert_non_null(strstr(said, cases[i].text));
		assert_int_equal(library.n, 0);
	}
}

static int setup(void **state)
{
	memset(&library, 0, sizeof(library));
	memset(said, 0, sizeof(said));
	library.way = MEMPOLICY_BY_KERNEL;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_pattern_says_its_own_of_a_page_once_an_entry, setup),
		cmocka_unit_test_setup(the_other_patterns_say_nothing, setup),
		cmocka_unit_test_setup(a_sweep_says_nothing_if_it_is_not_to, setup),
		cmocka_unit_test_setup(an_error_is_told_at_the_end, setup),
		cmocka_unit_test_setup(where_nobody_answers_nothing_is_said, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
