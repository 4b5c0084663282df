// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loaded by LD_PRELOAD into a backup, what it can do without this project for those whose cache it goes through: a
 * baseline of `tests/bench/run backup`. ADVICE=file drops each file when it is closed; nocache, as the tool of that name
 * does, only the pages of it that were not there when it was opened.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define FDS_MAX 1024
#define PAGE 4096

/* What was cached of the file when it was opened, a byte a page; NULL: it is no file, or was not looked at. */
static unsigned char *before[FDS_MAX];
static size_t pages[FDS_MAX];

static int is(const char *wanted)
{
	const char *word = getenv("ADVICE");

	return word && !strcmp(word, wanted);
}

static int opened(int fd)
{
	struct stat st;
	void *map;

	if (fd < 0 || fd >= FDS_MAX || !is("nocache") || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return fd;
	pages[fd] = ((size_t)st.st_size + PAGE - 1) / PAGE;
	before[fd] = calloc(pages[fd] + 1, 1);
	map = pages[fd] ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
	if (map == MAP_FAILED)
		return fd;
	mincore(map, (size_t)st.st_size, before[fd]);
	munmap(map, (size_t)st.st_size);
	return fd;
}

static void drop(int fd, size_t from, size_t to)
{
	if (from < to)
		posix_fadvise(fd, (off_t)from * PAGE, (off_t)(to - from) * PAGE,
			      POSIX_FADV_DONTNEED);
}

static void drop_others(int fd)
{
	size_t from = 0;

	for (size_t i = 0; i < pages[fd]; i++)
		if (before[fd][i] & 1) {
			drop(fd, from, i);
			from = i + 1;
		}
	/* To the end, which may be another one than it was. */
	posix_fadvise(fd, (off_t)from * PAGE, 0, POSIX_FADV_DONTNEED);
	free(before[fd]);
	before[fd] = NULL;
}

int close(int fd)
{
	int (*real)(int) = dlsym(RTLD_NEXT, "close");
	struct stat st;

	if (fd >= 0 && fd < FDS_MAX && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		/* What is dirty cannot be dropped. */
		if ((fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY)
			fdatasync(fd);
		if (is("file"))
			posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		else if (before[fd])
			drop_others(fd);
	}
	return real(fd);
}

/* The programs of the bench call these by one of two names each. */
int openat(int directory, const char *path, int flags, ...)
{
	int (*real)(int, const char *, int, ...) = dlsym(RTLD_NEXT, "openat");
	va_list args;
	int mode;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, int) : 0;
	va_end(args);
	return opened(real(directory, path, flags, mode));
}

int open(const char *path, int flags, ...)
{
	va_list args;
	int mode;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, int) : 0;
	va_end(args);
	return openat(AT_FDCWD, path, flags, mode);
}

/* As those programs do that are built with checks of their arguments. */
int __openat_2(int directory, const char *path, int flags);
int __open_2(const char *path, int flags);

int __openat_2(int directory, const char *path, int flags)
{
	return openat(directory, path, flags);
}

int __open_2(const char *path, int flags)
{
	return openat(AT_FDCWD, path, flags);
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));
int openat64(int directory, const char *path, int flags, ...) __attribute__((alias("openat")));
