// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether the benchmark may write into a file that exists: it may if it made the file, or if there is
 * nothing in it to lose. Called by datafile.c. It must never read the file through the page cache: what is
 * cached before a run is the caller's decision.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "mark.h"

#include "rng.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/xattr.h>

enum { CHUNK_BYTES = 1 << 20, CHANGED_BYTES = 8 };

void mb_mark_first_page(unsigned char page[MB_PAGE_SIZE])
{
	struct mb_rng rng;

	mb_rng_seed(&rng, 0);
	for (size_t i = 0; i < MB_PAGE_SIZE; i += sizeof(u64)) {
		u64 word = mb_rng_next(&rng);

		memcpy(page + i, &word, sizeof(word));
	}
}

/* A descriptor that reads past the page cache. tmpfs and a few others cannot; nothing is lost there. */
static int open_direct(int fd)
{
	char path[64];
	int direct;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	direct = open(path, O_RDONLY | O_CLOEXEC | O_DIRECT);
	return direct >= 0 ? direct : open(path, O_RDONLY | O_CLOEXEC);
}

static ssize_t read_at(int fd, unsigned char *to, size_t bytes, u64 from)
{
	ssize_t n;

	do
		n = pread(fd, to, bytes, (off_t)from);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* The patterns increment the first byte of a page, so its first word is not compared. */
static bool is_first_page(const unsigned char *chunk, ssize_t n)
{
	unsigned char page[MB_PAGE_SIZE];

	if (n < (ssize_t)MB_PAGE_SIZE)
		return false;
	mb_mark_first_page(page);
	return !memcmp(chunk + CHANGED_BYTES, page + CHANGED_BYTES, MB_PAGE_SIZE - CHANGED_BYTES);
}

static bool is_zero(const unsigned char *chunk, size_t n)
{
	return !n || (!chunk[0] && !memcmp(chunk, chunk + 1, n - 1));
}

/* Holes are passed over; the first byte that is not 0 ends it. */
static int only_zeros(int fd, unsigned char *chunk)
{
	for (u64 at = 0;;) {
		off_t data = lseek(fd, (off_t)at, SEEK_DATA);
		ssize_t n;

		if (data < 0)
			return errno == ENXIO ? 1 : -errno;
		at = (u64)data & ~(MB_PAGE_SIZE - 1);
		n = read_at(fd, chunk, CHUNK_BYTES, at);
		if (n <= 0)
			return n < 0 ? (int)n : 1;
		if (!is_zero(chunk, (size_t)n))
			return 0;
		at += (u64)n;
	}
}

static int holds_nothing_else(int fd)
{
	_cleanup_free_ unsigned char *chunk = aligned_alloc(MB_PAGE_SIZE, CHUNK_BYTES);
	_cleanup_close_ int direct = open_direct(fd);
	ssize_t n;

	if (!chunk)
		return -ENOMEM;
	if (direct < 0)
		return -errno;
	n = read_at(direct, chunk, MB_PAGE_SIZE, 0);
	if (n < 0)
		return (int)n;
	return is_first_page(chunk, n) ? 1 : only_zeros(direct, chunk);
}

int mb_mark_claim(int fd, const struct stat *st)
{
	int r;

	if (fgetxattr(fd, MB_MARK, NULL, 0) >= 0)
		return 1;
	r = st->st_size ? holds_nothing_else(fd) : 1;
	/* Where it cannot be marked, its first page tells the next time. */
	if (r > 0)
		(void)fsetxattr(fd, MB_MARK, "1", 1, 0);
	return r;
}
