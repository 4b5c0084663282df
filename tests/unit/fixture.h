/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Temporary trees for the unit tests and the words every test needs. Included by tests only; what
 * it makes lies below TMPDIR and is gone when the test ends.
 */
#ifndef TEST_FIXTURE_H
#define TEST_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "errors.h"
#include "macro.h"

/* A path below the tree, allocated. */
static inline char *tree_path(const char *tree, const char *name)
{
	char *path;

	assert_true(asprintf(&path, "%s/%s", tree, name) > 0);
	return path;
}

static inline int tree_setup(void **state)
{
	const char *tmp = getenv("TMPDIR");
	char *tree;

	/* What a group may write to is refused, and many users' groups may. */
	umask(022);
	if (asprintf(&tree, "%s/mempol-test-XXXXXX", tmp ? tmp : "/tmp") < 0)
		return -1;
	*state = mkdtemp(tree);
	return *state ? 0 : -1;
}

static inline int tree_remove_one(const char *path, const struct stat *st, int kind,
				  struct FTW *ftw)
{
	return remove(path);
}

static inline int tree_teardown(void **state)
{
	int r = nftw(*state, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS);

	free(*state);
	return r;
}

/* mkdir -p of everything before the last slash of @name. */
static inline void tree_mkdirs(const char *tree, const char *name)
{
	_cleanup_free_ char *path = tree_path(tree, name);

	for (char *s = path + strlen(tree) + 1; (s = strchr(s, '/')); s++) {
		*s = '\0';
		assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
		*s = '/';
	}
}

static inline void tree_write_bytes(const char *tree, const char *name, const void *bytes,
				    size_t size)
{
	_cleanup_free_ char *path = tree_path(tree, name);
	_cleanup_fclose_ FILE *f = NULL;

	tree_mkdirs(tree, name);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
}

static inline void tree_write(const char *tree, const char *name, const char *text)
{
	tree_write_bytes(tree, name, text, strlen(text));
}

static inline void tree_link(const char *tree, const char *name, const char *target)
{
	_cleanup_free_ char *path = tree_path(tree, name);

	tree_mkdirs(tree, name);
	assert_int_equal(symlink(target, path), 0);
}

/* The entry that contains @text must be there; @position is "LINE" or "" for any. */
static inline void assert_error(const struct mp_errors *errors, const char *position,
				const char *text)
{
	for (size_t i = 0; i < errors->count; i++) {
		_cleanup_free_ char *colon = NULL;

		assert_true(asprintf(&colon, ":%s: ", position) > 0);
		if (strstr(errors->items[i], text) &&
		    (!*position || strstr(errors->items[i], colon)))
			return;
	}
	for (size_t i = 0; i < errors->count; i++)
		print_error("has: %s\n", errors->items[i]);
	fail_msg("no entry with '%s' at line '%s'", text, position);
}

/* Whether the tree is on tmpfs, whose files are not like those of a disk. */
static inline bool tree_is_in_memory(const char *tree)
{
	struct statfs fs;

	assert_int_equal(statfs(tree, &fs), 0);
	return fs.f_type == TMPFS_MAGIC;
}

#define TREE_TEST(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

#endif
