// SPDX-License-Identifier: GPL-2.0-only
/*
 * The microbenchmark's file: what it may write into, and how much. Run by make check, without root. It works in
 * directories of its own below /tmp.
 */
#include "microbenchmark.h"
#include <sys/xattr.h>

#include "../../examples/microbenchmark/datafile.h"
#include "../../examples/microbenchmark/mark.h"

/* Real bytes everywhere, and what was there before stays. */
static void holes_and_missing_ends_of_the_file_are_filled(void **state)
{
	char *dir = new_dir(), path[256], byte = 'x';
	struct stat st;
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/f", dir);
	fd = mb_datafile_open(path, false, stderr);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, &byte, 1, 1 << 20), 1);
	assert_int_equal(mb_datafile_fill(fd, path, 3 << 20, stderr), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 3 << 20);
	assert_true(st.st_blocks * 512LL >= 3 << 20);
	assert_int_equal(lseek(fd, 0, SEEK_HOLE), 3 << 20);
	assert_int_equal(pread(fd, &byte, 1, 1 << 20), 1);
	assert_int_equal(byte, 'x');
	/* A file that is long enough stays as long as it is. */
	assert_int_equal(mb_datafile_fill(fd, path, 1 << 20, stderr), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 3 << 20);
	close(fd);
	remove_dir(dir);
}

/* Opens @name in @dir as a run would, and says what it says. */
static int open_file(const char *dir, const char *name, bool overwrite, char **ret_said)
{
	char path[256];
	size_t size;
	FILE *err = open_memstream(ret_said, &size);
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = mb_datafile_open(path, overwrite, err);
	fclose(err);
	return fd;
}

static void expect_open(const char *dir, const char *name, bool overwrite, bool opened)
{
	char *said = NULL;
	int fd = open_file(dir, name, overwrite, &said);

	if (opened)
		assert_true(fd >= 0);
	else
		assert_int_equal(fd, -EEXIST);
	if (opened == !!strstr(said, "set overwrite = 1"))
		fail_msg("%s: '%s'", name, said);
	if (fd >= 0)
		close(fd);
	free(said);
}

static void a_file_of_somebody_else_is_not_written_into(void **state)
{
	char *dir = new_dir(), zeros[10000] = "";

	(void)state;
	write_file(dir, "text", "# a configuration\n", 18);
	expect_open(dir, "text", false, false);
	expect_open(dir, "text", true, true);
	/* What was written into once is still not the benchmark's. */
	expect_open(dir, "text", false, false);
	zeros[9999] = 1;
	write_file(dir, "late", zeros, sizeof(zeros));
	expect_open(dir, "late", false, false);
	remove_dir(dir);
}

static void a_file_of_nothing_but_zeros_is_the_benchmarks_from_then_on(void **state)
{
	char *dir = new_dir(), zeros[10000] = "", path[256], byte = 1;
	int fd;

	(void)state;
	write_file(dir, "zeros", zeros, sizeof(zeros));
	expect_open(dir, "zeros", false, true);
	snprintf(path, sizeof(path), "%s/zeros", dir);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, &byte, 1, 4096), 1);
	/* A file system without extended attributes has no mark, and says no. */
	expect_open(dir, "zeros", false, fgetxattr(fd, MB_MARK, NULL, 0) >= 0);
	close(fd);
	snprintf(path, sizeof(path), "%s/hole", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 1LL << 40), 0);
	close(fd);
	expect_open(dir, "hole", false, true);
	remove_dir(dir);
}

static void its_own_file_is_known_by_its_first_page_where_there_is_no_mark(void **state)
{
	char *dir = new_dir(), path[256], byte = 'x';
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/own", dir);
	fd = mb_datafile_open(path, false, stderr);
	assert_true(fd >= 0);
	assert_int_equal(mb_datafile_fill(fd, path, 1 << 20, stderr), 0);
	(void)fremovexattr(fd, MB_MARK);
	assert_int_equal(pwrite(fd, &byte, 1, 0), 1); /* as a pattern does */
	expect_open(dir, "own", false, true);
	(void)fremovexattr(fd, MB_MARK);
	assert_int_equal(pwrite(fd, &byte, 1, 8), 1);
	expect_open(dir, "own", false, false);
	close(fd);
	remove_dir(dir);
}

static void a_file_that_does_not_fit_is_not_begun(void **state)
{
	char *dir = new_dir(), *said = NULL, *opened = NULL;
	struct stat st;
	u64 missing = 0;
	size_t size;
	FILE *err = open_memstream(&said, &size);
	int fd = open_file(dir, "f", false, &opened);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(mb_datafile_missing(fd, 3 << 20, &missing), 0);
	assert_int_equal(missing, 3 << 20);
	assert_int_equal(posix_fallocate(fd, 0, 2 << 20), 0);
	assert_int_equal(mb_datafile_missing(fd, 3 << 20, &missing), 0);
	assert_in_range(missing, (1 << 20) - 65536, 1 << 20);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(mb_datafile_fill(fd, "f", 1ULL << 46, err), -ENOSPC);
	fclose(err);
	assert_non_null(strstr(said, "f: file_size needs 67108864 MiB more, "));
	assert_non_null(strstr(said, "lower file_size"));
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 0);
	free(said);
	free(opened);
	close(fd);
	remove_dir(dir);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(holes_and_missing_ends_of_the_file_are_filled),
		cmocka_unit_test(a_file_of_somebody_else_is_not_written_into),
		cmocka_unit_test(a_file_of_nothing_but_zeros_is_the_benchmarks_from_then_on),
		cmocka_unit_test(its_own_file_is_known_by_its_first_page_where_there_is_no_mark),
		cmocka_unit_test(a_file_that_does_not_fit_is_not_begun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
