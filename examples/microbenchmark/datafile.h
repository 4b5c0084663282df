/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file that the patterns touch. Opened once by main.c. Patterns write into it, and holes in it are
 * filled: so it has to be the benchmark's own, or the configuration says overwrite = 1.
 */
#ifndef MB_DATAFILE_H
#define MB_DATAFILE_H

#include "util.h"

#include <stdbool.h>

/* Both write a message to @err on failure. Returns the descriptor or -errno. */
int mb_datafile_open(const char *path, bool overwrite, FILE *err);

/* How much of the first @size bytes still has to be written, and does not have its space yet; or -errno. */
int mb_datafile_missing(int fd, u64 size, u64 *ret_bytes);

/* Makes sure that the first @size bytes are data on the device, not holes, and not in memory. */
int mb_datafile_fill(int fd, const char *path, u64 size, FILE *err);

#endif
