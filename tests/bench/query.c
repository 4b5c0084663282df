// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes cached files out of the page cache, in one long window of the plugin lines.so: what asking for hidden
 * references costs is in it. tests/bench/refcount-pages-guest.sh runs it; it judges nothing.
 *
 *   query advise FILE...      posix_fadvise(POSIX_FADV_DONTNEED)
 *   query drop FILE...        drop_caches: of all files, of which these are the most
 *   query truncate FILE...    to nothing
 *   query page INDEX FILE     as advise, one page, in no window: whether the cells are asked shows in the counters
 *
 * Prints how many pages of the files were cached before and are now. Without the plugin it does the same.
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "window.h"

#define MAX_FILES 64
#define CACHESTAT 451

struct range {
	uint64_t offset, length;
};

struct cached {
	uint64_t pages, dirty, writeback, evicted, recently_evicted;
};

static int fds[MAX_FILES], nr_fds, drop_caches;

static uint64_t count_pages(void)
{
	uint64_t pages = 0;

	for (int i = 0; i < nr_fds; i++) {
		struct range all = {};
		struct cached cached;

		if (syscall(CACHESTAT, fds[i], &all, &cached, 0) < 0)
			err(1, "cachestat");
		if (cached.dirty + cached.writeback)
			errx(1, "file %d is not clean", i);
		pages += cached.pages;
	}
	return pages;
}

static int advise(void)
{
	int r = 0;

	for (int i = 0; i < nr_fds; i++)
		r |= posix_fadvise(fds[i], 0, 0, POSIX_FADV_DONTNEED);
	return r;
}

static int drop(void)
{
	return write(drop_caches, "1", 1) != 1;
}

static int truncate_all(void)
{
	int r = 0;

	for (int i = 0; i < nr_fds; i++)
		r |= ftruncate(fds[i], 0);
	return r;
}

static void open_file(const char *path)
{
	fds[nr_fds] = open(path, O_RDWR);
	if (fds[nr_fds++] < 0)
		err(1, "%s", path);
}

static int page(const char *index, const char *path)
{
	uint64_t before;

	open_file(path);
	before = count_pages();
	if (posix_fadvise(fds[0], strtol(index, NULL, 10) * 4096, 4096, POSIX_FADV_DONTNEED))
		errx(1, "fadvise failed");
	printf("%ju %ju\n", (uintmax_t)before, (uintmax_t)count_pages());
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(void);
	} operations[] = {
		{ "advise", advise },
		{ "drop", drop },
		{ "truncate", truncate_all },
	};
	uint64_t before;
	int r = -1;

	if (argc == 4 && !strcmp(argv[1], "page"))
		return page(argv[2], argv[3]);
	drop_caches = open("/proc/sys/vm/drop_caches", O_WRONLY);
	if (drop_caches < 0)
		err(1, "drop_caches");
	for (int i = 2; i < argc && nr_fds < MAX_FILES; i++)
		open_file(argv[i]);
	before = count_pages();
	for (size_t i = 0; nr_fds && i < sizeof(operations) / sizeof(*operations); i++) {
		if (strcmp(argv[1], operations[i].name) != 0)
			continue;
		window_open_long();
		r = operations[i].run();
		window_close();
	}
	if (r < 0) {
		fprintf(stderr,
			"Usage: %s advise|drop|truncate FILE...\n       %s page INDEX FILE\n",
			argv[0], argv[0]);
		return 2;
	}
	if (r)
		errx(1, "%s failed", argv[1]);
	window_end_run();
	printf("%ju %ju\n", (uintmax_t)before, (uintmax_t)count_pages());
	return 0;
}
