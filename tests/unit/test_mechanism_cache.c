// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for the keys of [Cache] beside its engine: PinMax= has its forms and ranges, and what it says makes
 * policies different.
 */
#include "fixture.h"
#include "mechanism-cache.h"

#define CACHE "[Match]\nUnit=a.service\n[Cache]\nEngine=mru\n"

static struct mp_policy *parse(const char *key, struct mp_errors *errors)
{
	_cleanup_free_ char *text = NULL;
	struct mp_policy *policy = NULL;
	int r;

	assert_true(asprintf(&text, CACHE "%s\n", key) > 0);
	r = mp_policy_parse("/a/x.mempolicy", text, strlen(text), errors, &policy);
	assert_int_equal(r, errors->count ? -EBADMSG : 0);
	return policy;
}

static void test_pin_max_is_a_share_or_a_size(void **state)
{
	static const struct {
		const char *key;
		bool is_share;
		uint64_t value;
		const char *text;
		uint64_t pages;
	} good[] = {
		{ "", true, 10, "10%", 0 },
		{ "PinMax=65%", true, 65, "65%", 0 },
		{ "PinMax=0%", true, 0, "0%", 0 },
		{ "PinMax=100%", true, 100, "100%", 0 },
		{ "PinMax=1.5G", false, 3ULL << 29, "1536M", 3ULL << 17 },
		{ "PinMax=0", false, 0, "0", 0 },
		{ "PinMax=4095", false, 4095, "4095", 0 },
		{ "PinMax=1G\nPinMax=", true, 10, "10%", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		_cleanup_errors_ struct mp_errors errors = {};
		_cleanup_policy_ struct mp_policy *policy = parse(good[i].key, &errors);
		char text[MP_PIN_MAX_TEXT];

		assert_non_null(policy);
		assert_int_equal(mp_cache_of(policy)->pin_is_share, good[i].is_share);
		assert_int_equal(mp_cache_of(policy)->pin_max, good[i].value);
		assert_string_equal(mp_pin_max_format(mp_cache_of(policy), text), good[i].text);
		assert_int_equal(mp_pin_max_pages(mp_cache_of(policy), 4096), good[i].pages);
	}
}

static void test_what_is_neither_is_refused(void **state)
{
	static const char *const bad[][2] = {
		{ "PinMax=101%", "PinMax=101%: more than 100% of the memory" },
		{ "PinMax=1.5%", "nor a whole percentage" },
		{ "PinMax=10 %", "neither a size" },
		{ "PinMax=1P", "neither a size in bytes or with K, M, G or T" },
		{ "PinMax=-1", "neither a size" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_errors_ struct mp_errors errors = {};

		assert_null(parse(bad[i][0], &errors));
		assert_error(&errors, "5", bad[i][1]);
	}
}

static void test_policies_that_let_pin_alike_are_equal(void **state)
{
	static const char *const others[] = { "PinMax=10", "PinMax=11%", "PinMax=0%" };
	_cleanup_errors_ struct mp_errors errors = {};
	_cleanup_policy_ struct mp_policy *policy = parse("", &errors);
	_cleanup_policy_ struct mp_policy *said = parse("PinMax=10%", &errors);

	assert_true(mp_policy_equal(policy, said));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		_cleanup_policy_ struct mp_policy *other = parse(others[i], &errors);

		assert_false(mp_policy_equal(policy, other));
		/* The kernel has the number from the engine that is attached. */
		assert_false(mp_policy_runs_alike(policy, other));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pin_max_is_a_share_or_a_size),
		cmocka_unit_test(test_what_is_neither_is_refused),
		cmocka_unit_test(test_policies_that_let_pin_alike_are_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
