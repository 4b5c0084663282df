/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for directories of policy files: masking, drop-ins, and that each file stands
 * alone whatever lies beside it.
 */
#include "policy.h"
#include "trusted.h"

#define GOOD "[Match]\nUnit=a.service\n[Cache]\nEngine=mru\n"
#define LFU "[Match]\nUnit=a.service\n[Cache]\nEngine=lfu\n"

struct dirs {
	char *paths[4];
};

static void dirs_done(struct dirs *dirs)
{
	for (size_t i = 0; i < ARRAY_SIZE(dirs->paths); i++)
		free(dirs->paths[i]);
}

#define _cleanup_dirs_ _cleanup_(dirs_done)

static struct dirs dirs_of(const char *tree)
{
	return (struct dirs){ { tree_path(tree, "etc"), tree_path(tree, "run"),
				tree_path(tree, "usr") } };
}

static struct mp_policy_set read_set(const char *tree)
{
	_cleanup_dirs_ struct dirs dirs = dirs_of(tree);
	struct mp_policy_set set = {};

	alarm(10);
	assert_int_equal(mp_policy_set_read((const char *const *)dirs.paths, &set), 0);
	alarm(0);
	return set;
}

static const struct mp_policy *good(const struct mp_policy_set *set, const char *name)
{
	const struct mp_policy_entry *entry = mp_policy_set_find(set, name);

	assert_non_null(entry);
	for (size_t i = 0; i < entry->errors.count; i++)
		print_error("%s\n", entry->errors.items[i]);
	assert_non_null(entry->policy);
	assert_int_equal(entry->errors.count, 0);
	return entry->policy;
}

static const struct mp_errors *bad(const struct mp_policy_set *set, const char *name)
{
	const struct mp_policy_entry *entry = mp_policy_set_find(set, name);

	assert_non_null(entry);
	assert_null(entry->policy);
	assert_true(entry->errors.count > 0);
	return &entry->errors;
}

static void test_missing_directories_are_an_empty_set(void **state)
{
	_cleanup_policy_set_ struct mp_policy_set set = read_set(*state);

	assert_int_equal(set.count, 0);
	assert_int_equal(set.errors.count, 0);
}

static void test_unreadable_directory_is_an_error_of_the_set_only(void **state)
{
	_cleanup_policy_set_ struct mp_policy_set set = {};

	tree_write(*state, "etc", "not a directory");
	tree_write(*state, "usr/a.mempolicy", GOOD);
	set = read_set(*state);
	assert_int_equal(set.errors.count, 1);
	good(&set, "a");
}

static void test_earlier_directory_masks_the_same_name(void **state)
{
	_cleanup_policy_set_ struct mp_policy_set set = {};

	tree_write(*state, "usr/b.mempolicy", GOOD);
	tree_write(*state, "usr/a.mempolicy", GOOD);
	tree_write(*state, "run/a.mempolicy", GOOD);
	tree_write(*state, "etc/a.mempolicy", LFU);
	set = read_set(*state);
	assert_int_equal(set.count, 2);
	assert_string_equal(set.items[0].name, "a");
	assert_string_equal(set.items[1].name, "b");
	assert_string_equal(good(&set, "a")->choice.engine, "lfu");
	assert_int_equal(good(&set, "a")->rank, 0);
	assert_int_equal(good(&set, "b")->rank, 2);
}

static void test_link_to_dev_null_masks(void **state)
{
	_cleanup_policy_set_ struct mp_policy_set set = {};

	tree_write(*state, "usr/a.mempolicy", GOOD);
	tree_link(*state, "etc/a.mempolicy", "/dev/null");
	set = read_set(*state);
	assert_int_equal(set.count, 0);
}

static void test_bad_file_masks_too_and_leaves_the_others_alone(void **state)
{
	_cleanup_policy_set_ struct mp_policy_set set = {};

	tree_write(*state, "usr/a.mempolicy", GOOD);
	tree_write(*state, "etc/a.mempolicy", "junk\n" GOOD);
	tree_write(*state, "etc/b.mempolicy", GOOD);
	set = read_set(*state);
	assert_int_equal(set.count, 2);
	assert_error(bad(&set, "a"), "1", "neither [Section]");
	assert_non_null(strstr(set.items[0].path, "/etc/a.mempolicy"));
	good(&set, "b");
}

static void test_other_files_are_ignored(void **state)
{
	_cleanup_policy_set_ struct mp_policy_set set = {};

	tree_write(*state, "etc/README", "junk");
	tree_write(*state, "etc/a.mempolicy~", "junk");
	tree_write(*state, "etc/a b.mempolicy", "junk");
	tree_write(*state, "etc/.hidden.mempolicy", "junk");
	tree_write(*state, "etc/a.mempolicy.d/x.conf", "junk");
	set = read_set(*state);
	assert_int_equal(set.count, 0);
}

static void test_a_name_like_an_option_is_an_error_of_the_set(void **state)
{
	_cleanup_policy_set_ struct mp_policy_set set = {};

	tree_write(*state, "etc/-dash.mempolicy", GOOD);
	tree_write(*state, "etc/-dash.txt", GOOD);
	set = read_set(*state);
	assert_int_equal(set.count, 0);
	assert_int_equal(set.errors.count, 1);
	assert_error(&set.errors, "1",
		     "/etc/-dash.mempolicy:1: the name of a policy cannot begin with '-'");
}

static void test_fifo_directory_and_dangling_link_are_errors(void **state)
{
	_cleanup_policy_set_ struct mp_policy_set set = {};
	_cleanup_free_ char *fifo = tree_path(*state, "etc/fifo.mempolicy");

	tree_write(*state, "etc/dir.mempolicy/x", "");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	tree_link(*state, "etc/dangling.mempolicy", "nowhere");
	set = read_set(*state);
	assert_error(bad(&set, "fifo"), "1", "not a regular file");
	assert_error(bad(&set, "dir"), "1", "directory");
	assert_error(bad(&set, "dangling"), "1", "cannot be read");
}

static void test_large_file_is_an_error(void **state)
{
	_cleanup_free_ char *text = malloc(MP_POLICY_FILE_MAX + 1);
	_cleanup_policy_set_ struct mp_policy_set set = {};

	memset(text, '\n', MP_POLICY_FILE_MAX + 1);
	tree_write_bytes(*state, "etc/a.mempolicy", text, MP_POLICY_FILE_MAX + 1);
	set = read_set(*state);
	assert_error(bad(&set, "a"), "1", "larger than 65536");
}

static void test_dropins_of_all_directories_apply_in_the_order_of_their_names(void **state)
{
	_cleanup_policy_set_ struct mp_policy_set set = {};
	const struct mp_policy *policy;

	tree_write(*state, "usr/a.mempolicy", GOOD);
	tree_write(*state, "usr/a.mempolicy.d/10-x.conf", "[Policy]\nPriority=10\n");
	tree_write(*state, "etc/a.mempolicy.d/50-z.conf", "[Match]\nUnit=\nUnit=b.service\n");
	tree_write(*state, "run/a.mempolicy.d/20-y.conf",
		   "[Policy]\nPriority=20\n[Cache]\nEngine=lfu\n");
	tree_write(*state, "run/a.mempolicy.d/README", "junk");
	tree_write(*state, "run/a.mempolicy.d/.x.conf", "junk");
	set = read_set(*state);
	policy = good(&set, "a");
	assert_int_equal(policy->priority, 20);
	assert_string_equal(policy->choice.engine, "lfu");
	assert_non_null(strstr(policy->choice.file, "/run/a.mempolicy.d/20-y.conf"));
	assert_int_equal(policy->choice.line, 4);
	assert_int_equal(policy->match.unit.count, 1);
	assert_string_equal(policy->match.unit.items[0].glob, "b.service");
	assert_int_equal(policy->n_files, 4);
	assert_non_null(strstr(policy->files[1], "10-x.conf"));
	assert_non_null(strstr(policy->files[3], "50-z.conf"));
}

static void test_dropin_is_masked_by_the_same_name_and_by_dev_null(void **state)
{
	_cleanup_policy_set_ struct mp_policy_set set = {};

	tree_write(*state, "usr/a.mempolicy", GOOD);
	tree_write(*state, "usr/a.mempolicy.d/x.conf", "junk");
	tree_write(*state, "etc/a.mempolicy.d/x.conf", "[Policy]\nPriority=3\n");
	tree_write(*state, "usr/a.mempolicy.d/y.conf", "junk");
	tree_link(*state, "run/a.mempolicy.d/y.conf", "/dev/null");
	set = read_set(*state);
	assert_int_equal(good(&set, "a")->priority, 3);
	assert_int_equal(good(&set, "a")->n_files, 2);
}

static void test_error_in_a_dropin_names_the_dropin(void **state)
{
	_cleanup_policy_set_ struct mp_policy_set set = {};
	_cleanup_free_ char *path = tree_path(*state, "etc/a.mempolicy.d/x.conf:2: ");

	tree_write(*state, "etc/a.mempolicy", GOOD);
	tree_write(*state, "etc/a.mempolicy.d/x.conf", "[Policy]\nPriority=x\n");
	tree_write(*state, "etc/a.mempolicy.d/y.conf", "Unit=before\n");
	set = read_set(*state);
	assert_error(bad(&set, "a"), "2", path);
	assert_error(bad(&set, "a"), "1", "before any [Section]");
}

static void test_dropin_may_complete_a_policy(void **state)
{
	_cleanup_policy_set_ struct mp_policy_set set = {};

	tree_write(*state, "etc/a.mempolicy", "[Match]\nUnit=a.service\n");
	tree_write(*state, "etc/a.mempolicy.d/x.conf", "[Cache]\nEngine=fifo\n");
	set = read_set(*state);
	good(&set, "a");
}

static void test_single_read_says_what_is_not_there(void **state)
{
	_cleanup_free_ char *path = tree_path(*state, "a.mempolicy");
	_cleanup_free_ char *name = tree_path(*state, "other.txt");
	_cleanup_policy_ struct mp_policy *policy = NULL;
	_cleanup_errors_ struct mp_errors errors = {};

	assert_int_equal(mp_policy_read(path, NULL, &errors, &policy), -ENOENT);
	tree_link(*state, "a.mempolicy", "/dev/null");
	assert_int_equal(mp_policy_read(path, NULL, &errors, &policy), -ERFKILL);
	assert_int_equal(errors.count, 0);
	tree_write(*state, "other.txt", GOOD);
	assert_int_equal(mp_policy_read(name, NULL, &errors, &policy), -EBADMSG);
	assert_error(&errors, "1", "NAME.mempolicy");
	assert_null(policy);
}

static void test_single_read_takes_dropins_beside_the_file(void **state)
{
	_cleanup_free_ char *path = tree_path(*state, "a.mempolicy");
	_cleanup_policy_ struct mp_policy *policy = NULL;
	_cleanup_errors_ struct mp_errors errors = {};

	tree_write(*state, "a.mempolicy", GOOD);
	tree_write(*state, "a.mempolicy.d/x.conf", "[Policy]\nPriority=9\n");
	assert_int_equal(mp_policy_read(path, NULL, &errors, &policy), 0);
	assert_int_equal(policy->priority, 9);
}

static void set_mode(const char *tree, const char *name, mode_t mode)
{
	_cleanup_free_ char *path = tree_path(tree, name);

	assert_int_equal(chmod(path, mode), 0);
}

static void test_files_that_others_may_write_to_are_refused(void **state)
{
	_cleanup_policy_set_ struct mp_policy_set set = {};

	tree_write(*state, "etc/a.mempolicy", GOOD);
	tree_write(*state, "etc/b.mempolicy", GOOD);
	tree_write(*state, "etc/b.mempolicy.d/x.conf", LFU);
	tree_write(*state, "etc/c.mempolicy", GOOD);
	tree_write(*state, "etc/c.mempolicy.d/x.conf", LFU);
	tree_write(*state, "etc/d.mempolicy", GOOD);
	set_mode(*state, "etc/a.mempolicy", 0666);
	set_mode(*state, "etc/b.mempolicy.d/x.conf", 0664);
	set_mode(*state, "etc/c.mempolicy.d", 0775);
	set = read_set(*state);
	assert_error(bad(&set, "a"), "1", "others than its owner may write to it: chmod go-w ");
	assert_error(bad(&set, "b"), "1", "b.mempolicy.d/x.conf");
	assert_error(bad(&set, "c"), "1", "may write to the directory");
	assert_int_equal(bad(&set, "a")->count, 1);
	assert_int_equal(bad(&set, "b")->count, 1);
	good(&set, "d");
}

static void test_a_directory_that_others_may_write_to_is_refused(void **state)
{
	_cleanup_policy_set_ struct mp_policy_set set = {};

	tree_write(*state, "etc/a.mempolicy", GOOD);
	tree_write(*state, "usr/b.mempolicy", GOOD);
	set_mode(*state, "etc", 0777);
	set = read_set(*state);
	assert_int_equal(set.errors.count, 1);
	assert_error(&set.errors, "1", "others than its owner may write to the directory");
	assert_int_equal(set.count, 1);
	good(&set, "b");
}

static void test_a_link_into_a_directory_of_others_is_refused(void **state)
{
	_cleanup_policy_set_ struct mp_policy_set closed = {}, set = {};

	if (!*state)
		skip();
	tree_write(*state, "open/b.mempolicy", GOOD);
	tree_link(*state, "etc/b.mempolicy", "../open/b.mempolicy");
	closed = read_set(*state);
	good(&closed, "b");
	set_mode(*state, "open", 0777);
	set = read_set(*state);
	assert_error(bad(&set, "b"), "1", "may write to the directory");
}

static void test_files_of_another_user_are_refused(void **state)
{
	_cleanup_free_ char *path = tree_path(*state, "etc/a.mempolicy");
	_cleanup_errors_ struct mp_errors warnings = {}, lenient = {};
	_cleanup_policy_set_ struct mp_policy_set set = {};
	_cleanup_policy_ struct mp_policy *policy = NULL;

	lenient.warnings = &warnings;
	tree_write(*state, "etc/a.mempolicy", GOOD);
	if (geteuid() || chown(path, 65534, 0) < 0)
		skip();
	set = read_set(*state);
	assert_error(bad(&set, "a"), "1", "belongs to the user with the number 65534, not to root");
	assert_int_equal(mp_policy_read(path, NULL, &lenient, &policy), 0);
	assert_int_equal(lenient.count, 0);
	assert_error(&warnings, "1", "chown root ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_missing_directories_are_an_empty_set),
		TREE_TEST(test_unreadable_directory_is_an_error_of_the_set_only),
		TREE_TEST(test_earlier_directory_masks_the_same_name),
		TREE_TEST(test_link_to_dev_null_masks),
		TREE_TEST(test_bad_file_masks_too_and_leaves_the_others_alone),
		TREE_TEST(test_other_files_are_ignored),
		TREE_TEST(test_a_name_like_an_option_is_an_error_of_the_set),
		TREE_TEST(test_fifo_directory_and_dangling_link_are_errors),
		TREE_TEST(test_large_file_is_an_error),
		TREE_TEST(test_dropins_of_all_directories_apply_in_the_order_of_their_names),
		TREE_TEST(test_dropin_is_masked_by_the_same_name_and_by_dev_null),
		TREE_TEST(test_error_in_a_dropin_names_the_dropin),
		TREE_TEST(test_dropin_may_complete_a_policy),
		TREE_TEST(test_single_read_says_what_is_not_there),
		TREE_TEST(test_single_read_takes_dropins_beside_the_file),
		TREE_TEST(test_files_that_others_may_write_to_are_refused),
		TREE_TEST(test_a_directory_that_others_may_write_to_is_refused),
		TRUSTED_TEST(test_a_link_into_a_directory_of_others_is_refused),
		TREE_TEST(test_files_of_another_user_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
