// SPDX-License-Identifier: GPL-2.0-only
/*
 * A queue of descriptors, and a few threads that close them; see passed.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "passed.h"

/* Of one message: SCM_MAX_FD of the kernel. */
#define DESCRIPTORS_MAX 253

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Under the lock. A thread has taken one descriptor out of the queue and closes it. */
static int *queue;
static size_t n_queue, queue_size;
static unsigned int threads;
static bool complained;

static bool take_from_queue(int *ret)
{
	bool taken;

	pthread_mutex_lock(&lock);
	taken = n_queue > 0;
	if (taken)
		*ret = queue[--n_queue];
	else
		threads--;
	pthread_mutex_unlock(&lock);
	return taken;
}

static void *close_queue(void *argument)
{
	int fd;

	while (take_from_queue(&fd))
		(void)close(fd);
	return argument;
}

/* Without signals, which are the event loop's. */
static int start_thread(void)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	pthread_t thread;
	int r;

	r = pthread_attr_init(&attributes);
	if (r)
		return -r;
	(void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	(void)pthread_attr_setstacksize(&attributes, 4 * PTHREAD_STACK_MIN);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread, &attributes, close_queue, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return -r;
}

/* Under the lock: another thread, if there may be one and it has something to do. */
static void add_thread(void)
{
	int r;

	if (!n_queue || threads >= MP_PASSED_CLOSING_MAX)
		return;
	r = start_thread();
	if (r == 0)
		threads++;
	else if (!threads && !complained)
		mp_log_errno(
			LOG_WARNING, r,
			"Failed to start a thread that closes passed descriptors, trying again");
	complained = r != 0;
}

static int append_to_queue(int fd)
{
	int *more;

	if (n_queue == queue_size) {
		more = reallocarray(queue, queue_size + DESCRIPTORS_MAX, sizeof(*queue));
		if (!more)
			return -ENOMEM;
		queue = more;
		queue_size += DESCRIPTORS_MAX;
	}
	queue[n_queue++] = fd;
	return 0;
}

void mp_passed_close(int fd)
{
	int r;

	if (fd < 0)
		return;
	pthread_mutex_lock(&lock);
	r = append_to_queue(fd);
	add_thread();
	pthread_mutex_unlock(&lock);
	/* It stays open: that costs a descriptor, and to wait would cost the daemon. */
	if (r < 0)
		mp_log_errno(LOG_WARNING, r,
			     "Failed to close a descriptor that was passed, ignoring");
}

bool mp_passed_may_come(void)
{
	bool may;

	pthread_mutex_lock(&lock);
	/* There may have been no thread to be had when the last descriptor came. */
	add_thread();
	may = threads + n_queue < MP_PASSED_CLOSING_MAX;
	pthread_mutex_unlock(&lock);
	return may;
}

bool mp_passed_is_users(int fd, uid_t uid)
{
	int flags = fcntl(fd, F_GETFL);
	struct statx stx;

	if (flags < 0 || flags & O_PATH)
		return false;
	if ((flags & O_ACCMODE) != O_RDONLY)
		return true;
	/* What the kernel knows already: a file system in user space may not answer. */
	return statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_UID, &stx) == 0 &&
	       stx.stx_mask & STATX_UID && stx.stx_uid == uid;
}

bool mp_passed_waits(int socket)
{
	char bytes[4096];
	struct iovec some = { .iov_base = bytes, .iov_len = sizeof(bytes) };
	/* There is no room for them: the kernel says that they are there and does not hand them out. */
	struct msghdr message = { .msg_iov = &some, .msg_iovlen = 1 };

	return recvmsg(socket, &message, MSG_PEEK | MSG_DONTWAIT) > 0 &&
	       message.msg_flags & MSG_CTRUNC;
}

int mp_passed_take(sd_varlink *link)
{
	int first = sd_varlink_take_fd(link, 0), fd;

	for (unsigned int i = 1; (fd = sd_varlink_take_fd(link, i)) >= 0; i++)
		mp_passed_close(fd);
	return first;
}
