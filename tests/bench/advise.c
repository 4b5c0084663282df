// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loaded by LD_PRELOAD into a workload, it gives the kernel the advice that the program itself could: a
 * baseline of `make bench`. ADVICE=random or noreuse is said of each file when it is opened; dontneed drops
 * what a read brought as soon as it is done, as the tool nocache does.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int advice(void)
{
	const char *word = getenv("ADVICE");

	if (!word)
		return -1;
	if (!strcmp(word, "random"))
		return POSIX_FADV_RANDOM;
	return strcmp(word, "noreuse") ? POSIX_FADV_DONTNEED : POSIX_FADV_NOREUSE;
}

static int opened(int fd)
{
	int what = advice();

	if (fd >= 0 && what >= 0 && what != POSIX_FADV_DONTNEED)
		posix_fadvise(fd, 0, 0, what);
	return fd;
}

static void done(int fd, off_t offset, ssize_t bytes)
{
	if (bytes > 0 && advice() == POSIX_FADV_DONTNEED)
		posix_fadvise(fd, offset, bytes, POSIX_FADV_DONTNEED);
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

ssize_t pread(int fd, void *buffer, size_t bytes, off_t offset)
{
	ssize_t (*real)(int, void *, size_t, off_t) = dlsym(RTLD_NEXT, "pread");
	ssize_t got = real(fd, buffer, bytes, offset);

	done(fd, offset, got);
	return got;
}

ssize_t read(int fd, void *buffer, size_t bytes)
{
	ssize_t (*real)(int, void *, size_t) = dlsym(RTLD_NEXT, "read");
	off_t offset = lseek(fd, 0, SEEK_CUR);
	ssize_t got = real(fd, buffer, bytes);

	if (offset >= 0)
		done(fd, offset, got);
	return got;
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));
int openat64(int directory, const char *path, int flags, ...) __attribute__((alias("openat")));
ssize_t pread64(int fd, void *buffer, size_t bytes, off_t offset) __attribute__((alias("pread")));
