// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loaded by LD_PRELOAD into a program that reads much and once, as a backup does, so that it leaves the page cache to
 * others: of what it has read or written it says that it goes first, or with QUIET=evict that it goes now. An example
 * of libmempolicy; see README.md beside it.
 */
#include <fcntl.h>
#include <mempolicy.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct mempolicy *m; /* NULL: nobody answers, and all is as without this */
static enum mempolicy_verb verb = MEMPOLICY_DEACTIVATE;
static int busy; /* the library itself uses these calls */

__attribute__((constructor)) static void begin(void)
{
	const char *word = getenv("QUIET");

	if (word && !strcmp(word, "evict"))
		verb = MEMPOLICY_EVICT;
	mempolicy_open(&m, 0);
}

/* Whole pages: what is told of half a page is told of none. */
static ssize_t used(int fd, ssize_t bytes)
{
	off_t end = m && !busy && bytes > 0 ? lseek(fd, 0, SEEK_CUR) : -1;

	if (end >= bytes) {
		busy = 1;
		mempolicy_file(m, verb, fd, (end - bytes) & ~4095LL,
			       bytes + ((end - bytes) & 4095));
		busy = 0;
	}
	return bytes;
}

ssize_t read(int fd, void *buffer, size_t bytes)
{
	return used(fd, syscall(SYS_read, fd, buffer, bytes));
}

ssize_t write(int fd, const void *buffer, size_t bytes)
{
	return used(fd, syscall(SYS_write, fd, buffer, bytes));
}

/* What was not told yet is told of open files only. */
int close(int fd)
{
	if (m && !busy) {
		busy = 1;
		mempolicy_flush(m, NULL);
		busy = 0;
	}
	return (int)syscall(SYS_close, fd);
}
