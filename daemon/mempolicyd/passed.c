// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thread for each descriptor that is closed; see passed.h.
 */
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"
#include "passed.h"

static atomic_uint closing;

static void *close_one(void *argument)
{
	(void)close((int)(intptr_t)argument);
	atomic_fetch_sub(&closing, 1);
	return NULL;
}

/* Without signals, which are the event loop's. */
static int start_closing(int fd)
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
	r = pthread_create(&thread, &attributes, close_one, (void *)(intptr_t)fd);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return -r;
}

void mp_passed_close(int fd)
{
	int r;

	if (fd < 0)
		return;
	atomic_fetch_add(&closing, 1);
	r = start_closing(fd);
	if (r == 0)
		return;
	/* It stays open: that costs a descriptor, and to wait would cost the daemon. */
	mp_log_errno(LOG_WARNING, r, "Failed to close a descriptor that was passed, ignoring");
}

bool mp_passed_may_come(void)
{
	return atomic_load(&closing) < MP_PASSED_CLOSING_MAX;
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
