/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads small regular files that somebody else may have replaced by something nasty. Called by the
 * policy reader and the engine check; it never blocks on a FIFO or a device and never reads more
 * than it was told.
 */
#ifndef MP_FILE_H
#define MP_FILE_H

#include <sys/stat.h>

#include "macro.h"

/*
 * Reads all of @path; the buffer has a terminating zero behind @ret_size bytes. Returns 0, or
 *  -ENOENT	no such file (a dangling link too)
 *  -ERFKILL	it is /dev/null or a link to it: somebody masked the file
 *  -EISDIR, -EMEDIUMTYPE	a directory, or anything else that is no regular file
 *  -EFBIG	more than @max bytes
 * or what open(2), fstat(2) and read(2) say.
 */
int mp_file_read(const char *path, size_t max, char **ret_data, size_t *ret_size);

/* The same, and what fstat(2) said of the very file that was read. */
int mp_file_read_stat(const char *path, size_t max, char **ret_data, size_t *ret_size,
		      struct stat *ret_st);

/* One sentence for an error of mp_file_read(), allocated; NULL when memory is short. */
char *mp_file_problem(int error, size_t max);

#endif
