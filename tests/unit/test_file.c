/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for reading a file that somebody else may have put there: it never blocks, it
 * never reads too much, and every refusal has its number.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include "file.h"
#include "fixture.h"

static int read_file(const char *tree, const char *name, size_t max, size_t *ret_size)
{
	_cleanup_free_ char *path = tree_path(tree, name), *data = NULL;
	int r;

	alarm(10); /* a FIFO that blocks must fail the test, not hang it */
	r = mp_file_read(path, max, &data, ret_size);
	alarm(0);
	if (r == 0)
		assert_int_equal(data[*ret_size], 0);
	else
		assert_null(data);
	return r;
}

static void test_regular_file_is_read_up_to_the_limit(void **state)
{
	size_t size = 99;

	tree_write(*state, "f", "12345");
	assert_int_equal(read_file(*state, "f", 5, &size), 0);
	assert_int_equal(size, 5);
	size = 99;
	assert_int_equal(read_file(*state, "f", 4, &size), -EFBIG);
	assert_int_equal(size, 99);
	tree_write(*state, "empty", "");
	assert_int_equal(read_file(*state, "empty", 4, &size), 0);
	assert_int_equal(size, 0);
}

static void test_file_without_a_size_is_still_limited(void **state)
{
	_cleanup_free_ char *data = NULL;
	size_t size;

	assert_int_equal(mp_file_read("/proc/self/status", 16, &data, &size), -EFBIG);
	assert_int_equal(mp_file_read("/proc/self/status", 65536, &data, &size), 0);
	assert_true(size > 16);
}

static void test_what_is_not_regular_is_refused_without_blocking(void **state)
{
	_cleanup_free_ char *fifo = tree_path(*state, "fifo"), *dir = tree_path(*state, "dir");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	size_t size;

	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(read_file(*state, "fifo", 10, &size), -EMEDIUMTYPE);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(read_file(*state, "dir", 10, &size), -EISDIR);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/sock", (char *)*state);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(read_file(*state, "sock", 10, &size), -EMEDIUMTYPE);
	tree_link(*state, "zero", "/dev/zero");
	assert_int_equal(read_file(*state, "zero", 10, &size), -EMEDIUMTYPE);
}

static void test_masks_and_absence_have_their_own_numbers(void **state)
{
	size_t size;

	tree_link(*state, "mask", "/dev/null");
	assert_int_equal(read_file(*state, "mask", 10, &size), -ERFKILL);
	assert_int_equal(read_file(*state, "absent", 10, &size), -ENOENT);
	tree_link(*state, "dangling", "nowhere");
	assert_int_equal(read_file(*state, "dangling", 10, &size), -ENOENT);
}

static void test_every_refusal_has_a_sentence(void **state)
{
	static const int errors[] = { -EISDIR, -EMEDIUMTYPE, -ERFKILL, -EFBIG, -EACCES, -EIO };

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		_cleanup_free_ char *text = mp_file_problem(errors[i], 65536);

		assert_true(strlen(text) > 10);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_regular_file_is_read_up_to_the_limit),
		cmocka_unit_test(test_file_without_a_size_is_still_limited),
		TREE_TEST(test_what_is_not_regular_is_refused_without_blocking),
		TREE_TEST(test_masks_and_absence_have_their_own_numbers),
		cmocka_unit_test(test_every_refusal_has_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
