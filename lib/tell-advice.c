// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * What the caller's own system calls do: the reading and writing back that the kernel's part must not wait for, and
 * what comes nearest to a verb where nobody answers. See tell.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "tell.h"

/* No readahead window is smaller; WILLNEED reads one window, however much is asked for. */
#define WINDOW_BYTES (128 * 1024)
#define BUFFER_BYTES (64 * 1024)

static bool is_address(const struct mempol_hint_range *range)
{
	return range->fd < 0;
}

/* madvise() wants whole pages: those in which there is something of the range. */
static int advise_addresses(const struct mempol_hint_range *range, int advice)
{
	const uint64_t mask = (uint64_t)sysconf(_SC_PAGESIZE) - 1;
	uint64_t start = range->start & ~mask, end = (range->start + range->length + mask) & ~mask;

	if (end <= start)
		return -EINVAL;
	return madvise((void *)(uintptr_t)start, end - start, advice) < 0 ? -errno : 0;
}

static int will_need(const struct mempol_hint_range *range)
{
	uint64_t length;
	int r = 0;

	if (is_address(range))
		return advise_addresses(range, MADV_WILLNEED);
	for (uint64_t done = 0; done < range->length && r == 0; done += length) {
		length = range->length - done < WINDOW_BYTES ? range->length - done : WINDOW_BYTES;
		r = -posix_fadvise(range->fd, (off_t)(range->start + done), (off_t)length,
				   POSIX_FADV_WILLNEED);
	}
	return r;
}

void mp_tell_prepare(const struct mempol_hint_range *range)
{
	switch (range->verb) {
	case MEMPOL_HINT_PREFETCH:
		/* What cannot be read, the answer tells. */
		(void)will_need(range);
		break;
	case MEMPOL_HINT_DEACTIVATE:
	case MEMPOL_HINT_EVICT:
		if (!is_address(range))
			(void)sync_file_range(range->fd, (off_t)range->start, (off_t)range->length,
					      SYNC_FILE_RANGE_WRITE);
		break;
	default:
		break;
	}
}

void mp_tell_fetch(const struct mempol_hint_range *range)
{
	_cleanup_free_ char *buffer = NULL;
	uint64_t done = 0;
	ssize_t n;

	(void)will_need(range);
	if (is_address(range)) {
		(void)advise_addresses(range, MADV_POPULATE_READ);
		return;
	}
	buffer = mp_owned(malloc(BUFFER_BYTES));
	while (buffer && done < range->length) {
		const uint64_t left = range->length - done;

		n = pread(range->fd, buffer, left < BUFFER_BYTES ? left : BUFFER_BYTES,
			  (off_t)(range->start + done));
		if (n <= 0)
			break;
		done += (uint64_t)n;
	}
}

static int advise_file(const struct mempol_hint_range *range, int advice)
{
	return -posix_fadvise(range->fd, (off_t)range->start, (off_t)range->length, advice);
}

static int advise(const struct mempol_hint_range *range)
{
	switch (range->verb) {
	case MEMPOL_HINT_ACTIVATE:
		return 0;
	case MEMPOL_HINT_DEACTIVATE:
		return is_address(range) ? advise_addresses(range, MADV_COLD) :
					   advise_file(range, POSIX_FADV_DONTNEED);
	case MEMPOL_HINT_EVICT:
		return is_address(range) ? advise_addresses(range, MADV_PAGEOUT) :
					   advise_file(range, POSIX_FADV_DONTNEED);
	case MEMPOL_HINT_PREFETCH:
		return will_need(range);
	default:
		return -EOPNOTSUPP;
	}
}

void mp_tell_advise(struct mempol_hint_range *range)
{
	range->error = advise(range);
	range->done = range->error ? 0 : range->length;
}
