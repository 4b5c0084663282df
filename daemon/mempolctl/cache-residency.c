/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much of files is cached, and where in them: cachestat(2) part by part, and of each page whether an engine governs
 * it, if the daemon can tell. Which list a page is on, and what is cold or pinned, is not shown: the kernel tells it to
 * the agent's program mempol_residency, which the daemon does not hand out yet. See cache.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/mman.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "cache.h"
#include "client.h"
#include "complain.h"
#include "output.h"

#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif

/* A bar has so many columns; a file with fewer pages one a page. */
#define PARTS_MAX 60

struct part {
	uint64_t pages, cached, dirty, writeback, governed;
};

struct residency {
	const char *path;
	uint64_t first; /* page of the file */
	struct part sum, parts[PARTS_MAX];
	size_t n;
	bool knows_governed;
};

static uint64_t part_begin(const struct residency *res, uint64_t pages, size_t i)
{
	return pages / res->n * i + pages % res->n * i / res->n;
}

static int stat_part(int fd, uint64_t page, struct part *part, struct part *sum)
{
	const uint64_t page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	struct cachestat_range range = { page * page_size, part->pages * page_size };
	struct cachestat cs;

	if (syscall(SYS_cachestat, fd, &range, &cs, 0) < 0)
		return -errno;
	part->cached = cs.nr_cache;
	part->dirty = cs.nr_dirty;
	part->writeback = cs.nr_writeback;
	sum->pages += part->pages;
	sum->cached += part->cached;
	sum->dirty += part->dirty;
	sum->writeback += part->writeback;
	return 0;
}

/* The pages of the range, in parts. */
static int look(const struct cache_file *file, struct residency *res)
{
	const uint64_t page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	const uint64_t size = (uint64_t)file->st.st_size;
	uint64_t end = file->length ? file->offset + file->length : size, pages;
	int r = 0;

	end = end < size ? end : size;
	if (file->offset >= end)
		return 0;
	res->first = file->offset / page_size;
	pages = (end + page_size - 1) / page_size - res->first;
	res->n = pages < PARTS_MAX ? pages : PARTS_MAX;
	for (size_t i = 0; i < res->n && r >= 0; i++) {
		const uint64_t begin = part_begin(res, pages, i);

		res->parts[i].pages = part_begin(res, pages, i + 1) - begin;
		r = stat_part(file->fd, res->first + begin, &res->parts[i], &res->sum);
	}
	return r;
}

static bool has_flag(sd_json_variant *row, const char *wanted)
{
	sd_json_variant *flags = ctl_array(row, "flags");

	for (size_t i = 0; flags && i < sd_json_variant_elements(flags); i++)
		if (!strcmp(sd_json_variant_string(sd_json_variant_by_index(flags, i)), wanted))
			return true;
	return false;
}

/* @n pages from @page are governed. */
static void add_governed(struct residency *res, uint64_t page, uint64_t n)
{
	for (size_t i = 0; i < res->n; i++) {
		const uint64_t begin = res->first + part_begin(res, res->sum.pages, i);
		const uint64_t end = begin + res->parts[i].pages;
		const uint64_t from = page > begin ? page : begin;
		const uint64_t to = page + n < end ? page + n : end;

		if (from < to) {
			res->parts[i].governed += to - from;
			res->sum.governed += to - from;
		}
	}
}

/* The daemon tells it of references, page by page; where it cannot it is not known. */
static void ask_governed(const struct cache_request *request, const struct cache_file *file,
			 struct residency *res)
{
	uint64_t page = res->first, end = res->first + res->sum.pages, next;

	for (; page < end; page = next) {
		_cleanup_json_ sd_json_variant *parameters = NULL, *reply = NULL;
		sd_json_variant *rows;

		if (sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_UNSIGNED("file", 0),
				   SD_JSON_BUILD_PAIR_UNSIGNED("first", page),
				   SD_JSON_BUILD_PAIR_UNSIGNED("last", end - 1)) < 0)
			return;
		reply = ctl_ask_file_quietly(&request->ctl, "RefsFile", parameters, file->fd);
		rows = reply ? ctl_array(reply, "pages") : NULL;
		if (!rows)
			return;
		for (size_t i = 0; i < sd_json_variant_elements(rows); i++) {
			sd_json_variant *row = sd_json_variant_by_index(rows, i);

			if (has_flag(row, "governed"))
				add_governed(res, ctl_number(row, "index"),
					     ctl_number(row, "folios") * ctl_number(row, "pages"));
		}
		next = ctl_number(reply, "next");
		if (next <= page)
			break;
	}
	res->knows_governed = true;
}

/* What most of the part is; a capital: all of it is cached. */
static char letter(const struct residency *res, const struct part *part)
{
	char c = 'k';

	if (!part->cached)
		return '.';
	if (!res->knows_governed)
		c = 'c';
	else if (part->governed * 2 > part->cached)
		c = 'g';
	if (part->dirty * 2 > part->cached)
		c = 'd';
	return part->cached >= part->pages ? (char)(c - 'a' + 'A') : c;
}

static void draw(const struct residency *res)
{
	char bar[PARTS_MAX + 1];

	for (size_t i = 0; i < res->n; i++)
		bar[i] = letter(res, &res->parts[i]);
	bar[res->n] = '\0';
	printf("%s: %" PRIu64 " of %" PRIu64 " pages cached", res->path, res->sum.cached,
	       res->sum.pages);
	if (res->knows_governed)
		printf(", %" PRIu64 " governed", res->sum.governed);
	printf(", %" PRIu64 " dirty\n", res->sum.dirty);
	if (res->n)
		printf("  [%s]\n", bar);
}

static int part_json(const struct residency *res, uint64_t page, const struct part *part,
		     sd_json_variant **ret)
{
	return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_UNSIGNED("page", page),
			      SD_JSON_BUILD_PAIR_UNSIGNED("pages", part->pages),
			      SD_JSON_BUILD_PAIR_UNSIGNED("cached", part->cached),
			      SD_JSON_BUILD_PAIR_UNSIGNED("dirty", part->dirty),
			      SD_JSON_BUILD_PAIR_UNSIGNED("writeback", part->writeback),
			      SD_JSON_BUILD_PAIR_CONDITION(res->knows_governed, "governed",
							   SD_JSON_BUILD_UNSIGNED(part->governed)));
}

static int add_json(const struct residency *res, sd_json_variant **files)
{
	_cleanup_json_ sd_json_variant *file = NULL, *parts = NULL;
	uint64_t page = res->first;
	int r = sd_json_variant_new_array(&parts, NULL, 0);

	for (size_t i = 0; i < res->n && r >= 0; i++) {
		_cleanup_json_ sd_json_variant *part = NULL;

		r = part_json(res, page, &res->parts[i], &part);
		if (r >= 0)
			r = sd_json_variant_append_array(&parts, part);
		page += res->parts[i].pages;
	}
	if (r >= 0)
		r = part_json(res, res->first, &res->sum, &file);
	if (r >= 0)
		r = sd_json_variant_set_field_string(&file, "path", res->path);
	if (r >= 0)
		r = sd_json_variant_set_field(&file, "parts", parts);
	return r < 0 ? r : sd_json_variant_append_array(files, file);
}

struct viewer {
	const struct cache_request *request;
	sd_json_variant *files;
	bool drawn, knows_governed;
};

static enum ctl_exit fail(const char *path, int error)
{
	if (error == -EPERM || error == -EACCES) {
		ctl_complain("cache",
			     "'%s' is another user's: only root, the owner and who may write it "
			     "are told which of its pages are cached",
			     path);
		return CTL_NOT_PERMITTED;
	}
	ctl_complain("cache", "'%s': %s", path,
		     error == -ENOSYS	  ? "this kernel has no cachestat(2), which is in 6.5" :
		     error == -EOPNOTSUPP ? "its pages are not cached pages of a file" :
					    strerror(-error));
	return error == -ENOSYS ? CTL_KERNEL_CANNOT : CTL_FAILED;
}

static enum ctl_exit view(const struct cache_file *file, void *userdata)
{
	struct viewer *viewer = userdata;
	struct residency res = { .path = file->path };
	int r = S_ISREG(file->st.st_mode) ? look(file, &res) : -EOPNOTSUPP;

	if (r < 0)
		return fail(file->path, r);
	ask_governed(viewer->request, file, &res);
	viewer->knows_governed |= res.knows_governed;
	viewer->drawn = true;
	if (!viewer->request->ctl.json) {
		draw(&res);
		return CTL_OK;
	}
	r = add_json(&res, &viewer->files);
	return r < 0 ? fail(file->path, r) : CTL_OK;
}

static void print_legend(const struct viewer *viewer)
{
	if (!viewer->drawn || viewer->request->ctl.json || !viewer->request->ctl.legend)
		return;
	printf(". not cached, %s, d dirty; capital: all of the part\n",
	       viewer->knows_governed ? "g governed by an engine, k the kernel's" : "c cached");
	printf("not told by this kernel: which list a page is on, what is cold, what is pinned%s\n",
	       viewer->knows_governed ? "" : "; and by this daemon: what is governed");
}

static enum ctl_exit view_all(const struct cache_request *request, int argc, char *argv[])
{
	struct viewer viewer = { .request = request };
	enum ctl_exit result = cache_for_each(request, argc, argv, view, &viewer);
	_cleanup_json_ sd_json_variant *files = viewer.files;

	print_legend(&viewer);
	return request->ctl.json ? cache_worse(result, cache_print_files(files)) : result;
}

enum ctl_exit cache_residency(const struct cache_request *request, int argc, char *argv[])
{
	const struct timespec pause = { .tv_sec = (time_t)(request->watch_ms / 1000),
					.tv_nsec = (long)(request->watch_ms % 1000 * 1000000) };
	enum ctl_exit result;

	for (;;) {
		/* A picture in the place of the one before. */
		if (request->watch_ms && !request->ctl.json && isatty(STDOUT_FILENO))
			fputs("\033[H\033[J", stdout);
		result = view_all(request, argc, argv);
		if (!request->watch_ms || result != CTL_OK || fflush(stdout) != 0)
			return result;
		nanosleep(&pause, NULL);
	}
}
