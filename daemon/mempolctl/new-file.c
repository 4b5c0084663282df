/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * New files under a temporary name first; see new-file.h.
 */
#include "new-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "macro.h"

int ctl_new_file_check(const char *path)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *directory =
		mp_owned(slash ? strndup(path, slash + 1 - path) : strdup("."));
	struct stat st;

	if (!directory)
		return -ENOMEM;
	if (lstat(path, &st) == 0)
		return -EEXIST;
	return faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS) < 0 ? -errno : 0;
}

/* A name that nobody reads by chance, beside the final one. */
static int open_beside(const char *path, char **ret_name)
{
	const char *slash = strrchr(path, '/');
	int n = slash ? slash + 1 - path : 0, fd;
	char *name;

	if (asprintf(&name, "%.*s.%s.XXXXXX", n, path, path + n) < 0)
		return -ENOMEM;
	fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0) {
		fd = -errno;
		free(name);
		return fd;
	}
	*ret_name = name;
	return fd;
}

/* Neither replaces anything; each is unknown to some file system. */
static int give_name(int fd, const char *name, const char *path)
{
	mode_t mask = umask(0);

	umask(mask);
	if (fchmod(fd, 0666 & ~mask) < 0)
		return -errno;
	if (renameat2(AT_FDCWD, name, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (link(name, path) < 0)
		return -errno;
	unlink(name);
	return 0;
}

int ctl_new_file(const char *path, int (*write)(void *userdata, int fd), void *userdata)
{
	_cleanup_free_ char *name = NULL;
	_cleanup_close_ int fd = open_beside(path, &name);
	int r;

	if (fd < 0 || !name)
		return fd < 0 ? fd : -ENOMEM;
	r = write(userdata, fd);
	if (r == 0)
		r = give_name(fd, name, path);
	if (r < 0)
		unlink(name);
	return r;
}

FILE *ctl_stream_over(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0), error;
	FILE *file = copy < 0 ? NULL : fdopen(copy, "w");

	error = errno;
	if (!file && copy >= 0)
		close(copy);
	errno = error;
	return file;
}
