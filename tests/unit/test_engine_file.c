/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for the look into an engine's object: good ones pass with their variable's name,
 * everything else has its sentence, and damaged bytes do no harm.
 */
#include <bpf/libbpf.h>

#include "engine_file.h"
#include "trusted.h"

static char *fixture(const char *name)
{
	char *path;

	assert_true(asprintf(&path, TEST_FIXTURES "/%s", name) > 0);
	return path;
}

static void assert_check_for(enum mempol_mechanism_id mechanism, const char *path, int error,
			     const char *wanted)
{
	_cleanup_free_ char *variable = NULL, *problem = NULL, *bytes = NULL;
	size_t size;
	int r;

	alarm(10);
	r = mp_file_read(path, MP_ENGINE_FILE_MAX, &bytes, &size);
	if (r == 0)
		r = mp_engine_bytes_check(bytes, size, mechanism, &variable, &problem);
	alarm(0);
	assert_int_equal(r, error);
	if (error) {
		assert_null(variable);
		assert_non_null(strstr(problem, wanted));
	} else {
		assert_null(problem);
		assert_string_equal(variable, wanted);
	}
}

static void assert_check(const char *path, int error, const char *wanted)
{
	assert_check_for(MEMPOL_MECH_CACHE, path, error, wanted);
}

static void test_objects_are_judged_by_their_struct_ops(void **state)
{
	static const struct {
		const char *name;
		int error;
		const char *wanted;
	} cases[] = {
		{ "good.bpf.o", 0, "good_ops" },
		{ "two.bpf.o", -ENOEXEC, "2 struct_ops" },
		{ "other.bpf.o", -ENOEXEC, "of type tcp_congestion_ops, but none" },
		{ "nolink.bpf.o", -ENOEXEC, "must be in .struct_ops.link" },
		{ "none.bpf.o", -ENOEXEC, "no struct_ops of type mempol_cache_ops" },
		{ "nobtf.bpf.o", -ENOEXEC, "no BTF" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *path = fixture(cases[i].name);

		assert_check(path, cases[i].error, cases[i].wanted);
	}
}

static void test_an_object_of_another_mechanism_is_named_as_such(void **state)
{
	_cleanup_free_ char *cache = fixture("good.bpf.o"), *balloon = fixture("balloon.bpf.o");
	_cleanup_free_ char *none = fixture("none.bpf.o");

	assert_check_for(MEMPOL_MECH_BALLOON, balloon, 0, "balloon_ops");
	assert_check_for(MEMPOL_MECH_BALLOON, cache, -ENOEXEC,
			 "this BPF object is an engine for [Cache], not for [Balloon]");
	assert_check_for(MEMPOL_MECH_CACHE, balloon, -ENOEXEC,
			 "this BPF object is an engine for [Balloon], not for [Cache]");
	assert_check_for(MEMPOL_MECH_BALLOON, none, -ENOEXEC,
			 "no struct_ops of type mempol_balloon_ops");
}

static void assert_unread(const char *path, int error, const char *wanted)
{
	_cleanup_free_ char *problem = NULL, *bytes = NULL;
	size_t size;

	alarm(10);
	assert_int_equal(mp_engine_file_read(path, &bytes, &size, NULL, &problem), error);
	alarm(0);
	assert_null(bytes);
	if (!strstr(problem, wanted))
		fail_msg("'%s', not '%s'", problem, wanted);
}

static void test_what_is_no_bpf_object_is_refused(void **state)
{
	_cleanup_free_ char *text = tree_path(*state, "text"), *fifo = tree_path(*state, "fifo");

	assert_check("/proc/self/exe", -ENOEXEC, "not a BPF object");
	tree_write(*state, "text", "hello");
	assert_check(text, -ENOEXEC, "not an ELF file");
	tree_write(*state, "text", "");
	assert_check(text, -ENOEXEC, "not an ELF file");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_unread(fifo, -EMEDIUMTYPE, "not a regular file");
	assert_unread(*state, -EISDIR, "directory");
	assert_unread("/absent/x.bpf.o", -ENOENT, "No such file");
}

static void test_mechanism_that_is_not_built_is_refused(void **state)
{
	_cleanup_free_ char *path = fixture("good.bpf.o");

	assert_check_for(MEMPOL_MECH_TRANSLATION + 1, path, -ENOEXEC,
			 "not available in this version");
}

/* Every prefix and every single damaged byte: any answer but a crash (the sanitizers watch). */
static void test_damaged_objects_do_no_harm(void **state)
{
	_cleanup_free_ char *path = fixture("good.bpf.o"), *data = NULL;
	size_t size;

	assert_int_equal(mp_file_read(path, MP_ENGINE_FILE_MAX, &data, &size), 0);
	for (size_t i = 0; i < 2 * size; i++) {
		_cleanup_free_ char *variable = NULL, *problem = NULL;
		char saved = data[i / 2];

		if (i & 1)
			data[i / 2] ^= 0xff;
		mp_engine_bytes_check(data, i & 1 ? size : i / 2, MEMPOL_MECH_CACHE, &variable,
				      &problem);
		data[i / 2] = saved;
	}
}

static int check_policy(const char *engine, struct mp_errors *errors)
{
	_cleanup_policy_ struct mp_policy *policy = NULL;
	_cleanup_free_ char *text = NULL;

	assert_true(asprintf(&text, "[Match]\nUnit=a.service\n[Cache]\nEngine=%s\n", engine) > 0);
	assert_int_equal(mp_policy_parse("/p.mempolicy", text, strlen(text), errors, &policy), 0);
	return mp_policy_check_engines(policy, "/nowhere", errors);
}

static void test_bad_object_is_an_error_at_the_line_of_engine(void **state)
{
	_cleanup_free_ char *good = NULL, *none = NULL;
	_cleanup_errors_ struct mp_errors errors = {};

	if (!*state)
		skip();
	good = trusted_object(*state, "good.bpf.o");
	none = trusted_object(*state, "none.bpf.o");
	assert_int_equal(check_policy("mru", &errors), 0);
	assert_int_equal(check_policy(good, &errors), 0);
	assert_int_equal(errors.count, 0);
	assert_int_equal(check_policy(none, &errors), -EBADMSG);
	assert_error(&errors, "4", "no struct_ops");
	assert_int_equal(check_policy("/absent/x.bpf.o", &errors), -EBADMSG);
	assert_error(&errors, "4", "/absent/x.bpf.o");
}

static void test_an_object_that_others_could_change_is_refused(void **state)
{
	_cleanup_free_ char *object = NULL, *inside = NULL, *dir = NULL;
	_cleanup_errors_ struct mp_errors errors = {};

	if (!*state)
		skip();
	object = trusted_object(*state, "good.bpf.o");
	assert_int_equal(check_policy(object, &errors), 0);
	for (mode_t bit = 020; bit; bit = bit == 020 ? 002 : 0) {
		assert_int_equal(chmod(object, 0644 | bit), 0);
		assert_unread(object, -EPERM, "may write to it: chmod go-w");
		assert_int_equal(check_policy(object, &errors), -EBADMSG);
		assert_error(&errors, "4", object);
	}
	tree_mkdirs(*state, "d/e/x");
	dir = tree_path(*state, "d");
	inside = tree_path(*state, "d/e/good.bpf.o");
	assert_int_equal(rename(object, inside), 0);
	assert_int_equal(chmod(inside, 0644), 0);
	assert_int_equal(check_policy(inside, &errors), 0);
	assert_int_equal(chmod(dir, 0775), 0);
	assert_unread(inside, -EPERM, "may write to the directory");
	assert_unread(inside, -EPERM, dir);
	assert_int_equal(chmod(dir, 01777), 0);
	assert_unread(inside, -EPERM, "everybody may write to the directory");
}

/* The way through a link counts, and so does the way on behind it. */
static void test_a_link_is_followed_on_both_sides(void **state)
{
	_cleanup_free_ char *object = NULL, *link = NULL, *open_dir = NULL;
	_cleanup_errors_ struct mp_errors errors = {};

	if (!*state)
		skip();
	object = trusted_object(*state, "good.bpf.o");
	link = tree_path(*state, "links/b/good.bpf.o");
	open_dir = tree_path(*state, "open");
	tree_link(*state, "open/a", "..");
	tree_link(*state, "links/b", "../open/a");
	assert_int_equal(check_policy(link, &errors), 0);
	assert_int_equal(chmod(open_dir, 0777), 0);
	assert_unread(link, -EPERM, "may write to the directory");
	assert_int_equal(check_policy(object, &errors), 0);
}

static void test_an_object_of_another_user_is_refused_or_warned_of(void **state)
{
	_cleanup_errors_ struct mp_errors warnings = {}, errors = {}, lenient = {};
	_cleanup_free_ char *object = NULL;

	lenient.warnings = &warnings;
	if (!*state || geteuid())
		skip();
	object = trusted_object(*state, "good.bpf.o");
	if (chown(object, 65534, 0) < 0)
		skip();
	assert_unread(object, -EPERM, "it belongs to the user with the number 65534, not to root");
	assert_int_equal(check_policy(object, &errors), -EBADMSG);
	assert_error(&errors, "4", "chown root ");
	assert_int_equal(check_policy(object, &lenient), 0);
	assert_int_equal(lenient.count, 0);
	assert_error(&warnings, "4", "chown root ");
	assert_int_equal(chmod(object, 0666), 0);
	assert_int_equal(check_policy(object, &lenient), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_objects_are_judged_by_their_struct_ops),
		cmocka_unit_test(test_an_object_of_another_mechanism_is_named_as_such),
		TREE_TEST(test_what_is_no_bpf_object_is_refused),
		cmocka_unit_test(test_mechanism_that_is_not_built_is_refused),
		cmocka_unit_test(test_damaged_objects_do_no_harm),
		TRUSTED_TEST(test_bad_object_is_an_error_at_the_line_of_engine),
		TRUSTED_TEST(test_an_object_that_others_could_change_is_refused),
		TRUSTED_TEST(test_a_link_is_followed_on_both_sides),
		TRUSTED_TEST(test_an_object_of_another_user_is_refused_or_warned_of),
	};

	libbpf_set_print(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
