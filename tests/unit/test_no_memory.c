// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each allocation of daemon/lib may fail, one at a time: the caller is told -ENOMEM, nothing leaks and
 * nothing crashes (AddressSanitizer and LeakSanitizer watch), and what was asked for works afterwards.
 * The linker puts the functions here in the place of the library's calls.
 */
#include "fixture.h"

#include <stdarg.h>

#include "mechanism-refcount.h"
#include "mechanism.h"
#include "policy.h"

/* The number of the allocation that fails; -1: none does. */
static long countdown = -1;
static bool failed;

static bool fails(void)
{
	if (countdown < 0 || countdown-- > 0)
		return false;
	failed = true;
	errno = ENOMEM;
	return true;
}

#define WRAP(type, name, parameters, arguments)                  \
	type __real_##name parameters;                           \
	type __wrap_##name parameters;                           \
	type __wrap_##name parameters                            \
	{                                                        \
		return fails() ? NULL : __real_##name arguments; \
	}

WRAP(void *, malloc, (size_t size), (size))
WRAP(void *, calloc, (size_t n, size_t size), (n, size))
WRAP(void *, realloc, (void *p, size_t size), (p, size))
WRAP(void *, reallocarray, (void *p, size_t n, size_t size), (p, n, size))
WRAP(char *, strdup, (const char *s), (s))
WRAP(char *, strndup, (const char *s, size_t n), (s, n))

int __real_vasprintf(char **ret, const char *format, va_list ap);
int __wrap_vasprintf(char **ret, const char *format, va_list ap);
int __wrap_asprintf(char **ret, const char *format, ...);

int __wrap_vasprintf(char **ret, const char *format, va_list ap)
{
	return fails() ? -1 : __real_vasprintf(ret, format, ap);
}

int __wrap_asprintf(char **ret, const char *format, ...)
{
	va_list ap;
	int r;

	va_start(ap, format);
	r = __wrap_vasprintf(ret, format, ap);
	va_end(ap);
	return r;
}

/* Calls @act with each of its allocations failing in turn, until all of them have. */
static void each_fails(int (*act)(void *data), void *data, int wanted)
{
	int r;

	for (long n = 0;; n++) {
		assert_true(n < 100000);
		failed = false;
		countdown = n;
		r = act(data);
		countdown = -1;
		if (!failed)
			break;
		/* What may be left out, as the nearest word of an error, may be; what came out is right then. */
		if (r != -ENOMEM && r != wanted)
			fail_msg("allocation %ld failed and the result is %d", n, r);
	}
	assert_int_equal(r, wanted);
	assert_int_equal(act(data), wanted);
}

static int read_set(void *data)
{
	_cleanup_policy_set_ struct mp_policy_set set = {};
	int r = mp_policy_set_read(data, &set);

	if (r == 0)
		assert_int_equal(set.count, 7);
	return r;
}

static void reading_all_policies_says_when_there_is_no_memory(void **state)
{
	_cleanup_free_ char *etc = tree_path(*state, "etc"), *usr = tree_path(*state, "usr");
	const char *dirs[] = { etc, usr, NULL };

	tree_write(*state, "etc/a.mempolicy",
		   "[Policy]\nDescription=of many keys\nPriority=5\nMode=enforce\n"
		   "[Match]\nUnit=x.service !y.service \\\n z*.service\nCgroup=/a/* /b/[c-e]\n"
		   "[Cache]\nEngine=mru\n");
	tree_write(*state, "usr/a.mempolicy.d/1.conf", "[Policy]\nPriority=6\n");
	tree_write(*state, "etc/a.mempolicy.d/2.conf", "[Match]\nUnit=\nUnit=w.service\n");
	tree_write(*state, "usr/b.mempolicy",
		   "[Balloon]\nEngine=balloon-free\nKeep=10%\nPeriod=2s\n");
	tree_write(
		*state, "etc/c.mempolicy",
		"Key=early\n[Policies]\n[Match]\nUnit=[\nUint=x\n[Cache]\nEngine=nonsense\n[Guard]\n"
		"no equals sign\n");
	tree_write(*state, "usr/d.mempolicy", "[Match]\nUnit=x\n[Cache]\nEngine=/no/such.bpf.o\n");
	tree_link(*state, "etc/e.mempolicy", "/dev/null");
	tree_write(
		*state, "etc/f.mempolicy",
		"[Match]\nUnit=x.service\n[Refcount]\nEngine=files\nFilePath=/a/* !/b\nMaxFiles=3\n");
	tree_write(*state, "etc/g.mempolicy",
		   "[Match]\nUnit=x.service\n[Placement]\nEngine=mosaic\nPool=64M\nPoolName=p\n"
		   "Nodes=0\nPreset=paper\n");
	tree_write(*state, "etc/h.mempolicy",
		   "[Match]\nUnit=y.service\n[Placement]\nEngine=mosaic\nPool=32M\nPoolName=p\n"
		   "PoolName=\nPoolName=p\nPreset=paper\nPreset=\n");
	each_fails(read_set, dirs, 0);
}

static int read_one(void *data)
{
	_cleanup_errors_ struct mp_errors errors = {};
	_cleanup_policy_ struct mp_policy *policy = NULL;

	return mp_policy_read(data, NULL, &errors, &policy);
}

static void reading_a_bad_policy_says_when_there_is_no_memory(void **state)
{
	_cleanup_free_ char *path = tree_path(*state, "etc/a.mempolicy");

	tree_write(*state, "etc/a.mempolicy",
		   "[Match]\nUnit=x\n[Cache]\nEngine=one\n[Balloon]\nEngine=two\nKeep=x\n");
	tree_write(*state, "etc/a.mempolicy.d/1.conf", "[Cache]\nEngine=\n\x01\n");
	each_fails(read_one, path, -EBADMSG);
}

struct looking {
	char *path, *tree;
};

/* What cannot be said of a file that there is no memory for is not said: the look has failed. */
static int look_at_files(void *data)
{
	const struct looking *looking = data;
	_cleanup_errors_ struct mp_errors errors = {}, warnings = {};
	_cleanup_policy_ struct mp_policy *policy = NULL;
	struct mp_patterns copy = {};
	size_t hits[4] = {};
	int r = mp_policy_read(looking->path, NULL, &errors, &policy);

	if (r >= 0)
		r = mp_patterns_copy(&mp_refcount_of(policy)->files, &copy);
	if (r >= 0) {
		assert_true(mp_patterns_equal(&mp_refcount_of(policy)->files, &copy));
		mp_patterns_reset(&copy);
		r = mp_mechanism_refcount.look(policy, hits, &errors, &warnings);
	}
	if (r >= 0)
		assert_int_equal(hits[0], 2);
	return r;
}

static void looking_for_files_says_when_there_is_no_memory(void **state)
{
	_cleanup_free_ char *path = tree_path(*state, "etc/a.mempolicy"), *text = NULL;
	struct looking looking = { path, *state };

	tree_write(*state, "db/a", "x");
	tree_write(*state, "db/b", "x");
	tree_link(*state, "safe/link", "../db/a");
	assert_true(asprintf(&text,
			     "[Match]\nUnit=x.service\n[Refcount]\nEngine=files\nMaxFiles=1\n"
			     "FilePath=%s/db/*\nFilePath=%s/safe/link %s/none %s/db\n",
			     looking.tree, looking.tree, looking.tree, looking.tree) > 0);
	tree_write(*state, "etc/a.mempolicy", text);
	each_fails(look_at_files, &looking, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(reading_all_policies_says_when_there_is_no_memory),
		TREE_TEST(reading_a_bad_policy_says_when_there_is_no_memory),
		TREE_TEST(looking_for_files_says_when_there_is_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
