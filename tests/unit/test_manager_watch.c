// SPDX-License-Identifier: GPL-2.0-only
/*
 * A change of a policy directory is told within a second, however it is made; and nothing is told
 * when nothing changed.
 */
#include "fixture.h"

#include <time.h>

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

static uint64_t now_usec(void)
{
	struct timespec ts;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &ts), 0);
	return ts.tv_sec * 1000000ULL + ts.tv_nsec / 1000;
}

/* Records of other programs' files in /tmp wake the loop as well: time is what ends it, not turns. */
static void run_loop(struct fixture *f, uint64_t usec, bool until_change)
{
	uint64_t end = now_usec() + usec, now;

	while (!(until_change && f->changes) && (now = now_usec()) < end)
		(void)sd_event_run(f->event, end - now);
}

/* Waits as long as it takes on a busy machine. Nothing is left for later: on_changed() begins anew. */
static bool is_told(struct fixture *f, const char *command)
{
	f->changes = 0;
	shell(f, command);
	run_loop(f, 20 * 1000000ULL, true);
	return f->changes > 0;
}

static bool is_not_told(struct fixture *f, const char *command)
{
	f->changes = 0;
	shell(f, command);
	run_loop(f, 800 * 1000ULL, false);
	return f->changes == 0;
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
	assert_true(is_told(f, "echo x >etc/mempolicyd/policy.d/a.mempolicy"));
	assert_true(is_told(f, "echo y >>etc/mempolicyd/policy.d/a.mempolicy"));
	assert_true(is_told(f, "echo z >b && mv b etc/mempolicyd/policy.d/b.mempolicy"));
	assert_true(is_told(f, "mv etc/mempolicyd/policy.d/b.mempolicy ."));
	assert_true(is_told(f, "rm etc/mempolicyd/policy.d/a.mempolicy"));
	assert_true(is_told(f, "ln -s /dev/null etc/mempolicyd/policy.d/m.mempolicy"));
	assert_true(is_told(f, "mkfifo etc/mempolicyd/policy.d/f.mempolicy"));
}

static void nothing_is_told_when_nothing_changed(void **state)
{
	struct fixture *f = *state;

	shell(f, "mkdir -p etc/mempolicyd/policy.d && echo x >etc/mempolicyd/policy.d/a.mempolicy");
	start(f);
	assert_true(is_not_told(f, "cat etc/mempolicyd/policy.d/a.mempolicy >/dev/null"));
	assert_true(is_not_told(f, "touch etc/other; mkdir etc/x; touch unrelated"));
	assert_true(is_not_told(f, "echo x >etc/mempolicyd/policy.d/.a.mempolicy.swp"));
}

static void a_directory_that_comes_later_is_watched(void **state)
{
	struct fixture *f = *state;

	start(f);
	assert_true(is_told(f, "mkdir -p etc/mempolicyd/policy.d"));
	assert_true(is_told(f, "echo x >etc/mempolicyd/policy.d/a.mempolicy"));
}

static void a_directory_that_is_replaced_is_watched_again(void **state)
{
	struct fixture *f = *state;

	shell(f, "mkdir -p etc/mempolicyd/policy.d");
	start(f);
	assert_true(is_told(f, "mv etc/mempolicyd/policy.d old && mkdir etc/mempolicyd/policy.d"));
	assert_true(is_told(f, "echo x >etc/mempolicyd/policy.d/a.mempolicy"));
	assert_true(is_not_told(f, "echo x >old/a.mempolicy"));
}

static void dropins_are_watched(void **state)
{
	struct fixture *f = *state;

	shell(f, "mkdir -p etc/mempolicyd/policy.d");
	start(f);
	assert_true(is_told(f, "mkdir etc/mempolicyd/policy.d/a.mempolicy.d"));
	assert_true(is_told(f, "echo x >etc/mempolicyd/policy.d/a.mempolicy.d/1.conf"));
}

#define POLICIES "etc/mempolicyd/policy.d"

static void an_edit_behind_a_link_is_told(void **state)
{
	struct fixture *f = *state;

	shell(f, "mkdir -p " POLICIES " share && echo x >share/a.mempolicy &&"
		 " ln -s ../../../share/a.mempolicy " POLICIES "/a.mempolicy");
	start(f);
	assert_true(is_told(f, "echo y >>share/a.mempolicy"));
	assert_true(is_told(f, "echo z >share/.new && mv share/.new share/a.mempolicy"));
	assert_true(is_told(f, "rm share/a.mempolicy"));
	assert_true(is_told(f, "echo x >share/a.mempolicy"));
	assert_true(is_not_told(f, "echo x >share/b.mempolicy; cat share/a.mempolicy >share/c"));
}

static void a_link_may_have_any_name_and_lead_through_others(void **state)
{
	struct fixture *f = *state;

	shell(f,
	      "mkdir -p " POLICIES " a/b && echo x >a/b/file && ln -s a/../a/./b way &&"
	      " ln -s \"$PWD/way/file\" second && ln -s \"$PWD/second\" " POLICIES "/l.mempolicy");
	start(f);
	assert_true(is_told(f, "echo y >>a/b/file"));
	assert_true(is_told(f, "mkdir c && echo x >c/file && ln -sfn c way"));
	assert_true(is_told(f, "echo y >>c/file"));
	assert_true(is_not_told(f, "echo y >>a/b/file"));
}

static void a_directory_behind_a_link_is_watched_and_watched_again(void **state)
{
	struct fixture *f = *state;

	shell(f, "mkdir -p etc/mempolicyd srv/p && ln -s ../../srv/p " POLICIES);
	start(f);
	assert_true(is_told(f, "echo x >srv/p/a.mempolicy"));
	assert_true(is_told(f, "mv srv/p srv/old"));
	assert_true(is_told(f, "mkdir srv/p"));
	assert_true(is_told(f, "echo x >srv/p/a.mempolicy"));
}

static void dropins_behind_links_are_watched(void **state)
{
	struct fixture *f = *state;

	shell(f, "mkdir -p " POLICIES
		 "/a.mempolicy.d share/d && echo x >share/1 && echo x >share/d/2.conf &&"
		 " ln -s ../../../../share/1 " POLICIES "/a.mempolicy.d/1.conf &&"
		 " ln -s ../../../share/d " POLICIES "/b.mempolicy.d");
	start(f);
	assert_true(is_told(f, "echo y >>share/1"));
	assert_true(is_told(f, "echo y >>share/d/2.conf"));
	assert_true(is_told(f, "echo y >share/d/3.conf"));
	assert_true(is_told(f, "mv share/d share/e"));
}

static void a_link_to_nowhere_is_told_when_its_target_comes(void **state)
{
	struct fixture *f = *state;

	shell(f, "mkdir -p " POLICIES " && ln -s ../../../later/a " POLICIES "/a.mempolicy &&"
		 " ln -s loop.mempolicy " POLICIES "/loop.mempolicy");
	start(f);
	assert_true(is_told(f, "mkdir later"));
	assert_true(is_told(f, "echo x >later/a"));
}

static void a_second_name_of_the_file_is_watched(void **state)
{
	struct fixture *f = *state;

	shell(f, "mkdir -p " POLICIES " && echo x >other && ln other " POLICIES "/a.mempolicy");
	start(f);
	assert_true(is_told(f, "echo y >>other"));
}

static void what_is_written_to_a_mask_is_not_told(void **state)
{
	struct fixture *f = *state;

	shell(f, "mkdir -p " POLICIES " && ln -s /dev/null " POLICIES "/a.mempolicy");
	start(f);
	assert_true(is_not_told(f, "echo x >/dev/null"));
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
		TEST(an_edit_behind_a_link_is_told),
		TEST(a_link_may_have_any_name_and_lead_through_others),
		TEST(a_directory_behind_a_link_is_watched_and_watched_again),
		TEST(dropins_behind_links_are_watched),
		TEST(a_link_to_nowhere_is_told_when_its_target_comes),
		TEST(a_second_name_of_the_file_is_watched),
		TEST(what_is_written_to_a_mask_is_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
