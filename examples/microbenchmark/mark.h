/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tells the benchmark's own file from anybody else's, because it writes into it. Called by datafile.c when
 * the file is opened. A file that holds something that the benchmark did not write is never its own.
 */
#ifndef MB_MARK_H
#define MB_MARK_H

#include "util.h"

#include <sys/stat.h>

/*
 * The extended attribute of a file that the benchmark made. Where a file system has none, the bytes of the
 * first page tell.
 */
#define MB_MARK "user.mempol_microbenchmark"

/* What the benchmark writes at byte 0 of a new file, and tells its file by. */
void mb_mark_first_page(unsigned char page[MB_PAGE_SIZE]);

/*
 * 1: the benchmark made it, or nothing is in it but zeros, which makes it the benchmark's and is marked;
 * 0: somebody else's; or -errno. Leaves the cache of the file as it is.
 */
int mb_mark_claim(int fd, const struct stat *st);

#endif
