// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lock beside the socket, and its group; see socket.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>

#include "log.h"
#include "socket.h"

#define SOCKET_GROUP "mempolicy"

int mp_socket_lock(const char *socket, int *ret)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -1;
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (asprintf(&path, "%s.lock", socket) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
	if (fd < 0)
		return -errno;
	if (fcntl(fd, F_OFD_SETLK, &lock) < 0)
		return errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
	*ret = TAKE_FD(fd);
	return 0;
}

void mp_socket_give_to_group(const char *socket)
{
	const struct group *group = getgrnam(SOCKET_GROUP);

	if (!group) {
		mp_log(LOG_NOTICE, "There is no group " SOCKET_GROUP ": only root can use %s.",
		       socket);
		return;
	}
	if (lchown(socket, -1, group->gr_gid) < 0)
		mp_log_errno(LOG_WARNING, errno,
			     "Failed to give %s to group " SOCKET_GROUP ", ignoring", socket);
}
