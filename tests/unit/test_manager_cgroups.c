// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cgroup tree follows what happens below its root, by inotify and, when that cannot be, by
 * reading it again and again, which must cost little. A directory in /tmp stands for cgroupfs.
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

/* Runs the loop until @path is there, or for longer than any busy machine takes. */
static bool comes(struct fixture *f, const char *path)
{
	for (int i = 0; i < 400 && !has(f, path); i++)
		(void)sd_event_run(f->event, 100000);
	return has(f, path);
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

static void with_too_few_watches_the_tree_is_read_again_and_again(void **state)
{
	struct fixture *f = *state;

	make(f, "/a");
	make(f, "/b");
	open_tree(f, 1);
	make(f, "/a/deep");
	assert_true(comes(f, "/a/deep"));
	make(f, "/a/deep/deeper");
	assert_true(comes(f, "/a/deep/deeper"));
	drop(f, "/a/deep/deeper");
	for (int i = 0; i < 400 && has(f, "/a/deep/deeper"); i++)
		(void)sd_event_run(f->event, 100000);
	assert_false(has(f, "/a/deep/deeper"));
}

/* Each event used to put off the walk by a second. */
static void events_do_not_postpone_the_next_walk(void **state)
{
	struct fixture *f = *state;

	make(f, "/a");
	open_tree(f, 1);
	make(f, "/a/deep");
	for (int i = 0; i < 400 && !has(f, "/a/deep"); i++) {
		make(f, "/noise");
		settle(f, 0);
		drop(f, "/noise");
		settle(f, 0);
		usleep(50000);
	}
	assert_true(has(f, "/a/deep"));
}

static void the_pause_between_walks_grows_with_what_a_walk_costs(void **state)
{
	assert_int_equal(mp_cgroups_pause_usec(0, false), 1000000);
	assert_int_equal(mp_cgroups_pause_usec(1000, false), 1000000);
	for (uint64_t cost = 10000; cost < 100 * 1000000ULL; cost *= 3) {
		uint64_t pause = mp_cgroups_pause_usec(cost, false);

		/* Less than two hundredths of a CPU. */
		assert_true(cost * 100 < 2 * (cost + pause));
		assert_true(pause >= 20 * cost);
		assert_true(pause >= 1000000);
		assert_true(pause <= 100 * cost || pause == 1000000);
	}
}

static void lost_events_are_made_up_for_at_once_when_a_walk_costs_little(void **state)
{
	assert_int_equal(mp_cgroups_pause_usec(0, true), 0);
	assert_true(mp_cgroups_pause_usec(100, true) < 10000);
	assert_int_equal(mp_cgroups_pause_usec(300000, true), mp_cgroups_pause_usec(300000, false));
}

/* 16,384 events are waiting when the loop runs again: more than the kernel keeps. */
static void a_queue_that_overflows_loses_nothing(void **state)
{
	struct fixture *f = *state;

	open_tree(f, 100);
	make(f, "/a");
	for (int i = 0; i < 9000; i++) {
		make(f, "/noise");
		drop(f, "/noise");
	}
	make(f, "/last");
	assert_true(comes(f, "/last"));
	assert_true(has(f, "/a"));
	assert_false(has(f, "/noise"));
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
	assert_true(comes(f, "/"));
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
		TEST(with_too_few_watches_the_tree_is_read_again_and_again),
		TEST(events_do_not_postpone_the_next_walk),
		TEST(the_pause_between_walks_grows_with_what_a_walk_costs),
		TEST(lost_events_are_made_up_for_at_once_when_a_walk_costs_little),
		TEST(a_queue_that_overflows_loses_nothing),
		TEST(a_root_that_comes_later_is_found),
		TEST(files_and_names_that_json_cannot_hold_are_passed_by),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
