/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for [Refcount] in a policy file: what it says arrives, and what makes no sense, or is not going to
 * work on this machine as it is now, is said with file, line and remedy.
 */
#include "fixture.h"
#include "mechanism-refcount.h"
#include "mechanism.h"

#define PATH "/x/60-refs.mempolicy"
#define MATCH "[Match]\nUnit=a.service\n"
#define FILES MATCH "[Refcount]\nEngine=files\n"
#define HOT MATCH "[Refcount]\nEngine=hot\n"

static struct mp_policy *parse(const char *text)
{
	_cleanup_errors_ struct mp_errors errors = {};
	struct mp_policy *policy = NULL;

	if (mp_policy_parse(PATH, text, strlen(text), &errors, &policy) < 0)
		fail_msg("%s", errors.items[0]);
	return policy;
}

/* Refused with exactly one entry. */
static void refuse(const char *text, const char *line, const char *message)
{
	_cleanup_errors_ struct mp_errors errors = {};
	struct mp_policy *policy = NULL;

	assert_int_equal(mp_policy_parse(PATH, text, strlen(text), &errors, &policy), -EBADMSG);
	assert_null(policy);
	assert_error(&errors, line, message);
	assert_int_equal(errors.count, 1);
}

static void test_every_key_arrives(void **state)
{
	_cleanup_policy_ struct mp_policy *policy =
		parse(FILES "FilePath=/srv/db/*.idx !/srv/db/old.idx\nFilePath=/var/lib/x\n"
			    "MaxFiles=1024\nSample=16\nPeriod=1min 30s\n");
	const struct mp_refcount *r = mp_refcount_of(policy);

	assert_int_equal(r->files.count, 3);
	assert_string_equal(r->files.items[0].glob, "/srv/db/*.idx");
	assert_false(r->files.items[0].negated);
	assert_string_equal(r->files.items[1].glob, "/srv/db/old.idx");
	assert_true(r->files.items[1].negated);
	assert_int_equal(r->files.items[2].line, 6);
	assert_int_equal(r->max_files, 1024);
	assert_int_equal(r->sample, 16);
	assert_int_equal(r->period_ms, 90000);
}

static void test_what_is_not_said_is_the_default_and_an_empty_value_is_it_again(void **state)
{
	_cleanup_policy_ struct mp_policy *plain = parse(HOT);
	_cleanup_policy_ struct mp_policy *reset = parse(
		HOT "FilePath=/a\nMaxFiles=3\nSample=99\nPeriod=5s\nFilePath=\nMaxFiles=\nSample=\n"
		    "Period=\n");

	assert_int_equal(mp_refcount_of(plain)->max_files, 64);
	assert_int_equal(mp_refcount_of(plain)->sample, 1024);
	assert_int_equal(mp_refcount_of(plain)->period_ms, 10000);
	assert_int_equal(mp_refcount_of(plain)->files.count, 0);
	assert_true(mp_policy_runs_alike(plain, reset));
	assert_true(mp_policy_equal(plain, reset));
}

/* The engine runs on: the daemon takes files in and out under it. */
static void test_other_files_are_another_policy_under_the_same_engine(void **state)
{
	_cleanup_policy_ struct mp_policy *a = parse(FILES "FilePath=/a\n");
	_cleanup_policy_ struct mp_policy *b = parse(FILES "FilePath=/b\n");
	_cleanup_policy_ struct mp_policy *c = parse(FILES "FilePath=/a\nMaxFiles=3\n");
	_cleanup_policy_ struct mp_policy *d = parse(FILES "FilePath=/a\nSample=99\n");
	_cleanup_policy_ struct mp_policy *e = parse(FILES "FilePath=/a\nPeriod=9s\n");

	assert_true(mp_policy_runs_alike(a, b));
	assert_false(mp_policy_equal(a, b));
	assert_false(mp_policy_runs_alike(a, c));
	assert_false(mp_policy_runs_alike(a, d));
	assert_false(mp_policy_runs_alike(a, e));
}

static void test_a_value_out_of_range_says_the_range(void **state)
{
	static const char *const max[] = { "0", "1025", "-1", "x", "1 2", "99999999999999999999" };

	for (size_t i = 0; i < ARRAY_SIZE(max); i++) {
		_cleanup_free_ char *text = NULL, *message = NULL;

		assert_true(asprintf(&text, HOT "MaxFiles=%s\n", max[i]) > 0);
		assert_true(asprintf(&message,
				     "MaxFiles=%s: not a whole number of files from 1 to 1024",
				     max[i]) > 0);
		refuse(text, "5", message);
	}
	refuse(HOT "Sample=15\n", "5", "not a whole number of reads from 16 to 1048576");
	refuse(HOT "Sample=1048577\n", "5", "not a whole number of reads from 16 to 1048576");
	refuse(HOT "Period=999ms\n", "5", "Period=999ms: not a time from 1s to 1h");
	refuse(HOT "Period=61min\n", "5", "not a time from 1s to 1h");
	refuse(HOT "Period=10\n", "5", "not a time from 1s to 1h");
}

static void test_a_path_that_could_match_nothing_is_refused(void **state)
{
	static const struct {
		const char *value, *message;
	} cases[] = {
		{ "srv/db/*.idx", "FilePath=srv/db/*.idx: it must be absolute: begin with '/'" },
		{ "./a", "it must be absolute" },
		{ "!", "there is no path behind the '!'" },
		{ "/a/", "it ends in a '/', and a file's path does not" },
		{ "/", "it ends in a '/'" },
		{ "/a//b", "it has an empty path component" },
		{ "/a/../b", "it has a '.' or '..' component" },
		{ "/a/**/b", "** is no more than *: write a * for each level of directories" },
		{ "/a/[b", "a '[' is not closed" },
		{ "/a/[b/c]", "a '/' cannot stand between '[' and ']'" },
		{ "/a/b\\ c", "it ends in a backslash" },
		{ "/a/{b,c}", "braces are not expanded" },
		{ "/a,", "values are separated by spaces, not by commas" },
		{ "\"/a\"", "it must be absolute" },
		{ "/a/%i", "specifiers are not expanded" },
		{ "/a\302\255b", "it holds the invisible character U+00AD" },
		{ "/a # these", "a comment" },
		{ "/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a"
		  "/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a",
		  "it is too many directories deep" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *text = NULL;

		assert_true(asprintf(&text, FILES "FilePath=%s\n", cases[i].value) > 0);
		refuse(text, "5", cases[i].message);
	}
	/* Behind a bad word the others may mean nothing. */
	refuse(FILES "FilePath=a b c\n", "5", "FilePath=a: it must");
}

static void test_letters_that_units_do_not_have_are_good_in_files(void **state)
{
	_cleanup_policy_ struct mp_policy *policy = parse(
		FILES "FilePath=/a/x@.idx /a/b\\,c /a/[a-z]*- /a/\\*x /sys/fs/cgroup/x /a/.b\n");

	assert_int_equal(mp_refcount_of(policy)->files.count, 6);
}

static void test_keys_that_make_no_sense_together_are_refused(void **state)
{
	refuse(FILES, "4", "Engine=files: there is no FilePath=, so no file would be in: add one");
	refuse(FILES "FilePath=/a\nFilePath=\n", "4", "there is no FilePath=");
	refuse(FILES "FilePath=!/a\n", "5", "FilePath=!/a: there are only exclusions");
	refuse(HOT "MaxFiles=3\nFilePath=/a/*\n", "6",
	       "FilePath=/a/*: Engine=hot finds its files itself: take FilePath= out, or put it into a "
	       "policy of its own with Engine=files");
	/* What is wrong already is not complained of twice. */
	refuse(FILES "FilePath=a\n", "5", "it must be absolute");
	/* An engine of one's own may do with files or without. */
	mp_policy_free(parse(MATCH "[Refcount]\nEngine=/x/y.bpf.o\n"));
	mp_policy_free(parse(MATCH "[Refcount]\nEngine=/x/y.bpf.o\nFilePath=/a\n"));
	/* Its reads are those of cgroups. */
	refuse("[Refcount]\nEngine=hot\n", "1", "there is no [Match] section");
}

static void test_keys_of_an_engine_wait_for_it(void **state)
{
	_cleanup_policy_ struct mp_policy *policy = parse(HOT "MinReads=5000\nIdle=20s\n");

	assert_int_equal(policy->n_tunings, 2);
	assert_string_equal(policy->tunings[1].key, "Idle");
	assert_string_equal(policy->tunings[1].value, "20s");
}

static void test_a_refusal_of_the_kernel_has_a_sentence(void **state)
{
	static const int errors[] = { EINVAL, EOPNOTSUPP, ETXTBSY, EPERM, ENOSPC };

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		assert_non_null(mp_ref_file_problem(-errors[i]));
	assert_null(mp_ref_file_problem(-EIO));
	assert_non_null(strstr(mp_mechanism_refcount.attach_problem(-ENOSPC), "eight policies"));
	assert_non_null(mp_mechanism_refcount.attach_problem(-ENOENT));
	assert_non_null(mp_mechanism_refcount.attach_problem(-EBUSY));
	assert_non_null(
		strstr(mp_mechanism_refcount.attach_problem(-EOPNOTSUPP), "CONFIG_MEMPOL_REF"));
	assert_null(mp_mechanism_refcount.attach_problem(-EIO));
}

/* --- the machine as it is ------------------------------------------------------------------------------- */

struct looked {
	struct mp_policy *policy;
	struct mp_errors errors, warnings;
	size_t hits[8];
};

static void looked_done(struct looked *l)
{
	mp_policy_free(l->policy);
	mp_errors_done(&l->errors);
	mp_errors_done(&l->warnings);
}

#define _cleanup_looked_ _cleanup_(looked_done)

/* Each %s of @format is the tree. */
static void look(struct looked *l, const char *tree, const char *keys)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	fputs(FILES, f);
	for (; *keys; keys++)
		if (*keys == '~')
			fputs(tree, f);
		else
			putc(*keys, f);
	fclose(f);
	l->policy = parse(text);
	assert_int_equal(mp_mechanism_refcount.look(l->policy, l->hits, &l->errors, &l->warnings),
			 0);
}

static void test_a_look_counts_and_says_what_matches_nothing(void **state)
{
	_cleanup_looked_ struct looked l = {};

	if (tree_is_in_memory(*state))
		return;
	tree_write(*state, "db/a.idx", "x");
	tree_write(*state, "db/b.idx", "x");
	look(&l, *state, "FilePath=~/db/*.idx\nFilePath=~/none/*\nFilePath=!~/db/c*\n");
	assert_int_equal(l.hits[0], 2);
	assert_int_equal(l.errors.count, 0);
	assert_int_equal(l.warnings.count, 2);
	assert_error(&l.warnings, "6", "warning: FilePath=/");
	assert_error(&l.warnings, "6", "/none/* matches no file now");
	assert_error(&l.warnings, "7", "/db/c* matches no file now");
}

static void test_a_look_names_what_cannot_be_in(void **state)
{
	_cleanup_looked_ struct looked l = {};
	_cleanup_free_ char *fifo = tree_path(*state, "fifo"),
			    *open_dir = tree_path(*state, "open");

	tree_mkdirs(*state, "dir/x");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	tree_write(*state, "file", "x");
	tree_link(*state, "open/link", "../file");
	assert_int_equal(chmod(open_dir, 0777), 0);
	look(&l, *state, "FilePath=~/dir\nFilePath=~/fifo\nFilePath=~/open/link\n");
	assert_int_equal(l.errors.count, 3);
	assert_error(&l.errors, "5", "it is a directory: for the files in it write /* behind it");
	assert_error(&l.errors, "6", "it is no regular file: name one");
	assert_error(&l.errors, "7", "a symbolic link that others than root can make leads to it");
	assert_int_equal(l.warnings.count, 0);
}

static void test_more_than_max_files_is_said(void **state)
{
	_cleanup_looked_ struct looked l = {};

	if (tree_is_in_memory(*state))
		return;
	tree_write(*state, "a", "x");
	tree_write(*state, "b", "x");
	tree_write(*state, "c", "x");
	look(&l, *state, "FilePath=~/*\nMaxFiles=2\n");
	assert_int_equal(l.errors.count, 1);
	assert_error(
		&l.errors, "5",
		"FilePath= matches 3 files, and MaxFiles=2: 1 of them stay out: raise MaxFiles= (at "
		"most 1024)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_key_arrives),
		cmocka_unit_test(
			test_what_is_not_said_is_the_default_and_an_empty_value_is_it_again),
		cmocka_unit_test(test_other_files_are_another_policy_under_the_same_engine),
		cmocka_unit_test(test_a_value_out_of_range_says_the_range),
		cmocka_unit_test(test_a_path_that_could_match_nothing_is_refused),
		cmocka_unit_test(test_letters_that_units_do_not_have_are_good_in_files),
		cmocka_unit_test(test_keys_that_make_no_sense_together_are_refused),
		cmocka_unit_test(test_keys_of_an_engine_wait_for_it),
		cmocka_unit_test(test_a_refusal_of_the_kernel_has_a_sentence),
		TREE_TEST(test_a_look_counts_and_says_what_matches_nothing),
		TREE_TEST(test_a_look_names_what_cannot_be_in),
		TREE_TEST(test_more_than_max_files_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
