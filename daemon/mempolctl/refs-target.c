/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads what refs is asked about, and opens it; see refs.h.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "errors.h"
#include "file-range.h"
#include "file.h"
#include "refs.h"

#define CMA_VALUE_MAX 64

void refs_target_done(struct refs_target *target)
{
	free(target->path);
	mp_closep(&target->fd);
	*target = (struct refs_target){ .fd = -1 };
}

static int open_file(const char *path, int *ret_fd, struct stat *ret_st, char **ret_problem)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return mp_problem(ret_problem, -errno, "cannot open '%s': %s", path,
				  strerror(errno));
	if (fstat(fd, ret_st) < 0)
		return mp_problem(ret_problem, -errno, "cannot look at '%s': %s", path,
				  strerror(errno));
	if (S_ISDIR(ret_st->st_mode))
		return mp_problem(ret_problem, -EISDIR,
				  "'%s' is a directory: name a file whose pages are meant", path);
	if (!S_ISREG(ret_st->st_mode) && !S_ISBLK(ret_st->st_mode))
		return mp_problem(ret_problem, -EMEDIUMTYPE,
				  "'%s' is neither a regular file nor a block device: it has no "
				  "pages",
				  path);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* In pages, and no further than the file goes. */
static int set_range(struct refs_target *target, const char *range, char **ret_problem)
{
	uint64_t page_size = sysconf(_SC_PAGESIZE), offset = 0, length = INT64_MAX;
	off_t size = lseek(target->fd, 0, SEEK_END);
	int r = range ? ctl_range_parse(range, &offset, &length, ret_problem) : 0;

	if (r < 0)
		return r;
	if (size < 0)
		return mp_problem(ret_problem, -errno, "cannot tell how long '%s' is: %s",
				  target->path, strerror(errno));
	target->empty = size == 0;
	if (range && offset >= (uint64_t)size)
		return mp_problem(ret_problem, -ERANGE,
				  "'%s' has %" PRId64 " bytes: there is nothing at offset %" PRIu64,
				  target->path, (int64_t)size, offset);
	if (target->empty)
		return 0;
	if (length > (uint64_t)size - offset)
		length = (uint64_t)size - offset;
	target->first = offset / page_size;
	target->last = (offset + length - 1) / page_size;
	return 0;
}

static int set_file(const char *word, const char *range, struct refs_target *ret,
		    char **ret_problem)
{
	int r;

	ret->path = mp_owned(range ? ctl_range_path(word, range) : strdup(word));
	if (!ret->path)
		return -ENOMEM;
	r = open_file(ret->path, &ret->fd, &ret->st, ret_problem);
	return r < 0 ? r : set_range(ret, range, ret_problem);
}

int refs_target_file(const char *word, struct refs_target *ret, char **ret_problem)
{
	int r;

	*ret_problem = NULL;
	*ret = (struct refs_target){ .fd = -1 };
	r = set_file(word, ctl_range_find(word), ret, ret_problem);
	if (r < 0)
		return r;
	/* The daemon would say the same: here it is known which file that is. */
	if (geteuid() && ret->st.st_uid != geteuid())
		return mp_problem(
			ret_problem, -EPERM,
			"'%s' is another user's: only root and the owner are told which of "
			"its pages are used",
			ret->path);
	return 0;
}

int refs_target_open(const char *path, struct refs_target *ret, char **ret_problem)
{
	*ret_problem = NULL;
	*ret = (struct refs_target){ .fd = -1 };
	return set_file(path, NULL, ret, ret_problem);
}

/* Decimal, or with 0x in front. The end of it; NULL: there is no number. */
static const char *read_number(const char *text, uint64_t *ret)
{
	int base = !strncmp(text, "0x", 2) ? 16 : 10;
	char *end;

	/* Neither a sign nor blanks, which strtoull() would take. */
	if (!strspn(text + (base == 16 ? 2 : 0),
		    base == 16 ? "0123456789abcdefABCDEF" : "0123456789"))
		return NULL;
	errno = 0;
	*ret = strtoull(text, &end, base);
	return errno || *ret > INT64_MAX ? NULL : end;
}

int refs_target_frames(const char *word, struct refs_target *ret, char **ret_problem)
{
	const char *end;

	*ret_problem = NULL;
	*ret = (struct refs_target){ .fd = -1 };
	end = read_number(word, &ret->first);
	ret->last = ret->first;
	if (end && *end == '-')
		end = read_number(end + 1, &ret->last);
	if (!end || *end)
		return mp_problem(ret_problem, -EINVAL,
				  "'%s' are no page frames: a number, or the first and the last "
				  "one, as in 4096-8191 or 0x1000",
				  word);
	if (ret->first > ret->last)
		return mp_problem(ret_problem, -EINVAL,
				  "'%s' ends before it begins: write %" PRIu64 "-%" PRIu64, word,
				  ret->last, ret->first);
	return 0;
}

/* The names of all areas, for people. */
static char *cma_names(const char *directory)
{
	_cleanup_closedir_ DIR *dir = opendir(directory);
	_cleanup_free_ char *names = NULL;
	const struct dirent *entry;
	size_t size;
	FILE *f;

	f = dir ? open_memstream(&names, &size) : NULL;
	if (!f)
		return NULL;
	while ((entry = readdir(dir)))
		if (*entry->d_name != '.')
			fprintf(f, "%s%s", ftell(f) ? ", " : "", entry->d_name);
	if (fclose(f) != 0)
		return NULL;
	return TAKE_PTR(names);
}

static int cma_value(const char *directory, const char *name, const char *file, uint64_t *ret)
{
	_cleanup_free_ char *path = NULL, *text = NULL;
	const char *end;
	size_t size;
	int r;

	if (asprintf(&path, "%s/%s/%s", directory, name, file) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = mp_file_read(path, CMA_VALUE_MAX, &text, &size);
	if (r < 0)
		return r;
	end = read_number(text, ret);
	return end && (!*end || *end == '\n') ? 0 : -EBADMSG;
}

static int explain_cma(const char *directory, const char *name, int error, char **ret_problem)
{
	_cleanup_free_ char *names = mp_owned(cma_names(directory));

	if (error == -EACCES || error == -EPERM || (!names && errno == EACCES))
		return mp_problem(ret_problem, -EACCES, "only root may look into %s", directory);
	if (!names)
		return mp_problem(ret_problem, -ENOENT,
				  "there is no %s: mount debugfs, on a kernel with "
				  "CONFIG_CMA_DEBUGFS, or name page frames with refs pfn",
				  directory);
	if (!*names)
		return mp_problem(ret_problem, -ENOENT, "this machine has no area of CMA");
	if (error == -ENOENT)
		return mp_problem(ret_problem, error, "there is no area '%s' of CMA; there are: %s",
				  name, names);
	return mp_problem(ret_problem, error, "cannot read where area '%s' is: %s", name,
			  strerror(-error));
}

int refs_target_cma(const char *debugfs, const char *name, struct refs_target *ret,
		    char **ret_problem)
{
	_cleanup_free_ char *directory = NULL;
	uint64_t count;
	int r;

	*ret_problem = NULL;
	*ret = (struct refs_target){ .fd = -1 };
	if (!*name || strchr(name, '/') || *name == '.')
		return mp_problem(ret_problem, -EINVAL, "'%s' is no name of an area", name);
	if (asprintf(&directory, "%s/cma", debugfs) < 0) {
		directory = NULL;
		return -ENOMEM;
	}
	r = cma_value(directory, name, "base_pfn", &ret->first);
	if (r >= 0)
		r = cma_value(directory, name, "count", &count);
	if (r >= 0 && (!count || count > INT64_MAX - ret->first))
		r = -EBADMSG;
	if (r < 0)
		return r == -ENOMEM ? r : explain_cma(directory, name, r, ret_problem);
	ret->last = ret->first + count - 1;
	return 0;
}
