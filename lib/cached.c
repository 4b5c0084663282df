// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * What any kernel tells of a file's pages: cachestat(2) counts them in a range, and halves of it until all pages are
 * alike; older kernels have mincore(2), which knows nothing of dirty ones. On which list a page is neither tells. See
 * tell.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mman.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "tell.h"

#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif

/* What is mapped at a time, for mincore(). */
#define WINDOW_PAGES 32768

static uint64_t page_size(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

/* None, or all of them? */
static bool is_even(uint64_t some, size_t pages)
{
	return some == 0 || some >= pages;
}

static int by_cachestat(int fd, uint64_t page, uint8_t *ret, size_t pages)
{
	struct cachestat_range range = { page * page_size(), pages * page_size() };
	struct cachestat cs;
	size_t half = pages / 2;
	int r;

	if (syscall(SYS_cachestat, fd, &range, &cs, 0) < 0)
		return -errno;
	if (pages > 1 && !(is_even(cs.nr_cache, pages) && is_even(cs.nr_dirty, pages) &&
			   is_even(cs.nr_writeback, pages))) {
		r = by_cachestat(fd, page, ret, half);
		return r < 0 ? r : by_cachestat(fd, page + half, ret + half, pages - half);
	}
	memset(ret,
	       (cs.nr_cache ? MEMPOLICY_PAGE_CACHED : MEMPOLICY_PAGE_ABSENT) |
		       (cs.nr_dirty ? MEMPOLICY_PAGE_DIRTY : 0) |
		       (cs.nr_writeback ? MEMPOLICY_PAGE_WRITEBACK : 0),
	       pages);
	return 0;
}

static int look_through(int fd, uint64_t page, uint8_t *ret, size_t pages)
{
	void *at = mmap(NULL, pages * page_size(), PROT_READ, MAP_SHARED, fd,
			(off_t)(page * page_size()));
	int r;

	if (at == MAP_FAILED)
		return -errno;
	r = mincore(at, pages * page_size(), ret) < 0 ? -errno : 0;
	munmap(at, pages * page_size());
	for (size_t i = 0; i < pages && r == 0; i++)
		ret[i] = ret[i] & 1 ? MEMPOLICY_PAGE_CACHED | MEMPOLICY_PAGE_UNSURE :
				      MEMPOLICY_PAGE_ABSENT;
	return r;
}

static int by_mincore(int fd, uint64_t page, uint8_t *ret, size_t pages)
{
	size_t n;
	int r = 0;

	for (size_t done = 0; done < pages && r == 0; done += n) {
		n = pages - done < WINDOW_PAGES ? pages - done : WINDOW_PAGES;
		r = look_through(fd, page + done, ret + done, n);
	}
	return r;
}

/*
 * The kernel's own rule, which it keeps in different ways: mincore() says of other users' files that all is cached, and
 * the cachestat() of older kernels tells everybody.
 */
static bool may_look(int fd, int flags, const struct stat *st)
{
	if ((flags & O_ACCMODE) != O_RDONLY || st->st_uid == geteuid())
		return true;
	if (faccessat(fd, "", W_OK, AT_EMPTY_PATH | AT_EACCESS) == 0)
		return true;
	/* Nobody may write to what is mounted for reading, or must not be changed. */
	return geteuid() == 0 && (errno == EROFS || errno == EPERM);
}

static int what_it_is(mode_t mode)
{
	if (S_ISREG(mode))
		return 0;
	if (S_ISDIR(mode))
		return -EISDIR;
	return S_ISFIFO(mode) || S_ISSOCK(mode) ? -ESPIPE : -EOPNOTSUPP;
}

int mp_cached(int fd, uint64_t page, uint8_t *ret, size_t pages)
{
	int flags = fcntl(fd, F_GETFL), r;
	struct stat st;

	if (flags < 0 || fstat(fd, &st) < 0)
		return -errno;
	r = flags & O_PATH ? -EBADF : what_it_is(st.st_mode);
	if (r < 0)
		return r;
	if (!may_look(fd, flags, &st))
		return -EACCES;
	r = pages ? by_cachestat(fd, page, ret, pages) : 0;
	/* A sandbox may not know of it. */
	return r == -ENOSYS || r == -EPERM ? by_mincore(fd, page, ret, pages) : r;
}
