// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * Where the pages of a file are, by the kernel's own word, or what any kernel tells of them (cached.c).
 */
#include <errno.h>
#include <string.h>

#include "tell.h"

_Static_assert((int)MEMPOLICY_PAGE_INACTIVE == (int)MEMPOL_RESIDENCY_INACTIVE,
	       "places are the kernel's");
_Static_assert((int)MEMPOLICY_PAGE_REJECTED == (int)MEMPOL_RESIDENCY_REJECTED,
	       "places are the kernel's");
_Static_assert((int)MEMPOLICY_PAGE_LIST == (int)MEMPOL_RESIDENCY_LIST, "places are the kernel's");
_Static_assert((int)MEMPOLICY_PAGE_PLACE == MEMPOL_RESIDENCY_PLACE, "places are the kernel's");
_Static_assert((int)MEMPOLICY_PAGE_DIRTY == MEMPOL_RESIDENCY_DIRTY, "flags are the kernel's");
_Static_assert((int)MEMPOLICY_PAGE_WRITEBACK == MEMPOL_RESIDENCY_WRITEBACK,
	       "flags are the kernel's");

static int ask_kernel(const struct mempolicy *m, int fd, uint64_t page, uint8_t *ret, size_t pages)
{
	_cleanup_free_ struct mempol_residency *map = mp_owned(malloc(sizeof(*map)));
	size_t n;
	int r;

	if (!map)
		return -ENOMEM;
	for (size_t done = 0; done < pages; done += n) {
		n = pages - done < MEMPOL_RESIDENCY_PAGES ? pages - done : MEMPOL_RESIDENCY_PAGES;
		map->fd = fd;
		map->first = page + done;
		map->nr = (uint32_t)n;
		map->pad = 0;
		r = mp_tell_kernel_residency(m, map);
		if (r < 0)
			return r;
		memcpy(ret + done, map->page, n);
	}
	return 0;
}

/* A sandbox may have come after the object was made, and of tmpfs the kernel says only what is cached. */
static bool others_may_know(int error)
{
	return error == -EPERM || error == -ENOSYS || error == -EOPNOTSUPP;
}

int mempolicy_residency(struct mempolicy *m, int fd, uint64_t page, uint8_t *ret, size_t pages)
{
	const uint64_t last = INT64_MAX / (uint64_t)sysconf(_SC_PAGESIZE);
	int r = -EOPNOTSUPP;

	if (fd < 0)
		return -EBADF;
	if (page > last || pages > last - page)
		return -EINVAL;
	if (m->way == MEMPOLICY_BY_KERNEL)
		r = ask_kernel(m, fd, page, ret, pages);
	return others_may_know(r) ? mp_cached(fd, page, ret, pages) : r;
}
