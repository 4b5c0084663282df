// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for libmempolicy where the program itself may ask the kernel: what is told, in which calls, what is done
 * before, and what the answers mean.
 */
#include "library.h"

/* --- ranges ------------------------------------------------------------------------------------------- */

static void test_neighbours_are_told_as_one(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);
	struct mempolicy_result result;

	say(m, MEMPOLICY_ACTIVATE, w->fd, 10, 5);
	say(m, MEMPOLICY_ACTIVATE, w->fd, 15, 5);
	say(m, MEMPOLICY_ACTIVATE, w->fd, 5, 5);
	say(m, MEMPOLICY_ACTIVATE, w->fd, 8, 3);
	say(m, MEMPOLICY_ACTIVATE, w->fd, 50, 1);
	assert_int_equal(kernel.n, 0);
	assert_int_equal(mempolicy_flush(m, &result), 0);
	assert_int_equal(kernel.n, 1);
	assert_int_equal(kernel.calls[0].nr, 2);
	assert_told(0, 0, MEMPOLICY_ACTIVATE, 5, 15);
	assert_told(0, 1, MEMPOLICY_ACTIVATE, 50, 1);
	assert_int_equal(result.ranges, 2);
	assert_int_equal(result.applied, 16);
	assert_int_equal(result.bytes, 16 * PAGE);
	assert_null(mempolicy_close(m));
}

static void test_what_is_said_later_is_told_later(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);

	say(m, MEMPOLICY_ACTIVATE, w->fd, 0, 4);
	say(m, MEMPOLICY_DEACTIVATE, w->fd, 0, 4);
	say(m, MEMPOLICY_ACTIVATE, w->fd, 0, 4);
	assert_int_equal(mempolicy_flush(m, NULL), 0);
	assert_int_equal(kernel.calls[0].nr, 3);
	assert_told(0, 2, MEMPOLICY_ACTIVATE, 0, 4);
	mempolicy_close(m);
}

static void test_other_files_are_no_neighbours(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);
	_cleanup_close_ int other = dup(w->fd);

	say(m, MEMPOLICY_ACTIVATE, w->fd, 0, 4);
	say(m, MEMPOLICY_ACTIVATE, other, 4, 4);
	assert_int_equal(mempolicy_flush(m, NULL), 0);
	assert_int_equal(kernel.calls[0].nr, 2);
	mempolicy_close(m);
}

static void test_as_many_as_one_call_takes_are_told_without_being_asked(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);
	struct mempolicy_result result;

	for (unsigned int i = 0; i <= MEMPOL_HINT_RANGES; i++)
		say(m, MEMPOLICY_ACTIVATE, w->fd, 2 * i, 1);
	assert_int_equal(kernel.n, 1);
	assert_int_equal(kernel.calls[0].nr, MEMPOL_HINT_RANGES);
	assert_int_equal(mempolicy_flush(m, &result), 0);
	assert_int_equal(kernel.n, 2);
	assert_int_equal(result.ranges, MEMPOL_HINT_RANGES + 1);
	assert_int_equal(result.applied, MEMPOL_HINT_RANGES + 1);
	mempolicy_close(m);
}

static void test_who_goes_through_a_file_is_not_kept_waiting(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);

	for (unsigned int i = 0; i < 600; i++)
		say(m, MEMPOLICY_DEACTIVATE, w->fd, i, 1);
	/* 1 MiB each. */
	assert_int_equal(kernel.n, 2);
	assert_told(1, 0, MEMPOLICY_DEACTIVATE, 256, 256);
	assert_int_equal(mempolicy_flush(m, NULL), 0);
	assert_told(2, 0, MEMPOLICY_DEACTIVATE, 512, 88);
	mempolicy_close(m);
}

static void test_addresses_are_told_as_such(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);
	char *at = (char *)(16 * PAGE);

	assert_int_equal(mempolicy_range(m, MEMPOLICY_DEACTIVATE, at, PAGE), 0);
	assert_int_equal(mempolicy_range(m, MEMPOLICY_DEACTIVATE, at + PAGE, PAGE), 0);
	assert_int_equal(mempolicy_flush(m, NULL), 0);
	assert_int_equal(kernel.calls[0].nr, 1);
	assert_told(0, 0, MEMPOLICY_DEACTIVATE, 16, 2);
	assert_int_equal(kernel.calls[0].range[0].fd, -1);
	assert_int_equal(mempolicy_way(m), MEMPOLICY_BY_KERNEL);
	mempolicy_close(m);
}

static void test_without_a_length_it_is_the_rest_of_the_file(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);

	assert_int_equal(mempolicy_file(m, MEMPOLICY_ACTIVATE, w->fd, 90 * PAGE, 0), 0);
	assert_int_equal(mempolicy_file(m, MEMPOLICY_ACTIVATE, w->fd, 100 * PAGE, 0), 0);
	assert_int_equal(mempolicy_flush(m, NULL), 0);
	assert_int_equal(kernel.calls[0].nr, 1);
	assert_told(0, 0, MEMPOLICY_ACTIVATE, 90, 10);
	mempolicy_close(m);
}

/* --- answers ------------------------------------------------------------------------------------------ */

static void test_more_than_one_call_does_goes_on_where_it_stopped(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);
	struct mempolicy_result result;

	kernel.pages_per_call = 8;
	say(m, MEMPOLICY_ACTIVATE, w->fd, 0, 20);
	say(m, MEMPOLICY_ACTIVATE, w->fd, 30, 2);
	assert_int_equal(mempolicy_flush(m, &result), 0);
	assert_int_equal(kernel.n, 3);
	assert_told(1, 0, MEMPOLICY_ACTIVATE, 8, 12);
	assert_told(2, 0, MEMPOLICY_ACTIVATE, 16, 4);
	assert_told(2, 1, MEMPOLICY_ACTIVATE, 30, 2);
	assert_int_equal(result.applied, 22);
	assert_int_equal(result.bytes, 22 * PAGE);
	mempolicy_close(m);
}

static void test_an_address_space_that_is_being_changed_is_tried_again(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);
	struct mempolicy_result result;

	kernel.range_error = -EAGAIN;
	kernel.stalls = 50;
	say(m, MEMPOLICY_ACTIVATE, w->fd, 0, 4);
	assert_int_equal(mempolicy_flush(m, &result), 0);
	assert_int_equal(kernel.n, 51);
	assert_int_equal(result.applied, 4);
	mempolicy_close(m);
}

static void test_what_never_gets_anywhere_ends(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);

	kernel.range_error = -EAGAIN;
	kernel.stalls = CALLS_MAX;
	say(m, MEMPOLICY_ACTIVATE, w->fd, 0, 4);
	assert_int_equal(mempolicy_flush(m, NULL), -EAGAIN);
	assert_in_range(kernel.n, 100, CALLS_MAX - 1);
	mempolicy_close(m);
}

static void test_an_error_is_returned_once(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);
	struct mempolicy_result result;

	kernel.range_error = -EHOSTDOWN;
	say(m, MEMPOLICY_ACTIVATE, w->fd, 0, 4);
	assert_int_equal(mempolicy_flush(m, &result), -EHOSTDOWN);
	assert_int_equal(result.ranges, 1);
	assert_int_equal(mempolicy_flush(m, &result), 0);
	assert_int_equal(result.ranges, 0);
	mempolicy_close(m);
}

static void test_a_cap_is_not_hidden_by_what_follows(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);
	struct mempolicy_result result;

	kernel.pages_per_call = 8;
	kernel.capped_from = 6;
	say(m, MEMPOLICY_PIN, w->fd, 0, 10);
	assert_int_equal(mempolicy_flush(m, &result), -EDQUOT);
	assert_int_equal(result.capped, 2);
	assert_int_equal(result.applied, 8);
	mempolicy_close(m);
}

static void test_bad_arguments_are_refused_at_once(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0), *other = NULL;

	assert_int_equal(mempolicy_file(m, 0, w->fd, 0, PAGE), -EINVAL);
	assert_int_equal(mempolicy_file(m, MEMPOLICY_PREFETCH + 1, w->fd, 0, PAGE), -EINVAL);
	assert_int_equal(mempolicy_file(m, MEMPOLICY_ACTIVATE, -1, 0, PAGE), -EBADF);
	assert_int_equal(mempolicy_file(m, MEMPOLICY_ACTIVATE, w->fd, PAGE, UINT64_MAX), -EINVAL);
	assert_int_equal(mempolicy_range(m, MEMPOLICY_ACTIVATE, &m, 0), -EINVAL);
	assert_int_equal(mempolicy_open_at(&other, 4, w->socket), -EINVAL);
	assert_null(other);
	assert_int_equal(mempolicy_flush(m, NULL), 0);
	assert_int_equal(kernel.n, 0);
	mempolicy_close(m);
	assert_null(mempolicy_close(NULL));
}

/* --- pins --------------------------------------------------------------------------------------------- */

static void test_one_session_is_opened_when_it_is_needed(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);
	int session;

	say(m, MEMPOLICY_ACTIVATE, w->fd, 0, 1);
	assert_int_equal(mempolicy_flush(m, NULL), 0);
	assert_int_equal(kernel.sessions, 0);
	say(m, MEMPOLICY_PIN, w->fd, 0, 1);
	say(m, MEMPOLICY_UNPIN, w->fd, 0, 1);
	session = mempolicy_session(m);
	assert_true(session >= 0);
	assert_int_equal(mempolicy_flush(m, NULL), 0);
	assert_int_equal(kernel.sessions, 1);
	assert_int_equal(kernel.calls[0].session, -1);
	assert_int_equal(kernel.calls[1].session, session);
	mempolicy_close(m);
	assert_int_equal(fcntl(session, F_GETFD), -1);
}

static void test_what_is_fetched_is_pinned_step_by_step_up_to_the_cap(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, MEMPOLICY_FETCH);
	struct mempolicy_result result;
	unsigned int pins = 0;

	assert_int_equal(ftruncate(w->fd, 8192 * PAGE), 0);
	kernel.capped_from = 2000;
	assert_int_equal(mempolicy_file(m, MEMPOLICY_PIN, w->fd, 0, 0), 0);
	assert_int_equal(mempolicy_flush(m, &result), -EDQUOT);
	/* Of 32 MiB, the first 8 were read, before they were pinned. */
	assert_int_equal(kernel.n, 1);
	assert_told(0, 0, MEMPOLICY_PIN, 0, 2048);
	for (unsigned int i = 0; i < n_done; i++) {
		pins += done[i].kind == 'b';
		if (done[i].kind == 'f')
			assert_int_equal(pins, 0);
	}
	assert_int_equal(n_done, 64 + 1);
	assert_int_equal(result.applied, 2000);
	mempolicy_close(m);
}

/* --- what is done before ------------------------------------------------------------------------------- */

static void test_reading_is_the_callers_own_and_comes_first(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);

	say(m, MEMPOLICY_PREFETCH, w->fd, 0, 64);
	assert_int_equal(mempolicy_flush(m, NULL), 0);
	/* In windows of 128 KiB: of more, one call reads but one window. */
	assert_int_equal(n_done, 3);
	assert_int_equal(done[0].kind, 'f');
	assert_int_equal(done[0].length, 32 * PAGE);
	assert_int_equal(done[1].start, 32 * PAGE);
	assert_int_equal(done[1].advice, POSIX_FADV_WILLNEED);
	assert_int_equal(done[2].kind, 'b');
	mempolicy_close(m);
}

static void test_what_is_to_go_is_written_back_first(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);

	say(m, MEMPOLICY_EVICT, w->fd, 4, 4);
	say(m, MEMPOLICY_ACTIVATE, w->fd, 4, 4);
	assert_int_equal(mempolicy_flush(m, NULL), 0);
	assert_int_equal(n_done, 2);
	assert_int_equal(done[0].kind, 's');
	assert_int_equal(done[0].start, 4 * PAGE);
	assert_int_equal(done[0].advice, SYNC_FILE_RANGE_WRITE);
	mempolicy_close(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_neighbours_are_told_as_one),
		TEST(test_what_is_said_later_is_told_later),
		TEST(test_other_files_are_no_neighbours),
		TEST(test_as_many_as_one_call_takes_are_told_without_being_asked),
		TEST(test_who_goes_through_a_file_is_not_kept_waiting),
		TEST(test_addresses_are_told_as_such),
		TEST(test_without_a_length_it_is_the_rest_of_the_file),
		TEST(test_more_than_one_call_does_goes_on_where_it_stopped),
		TEST(test_an_address_space_that_is_being_changed_is_tried_again),
		TEST(test_what_never_gets_anywhere_ends),
		TEST(test_an_error_is_returned_once),
		TEST(test_a_cap_is_not_hidden_by_what_follows),
		TEST(test_bad_arguments_are_refused_at_once),
		TEST(test_one_session_is_opened_when_it_is_needed),
		TEST(test_what_is_fetched_is_pinned_step_by_step_up_to_the_cap),
		TEST(test_reading_is_the_callers_own_and_comes_first),
		TEST(test_what_is_to_go_is_written_back_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
