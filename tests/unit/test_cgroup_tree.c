/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for the list of cgroups: every directory once, under its path below the root, and nothing
 * that is no cgroup.
 */
#include "cgroup_tree.h"
#include "fixture.h"

static bool has(const struct mp_paths *paths, const char *path)
{
	size_t n = 0;

	for (size_t i = 0; i < paths->count; i++)
		n += !strcmp(paths->items[i], path);
	return n == 1;
}

static void test_every_directory_is_listed_once_and_files_and_links_are_not(void **state)
{
	_cleanup_paths_ struct mp_paths paths = {};

	tree_write(*state, "a.slice/b\\x2dc.scope/cgroup.procs", "");
	tree_write(*state, "a.slice/.hidden/x", "");
	tree_link(*state, "a.slice/loop", "..");
	assert_int_equal(mp_cgroup_tree_read(*state, &paths), 0);
	assert_int_equal(paths.count, 4);
	assert_string_equal(paths.items[0], "/");
	assert_true(has(&paths, "/a.slice"));
	assert_true(has(&paths, "/a.slice/b\\x2dc.scope"));
	assert_true(has(&paths, "/a.slice/.hidden"));
}

static void test_a_root_that_is_not_there_is_an_error(void **state)
{
	_cleanup_free_ char *path = tree_path(*state, "nowhere");
	struct mp_paths paths = {};

	assert_int_equal(mp_cgroup_tree_read(path, &paths), -ENOENT);
	assert_int_equal(paths.count, 0);
}

static void test_an_ordinary_directory_is_no_cgroup_root(void **state)
{
	assert_false(mp_cgroup_root_is_real(*state));
	assert_false(mp_cgroup_root_is_real("/nowhere"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_every_directory_is_listed_once_and_files_and_links_are_not),
		TREE_TEST(test_a_root_that_is_not_there_is_an_error),
		TREE_TEST(test_an_ordinary_directory_is_no_cgroup_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
