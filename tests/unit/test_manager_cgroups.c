// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cgroup tree follows what happens below its root, by inotify and, when that cannot be, by
 * reading it every second. A directory in /tmp stands for cgroupfs.
 */
#include "fixture.h"

#include "../../daemon/mempolicyd/cgroups.h"

struct fixture {
	char *root;
	sd_event *event;
	struct mp_cgroups *cgroups;
	unsigned int changes;
};

static void on_changed(void *userdata)
{
	((struct fixture *)userdata)->changes++;
}

static void make(struct fixture *f, const char *path)
{
	char full[256];

	snprintf(full, sizeof(full), "%s%s", f->root, path);
	assert_int_equal(mkdir(full, 0755), 0);
}

static void drop(struct fixture *f, const char *path)
{
	char full[256];

	snprintf(full, sizeof(full), "%s%s", f->root, path);
	assert_int_equal(rmdir(full), 0);
}

static void open_tree(struct fixture *f, unsigned int watches_max)
{
	assert_true(sd_event_new(&f->event) >= 0);
	assert_true(mp_cgroups_new(f->event, f->root, watches_max, on_changed, f, &f->cgroups) >=
		    0);
}

/* Runs the loop until nothing has happened for @msec. */
static void settle(struct fixture *f, unsigned int msec)
{
	while (sd_event_run(f->event, msec * 1000ULL) > 0)
		;
}

static bool has(struct fixture *f, const char *path)
{
	return mp_cgroups_find(f->cgroups, path);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (tree_setup((void **)&f->root) < 0)
		return -1;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	int r;

	mp_cgroups_free(f->cgroups);
	sd_event_unref(f->event);
	r = tree_teardown((void **)&f->root);
	free(f);
	return r;
}

static void what_is_there_is_found_with_its_inode_number(void **state)
{
	struct fixture *f = *state;
	char full[256];
	struct stat st;

	make(f, "/a");
	make(f, "/a/b");
	open_tree(f, 100);
	assert_true(has(f, "/"));
	assert_true(has(f, "/a"));
	snprintf(full, sizeof(full), "%s/a/b", f->root);
	assert_int_equal(stat(full, &st), 0);
	assert_true(mp_cgroups_find(f->cgroups, "/a/b")->id == st.st_ino);
}

static void a_new_directory_is_seen_and_what_lies_in_it(void **state)
{
	struct fixture *f = *state;

	open_tree(f, 100);
	make(f, "/a");
	make(f, "/a/b");
	settle(f, 50);
	assert_true(has(f, "/a/b"));
	make(f, "/a/b/c");
	settle(f, 50);
	assert_true(has(f, "/a/b/c"));
	assert_true(f->changes > 0);
}

static void a_removed_directory_is_forgotten_and_can_come_back(void **state)
{
	struct fixture *f = *state;

	make(f, "/a");
	make(f, "/a/b");
	open_tree(f, 100);
	drop(f, "/a/b");
	drop(f, "/a");
	settle(f, 50);
	assert_false(has(f, "/a"));
	assert_false(has(f, "/a/b"));
	make(f, "/a");
	settle(f, 50);
	assert_true(has(f, "/a"));
	make(f, "/a/b");
	settle(f, 50);
	assert_true(has(f, "/a/b"));
}

static void siblings_with_a_common_beginning_stay(void **state)
{
	struct fixture *f = *state;

	make(f, "/a");
	make(f, "/a-b");
	make(f, "/a-b/c");
	open_tree(f, 100);
	drop(f, "/a");
	settle(f, 50);
	assert_false(has(f, "/a"));
	assert_true(has(f, "/a-b"));
	assert_true(has(f, "/a-b/c"));
}

static void with_too_few_watches_the_tree_is_read_every_second(void **state)
{
	struct fixture *f = *state;

	make(f, "/a");
	make(f, "/b");
	open_tree(f, 1);
	make(f, "/a/deep");
	assert_true(sd_event_run(f->event, 1500000) > 0);
	assert_true(has(f, "/a/deep"));
}

static void a_root_that_comes_later_is_found(void **state)
{
	struct fixture *f = *state;
	char *tree = f->root;
	_cleanup_free_ char *later = tree_path(tree, "later");

	f->root = later;
	open_tree(f, 100);
	assert_false(has(f, "/"));
	make(f, "");
	assert_true(sd_event_run(f->event, 1500000) > 0);
	assert_true(has(f, "/"));
	f->root = tree;
}

static void files_and_names_that_json_cannot_hold_are_passed_by(void **state)
{
	struct fixture *f = *state;
	char path[128];
	FILE *file;
	size_t n;

	open_tree(f, 100);
	make(f, "/\xff\xfe");
	snprintf(path, sizeof(path), "%s/file", f->root);
	file = fopen(path, "we");
	assert_non_null(file);
	fclose(file);
	settle(f, 50);
	(void)mp_cgroups_rescan(f->cgroups);
	(void)mp_cgroups_list(f->cgroups, &n);
	assert_int_equal(n, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_there_is_found_with_its_inode_number),
		TEST(a_new_directory_is_seen_and_what_lies_in_it),
		TEST(a_removed_directory_is_forgotten_and_can_come_back),
		TEST(siblings_with_a_common_beginning_stay),
		TEST(with_too_few_watches_the_tree_is_read_every_second),
		TEST(a_root_that_comes_later_is_found),
		TEST(files_and_names_that_json_cannot_hold_are_passed_by),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
