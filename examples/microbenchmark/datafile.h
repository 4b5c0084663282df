/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file that the patterns touch. Opened once by main.c. It belongs to the benchmark: patterns write
 * into it, and holes in it are filled.
 */
#ifndef MB_DATAFILE_H
#define MB_DATAFILE_H

#include "util.h"

/* Both write a message to @err on failure. Returns the descriptor or -errno. */
int mb_datafile_open(const char *path, FILE *err);

/* Makes sure that the first @size bytes are data on the device, not holes, and not in memory. */
int mb_datafile_fill(int fd, const char *path, u64 size, FILE *err);

#endif
