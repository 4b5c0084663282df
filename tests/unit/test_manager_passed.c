// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for descriptors that users pass to the daemon: each is closed, however many there are, whether or
 * not a thread can be had at once, and a file system that keeps close() waiting never keeps the caller waiting.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "../../daemon/mempolicyd/passed.h"
#include "fixture.h"

#define MANY 60

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t released = PTHREAD_COND_INITIALIZER;
static bool hangs;
static bool no_threads;
static unsigned int created;
static atomic_uint closed;

int __real_close(int fd);
int __wrap_close(int fd);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
			  void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
			  void *argument);

int __wrap_close(int fd)
{
	int r;

	pthread_mutex_lock(&lock);
	while (hangs)
		pthread_cond_wait(&released, &lock);
	pthread_mutex_unlock(&lock);
	r = __real_close(fd);
	atomic_fetch_add(&closed, 1);
	return r;
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
			  void *argument)
{
	if (no_threads)
		return EAGAIN;
	created++;
	return __real_pthread_create(thread, attributes, run, argument);
}

static void set_hangs(bool on)
{
	pthread_mutex_lock(&lock);
	hangs = on;
	pthread_cond_broadcast(&released);
	pthread_mutex_unlock(&lock);
}

static int new_descriptor(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

/* Until @n have been closed and every thread has ended. */
static void wait_closed(unsigned int n)
{
	const struct timespec tick = { .tv_nsec = 1000000 };

	for (unsigned int i = 0; atomic_load(&closed) < n || !mp_passed_may_come(); i++) {
		assert_true(i < 30000);
		nanosleep(&tick, NULL);
	}
	assert_int_equal(atomic_load(&closed), n);
}

static void test_each_is_closed_by_few_threads(void **state)
{
	set_hangs(true);
	for (unsigned int i = 0; i < MANY; i++)
		mp_passed_close(new_descriptor());
	assert_in_range(created, 1, MP_PASSED_CLOSING_MAX);
	assert_int_equal(atomic_load(&closed), 0);
	/* No more should come while these wait. */
	assert_false(mp_passed_may_come());
	set_hangs(false);
	wait_closed(MANY);
}

static void test_what_no_thread_could_close_is_closed_later(void **state)
{
	no_threads = true;
	for (unsigned int i = 0; i < MANY; i++)
		mp_passed_close(new_descriptor());
	assert_false(mp_passed_may_come());
	assert_int_equal(atomic_load(&closed), 0);
	no_threads = false;
	/* To ask is to try again: nothing else may be passed for a long time. */
	(void)mp_passed_may_come();
	wait_closed(MANY);
}

static void test_a_file_is_its_owners_and_whose_it_may_be_written_by(void **state)
{
	char path[] = "/tmp/mempol-passed-XXXXXX";
	int fd = mkstemp(path), read_only, by_path;

	assert_true(fd >= 0);
	read_only = open(path, O_RDONLY | O_CLOEXEC);
	by_path = open(path, O_PATH | O_CLOEXEC);
	unlink(path);
	assert_true(read_only >= 0 && by_path >= 0);
	assert_true(mp_passed_is_users(read_only, geteuid()));
	assert_false(mp_passed_is_users(read_only, geteuid() + 1));
	assert_true(mp_passed_is_users(fd, geteuid() + 1));
	assert_false(mp_passed_is_users(by_path, geteuid()));
	assert_false(mp_passed_is_users(-1, geteuid()));
	__real_close(fd);
	__real_close(read_only);
	__real_close(by_path);
}

static void test_none_is_nothing(void **state)
{
	mp_passed_close(-1);
	assert_int_equal(created, 0);
	assert_true(mp_passed_may_come());
}

static int setup(void **state)
{
	no_threads = false;
	created = 0;
	atomic_store(&closed, 0);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* First: no thread of another test may be left to close something. */
		cmocka_unit_test_setup(test_what_no_thread_could_close_is_closed_later, setup),
		cmocka_unit_test_setup(test_each_is_closed_by_few_threads, setup),
		cmocka_unit_test_setup(test_a_file_is_its_owners_and_whose_it_may_be_written_by,
				       setup),
		cmocka_unit_test_setup(test_none_is_nothing, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
