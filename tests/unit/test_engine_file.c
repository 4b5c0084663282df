/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for the look into an engine's object: good ones pass with their variable's name,
 * everything else has its sentence, and damaged bytes do no harm.
 */
#include <bpf/libbpf.h>

#include "engine_file.h"
#include "file.h"
#include "fixture.h"

static char *fixture(const char *name)
{
	char *path;

	assert_true(asprintf(&path, TEST_FIXTURES "/%s", name) > 0);
	return path;
}

static void assert_check_for(enum mempol_mechanism_id mechanism, const char *path, int error,
			     const char *wanted)
{
	_cleanup_free_ char *variable = NULL, *problem = NULL;
	int r;

	alarm(10);
	r = mp_engine_file_check(path, mechanism, &variable, &problem);
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
		{ "absent.bpf.o", -ENOENT, "No such file" },
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

static void test_what_is_no_bpf_object_is_refused(void **state)
{
	_cleanup_free_ char *text = tree_path(*state, "text"), *fifo = tree_path(*state, "fifo");

	assert_check("/proc/self/exe", -ENOEXEC, "not a BPF object");
	tree_write(*state, "text", "hello");
	assert_check(text, -ENOEXEC, "not an ELF file");
	tree_write(*state, "text", "");
	assert_check(text, -ENOEXEC, "not an ELF file");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_check(fifo, -EMEDIUMTYPE, "not a regular file");
	assert_check(*state, -EISDIR, "directory");
}

static void test_mechanism_that_is_not_built_is_refused(void **state)
{
	_cleanup_free_ char *path = fixture("good.bpf.o"), *variable = NULL, *problem = NULL;

	assert_int_equal(mp_engine_file_check(path, MEMPOL_MECH_PLACEMENT, &variable, &problem),
			 -ENOEXEC);
	assert_non_null(strstr(problem, "not available in this version"));
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
	return mp_policy_check_engines(policy, errors);
}

static void test_bad_object_is_an_error_at_the_line_of_engine(void **state)
{
	_cleanup_free_ char *good = fixture("good.bpf.o"), *none = fixture("none.bpf.o");
	_cleanup_errors_ struct mp_errors errors = {};

	assert_int_equal(check_policy("mru", &errors), 0);
	assert_int_equal(check_policy(good, &errors), 0);
	assert_int_equal(errors.count, 0);
	assert_int_equal(check_policy(none, &errors), -EBADMSG);
	assert_error(&errors, "4", "no struct_ops");
	assert_int_equal(check_policy("/absent/x.bpf.o", &errors), -EBADMSG);
	assert_error(&errors, "4", "/absent/x.bpf.o");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_objects_are_judged_by_their_struct_ops),
		cmocka_unit_test(test_an_object_of_another_mechanism_is_named_as_such),
		TREE_TEST(test_what_is_no_bpf_object_is_refused),
		cmocka_unit_test(test_mechanism_that_is_not_built_is_refused),
		cmocka_unit_test(test_damaged_objects_do_no_harm),
		cmocka_unit_test(test_bad_object_is_an_error_at_the_line_of_engine),
	};

	libbpf_set_print(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
