/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptors that users pass to the daemon. close() may wait for the file system, and a file system in user space
 * belongs to a user, who can make it wait for ever. So the daemon's own thread never closes what was passed, and
 * sd-varlink, which would, has it for no longer than a turn of the event loop. Called by sessions.c.
 */
#ifndef MP_PASSED_H
#define MP_PASSED_H

#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-varlink.h>

/* Threads that may wait in close() at a time; TasksMax= of the unit has room for them. */
#define MP_PASSED_CLOSING_MAX 16

/* Descriptors come with the bytes that are to be read from @socket next. */
bool mp_passed_waits(int socket);

/*
 * The first descriptor that @link has read, or -errno. The caller gives it to mp_passed_close(). The others are
 * closed.
 */
int mp_passed_take(sd_varlink *link);

/*
 * Whether @uid owns the file or the file was opened for writing. Only then do mincore(2) and cachestat(2) tell which of
 * its pages are in memory, because that shows what other users do with it. Waits for no file system.
 */
bool mp_passed_is_users(int fd, uid_t uid);

/*
 * Has a thread close @fd, now or when there is one, and does not wait for that. Nothing when @fd is negative. Where no
 * thread can be had at all, @fd waits for the next call of this or of mp_passed_may_come().
 */
void mp_passed_close(int fd);

/* False while so many are being closed, or wait for it, that no more should come in. */
bool mp_passed_may_come(void);

static inline void mp_passed_closep(int *fd)
{
	mp_passed_close(*fd);
}

#endif
