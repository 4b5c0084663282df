/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for the look along FilePath=: it finds what fnmatch(3) would, once; it follows no link that a user
 * could have made; and it opens nothing but regular files.
 */
#include "fixture.h"
#include "ref-look.h"

struct looked {
	struct mp_patterns patterns;
	struct mp_ref_look look;
	size_t hits[8];
	const char *tree;
};

static void looked_done(struct looked *l)
{
	mp_patterns_reset(&l->patterns);
	mp_ref_look_done(&l->look);
}

#define _cleanup_looked_ _cleanup_(looked_done)

/* Globs below the tree, those with ! excluded. */
static void add(struct looked *l, const char *tree, const char *glob)
{
	struct mp_pattern *p;

	l->tree = tree;
	l->patterns.items =
		reallocarray(l->patterns.items, l->patterns.count + 1, sizeof(*l->patterns.items));
	p = &l->patterns.items[l->patterns.count++];
	*p = (struct mp_pattern){ .negated = *glob == '!', .file = strdup("f") };
	p->glob = tree_path(tree, glob + p->negated);
}

static void look(struct looked *l, size_t fds_max)
{
	mp_ref_look_done(&l->look);
	memset(l->hits, 0, sizeof(l->hits));
	assert_int_equal(mp_ref_look(&l->patterns, NULL, 0, fds_max, l->hits, &l->look), 0);
}

/* "a b" in the order of paths, those with a problem in brackets. */
static void assert_found(struct looked *l, const char *wanted)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	bool bad;

	look(l, 0);
	for (size_t i = 0; i < l->look.count; i++) {
		const struct mp_ref_match *m = &l->look.matches[i];

		assert_int_equal(strncmp(m->path, l->tree, strlen(l->tree)), 0);
		bad = m->problem && !strstr(m->problem, "tmpfs");
		fprintf(f, "%s%s%s%s", i ? " " : "", bad ? "[" : "", m->path + strlen(l->tree) + 1,
			bad ? "]" : "");
	}
	fclose(f);
	assert_string_equal(text, wanted);
}

static void test_wildcards_are_those_of_fnmatch_at_each_level(void **state)
{
	_cleanup_looked_ struct looked l = {}, m = {}, n = {}, o = {}, p = {};

	tree_write(*state, "db/a.idx", "");
	tree_write(*state, "db/b.idx", "");
	tree_write(*state, "db/b.dat", "");
	tree_write(*state, "db/.c.idx", "");
	tree_write(*state, "db/sub/d.idx", "");
	tree_write(*state, "db2/a.idx", "");
	tree_write(*state, "db/[x].idx", "");
	add(&l, *state, "db/*.idx");
	assert_found(&l, "db/.c.idx db/[x].idx db/a.idx db/b.idx");
	add(&m, *state, "*/[ab].idx");
	assert_found(&m, "db/a.idx db/b.idx db2/a.idx");
	add(&n, *state, "d?/s*/*");
	assert_found(&n, "db/sub/d.idx");
	/* As it is written, or with the meaning taken. */
	add(&o, *state, "db/[x].idx");
	assert_found(&o, "db/[x].idx");
	add(&p, *state, "db/\\[x].idx");
	assert_found(&p, "db/[x].idx");
}

static void test_a_file_is_found_once_and_exclusions_win(void **state)
{
	_cleanup_looked_ struct looked l = {};
	_cleanup_free_ char *a = tree_path(*state, "db/a"), *z = tree_path(*state, "db/z");

	tree_write(*state, "db/a", "");
	tree_write(*state, "db/b", "");
	tree_write(*state, "db/old", "");
	assert_int_equal(link(a, z), 0);
	add(&l, *state, "db/*");
	add(&l, *state, "!*/old");
	add(&l, *state, "db/a");
	add(&l, *state, "db/none");
	assert_found(&l, "db/a db/b");
	assert_int_equal(l.hits[0], 4);
	assert_int_equal(l.hits[1], 1);
	assert_int_equal(l.hits[2], 1);
	assert_int_equal(l.hits[3], 0);
	assert_int_equal(l.look.error, 0);
}

static void test_what_is_no_regular_file_is_named_where_it_is_meant(void **state)
{
	_cleanup_free_ char *fifo = tree_path(*state, "d/fifo");
	_cleanup_looked_ struct looked l = {}, m = {};

	tree_write(*state, "d/file", "");
	tree_mkdirs(*state, "d/dir/x");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	add(&l, *state, "d/*");
	assert_found(&l, "d/file");
	add(&m, *state, "d/fifo");
	add(&m, *state, "d/dir");
	add(&m, *state, "d/file/x");
	assert_found(&m, "[d/dir] [d/fifo]");
}

/* In a directory of root's alone a link is root's doing; elsewhere it may be anybody's. */
static void test_a_link_is_followed_where_only_root_can_make_one(void **state)
{
	_cleanup_looked_ struct looked l = {}, m = {}, n = {}, o = {};
	_cleanup_free_ char *open_dir = tree_path(*state, "open"), *absolute = NULL;

	tree_write(*state, "secret/key", "x");
	tree_write(*state, "real/a", "x");
	tree_link(*state, "safe/direct", "../secret/key");
	tree_link(*state, "safe/dir", "../real");
	tree_link(*state, "safe/loop", "loop");
	tree_link(*state, "safe/gone", "nowhere");
	absolute = tree_path(*state, "real//a");
	tree_link(*state, "safe/absolute", absolute);
	add(&l, *state, "safe/*");
	assert_found(&l, "safe/absolute safe/direct");
	add(&m, *state, "safe/dir/a");
	assert_found(&m, "safe/dir/a");

	tree_link(*state, "open/link", "../secret/key");
	tree_link(*state, "open/dir", "../secret");
	tree_write(*state, "open/file", "x");
	tree_link(*state, "safe/through", "../open/link");
	assert_int_equal(chmod(open_dir, 0777), 0);
	add(&n, *state, "open/*");
	assert_found(&n, "[open/dir] open/file [open/link]");
	add(&o, *state, "open/dir/key");
	add(&o, *state, "*/*/key");
	add(&o, *state, "safe/through");
	assert_found(&o, "[open/dir] [safe/through]");
}

static void test_files_are_opened_in_the_order_of_their_paths_and_known_ones_not(void **state)
{
	_cleanup_looked_ struct looked l = {};
	struct mp_ref_id known;

	if (tree_is_in_memory(*state))
		return;
	tree_write(*state, "c", "3");
	tree_write(*state, "a", "1");
	tree_write(*state, "b", "2");
	add(&l, *state, "*");
	look(&l, 2);
	assert_int_equal(l.look.count, 3);
	for (size_t i = 0; i < 2; i++) {
		char byte = 0;

		assert_true(l.look.matches[i].fd >= 0);
		assert_int_equal(read(l.look.matches[i].fd, &byte, 1), 1);
		assert_int_equal(byte, '1' + i);
	}
	assert_int_equal(l.look.matches[2].fd, -1);
	assert_int_equal(l.look.matches[2].open_error, 0);

	known = l.look.matches[0].id;
	mp_ref_look_done(&l.look);
	assert_int_equal(mp_ref_look(&l.patterns, &known, 1, 2, NULL, &l.look), 0);
	assert_int_equal(l.look.matches[0].fd, -1);
	assert_true(l.look.matches[1].fd >= 0);
	assert_true(l.look.matches[2].fd >= 0);
}

/* As somebody who is not root; the tree is open to all. */
static void look_as_another(struct looked *l, size_t fds_max)
{
	const bool root = !geteuid();

	if (root)
		assert_int_equal(chmod(l->tree, 0755) | seteuid(65534), 0);
	look(l, fds_max);
	if (root)
		assert_int_equal(seteuid(0), 0);
}

static void test_a_file_that_cannot_be_opened_says_why(void **state)
{
	_cleanup_looked_ struct looked l = {};
	_cleanup_free_ char *path = tree_path(*state, "a");

	if (tree_is_in_memory(*state))
		return;
	tree_write(*state, "a", "1");
	assert_int_equal(chmod(path, 0), 0);
	add(&l, *state, "a");
	look_as_another(&l, 1);
	assert_int_equal(l.look.matches[0].fd, -1);
	assert_int_equal(l.look.matches[0].open_error, -EACCES);
}

static void test_a_directory_that_is_closed_is_told(void **state)
{
	_cleanup_looked_ struct looked l = {};
	_cleanup_free_ char *path = tree_path(*state, "d");

	tree_write(*state, "d/a", "1");
	assert_int_equal(chmod(path, 0), 0);
	add(&l, *state, "d/*");
	look_as_another(&l, 0);
	assert_int_equal(chmod(path, 0755), 0);
	assert_int_equal(l.look.count, 0);
	assert_int_equal(l.look.error, -EACCES);
	assert_string_equal(l.look.error_path, path);
}

static void test_files_in_memory_are_named(void **state)
{
	_cleanup_looked_ struct looked l = {};
	char path[] = "/dev/shm/mempol-look-XXXXXX";
	struct statfs fs;
	int fd;

	if (statfs("/dev/shm", &fs) < 0 || fs.f_type != TMPFS_MAGIC)
		skip();
	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	add(&l, "", path + 1);
	look(&l, 0);
	unlink(path);
	assert_int_equal(l.look.count, 1);
	assert_non_null(strstr(l.look.matches[0].problem, "it is on tmpfs or hugetlbfs"));
}

static void test_a_look_ends(void **state)
{
	_cleanup_looked_ struct looked l = {};
	char name[32];

	for (int i = 0; i < MP_REF_MATCHES_MAX + 3; i++) {
		snprintf(name, sizeof(name), "d/%d", i);
		tree_write(*state, name, "");
	}
	add(&l, *state, "d/*");
	look(&l, 0);
	assert_int_equal(l.look.count, MP_REF_MATCHES_MAX);
	assert_true(l.look.truncated);
	assert_int_equal(l.hits[0], MP_REF_MATCHES_MAX + 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_wildcards_are_those_of_fnmatch_at_each_level),
		TREE_TEST(test_a_file_is_found_once_and_exclusions_win),
		TREE_TEST(test_what_is_no_regular_file_is_named_where_it_is_meant),
		TREE_TEST(test_a_link_is_followed_where_only_root_can_make_one),
		TREE_TEST(test_files_are_opened_in_the_order_of_their_paths_and_known_ones_not),
		TREE_TEST(test_a_file_that_cannot_be_opened_says_why),
		TREE_TEST(test_a_directory_that_is_closed_is_told),
		TREE_TEST(test_files_in_memory_are_named),
		TREE_TEST(test_a_look_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
