/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words become open files; see cache.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <string.h>

#include "cache.h"
#include "complain.h"
#include "file-range.h"

enum ctl_exit cache_worse(enum ctl_exit a, enum ctl_exit b)
{
	if (a == CTL_OK || b == CTL_OK)
		return a == CTL_OK ? b : a;
	/* What holds for all files before what holds for one. */
	if (a == CTL_KERNEL_CANNOT || a == CTL_NOBODY_LISTENS || a == CTL_USAGE)
		return a;
	return a == CTL_NOT_PERMITTED ? a : b;
}

static enum ctl_exit refuse(const char *path, int error)
{
	ctl_complain("cache", "'%s': %s", path, strerror(error));
	return error == EACCES || error == EPERM ? CTL_NOT_PERMITTED : CTL_FAILED;
}

/* A FIFO must not be waited for, nor a terminal become ours. */
static enum ctl_exit run_on(const char *path, uint64_t offset, uint64_t length,
			    cache_file_handler handler, void *userdata)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct cache_file file = { .path = path, .fd = fd, .offset = offset, .length = length };

	if (fd < 0 || fstat(fd, &file.st) < 0)
		return refuse(path, errno);
	return handler(&file, userdata);
}

/* Regular files only; what else is below a directory was not meant. */
static enum ctl_exit walk(const struct cache_request *request, const char *path,
			  cache_file_handler handler, void *userdata)
{
	const int how = request->follow_links ? FTS_LOGICAL : FTS_PHYSICAL | FTS_COMFOLLOW;
	char *roots[] = { (char *)path, NULL };
	FTS *tree = fts_open(roots, how | FTS_NOCHDIR | FTS_XDEV, NULL);
	enum ctl_exit result = CTL_OK;
	const FTSENT *entry;

	if (!tree)
		return refuse(path, errno);
	while ((entry = fts_read(tree))) {
		if (entry->fts_info == FTS_F && S_ISREG(entry->fts_statp->st_mode))
			result = cache_worse(result,
					     run_on(entry->fts_path, 0, 0, handler, userdata));
		else if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR ||
			 entry->fts_info == FTS_NS)
			result = cache_worse(result, refuse(entry->fts_path, entry->fts_errno));
	}
	fts_close(tree);
	return result;
}

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static enum ctl_exit run_word(const struct cache_request *request, const char *word,
			      cache_file_handler handler, void *userdata)
{
	const char *range = ctl_range_find(word);
	_cleanup_free_ char *path = mp_owned(range ? ctl_range_path(word, range) : strdup(word));
	_cleanup_free_ char *problem = NULL;
	uint64_t offset = 0, length = 0;

	if (!path)
		return refuse(word, ENOMEM);
	if (range && ctl_range_parse(range, &offset, &length, &problem) < 0) {
		ctl_complain("cache", "%s", problem ?: "out of memory");
		return CTL_USAGE;
	}
	if (!is_directory(path))
		return run_on(path, offset, length, handler, userdata);
	if (request->recursive && !range)
		return walk(request, path, handler, userdata);
	ctl_complain("cache", "'%s' is a directory: %s", path,
		     range ? "a range is of a file" : "use -r for the files below it");
	return CTL_FAILED;
}

enum ctl_exit cache_for_each(const struct cache_request *request, int argc, char *argv[],
			     cache_file_handler handler, void *userdata)
{
	enum ctl_exit result = CTL_OK;

	for (int i = 0; i < argc; i++) {
		result = cache_worse(result, run_word(request, argv[i], handler, userdata));
		/* The others would be answered alike. */
		if (result == CTL_KERNEL_CANNOT || result == CTL_NOBODY_LISTENS)
			break;
	}
	return result;
}
