// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for the files of FilePath= in the manager: what matches is in and nothing else, at once, after an
 * edit, after a reload and in the course of time; what cannot be in is told once, with the reason.
 */
#include <pthread.h>
#include <time.h>

#include "../../daemon/mempolicyd/explain.h"
#include "../../daemon/mempolicyd/ref-files.h"
#include "../../daemon/mempolicyd/report.h"
#include "fake-kernel.h"
#include "mechanism-refcount.h"
#include "ref-look.h"

/* In place of the library's: a look below "hang" does not end before it is let go. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t released = PTHREAD_COND_INITIALIZER;
static bool hangs;

int __real_mp_ref_look(const struct mp_patterns *patterns, const struct mp_ref_id *known,
		       size_t n_known, size_t fds_max, size_t hits[], struct mp_ref_look *ret);
int __wrap_mp_ref_look(const struct mp_patterns *patterns, const struct mp_ref_id *known,
		       size_t n_known, size_t fds_max, size_t hits[], struct mp_ref_look *ret);

int __wrap_mp_ref_look(const struct mp_patterns *patterns, const struct mp_ref_id *known,
		       size_t n_known, size_t fds_max, size_t hits[], struct mp_ref_look *ret)
{
	bool mine = patterns->count && strstr(patterns->items[0].glob, "/hang/");

	pthread_mutex_lock(&lock);
	while (mine && hangs)
		pthread_cond_wait(&released, &lock);
	pthread_mutex_unlock(&lock);
	return __real_mp_ref_look(patterns, known, n_known, fds_max, hits, ret);
}

static void let_go(void)
{
	pthread_mutex_lock(&lock);
	hangs = false;
	pthread_cond_broadcast(&released);
	pthread_mutex_unlock(&lock);
}

#define PATIENCE_USEC (30 * 1000 * 1000ULL)

/* ~ in @keys is the tree. */
static char *policy(const char *tree, const char *keys)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	fputs("[Match]\nCgroup=/a\n[Refcount]\n", f);
	for (; *keys; keys++)
		if (*keys == '~')
			fputs(tree, f);
		else
			putc(*keys, f);
	fclose(f);
	return text;
}

static void edit_refs(struct daemon *d, const char *tree, const char *name, const char *keys)
{
	_cleanup_free_ char *text = policy(tree, keys);

	edit(d, tree, name, text);
}

static uint64_t clock_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000ULL + ts.tv_nsec / 1000;
}

/* "a b": the names below db/ of what the kernel has, in their order. */
static char *in_kernel(const char *tree)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	for (char c = 'a'; c <= 'z'; c++) {
		char name[] = { 'd', 'b', '/', c, '\0' };
		_cleanup_free_ char *path = tree_path(tree, name);
		struct stat st;

		if (stat(path, &st) < 0)
			continue;
		for (size_t i = 0; i < kernel.n_files; i++)
			if (kernel.files[i].id == 2 * st.st_ino + 1)
				fputc(c, f);
	}
	fclose(f);
	return text;
}

/* Lets the loop run until the kernel has these files and nothing is under way. */
static void settle_refs(struct daemon *d, const char *tree, const char *wanted)
{
	uint64_t end = clock_usec() + PATIENCE_USEC;

	for (;;) {
		_cleanup_free_ char *have = in_kernel(tree);

		if (!strcmp(have, wanted) && kernel.n_files == strlen(wanted))
			return;
		if (clock_usec() > end)
			fail_msg("'%s' (%zu) are in, not '%s'", have, kernel.n_files, wanted);
		assert_true(sd_event_run(d->event, 100000) >= 0);
	}
}

/* Until the policy's row has that reason, NULL: none. */
static void wait_reason(struct daemon *d, const char *name, const char *wanted)
{
	uint64_t end = clock_usec() + PATIENCE_USEC;

	for (;;) {
		const struct mp_attachment *a = at(d, name);

		if (!wanted ? !a->reason : a->reason && strstr(a->reason, wanted))
			return;
		if (clock_usec() > end)
			fail_msg("the reason is '%s', not '%s'", a->reason, wanted);
		assert_true(sd_event_run(d->event, 100000) >= 0);
	}
}

static void files(const char *tree, const char *names)
{
	tree_mkdirs(tree, "db/x");
	for (; *names; names++) {
		char name[] = { 'd', 'b', '/', *names, '\0' };

		tree_write(tree, name, "x");
	}
}

static void remove_file(const char *tree, const char *name)
{
	_cleanup_free_ char *path = tree_path(tree, name);

	assert_int_equal(unlink(path), 0);
}

static void assert_shown(struct daemon *d, const char *name, const char *wanted)
{
	_cleanup_free_ char *text = NULL;
	sd_json_variant *v = NULL;

	assert_int_equal(mp_report_show(d->m, name, &v), 0);
	assert_true(sd_json_variant_format(v, 0, &text) >= 0);
	sd_json_variant_unref(v);
	if (!strstr(text, wanted))
		fail_msg("'%s' is not in '%s'", wanted, text);
}

#define FILES "Engine=files\nFilePath=~/db/*\n"

static void test_the_kernel_is_given_what_the_section_says(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	edit_refs(NULL, *state, "r", "Engine=hot\nMaxFiles=7\nSample=99\nPeriod=2s\n");
	start(&d, *state);
	assert_int_equal(own_value(&kernel.values, "max_files"), 7);
	assert_int_equal(own_value(&kernel.values, "sample"), 99);
	assert_int_equal(own_value(&kernel.values, "period_ms"), 2000);
	assert_true(kernel.values.cgroup_id != 0);
	assert_int_equal(kernel.file_calls, 0);
	assert_int_equal(at(&d, "r")->state, MP_STATE_ACTIVE);
	/* Without a list nobody looks. */
	assert_shown(&d, "r", "\"log\":null");
}

/* JSON is UTF-8, a file's name need not be, and a terminal obeys what is in it. */
static void test_a_file_that_matches_is_shown_whatever_its_name_is(void **state)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_daemon_ struct daemon d = {};
	sd_json_variant *v = NULL;

	tree_mkdirs(*state, "db");
	tree_write(*state, "db/a\xff\x1b", "x");
	edit_refs(NULL, *state, "r", FILES);
	start(&d, *state);
	for (uint64_t end = clock_usec() + PATIENCE_USEC; !kernel.n_files;) {
		assert_true(clock_usec() < end);
		assert_true(sd_event_run(d.event, 100000) >= 0);
	}
	assert_shown(&d, "r", "db/a??\",\"glob\":\"/");
	assert_int_equal(mp_explain(d.m, "/a", &v), 0);
	assert_true(sd_json_variant_format(v, 0, &text) >= 0);
	sd_json_variant_unref(v);
	assert_non_null(strstr(text, "db/a?? (policy)"));
}

static void test_what_matches_is_in_and_goes_with_its_policy(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	files(*state, "abc");
	edit_refs(NULL, *state, "r", FILES "FilePath=!~/db/b\n");
	start(&d, *state);
	settle_refs(&d, *state, "ac");
	assert_int_equal(kernel.files[0].cause, MEMPOL_REF_BY_POLICY);
	assert_shown(&d, "r", "db/a\",\"glob\":\"/");
	assert_shown(&d, "r", "\"in\":true,\"reason\":null}");
	remove_file(*state, "policies/r.mempolicy");
	assert_int_equal(mp_slots_scan(d.m), 0);
	mp_manager_update(d.m);
	assert_int_equal(kernel.n_files, 0);
	assert_int_equal(kernel.attached, 0);
}

/* The engine is not touched. */
static void test_an_edit_of_the_list_takes_files_in_and_out(void **state)
{
	_cleanup_daemon_ struct daemon d = {};
	unsigned int loads;

	files(*state, "abc");
	edit_refs(NULL, *state, "r", "Engine=files\nFilePath=~/db/[ab]\n");
	start(&d, *state);
	settle_refs(&d, *state, "ab");
	loads = kernel.loads;
	edit_refs(&d, *state, "r", "Engine=files\nFilePath=~/db/[bc]\n");
	settle_refs(&d, *state, "bc");
	assert_int_equal(kernel.loads, loads);
	assert_int_equal(kernel.replacements, 0);
}

/* Of another number of files the kernel must know, and the files stay in. */
static void test_another_key_replaces_the_engine_live(void **state)
{
	_cleanup_daemon_ struct daemon d = {};
	unsigned int calls;
	uint64_t id;

	files(*state, "abc");
	edit_refs(NULL, *state, "r", FILES);
	start(&d, *state);
	settle_refs(&d, *state, "abc");
	calls = kernel.file_calls;
	id = mp_loaded_policy_id(at(&d, "r")->loaded);
	edit_refs(&d, *state, "r", FILES "MaxFiles=2\n");
	assert_int_equal(kernel.replacements, 1);
	assert_true(mp_loaded_policy_id(at(&d, "r")->loaded) != id);
	wait_reason(&d, "r", NULL);
	assert_int_equal(kernel.file_calls, calls);
	settle_refs(&d, *state, "abc");
}

static void test_a_reload_looks_again(void **state)
{
	_cleanup_daemon_ struct daemon d = {};
	_cleanup_errors_ struct mp_errors errors = {};

	files(*state, "a");
	edit_refs(NULL, *state, "r", FILES "Period=1h\n");
	start(&d, *state);
	settle_refs(&d, *state, "a");
	files(*state, "b");
	remove_file(*state, "db/a");
	assert_true(mp_manager_reload(d.m, &errors) >= 0);
	settle_refs(&d, *state, "b");
}

static void test_files_that_come_and_go_are_seen_after_a_period(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	edit_refs(NULL, *state, "r", FILES "Period=1s\n");
	start(&d, *state);
	wait_reason(&d, "r", "FilePath= matches no file now");
	files(*state, "ab");
	settle_refs(&d, *state, "ab");
	wait_reason(&d, "r", NULL);
	/* A name that does not match any more cannot be opened: it goes by its numbers. */
	tree_mkdirs(*state, "old/x");
	{
		_cleanup_free_ char *a = tree_path(*state, "db/a"), *b = tree_path(*state, "old/a");

		assert_int_equal(rename(a, b), 0);
	}
	settle_refs(&d, *state, "b");
}

static void tell(struct daemon *d, const struct mempol_ref_file *file, unsigned int cause)
{
	struct mempol_event event = {
		.version = MEMPOL_ABI_VERSION,
		.type = MEMPOL_EV_REF_FILE,
		.mechanism = MEMPOL_MECH_REFCOUNT,
		.policy_id = file->policy_id,
		.body.file = { .id = file->id, .cause = cause, .name = "/x" },
	};

	kernel.n_files = 0;
	kernel.event(&event, kernel.event_userdata);
}

/* Device and inode number of btrfs are those of a file in one subvolume, and of its copy in a snapshot. */
static void test_of_two_files_with_the_same_numbers_the_right_one_goes_out(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	files(*state, "abc");
	kernel.same_numbers = true;
	edit_refs(NULL, *state, "r", FILES);
	start(&d, *state);
	settle_refs(&d, *state, "abc");
	edit_refs(&d, *state, "r", FILES "FilePath=!~/db/b\n");
	settle_refs(&d, *state, "ac");
	edit_refs(&d, *state, "r", FILES "FilePath=!~/db/b !~/db/c\n");
	settle_refs(&d, *state, "a");
}

/* Not only when the hour is over. */
static void test_a_file_made_anew_is_in_soon(void **state)
{
	_cleanup_daemon_ struct daemon d = {};
	struct mempol_ref_file gone;

	files(*state, "a");
	edit_refs(NULL, *state, "r", FILES "Period=1h\n");
	start(&d, *state);
	settle_refs(&d, *state, "a");
	gone = kernel.files[0];
	remove_file(*state, "db/a");
	tell(&d, &gone, MEMPOL_REF_BY_EVICTION);
	files(*state, "a");
	settle_refs(&d, *state, "a");
}

static void test_a_file_that_was_asked_out_stays_out_until_a_reload(void **state)
{
	_cleanup_daemon_ struct daemon d = {};
	_cleanup_errors_ struct mp_errors errors = {};

	files(*state, "a");
	edit_refs(NULL, *state, "r", FILES "Period=1s\n");
	start(&d, *state);
	settle_refs(&d, *state, "a");
	tell(&d,
	     &(struct mempol_ref_file){ .policy_id = kernel.files[0].policy_id,
					.id = kernel.files[0].id },
	     MEMPOL_REF_BY_REQUEST);
	wait_reason(&d, "r",
		    "1 of 1 files that FilePath= matches are not in, mempolctl show r says");
	assert_shown(&d, "r", "it was taken out with mempolctl refs off, and stays out until ");
	assert_int_equal(kernel.n_files, 0);
	assert_true(mp_manager_reload(d.m, &errors) >= 0);
	settle_refs(&d, *state, "a");
}

static void test_what_the_kernel_refuses_is_shown_and_tried_again(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	files(*state, "ab");
	tree_write(*state, "db/c", "long");
	kernel.refused_size = 4;
	edit_refs(NULL, *state, "r", FILES "Period=1s\n");
	start(&d, *state);
	settle_refs(&d, *state, "ab");
	wait_reason(&d, "r", "1 of 3 files that FilePath= matches are not in");
	assert_int_equal(at(&d, "r")->state, MP_STATE_ACTIVE);
	assert_shown(&d, "r", "DAX or a file system without page cache: name a file on a disk");
	kernel.refused_size = 0;
	settle_refs(&d, *state, "abc");
	wait_reason(&d, "r", NULL);
}

static void test_what_cannot_be_in_is_not_asked_of_the_kernel(void **state)
{
	_cleanup_free_ char *open_dir = tree_path(*state, "open");
	_cleanup_daemon_ struct daemon d = {};

	files(*state, "a");
	tree_link(*state, "open/a", "../db/a");
	assert_int_equal(chmod(open_dir, 0777), 0);
	edit_refs(NULL, *state, "r", "Engine=files\nFilePath=~/open/a ~/db\n");
	start(&d, *state);
	wait_reason(&d, "r", "2 of 2 files");
	assert_int_equal(kernel.file_calls, 0);
	assert_shown(&d, "r", "a symbolic link that others than root can make leads to it");
	assert_shown(&d, "r", "it is a directory");
}

static void test_as_many_are_in_as_max_files_says(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	files(*state, "bcd");
	edit_refs(NULL, *state, "r", FILES "MaxFiles=2\nPeriod=1s\n");
	start(&d, *state);
	settle_refs(&d, *state, "bc");
	wait_reason(&d, "r", "1 of 3 files");
	assert_shown(&d, "r", "MaxFiles=2 are in: raise it (at most 1024)");
	/* Who is in stays in, whatever comes before it. */
	files(*state, "a");
	wait_reason(&d, "r", "2 of 4 files");
	settle_refs(&d, *state, "bc");
	remove_file(*state, "db/b");
	settle_refs(&d, *state, "ac");
}

static void test_many_files_are_taken_in_several_turns(void **state)
{
	_cleanup_daemon_ struct daemon d = {};
	uint64_t end = clock_usec() + PATIENCE_USEC;
	char name[32];

	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "db/%d.idx", i);
		tree_write(*state, name, i < 70 ? "long" : "x");
	}
	/* Those that are refused are not in the others' way. */
	kernel.refused_size = 4;
	edit_refs(NULL, *state, "r", FILES "MaxFiles=100\nPeriod=1h\n");
	start(&d, *state);
	while (kernel.n_files < 30) {
		assert_true(clock_usec() < end);
		assert_true(sd_event_run(d.event, 100000) >= 0);
	}
	wait_reason(&d, "r", "70 of 100 files");
	assert_int_equal(kernel.file_calls, 100);
}

static void test_one_of_its_places_carries_the_files_and_another_takes_over(void **state)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_daemon_ struct daemon d = {};
	uint64_t id;

	files(*state, "ab");
	assert_true(asprintf(&text,
			     "[Match]\nCgroup=/a /b\n[Refcount]\nEngine=files\nFilePath=%s/db/*\n",
			     (char *)*state) > 0);
	tree_mkdirs(*state, "cgroups/b/x");
	edit(NULL, *state, "r", text);
	start(&d, *state);
	settle_refs(&d, *state, "ab");
	assert_int_equal(kernel.attached, 2);
	id = kernel.files[0].policy_id;
	assert_true(id == kernel.files[1].policy_id);
	assert_true(id == mp_loaded_policy_id(at(&d, "r")->loaded));
	text[strlen("[Match]\nCgroup=/")] = 'b';
	edit(&d, *state, "r", text);
	assert_int_equal(kernel.attached, 1);
	settle_refs(&d, *state, "ab");
	assert_true(id != kernel.files[0].policy_id);
}

static void test_a_file_of_another_policy_says_whose(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	files(*state, "a");
	edit_refs(NULL, *state, "p", FILES);
	start(&d, *state);
	settle_refs(&d, *state, "a");
	{
		_cleanup_free_ char *text = NULL;

		tree_mkdirs(*state, "cgroups/b/x");
		assert_true(
			asprintf(&text,
				 "[Match]\nCgroup=/b\n[Refcount]\nEngine=files\nFilePath=%s/db/a\n",
				 (char *)*state) > 0);
		(void)mp_cgroups_rescan(d.m->cgroups);
		edit(&d, *state, "q", text);
	}
	wait_reason(&d, "q", "1 of 1 files");
	assert_shown(&d, "q", "policy p has it");
}

static void test_without_an_answer_it_is_tried_again(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	files(*state, "a");
	kernel.table_error = -EIO;
	edit_refs(NULL, *state, "r", FILES "Period=1h\n");
	start(&d, *state);
	wait_reason(&d, "r", "its files cannot be opted in now: Input/output error");
	kernel.table_error = 0;
	/* No file is missing. */
	kernel.file_error = -ENOENT;
	wait_reason(&d, "r", "its files cannot be opted in now: the policy is leaving the kernel");
	kernel.file_error = -ENOMEM;
	wait_reason(&d, "r", "its files cannot be opted in now: Cannot allocate memory");
	kernel.file_error = 0;
	settle_refs(&d, *state, "a");
	wait_reason(&d, "r", NULL);
}

static void test_explain_says_whose_reads_and_which_files(void **state)
{
	static const struct {
		const char *engine, *cgroup, *wanted;
	} cases[] = {
		{ "Engine=files", "/a",
		  "\"verdict\":\"governs\",\"reason\":\"1 file is in, for every task of the machine: /" },
		{ "Engine=files", "/",
		  "\"verdict\":\"no-match\",\"reason\":\"1 file is in, for every task" },
		{ "Engine=/x/y.bpf.o", "/a",
		  "\"reason\":\"1 in 1024 of its cached reads is sampled; 1 file is in" },
		{ "Engine=/x/y.bpf.o", "/a/x",
		  "\"reason\":\"through /a; 1 in 1024 of its cached reads is sampled" },
		{ "Engine=/x/y.bpf.o", "/",
		  "\"reason\":\"1 in 1024 of its cached reads is not sampled; 1 file" },
	};
	_cleanup_daemon_ struct daemon d = {};

	files(*state, "a");
	tree_mkdirs(*state, "cgroups/a/x/y");
	start(&d, *state);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *keys = NULL, *text = NULL;
		sd_json_variant *v = NULL;

		assert_true(asprintf(&keys, "%s\nFilePath=~/db/*\n", cases[i].engine) > 0);
		edit_refs(&d, *state, "r", keys);
		settle_refs(&d, *state, "a");
		assert_int_equal(mp_explain(d.m, cases[i].cgroup, &v), 0);
		assert_true(sd_json_variant_format(v, 0, &text) >= 0);
		sd_json_variant_unref(v);
		if (!strstr(text, cases[i].wanted) || !strstr(text, "db/a (policy)"))
			fail_msg("'%s' is not in '%s'", cases[i].wanted, text);
	}
}

/* It is the engine that opts in nothing. */
static void test_an_excluded_cgroup_is_not_sampled(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	edit(NULL, *state, "r", "[Match]\nCgroup=/a !/a/x\n[Refcount]\nEngine=hot\n");
	tree_mkdirs(*state, "cgroups/a/x/y");
	start(&d, *state);
	assert_int_equal(kernel.attached, 2);
	for (size_t i = 0; i < d.m->n_attachments; i++)
		assert_string_equal(mp_attachment_engine(d.m->attachments[i]),
				    strcmp(d.m->attachments[i]->cgroup, "/a") ? "files" : "hot");
}

static void in_other_cgroup(struct daemon *d, const char *tree, const char *name,
			    const char *directory)
{
	_cleanup_free_ char *text = NULL;

	assert_true(asprintf(&text,
			     "[Match]\nCgroup=/a/x\n[Refcount]\nEngine=files\nFilePath=%s/%s/*\n",
			     tree, directory) > 0);
	edit(d, tree, name, text);
}

/* Its thread may never end: nobody waits for it, and what it would say is not asked for any more. */
static void test_a_file_system_that_hangs_holds_up_nobody_else(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	hangs = true;
	files(*state, "a");
	tree_write(*state, "hang/b", "x");
	tree_mkdirs(*state, "cgroups/a/x/y");
	in_other_cgroup(NULL, *state, "h", "hang");
	start(&d, *state);
	edit_refs(&d, *state, "r", FILES);
	settle_refs(&d, *state, "a");
	/* The policy changes its mind meanwhile, and its files are in. */
	files(*state, "c");
	in_other_cgroup(&d, *state, "h", "db");
	wait_reason(&d, "h", "1 of 2 files that FilePath= matches are not in");
	/* Another that hangs is left behind with its policy. */
	in_other_cgroup(&d, *state, "h", "hang");
	assert_true(sd_event_run(d.event, 0) >= 0);
	remove_file(*state, "policies/h.mempolicy");
	assert_int_equal(mp_slots_scan(d.m), 0);
	mp_manager_update(d.m);
	settle_refs(&d, *state, "a");
	let_go();
}

static int setup(void **state)
{
	fake_reset();
	return tree_setup(state);
}

#define DAEMON_TEST(f) cmocka_unit_test_setup_teardown(f, setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DAEMON_TEST(test_the_kernel_is_given_what_the_section_says),
		DAEMON_TEST(test_a_file_that_matches_is_shown_whatever_its_name_is),
		DAEMON_TEST(test_what_matches_is_in_and_goes_with_its_policy),
		DAEMON_TEST(test_an_edit_of_the_list_takes_files_in_and_out),
		DAEMON_TEST(test_another_key_replaces_the_engine_live),
		DAEMON_TEST(test_a_reload_looks_again),
		DAEMON_TEST(test_files_that_come_and_go_are_seen_after_a_period),
		DAEMON_TEST(test_of_two_files_with_the_same_numbers_the_right_one_goes_out),
		DAEMON_TEST(test_a_file_made_anew_is_in_soon),
		DAEMON_TEST(test_a_file_that_was_asked_out_stays_out_until_a_reload),
		DAEMON_TEST(test_what_the_kernel_refuses_is_shown_and_tried_again),
		DAEMON_TEST(test_what_cannot_be_in_is_not_asked_of_the_kernel),
		DAEMON_TEST(test_as_many_are_in_as_max_files_says),
		DAEMON_TEST(test_many_files_are_taken_in_several_turns),
		DAEMON_TEST(test_one_of_its_places_carries_the_files_and_another_takes_over),
		DAEMON_TEST(test_a_file_of_another_policy_says_whose),
		DAEMON_TEST(test_without_an_answer_it_is_tried_again),
		DAEMON_TEST(test_explain_says_whose_reads_and_which_files),
		DAEMON_TEST(test_an_excluded_cgroup_is_not_sampled),
		DAEMON_TEST(test_a_file_system_that_hangs_holds_up_nobody_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
