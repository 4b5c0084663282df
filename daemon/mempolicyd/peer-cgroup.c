// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/PID/cgroup, for a process that is known not to have been replaced; see peer-cgroup.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>

#include "file.h"
#include "macro.h"
#include "peer-cgroup.h"

#define TEXT_MAX (16 * 1024)

const char *mp_peer_cgroup_path(const char *text)
{
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, "0::/", 4))
			return line + 3;
	}
	return NULL;
}

/* A pidfd is readable when its process has ended: until then the pid was its own. */
static bool has_ended(int pidfd)
{
	struct pollfd poll_fd = { .fd = pidfd, .events = POLLIN };

	return poll(&poll_fd, 1, 0) != 0;
}

int mp_peer_cgroup(sd_varlink *link, const char *cgroup_root, uint64_t *ret_id)
{
	_cleanup_free_ char *text = NULL, *path = NULL;
	int pidfd = sd_varlink_get_peer_pidfd(link), r;
	const char *cgroup;
	char name[32];
	struct stat st;
	size_t size;
	pid_t pid;

	r = sd_varlink_get_peer_pid(link, &pid);
	if (pidfd < 0 || r < 0)
		return pidfd < 0 ? pidfd : r;
	snprintf(name, sizeof(name), "/proc/%d/cgroup", pid);
	r = mp_file_read(name, TEXT_MAX, &text, &size);
	if (has_ended(pidfd))
		return -ESRCH;
	if (r < 0)
		return r;
	cgroup = mp_peer_cgroup_path(text);
	if (!cgroup)
		return -ENOENT;
	if (asprintf(&path, "%s%.*s", cgroup_root, (int)strcspn(cgroup, "\n"), cgroup) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	/* In a cgroup of version 2 the inode's number is the id. */
	if (strstr(path, "/../") || stat(path, &st) < 0)
		return -ENOENT;
	*ret_id = st.st_ino;
	return 0;
}
