// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for mempolicy_residency(): the kernel's word where it can be had, and where not, all that other calls
 * tell, with what they do not tell marked as unknown; and that who may not know is told nothing.
 */
#include "library.h"

#define PINNED MEMPOLICY_PAGE_PINNED
#define LIST3 (MEMPOLICY_PAGE_LIST + 3)
#define CACHED MEMPOLICY_PAGE_CACHED
#define DIRTY MEMPOLICY_PAGE_DIRTY
#define WRITEBACK MEMPOLICY_PAGE_WRITEBACK

static void place(uint64_t first, uint64_t pages, int what)
{
	memset(kernel.pages + first, what, pages);
}

static void assert_at(const uint8_t *map, uint64_t first, uint64_t pages, int what)
{
	for (uint64_t i = first; i < first + pages; i++)
		if (map[i] != what)
			fail_msg("page %lu is %#x and not %#x", i, map[i], what);
}

static void test_the_kernel_says_where_pages_are(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);
	uint8_t map[60];

	place(40, 20, PINNED);
	place(60, 10, LIST3 | DIRTY);
	assert_int_equal(mempolicy_residency(m, w->fd, 30, map, 60), 0);
	assert_at(map, 0, 10, MEMPOLICY_PAGE_ABSENT);
	assert_at(map, 10, 20, PINNED);
	assert_at(map, 30, 10, LIST3 | DIRTY);
	assert_at(map, 40, 20, MEMPOLICY_PAGE_ABSENT);
	assert_int_equal(kernel.residencies, 1);
	assert_int_equal(kernel.cachestats, 0);
	mempolicy_close(m);
}

static void test_more_pages_than_one_call_tells_of_take_several(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);
	_cleanup_free_ uint8_t *map = calloc(1, 69999);

	place(32768, 1, PINNED);
	place(69999, 1, LIST3);
	assert_int_equal(mempolicy_residency(m, w->fd, 1, map, 69999), 0);
	assert_int_equal(kernel.residencies, 3);
	assert_int_equal(kernel.residency_pages, 69999 - 2 * MEMPOL_RESIDENCY_PAGES);
	assert_at(map, 0, 32767, MEMPOLICY_PAGE_ABSENT);
	assert_at(map, 32767, 1, PINNED);
	assert_at(map, 69998, 1, LIST3);
	mempolicy_close(m);
}

static void test_who_may_not_know_is_told_nothing(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);
	uint8_t map[10];

	memset(map, 0xaa, sizeof(map));
	place(0, 10, PINNED);
	kernel.residency_answer = -EACCES;
	assert_int_equal(mempolicy_residency(m, w->fd, 0, map, 10), -EACCES);
	assert_at(map, 0, 10, 0xaa);
	/* Nor are others asked, who may not look as closely. */
	assert_int_equal(kernel.cachestats + kernel.mincores, 0);
	mempolicy_close(m);
}

/* --- without the kernel -------------------------------------------------------------------------------- */

static void assert_counted(struct mempolicy *m, struct world *w)
{
	uint8_t map[100];

	place(0, 30, PINNED);
	place(30, 1, LIST3 | DIRTY);
	place(31, 9, MEMPOLICY_PAGE_ACTIVE | WRITEBACK);
	assert_int_equal(mempolicy_residency(m, w->fd, 0, map, 100), 0);
	assert_at(map, 0, 30, CACHED);
	assert_at(map, 30, 1, CACHED | DIRTY);
	assert_at(map, 31, 9, CACHED | WRITEBACK);
	assert_at(map, 40, 60, MEMPOLICY_PAGE_ABSENT);
	assert_true(kernel.cachestats > 0);
	assert_int_equal(kernel.mincores, 0);
	mempolicy_close(m);
}

static void test_without_a_daemon_pages_are_counted(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = NULL;

	assert_int_equal(mempolicy_open_at(&m, MEMPOLICY_FALLBACK, w->socket), 0);
	assert_counted(m, w);
}

static void test_where_bpf_is_forbidden_pages_are_counted(void **state)
{
	struct world *w = *state;

	kernel.error = EPERM;
	assert_counted(open_library(w, 0), w);
}

static void test_where_bpf_is_forbidden_later_pages_are_counted(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);

	kernel.error = EPERM;
	assert_counted(m, w);
}

static void test_an_older_daemon_keeps_its_program_and_pages_are_counted(void **state)
{
	struct world *w = *state;

	is_older = true;
	assert_counted(open_library(w, 0), w);
	assert_int_equal(kernel.residencies, 0);
}

static void test_of_what_the_kernel_says_nothing_pages_are_counted(void **state)
{
	struct world *w = *state;

	kernel.residency_answer = -EOPNOTSUPP; /* tmpfs, or a module without it */
	assert_counted(open_library(w, 0), w);
}

static struct mempolicy *open_alone(struct world *w)
{
	struct mempolicy *m = NULL;

	assert_int_equal(mempolicy_open_at(&m, MEMPOLICY_FALLBACK, w->socket), 0);
	return m;
}

static void test_pages_that_are_alike_are_counted_at_once(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_alone(w);
	_cleanup_free_ uint8_t *map = calloc(1, 65536);

	place(0, 65536, CACHED | DIRTY);
	assert_int_equal(mempolicy_residency(m, w->fd, 0, map, 65536), 0);
	assert_at(map, 0, 65536, CACHED | DIRTY);
	assert_int_equal(kernel.cachestats, 1);
	/* One that differs is found by halves. */
	place(4711, 1, MEMPOLICY_PAGE_ABSENT);
	kernel.cachestats = 0;
	assert_int_equal(mempolicy_residency(m, w->fd, 0, map, 65536), 0);
	assert_at(map, 4711, 1, MEMPOLICY_PAGE_ABSENT);
	assert_at(map, 4712, 1, CACHED | DIRTY);
	assert_int_equal(kernel.cachestats, 1 + 2 * 16);
	mempolicy_close(m);
}

static void test_without_cachestat_what_is_dirty_is_unknown(void **state)
{
	static const int errors[] = { ENOSYS, EPERM };
	struct world *w = *state;
	_cleanup_free_ uint8_t *map = calloc(1, 40000);

	assert_int_equal(ftruncate(w->fd, 40000 * PAGE), 0);
	place(10, 20, PINNED | DIRTY);
	place(39999, 1, CACHED);
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		struct mempolicy *m = open_alone(w);

		kernel.cachestat_error = errors[i];
		kernel.mincores = 0;
		assert_int_equal(mempolicy_residency(m, w->fd, 0, map, 40000), 0);
		assert_int_equal(kernel.mincores, 2);
		assert_at(map, 0, 10, MEMPOLICY_PAGE_ABSENT);
		assert_at(map, 10, 20, CACHED | MEMPOLICY_PAGE_UNSURE);
		assert_at(map, 39999, 1, CACHED | MEMPOLICY_PAGE_UNSURE);
		mempolicy_close(m);
	}
}

/* As others do: of whom the file is not. */
static void test_others_calls_are_asked_only_of_ones_own_files(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_alone(w);
	_cleanup_free_ char *path = tree_path(w->tree, "file");
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t map[10];
	int r, by_writer, may_write;

	if (geteuid() != 0) {
		mempolicy_close(m);
		skip();
	}
	place(0, 10, CACHED);
	memset(map, 0xaa, sizeof(map));
	assert_int_equal(fchmod(fd, 0644), 0);
	assert_int_equal(seteuid(65534), 0);
	r = mempolicy_residency(m, fd, 0, map, 10);
	assert_int_equal(kernel.cachestats + kernel.mincores, 0);
	assert_at(map, 0, 10, 0xaa);
	/* Who has it open for writing, and who could have. */
	by_writer = mempolicy_residency(m, w->fd, 0, map, 10);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(fchmod(fd, 0666), 0);
	assert_int_equal(seteuid(65534), 0);
	may_write = mempolicy_residency(m, fd, 0, map, 10);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(r, -EACCES);
	assert_int_equal(by_writer, 0);
	assert_int_equal(may_write, 0);
	mempolicy_close(m);
}

static void test_what_is_no_file_is_refused(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_alone(w);
	_cleanup_close_ int dir = open(w->tree, O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int path = open(w->tree, O_PATH | O_CLOEXEC);
	_cleanup_close_ int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	uint8_t map[1];
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(mempolicy_residency(m, dir, 0, map, 1), -EISDIR);
	assert_int_equal(mempolicy_residency(m, fds[0], 0, map, 1), -ESPIPE);
	assert_int_equal(mempolicy_residency(m, null, 0, map, 1), -EOPNOTSUPP);
	assert_int_equal(mempolicy_residency(m, path, 0, map, 1), -EBADF);
	assert_int_equal(mempolicy_residency(m, -1, 0, map, 1), -EBADF);
	assert_int_equal(mempolicy_residency(m, 9999, 0, map, 1), -EBADF);
	assert_int_equal(mempolicy_residency(m, w->fd, UINT64_MAX, map, 1), -EINVAL);
	assert_int_equal(mempolicy_residency(m, w->fd, INT64_MAX / PAGE, map, 1), -EINVAL);
	assert_int_equal(mempolicy_residency(m, w->fd, 1, map, SIZE_MAX), -EINVAL);
	assert_int_equal(mempolicy_residency(m, w->fd, 0, map, 0), 0);
	assert_int_equal(kernel.cachestats, 0);
	close(fds[0]);
	close(fds[1]);
	mempolicy_close(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_kernel_says_where_pages_are),
		TEST(test_more_pages_than_one_call_tells_of_take_several),
		TEST(test_who_may_not_know_is_told_nothing),
		TEST(test_without_a_daemon_pages_are_counted),
		TEST(test_where_bpf_is_forbidden_pages_are_counted),
		TEST(test_where_bpf_is_forbidden_later_pages_are_counted),
		TEST(test_an_older_daemon_keeps_its_program_and_pages_are_counted),
		TEST(test_of_what_the_kernel_says_nothing_pages_are_counted),
		TEST(test_pages_that_are_alike_are_counted_at_once),
		TEST(test_without_cachestat_what_is_dirty_is_unknown),
		TEST(test_others_calls_are_asked_only_of_ones_own_files),
		TEST(test_what_is_no_file_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
