// SPDX-License-Identifier: GPL-2.0-only
/*
 * Creates, extends and completes the benchmark's file. Called by main.c before anything is measured. It
 * must never leave a hole or an unwritten extent behind: such a page is made of zeros in memory, and a
 * benchmark that counts device reads would count none.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "datafile.h"

#include "mark.h"
#include "rng.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

enum { CHUNK_BYTES = 1 << 20 };

/* Random bytes: a file system that compresses or drops zeros must not get a chance. */
static int write_range(int fd, u64 from, u64 to)
{
	_cleanup_free_ u64 *chunk = malloc(CHUNK_BYTES);
	struct mb_rng rng;

	if (!chunk)
		return -ENOMEM;
	mb_rng_seed(&rng, from);
	while (from < to) {
		size_t n = to - from < CHUNK_BYTES ? (size_t)(to - from) : CHUNK_BYTES;
		ssize_t written;

		for (size_t i = 0; i < CHUNK_BYTES / sizeof(*chunk); i++)
			chunk[i] = mb_rng_next(&rng);
		written = pwrite(fd, chunk, n, (off_t)from);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		from += (u64)written;
	}
	return 0;
}

/* SEEK_HOLE sees fallocate()d extents as holes, and the end of the file as one that never ends. */
static int next_hole(int fd, u64 at, u64 size, u64 *ret_begin, u64 *ret_end)
{
	off_t hole = lseek(fd, (off_t)at, SEEK_HOLE), data;

	if (hole < 0 && errno == ENXIO) /* at or beyond the end */
		hole = (off_t)at;
	if (hole < 0)
		return -errno;
	data = lseek(fd, hole, SEEK_DATA);
	if (data < 0 && errno != ENXIO)
		return -errno;
	*ret_begin = (u64)hole < size ? (u64)hole : size;
	*ret_end = data >= 0 && (u64)data < size ? (u64)data : size;
	return 0;
}

static int fill_holes(int fd, const char *path, u64 size, FILE *err, u64 *ret_filled)
{
	u64 filled = 0, begin = 0, end = 0;
	int r;

	for (u64 at = 0; at < size; at = end) {
		r = next_hole(fd, at, size, &begin, &end);
		if (r < 0)
			return r;
		if (begin < end && !filled)
			fprintf(err, MB_NAME ": writing %s, up to %llu MiB\n", path,
				(unsigned long long)((size - begin + (1 << 20) - 1) >> 20));
		r = write_range(fd, begin, end);
		if (r < 0)
			return r;
		filled += end - begin;
	}
	*ret_filled = filled;
	return 0;
}

static int check_owner(int fd, const char *path, const struct stat *st, FILE *err)
{
	int r = mb_mark_claim(fd, st);

	if (r > 0)
		return 0;
	if (r < 0) {
		fprintf(err, "%s: cannot read file_name: %s\n", path, strerror(-r));
		return r;
	}
	fprintf(err,
		"%s: the benchmark did not make this file, and would write into it: name another "
		"one in file_name, or set overwrite = 1 if nothing in it is needed\n",
		path);
	return -EEXIST;
}

int mb_datafile_open(const char *path, bool overwrite, FILE *err)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r;

	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0644);
	if (fd < 0 || fstat(fd, &st) < 0) {
		r = -errno;
		fprintf(err, "%s: cannot open or create file_name: %s%s\n", path, strerror(-r),
			r == -ENOENT ? "; create its directory, or mount the disk there" : "");
		return r;
	}
	if (!S_ISREG(st.st_mode)) {
		fprintf(err, "%s: is no regular file: file_name must be one\n", path);
		return -EINVAL;
	}
	r = overwrite ? 0 : check_owner(fd, path, &st, err);
	if (r < 0)
		return r;
	r = fd;
	fd = -1;
	return r;
}

int mb_datafile_missing(int fd, u64 size, u64 *ret_bytes)
{
	u64 holes = 0, begin = 0, end = 0, data, allocated;
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return -errno;
	for (u64 at = 0; at < size; at = end) {
		r = next_hole(fd, at, size, &begin, &end);
		if (r < 0)
			return r;
		holes += end - begin;
	}
	/* What fallocate() has reserved is a hole to us, and takes no more space. */
	data = size - holes;
	allocated = (u64)st.st_blocks * MB_SECTOR_SIZE;
	if (allocated > data)
		holes -= allocated - data < holes ? allocated - data : holes;
	*ret_bytes = holes;
	return 0;
}

/* Hours of writing until the disk is full, and everybody else's as well, help nobody. */
static int check_space(int fd, const char *path, u64 size, FILE *err)
{
	struct statvfs fs;
	u64 missing = 0, free_bytes;
	int r = mb_datafile_missing(fd, size, &missing);

	if (r < 0)
		return r;
	if (!missing || fstatvfs(fd, &fs) < 0)
		return 0;
	free_bytes = (u64)fs.f_bavail * fs.f_frsize;
	if (missing <= free_bytes)
		return 0;
	fprintf(err,
		"%s: file_size needs %llu MiB more, %llu MiB are free on that file system: lower "
		"file_size, or put file_name on a larger one\n",
		path, (unsigned long long)(missing >> 20), (unsigned long long)(free_bytes >> 20));
	return -ENOSPC;
}

int mb_datafile_fill(int fd, const char *path, u64 size, FILE *err)
{
	u64 filled = 0;
	int r;

	if (check_space(fd, path, size, err) == -ENOSPC)
		return -ENOSPC;
	r = fill_holes(fd, path, size, err, &filled);
	if (r >= 0 && filled && fsync(fd) < 0)
		r = -errno;
	/* What was just written would be cache hits. Clean pages only, hence after fsync(). */
	if (r >= 0 && filled)
		r = -posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	if (r < 0)
		fprintf(err,
			"%s: cannot write %llu bytes: %s; remove the file or free some space\n",
			path, (unsigned long long)size, strerror(-r));
	return r;
}
