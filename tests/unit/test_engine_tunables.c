/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for the tunables of an object: all types are found with their places and defaults, declarations that
 * lie are refused with a sentence, and a policy's keys are checked against them at their lines.
 */
#include <bpf/libbpf.h>

#include "engine_file.h"
#include "file.h"
#include "fixture.h"

static void object_read(const char *name, char **ret_bytes, size_t *ret_size)
{
	_cleanup_free_ char *path = NULL;

	assert_true(asprintf(&path, TEST_FIXTURES "/%s", name) > 0);
	assert_int_equal(mp_file_read(path, MP_ENGINE_FILE_MAX, ret_bytes, ret_size), 0);
}

static void read_tunables(struct mp_engine_object *object)
{
	_cleanup_free_ char *bytes = NULL, *problem = NULL;
	size_t size;

	object_read("tunables.bpf.o", &bytes, &size);
	if (mp_engine_bytes_read(bytes, size, MEMPOL_MECH_CACHE, object, &problem) < 0)
		fail_msg("%s", problem);
}

static void test_tunables_of_all_types_are_found(void **state)
{
	static const struct {
		const char *key, *type, *range, *value;
	} wanted[] = {
		{ "SmallPercent", "u32", "1..90 %", "10" },
		{ "Quick", "bool", "no|yes", "yes" },
		{ "Order", "order", "OLDEST|NEWEST", "NEWEST" },
		{ "Tiny", "u8", "0..255", "200" },
		{ "Lower", "s8", "-7..127", "-5" },
		{ "AaB", "u16", "0..9", "3" },
		{ "AbB", "s16", "-300..300", "-300" },
		{ "Middle", "s32", "-2147483648..2147483647", "0" },
		{ "Large", "u64", "16..18446744073709551615 bytes", "1099511627776" },
		{ "Deep", "s64", "-9223372036854775808..9223372036854775807", "-1099511627776" },
	};
	_cleanup_engine_object_ struct mp_engine_object object = {};

	read_tunables(&object);
	assert_string_equal(object.variable, "tuned");
	assert_int_equal(object.tunables.count, ARRAY_SIZE(wanted));
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		const struct mp_tunable *t = mp_tunables_find(&object.tunables, wanted[i].key);
		_cleanup_free_ char *value = NULL;

		assert_non_null(t);
		value = mp_tunable_format(t, t->value);
		assert_string_equal(t->type, wanted[i].type);
		assert_string_equal(t->range, wanted[i].range);
		assert_string_equal(value, wanted[i].value);
	}
	assert_string_equal(mp_tunables_find(&object.tunables, "SmallPercent")->text,
			    "share of new pages");
}

static void test_callbacks_and_calls_are_listed(void **state)
{
	_cleanup_engine_object_ struct mp_engine_object object = {};

	read_tunables(&object);
	assert_int_equal(object.n_callbacks, 2);
	assert_string_equal(object.callbacks[0], "added");
	assert_string_equal(object.callbacks[1], "evict");
	assert_int_equal(object.n_calls, 1);
	assert_string_equal(object.calls[0], "bpf_mempol_cache_batch");
}

/* Prefixes, hyphens and letters of another case: what a policy file says is not what C can say. */
static void test_words_of_an_enum_are_the_ends_of_its_names(void **state)
{
	_cleanup_engine_object_ struct mp_engine_object object = {};
	_cleanup_free_ char *bytes = NULL, *problem = NULL;
	const struct mp_tunable *t;
	size_t size;

	object_read("tune-words.bpf.o", &bytes, &size);
	if (mp_engine_bytes_read(bytes, size, MEMPOL_MECH_CACHE, &object, &problem) < 0)
		fail_msg("%s", problem);
	t = mp_tunables_find(&object.tunables, "Rule");
	assert_non_null(t);
	assert_string_equal(t->range, "second-chance|horizon|first");
	assert_int_equal(t->n_words, 3);
	assert_int_equal(t->value, 1);
}

/* Every occurrence of @from, by something of the same length. */
static size_t patch(char *bytes, size_t size, const char *from, const char *to)
{
	size_t n = strlen(from), found = 0;

	assert_int_equal(n, strlen(to));
	for (char *at = bytes; (at = memmem(at, bytes + size - at, from, n)); at += n) {
		memcpy(at, to, n);
		found++;
	}
	return found;
}

static void assert_refused(const char *bytes, size_t size, const char *wanted)
{
	_cleanup_engine_object_ struct mp_engine_object object = {};
	_cleanup_free_ char *problem = NULL;

	assert_int_equal(mp_engine_bytes_read(bytes, size, MEMPOL_MECH_CACHE, &object, &problem),
			 -ENOEXEC);
	assert_null(object.variable);
	if (!strstr(problem, wanted))
		fail_msg("'%s' is not in '%s'", wanted, problem);
}

static void test_declarations_that_lie_are_refused(void **state)
{
	static const struct {
		const char *from, *to, *wanted;
	} patches[] = {
		{ "1..90 %", "1,,90 %", "tunable small_percent: '1,,90 %' is no range of u32" },
		{ "1..90 %", "20..90 ", "its default 10 is not within its own range 20..90" },
		{ "1..90 %", "1..\x1b[m%", "is no range" },
		{ "small_percent", "engine_______", "Engine= is a key of [Cache] itself" },
		{ "small_percent", "Small_Percent", "a name has at most 63" },
		{ "ab_b", "aa_b", "there is another one that is called AaB=" },
		{ ":OLDEST|NEWEST", ":OLDEST|NEWEXX", "is not what enum order has" },
		{ ":OLDEST|NEWEST", ":OLDEST|NEWES|", "is not what enum order has" },
		{ ".rodata", ".radota", "it is no global 'const volatile' in .rodata" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(patches); i++) {
		_cleanup_free_ char *bytes = NULL;
		size_t size;

		object_read("tunables.bpf.o", &bytes, &size);
		assert_true(patch(bytes, size, patches[i].from, patches[i].to) > 0);
		assert_refused(bytes, size, patches[i].wanted);
	}
}

static void test_words_that_are_no_ends_are_refused(void **state)
{
	static const char *const words[] = { ":cecond-chance|", ":seconx-chance|",
					     ":second-chanc|h" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		_cleanup_free_ char *bytes = NULL;
		size_t size;

		object_read("tune-words.bpf.o", &bytes, &size);
		assert_true(patch(bytes, size, ":second-chance|", words[i]) > 0);
		assert_refused(bytes, size, "a word is a name or its end behind a '_'");
	}
}

static void test_other_variables_are_no_tunables(void **state)
{
	static const struct {
		const char *name, *wanted;
	} cases[] = {
		{ "tune-plain.bpf.o", "declare it with MEMPOL_TUNABLE()" },
		{ "tune-data.bpf.o", "declare it with MEMPOL_TUNABLE()" },
		{ "tune-pointer.bpf.o", "only bool, enums and integers of 8 to 64 bits" },
		{ "tune-many.bpf.o", "there are more than 64 tunables" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *bytes = NULL;
		size_t size;

		object_read(cases[i].name, &bytes, &size);
		assert_refused(bytes, size, cases[i].wanted);
	}
}

/* No crash: what is said is the fuzzer's affair and that of the test for engine_file.c. */
static void test_damaged_objects_do_no_harm(void **state)
{
	_cleanup_free_ char *bytes = NULL;
	size_t size;

	object_read("tunables.bpf.o", &bytes, &size);
	for (size_t i = 0; i < size; i++) {
		_cleanup_engine_object_ struct mp_engine_object object = {};
		_cleanup_free_ char *problem = NULL;
		char saved = bytes[i];

		bytes[i] ^= 0xff;
		mp_engine_bytes_read(bytes, size, MEMPOL_MECH_CACHE, &object, &problem);
		bytes[i] = saved;
	}
}

/* @keys: lines behind Engine=, the first is line 5. */
static int check(const char *keys, struct mp_errors *errors)
{
	_cleanup_engine_object_ struct mp_engine_object object = {};
	_cleanup_policy_ struct mp_policy *policy = NULL;
	_cleanup_free_ char *text = NULL;

	read_tunables(&object);
	assert_true(asprintf(&text, "[Match]\nUnit=a.service\n[Cache]\nEngine=mru\n%s", keys) > 0);
	assert_int_equal(mp_policy_parse("/p.mempolicy", text, strlen(text), errors, &policy), 0);
	return mp_policy_check_tunings(policy, &object.tunables, errors);
}

static void test_keys_of_a_policy_are_checked_at_their_lines(void **state)
{
	_cleanup_errors_ struct mp_errors errors = {};

	assert_int_equal(check("SmallPercent=20\nQuick=no\nOrder=OLDEST\n", &errors), 0);
	assert_int_equal(check("SmallPercent=95\nSmallPercent=20\n", &errors), 0);
	assert_int_equal(check("SmallPercent=95\nSmallPercent=\n", &errors), 0);
	assert_int_equal(check("SmallPercent=\n", &errors), 0);
	assert_int_equal(errors.count, 0);
	assert_int_equal(check("Quick=no\nSmallPercent=95\nOrdr=OLDEST\nFoo=\n", &errors),
			 -EBADMSG);
	assert_int_equal(errors.count, 3);
	assert_error(&errors, "6", "SmallPercent=95: not a whole number in 1..90 % (share of new");
	assert_error(&errors, "7",
		     "unknown key 'Ordr' in [Cache] with engine mru, did you mean 'Order='?");
	assert_error(&errors, "8", "unknown key 'Foo' in [Cache] with engine mru, there are ");
}

static void test_a_policy_runs_another_engine_when_a_value_differs(void **state)
{
	static const char *const texts[] = {
		"[Match]\nUnit=a.service\n[Cache]\nEngine=mru\nA=1\nB=2\n",
		"[Match]\nUnit=a.service\n[Cache]\nB=2\nEngine=mru\nA=3\nA=1\n",
		"[Match]\nUnit=a.service\n[Cache]\nEngine=mru\nA=1\nB=3\n",
		"[Match]\nUnit=a.service\n[Cache]\nEngine=mru\nA=1\n",
	};
	struct mp_policy *p[ARRAY_SIZE(texts)] = {};
	_cleanup_errors_ struct mp_errors errors = {};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(mp_policy_parse("/p.mempolicy", texts[i], strlen(texts[i]),
						 &errors, &p[i]),
				 0);
	assert_true(mp_policy_runs_alike(p[0], p[1]));
	assert_false(mp_policy_runs_alike(p[0], p[2]));
	assert_false(mp_policy_runs_alike(p[0], p[3]));
	assert_false(mp_policy_equal(p[0], p[2]));
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		mp_policy_free(p[i]);
}

static void test_keys_of_a_shipped_engine_need_its_object(void **state)
{
	_cleanup_errors_ struct mp_errors errors = {};
	_cleanup_policy_ struct mp_policy *policy = NULL;
	const char *text = "[Match]\nUnit=a.service\n[Cache]\nEngine=mru\nEngin=x\n";

	assert_int_equal(mp_policy_parse("/p.mempolicy", text, strlen(text), &errors, &policy), 0);
	assert_int_equal(mp_policy_check_engines(policy, "/nowhere", &errors), -EBADMSG);
	assert_error(&errors, "5", "unknown key 'Engin' in [Cache], did you mean 'Engine='?");
	assert_error(&errors, "5", "/nowhere/mru.bpf.o: it is not installed");
}

static void test_there_is_an_end_to_the_keys_of_a_policy(void **state)
{
	char text[4096] = "[Match]\nUnit=a.service\n[Cache]\nEngine=mru\n";
	_cleanup_errors_ struct mp_errors errors = {};
	struct mp_policy *policy = NULL;

	for (int i = 0; i <= MP_TUNINGS_MAX; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "K%d=1\n", i);
	assert_int_equal(mp_policy_parse("/p.mempolicy", text, strlen(text), &errors, &policy),
			 -EBADMSG);
	assert_error(&errors, "69", "unknown key 'K64'");
}

static int set_up(void **state)
{
	libbpf_set_print(NULL);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tunables_of_all_types_are_found),
		cmocka_unit_test(test_callbacks_and_calls_are_listed),
		cmocka_unit_test(test_words_of_an_enum_are_the_ends_of_its_names),
		cmocka_unit_test(test_words_that_are_no_ends_are_refused),
		cmocka_unit_test(test_declarations_that_lie_are_refused),
		cmocka_unit_test(test_other_variables_are_no_tunables),
		cmocka_unit_test(test_damaged_objects_do_no_harm),
		cmocka_unit_test(test_keys_of_a_policy_are_checked_at_their_lines),
		cmocka_unit_test(test_a_policy_runs_another_engine_when_a_value_differs),
		cmocka_unit_test(test_keys_of_a_shipped_engine_need_its_object),
		cmocka_unit_test(test_there_is_an_end_to_the_keys_of_a_policy),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
