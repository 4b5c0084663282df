// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loaded by LD_PRELOAD into a program that reads much and once, as a backup does, so that it leaves the page cache to
 * others: of the pages that it has brought in by reading or writing it says that they go first, or with QUIET=evict that
 * they go now. An example of libmempolicy; see README.md beside it.
 */
#include <mempolicy.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FDS 1024
#define PAGE 4096

static struct mempolicy *m; /* NULL: nobody answers, and all is as without this */
static enum mempolicy_verb verb = MEMPOLICY_DEACTIVATE;
static uint8_t *was[FDS]; /* by descriptor: where pages were before; what was cached is left alone */
static off_t pages[FDS];

__attribute__((constructor)) static void begin(void)
{
	const char *word = getenv("QUIET");

	if (word && !strcmp(word, "evict"))
		verb = MEMPOLICY_EVICT;
	mempolicy_open(&m, 0);
}

/* What is cached of a file before any of it is brought in. 0: it is no file. */
static int look(int fd)
{
	struct stat st;

	if (!m || fd < 0 || fd >= FDS || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	if (was[fd])
		return 1;
	pages[fd] = st.st_size / PAGE + 1;
	was[fd] = calloc(pages[fd], 1);
	/* Who may not know it tells all, which is of own pages only. */
	if (was[fd])
		mempolicy_residency(m, fd, 0, was[fd], pages[fd]);
	return was[fd] != NULL;
}

static ssize_t use(long call, int fd, void *buffer, size_t bytes)
{
	int looked = look(fd);
	ssize_t done = syscall(call, fd, buffer, bytes);
	off_t end = looked && done > 0 ? lseek(fd, 0, SEEK_CUR) : -1;

	for (off_t page = end < 0 ? 0 : (end - done) / PAGE; page * PAGE < end; page++)
		if (page >= pages[fd] || was[fd][page] == MEMPOLICY_PAGE_ABSENT)
			mempolicy_file(m, verb, fd, page * PAGE, PAGE);
	return done;
}

ssize_t read(int fd, void *buffer, size_t bytes)
{
	return use(SYS_read, fd, buffer, bytes);
}

ssize_t write(int fd, const void *buffer, size_t bytes)
{
	return use(SYS_write, fd, (void *)(uintptr_t)buffer, bytes);
}

/* What waits to be told is told of open files. */
int close(int fd)
{
	if (fd >= 0 && fd < FDS && was[fd]) {
		mempolicy_flush(m, NULL);
		free(was[fd]);
		was[fd] = NULL;
	}
	return (int)syscall(SYS_close, fd);
}
