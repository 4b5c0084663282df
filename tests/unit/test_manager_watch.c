// SPDX-License-Identifier: GPL-2.0-only
/*
 * A change of a policy directory is told within a second, however it is made; and nothing is told
 * when nothing changed.
 */
#include "fixture.h"

#include "../../daemon/mempolicyd/watch.h"

struct fixture {
	char *root;
	char dir[128];
	const char *dirs[2];
	sd_event *event;
	struct mp_watch *watch;
	unsigned int changes;
};

static void on_changed(void *userdata)
{
	struct fixture *f = userdata;

	f->changes++;
	assert_true(mp_watch_rearm(f->watch) >= 0);
}

static void shell(struct fixture *f, const char *command)
{
	char line[512];

	snprintf(line, sizeof(line), "cd '%s' && %s", f->root, command);
	assert_int_equal(system(line), 0);
}

static unsigned int changes_after(struct fixture *f, const char *command)
{
	f->changes = 0;
	shell(f, command);
	for (int i = 0; i < 8; i++)
		(void)sd_event_run(f->event, 100000);
	return f->changes;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (tree_setup((void **)&f->root) < 0)
		return -1;
	snprintf(f->dir, sizeof(f->dir), "%s/etc/mempolicyd/policy.d", f->root);
	f->dirs[0] = f->dir;
	if (sd_event_new(&f->event) < 0)
		return -1;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	int r;

	mp_watch_free(f->watch);
	sd_event_unref(f->event);
	r = tree_teardown((void **)&f->root);
	free(f);
	return r;
}

static void start(struct fixture *f)
{
	assert_true(mp_watch_new(f->event, f->dirs, on_changed, f, &f->watch) >= 0);
}

static void writing_renaming_and_removing_a_file_are_told(void **state)
{
	struct fixture *f = *state;

	shell(f, "mkdir -p etc/mempolicyd/policy.d");
	start(f);
	assert_true(changes_after(f, "echo x >etc/mempolicyd/policy.d/a.mempolicy") > 0);
	assert_true(changes_after(f, "echo y >>etc/mempolicyd/policy.d/a.mempolicy") > 0);
	assert_true(changes_after(f, "echo z >b && mv b etc/mempolicyd/policy.d/b.mempolicy") > 0);
	assert_true(changes_after(f, "mv etc/mempolicyd/policy.d/b.mempolicy .") > 0);
	assert_true(changes_after(f, "rm etc/mempolicyd/policy.d/a.mempolicy") > 0);
	assert_true(changes_after(f, "ln -s /dev/null etc/mempolicyd/policy.d/m.mempolicy") > 0);
	assert_true(changes_after(f, "mkfifo etc/mempolicyd/policy.d/f.mempolicy") > 0);
}

static void nothing_is_told_when_nothing_changed(void **state)
{
	struct fixture *f = *state;

	shell(f, "mkdir -p etc/mempolicyd/policy.d && echo x >etc/mempolicyd/policy.d/a.mempolicy");
	start(f);
	assert_int_equal(changes_after(f, "cat etc/mempolicyd/policy.d/a.mempolicy >/dev/null"), 0);
	assert_int_equal(changes_after(f, "touch etc/other; mkdir etc/x; touch unrelated"), 0);
	assert_int_equal(changes_after(f, "echo x >etc/mempolicyd/policy.d/.a.mempolicy.swp"), 0);
}

static void a_directory_that_comes_later_is_watched(void **state)
{
	struct fixture *f = *state;

	start(f);
	assert_true(changes_after(f, "mkdir -p etc/mempolicyd/policy.d") > 0);
	assert_true(changes_after(f, "echo x >etc/mempolicyd/policy.d/a.mempolicy") > 0);
}

static void a_directory_that_is_replaced_is_watched_again(void **state)
{
	struct fixture *f = *state;

	shell(f, "mkdir -p etc/mempolicyd/policy.d");
	start(f);
	assert_true(changes_after(
			    f, "mv etc/mempolicyd/policy.d old && mkdir etc/mempolicyd/policy.d") >
		    0);
	assert_true(changes_after(f, "echo x >etc/mempolicyd/policy.d/a.mempolicy") > 0);
	assert_int_equal(changes_after(f, "echo x >old/a.mempolicy"), 0);
}

static void dropins_are_watched(void **state)
{
	struct fixture *f = *state;

	shell(f, "mkdir -p etc/mempolicyd/policy.d");
	start(f);
	assert_true(changes_after(f, "mkdir etc/mempolicyd/policy.d/a.mempolicy.d") > 0);
	assert_true(changes_after(f, "echo x >etc/mempolicyd/policy.d/a.mempolicy.d/1.conf") > 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(writing_renaming_and_removing_a_file_are_told),
		TEST(nothing_is_told_when_nothing_changed),
		TEST(a_directory_that_comes_later_is_watched),
		TEST(a_directory_that_is_replaced_is_watched_again),
		TEST(dropins_are_watched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
