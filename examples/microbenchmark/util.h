/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every file of the microbenchmark shares: short integer names, the size of a page, and locals
 * that free themselves. Included by all of its .c files; it must never grow logic of its own.
 */
#ifndef MB_UTIL_H
#define MB_UTIL_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef uint64_t u64;
typedef uint32_t u32;
typedef uint8_t u8;

/* As it is installed, and what its messages begin with. */
#define MB_NAME "mempol-microbenchmark"

/* Every figure of the benchmark is in pages of this size, whatever the kernel's own is. */
#define MB_PAGE_SIZE 4096ULL
#define MB_SECTOR_SIZE 512ULL
#define MB_SECTORS_PER_PAGE (MB_PAGE_SIZE / MB_SECTOR_SIZE)

#define MB_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static inline void mb_freep(void *p)
{
	free(*(void **)p);
}

static inline void mb_fclosep(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void mb_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define _cleanup_free_ __attribute__((cleanup(mb_freep)))
#define _cleanup_fclose_ __attribute__((cleanup(mb_fclosep)))
#define _cleanup_close_ __attribute__((cleanup(mb_closep)))

#endif
