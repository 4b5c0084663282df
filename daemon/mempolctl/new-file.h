/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files that record, advise and simulate write, also as root: a new file appears whole or not at all, and nothing
 * that is there is replaced or followed. Called by record-save.c and propose-file.c.
 */
#ifndef MP_CTL_NEW_FILE_H
#define MP_CTL_NEW_FILE_H

#include <stdio.h>

/*
 * Can @path appear? 0; -EEXIST, also for a link that leads nowhere; or -errno of its directory. Before much work is
 * done.
 */
int ctl_new_file_check(const char *path);

/*
 * @write has a file beside @path, which has that name when it has returned 0. 0 or -errno, also of @write; then there
 * is nothing new.
 */
int ctl_new_file(const char *path, int (*write)(void *userdata, int fd), void *userdata);

/* A stream for writing over a copy of @fd, to be closed; @fd stays the caller's. NULL with errno. */
FILE *ctl_stream_over(int fd);

#endif
