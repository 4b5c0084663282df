/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Opens with O_NONBLOCK and looks at what was opened before a byte is read (file.h): the checks are
 * made on the descriptor, so nothing can be exchanged in between.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "file.h"

static int check_kind(const struct stat *st, size_t max)
{
	if (S_ISREG(st->st_mode))
		return (unsigned long long)st->st_size > max ? -EFBIG : 0;
	if (S_ISDIR(st->st_mode))
		return -EISDIR;
	if (S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3))
		return -ERFKILL;
	return -EMEDIUMTYPE;
}

int mp_file_read_stat(const char *path, size_t max, char **ret_data, size_t *ret_size,
		      struct stat *ret_st)
{
	_cleanup_free_ char *data = NULL;
	_cleanup_close_ int fd = -1;
	size_t size = 0, room;
	struct stat st;
	int r;

	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) /* ENXIO, ENODEV: a socket, or a device node without a device */
		return errno == ENXIO || errno == ENODEV ? -EMEDIUMTYPE : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	r = check_kind(&st, max);
	if (r < 0)
		return r;

	/* The size may be wrong by now, or 0 as in /proc; one byte more shows what is too large. */
	room = st.st_size ? (size_t)st.st_size + 1 : max + 1;
	data = malloc(room + 1);
	if (!data)
		return -ENOMEM;
	while (size < room) {
		ssize_t n = read(fd, data + size, room - size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		size += n;
	}
	if (size > max)
		return -EFBIG;

	data[size] = '\0';
	*ret_data = TAKE_PTR(data);
	*ret_size = size;
	*ret_st = st;
	return 0;
}

int mp_file_read(const char *path, size_t max, char **ret_data, size_t *ret_size)
{
	struct stat st;

	return mp_file_read_stat(path, max, ret_data, ret_size, &st);
}

char *mp_file_problem(int error, size_t max)
{
	char *text = NULL;
	int r;

	switch (error) {
	case -EISDIR:
		return strdup("this is a directory, not a regular file");
	case -EMEDIUMTYPE:
		return strdup("this is not a regular file");
	case -ERFKILL:
		return strdup("this is /dev/null, not a regular file");
	case -EFBIG:
		r = asprintf(&text, "the file is larger than %zu bytes", max);
		break;
	default:
		r = asprintf(&text, "the file cannot be read: %s", strerror(-error));
		break;
	}
	return r < 0 ? NULL : text;
}
