// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for libmempolicy where bpf(2) is forbidden or nobody answers: who is asked then, and which of every
 * kernel's calls come nearest.
 */
#include "library.h"

static void test_without_a_daemon_it_is_an_error_or_advice(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = NULL;
	struct mempolicy_result result;

	assert_int_equal(mempolicy_open_at(&m, 0, w->socket), -ENOENT);
	assert_null(m);
	assert_int_equal(mempolicy_open_at(&m, MEMPOLICY_FALLBACK, w->socket), 0);
	assert_int_equal(mempolicy_way(m), MEMPOLICY_BY_ADVICE);
	say(m, MEMPOLICY_DEACTIVATE, w->fd, 0, 2);
	say(m, MEMPOLICY_EVICT, w->fd, 2, 2);
	say(m, MEMPOLICY_PREFETCH, w->fd, 4, 2);
	say(m, MEMPOLICY_ACTIVATE, w->fd, 6, 2);
	/* Whole pages, and those of which a part is meant. */
	assert_int_equal(mempolicy_range(m, MEMPOLICY_DEACTIVATE, (char *)(PAGE + 1), PAGE), 0);
	assert_int_equal(mempolicy_range(m, MEMPOLICY_EVICT, (char *)(8 * PAGE), PAGE), 0);
	assert_int_equal(mempolicy_flush(m, &result), 0);
	assert_int_equal(kernel.n, 0);
	assert_int_equal(n_done, 5);
	assert_int_equal(done[0].advice, POSIX_FADV_DONTNEED);
	assert_int_equal(done[1].advice, POSIX_FADV_DONTNEED);
	assert_int_equal(done[2].advice, POSIX_FADV_WILLNEED);
	assert_int_equal(done[3].kind, 'm');
	assert_int_equal(done[3].advice, MADV_COLD);
	assert_int_equal(done[3].start, PAGE);
	assert_int_equal(done[3].length, 2 * PAGE);
	assert_int_equal(done[4].advice, MADV_PAGEOUT);
	assert_int_equal(result.bytes, 10 * PAGE);
	/* No system call of the stock kernel's has a cap and an owner. */
	assert_int_equal(mempolicy_file(m, MEMPOLICY_PIN, w->fd, 0, PAGE), -EOPNOTSUPP);
	assert_int_equal(mempolicy_session(m), -EOPNOTSUPP);
	mempolicy_close(m);
}

static void refused(struct world *w, const char *error, int expected)
{
	struct mempolicy *m = NULL;

	refusal = error;
	start_daemon(w);
	assert_int_equal(mempolicy_open_at(&m, 0, w->socket), expected);
	assert_int_equal(mempolicy_open_at(&m, MEMPOLICY_FALLBACK, w->socket), 0);
	assert_int_equal(mempolicy_way(m), MEMPOLICY_BY_ADVICE);
	mempolicy_close(m);
}

static void test_a_kernel_that_cannot_is_not_supported(void **state)
{
	refused(*state, INTERFACE ".KernelCannot", -EOPNOTSUPP);
}

static void test_an_older_daemon_is_not_supported(void **state)
{
	refused(*state, SD_VARLINK_ERROR_METHOD_NOT_FOUND, -EOPNOTSUPP);
}

static void test_who_may_not_ask_is_told_so(void **state)
{
	refused(*state, SD_VARLINK_ERROR_PERMISSION_DENIED, -EACCES);
}

static void test_a_module_without_verbs_is_not_supported(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = NULL;

	start_daemon(w);
	kernel.answer = -EOPNOTSUPP;
	assert_int_equal(mempolicy_open_at(&m, 0, w->socket), -EOPNOTSUPP);
	kernel.answer = -EINVAL; /* another version */
	assert_int_equal(mempolicy_open_at(&m, 0, w->socket), -EOPNOTSUPP);
}

static void test_where_bpf_is_forbidden_the_daemon_is_asked(void **state)
{
	static const int errors[] = { EPERM, EACCES, ENOSYS };
	struct world *w = *state;
	struct mempolicy_result result;

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		struct mempolicy *m;

		kernel.error = errors[i];
		m = open_library(w, 0);
		assert_int_equal(mempolicy_way(m), MEMPOLICY_BY_DAEMON);
		say(m, MEMPOLICY_ACTIVATE, w->fd, 0, 4);
		assert_int_equal(mempolicy_flush(m, &result), 0);
		assert_int_equal(result.applied, w->ino & 0xffff);
		assert_int_equal(result.bytes, 4 * PAGE);
		assert_int_equal(result.foreign, 0);
		mempolicy_close(m);
	}
}

static void test_the_daemon_is_asked_of_one_file_at_a_time(void **state)
{
	struct world *w = *state;
	_cleanup_close_ int other = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct mempolicy_result result;
	struct mempolicy *m;
	struct stat st;

	kernel.error = EPERM;
	m = open_library(w, 0);
	assert_int_equal(fstat(other, &st), 0);
	for (unsigned int i = 0; i < 3; i++) {
		say(m, MEMPOLICY_ACTIVATE, w->fd, 4 * i, 1);
		say(m, MEMPOLICY_ACTIVATE, other, 4 * i, 1);
	}
	assert_int_equal(mempolicy_flush(m, &result), 0);
	assert_int_equal(result.absent, 6);
	assert_int_equal(result.applied, 3 * (w->ino & 0xffff) + 3 * (st.st_ino & 0xffff));
	/* Their places in two calls of three. */
	assert_int_equal(result.already, 2 * (0 + 1 + 2));
	mempolicy_close(m);
}

static void test_the_daemon_is_asked_until_all_is_done(void **state)
{
	struct world *w = *state;
	struct mempolicy_result result;
	struct mempolicy *m;

	kernel.error = EPERM;
	m = open_library(w, 0);
	say(m, MEMPOLICY_PREFETCH, w->fd, 0, 8);
	assert_int_equal(mempolicy_flush(m, &result), 0);
	assert_int_equal(result.bytes, 8 * PAGE);
	assert_int_equal(result.absent, 4); /* halves */
	mempolicy_close(m);
}

static void test_the_daemon_holds_pins_as_long_as_a_connection(void **state)
{
	struct world *w = *state;
	struct mempolicy_result result;
	struct pollfd end;
	struct mempolicy *m;

	kernel.error = EPERM;
	m = open_library(w, 0);
	say(m, MEMPOLICY_PIN, w->fd, 0, 4);
	say(m, MEMPOLICY_UNPIN, w->fd, 2, 2);
	assert_int_equal(mempolicy_flush(m, &result), 0);
	assert_int_equal(result.foreign, 2);
	end = (struct pollfd){ .fd = dup(mempolicy_session(m)), .events = POLLIN };
	assert_true(end.fd >= 0);
	mempolicy_close(m);
	/* It lasts until its last copy is closed. */
	assert_int_equal(poll(&end, 1, 0), 0);
	close(end.fd);
}

static void test_the_daemon_knows_no_addresses(void **state)
{
	struct world *w = *state;
	struct mempolicy *m;

	kernel.error = EPERM;
	m = open_library(w, 0);
	assert_int_equal(mempolicy_range(m, MEMPOLICY_EVICT, (char *)(8 * PAGE), PAGE), 0);
	assert_int_equal(mempolicy_flush(m, NULL), -EOPNOTSUPP);
	mempolicy_close(m);
	m = open_library(w, MEMPOLICY_FALLBACK);
	n_done = 0;
	assert_int_equal(mempolicy_range(m, MEMPOLICY_EVICT, (char *)(8 * PAGE), PAGE), 0);
	say(m, MEMPOLICY_ACTIVATE, w->fd, 0, 1);
	assert_int_equal(mempolicy_flush(m, NULL), 0);
	assert_int_equal(n_done, 1);
	assert_int_equal(done[0].advice, MADV_PAGEOUT);
	mempolicy_close(m);
}

static void test_a_daemon_that_ended_is_an_error(void **state)
{
	struct world *w = *state;
	struct mempolicy *m;

	kernel.error = EPERM;
	m = open_library(w, 0);
	kill(w->server, SIGKILL);
	waitpid(w->server, NULL, 0);
	w->server = 0;
	say(m, MEMPOLICY_ACTIVATE, w->fd, 0, 1);
	assert_int_equal(mempolicy_flush(m, NULL), -ECONNREFUSED);
	mempolicy_close(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_without_a_daemon_it_is_an_error_or_advice),
		TEST(test_a_kernel_that_cannot_is_not_supported),
		TEST(test_an_older_daemon_is_not_supported),
		TEST(test_who_may_not_ask_is_told_so),
		TEST(test_a_module_without_verbs_is_not_supported),
		TEST(test_where_bpf_is_forbidden_the_daemon_is_asked),
		TEST(test_the_daemon_is_asked_of_one_file_at_a_time),
		TEST(test_the_daemon_is_asked_until_all_is_done),
		TEST(test_the_daemon_holds_pins_as_long_as_a_connection),
		TEST(test_the_daemon_knows_no_addresses),
		TEST(test_a_daemon_that_ended_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
