/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A temporary tree where only root and the user can write, on all of the way: engines named by a path are
 * taken from there and refused below /tmp. Included by the tests that name one.
 */
#ifndef MP_TEST_TRUSTED_H
#define MP_TEST_TRUSTED_H

#include "file.h"
#include "fixture.h"
#include "trust.h"

static char *make_trusted(const char *base)
{
	_cleanup_free_ char *inside = NULL, *problem = NULL;
	char *tree;

	if (!base || asprintf(&tree, "%s/mempol-test-XXXXXX", base) < 0)
		return NULL;
	if (!mkdtemp(tree)) {
		free(tree);
		return NULL;
	}
	inside = tree_path(tree, "x");
	if (mp_trust_way(inside, NULL, &problem) == 0)
		return tree;
	rmdir(tree);
	free(tree);
	return NULL;
}

/* *state is NULL where this machine has no such place. */
static int trusted_setup(void **state)
{
	const char *const bases[] = { getenv("TMPDIR"), TEST_TOP "/build", getenv("HOME"), "/run",
				      "/var/lib" };

	umask(022);
	for (size_t i = 0; i < ARRAY_SIZE(bases) && !*state; i++)
		*state = make_trusted(bases[i]);
	return 0;
}

static int trusted_teardown(void **state)
{
	return *state ? tree_teardown(state) : 0;
}

/* A copy of one of the objects of tests/unit/fixtures, its path allocated. */
static inline char *trusted_object(const char *tree, const char *name)
{
	_cleanup_free_ char *from = NULL, *bytes = NULL;
	size_t size;

	assert_true(asprintf(&from, TEST_FIXTURES "/%s", name) > 0);
	assert_int_equal(mp_file_read(from, 1 << 24, &bytes, &size), 0);
	tree_write_bytes(tree, name, bytes, size);
	return tree_path(tree, name);
}

#define TRUSTED_TEST(f) cmocka_unit_test_setup_teardown(f, trusted_setup, trusted_teardown)

#endif
