/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much of files is cached and where in them, on which list it is, once or again and again: drawn, or as JSON, from
 * the same counts (cache-places.h). What is not known is told as unknown. See cache.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "cache-places.h"
#include "complain.h"
#include "open-hints.h"
#include "output.h"

/* In the order of a line; what is rare is left out of it where there is none. */
static const struct {
	const char *name, *meaning;
	char letter;
	bool is_rare;
} places[] = {
	[CACHE_ABSENT] = { "absent", "not cached", '.', true },
	[CACHE_INACTIVE] = { "inactive", "inactive", 'i', false },
	[CACHE_ACTIVE] = { "active", "active", 'a', false },
	[CACHE_LIST] = { "list", "on a list of the engine's", 'l', false },
	[CACHE_COLD] = { "cold", "cold", 'c', false },
	[CACHE_PINNED] = { "pinned", "pinned", 'p', false },
	[CACHE_REJECTED] = { "rejected", "rejected", 'r', true },
	[CACHE_UNEVICTABLE] = { "unevictable", "unevictable", 'u', true },
	[CACHE_SOMEWHERE] = { NULL, "cached", 'x', true },
};

struct viewer {
	const struct cache_request *request;
	struct mempolicy *m;
	sd_json_variant *files;
	uint64_t msec; /* --watch: since the beginning */
	bool drawn, knew_all, knew_governed, was_unknown;
};

/* --- drawn ----------------------------------------------------------------------------------------------- */

/* What most of the part is; a capital: all of it is cached. */
static char letter(const struct cache_places *of, const struct cache_part *part)
{
	const uint64_t cached = cache_cached(part);
	size_t most = CACHE_INACTIVE;
	char c;

	if (!cached)
		return places[CACHE_ABSENT].letter;
	for (size_t i = CACHE_INACTIVE; i < CACHE_N_PLACES; i++)
		if (part->at[i] > part->at[most])
			most = i;
	c = places[most].letter;
	if (!of->knows_places && of->knows_governed)
		c = part->governed * 2 > cached ? 'g' : 'k';
	if (part->dirty * 2 > cached)
		c = 'd';
	return cached == part->pages ? (char)(c - 'a' + 'A') : c;
}

static const char *bar(const struct cache_places *of, char buffer[static CACHE_PARTS_MAX + 1])
{
	for (size_t i = 0; i < of->n; i++)
		buffer[i] = letter(of, &of->parts[i]);
	buffer[of->n] = '\0';
	return buffer;
}

static void draw(const struct cache_places *of)
{
	char buffer[CACHE_PARTS_MAX + 1];

	printf("%s: %" PRIu64 " of %" PRIu64 " pages cached", of->path, cache_cached(&of->sum),
	       of->sum.pages);
	for (size_t i = 0; i < CACHE_SOMEWHERE && of->knows_places; i++)
		if (!places[i].is_rare || (i != CACHE_ABSENT && of->sum.at[i]))
			printf(", %" PRIu64 " %s", of->sum.at[i], places[i].name);
	if (!of->knows_places && of->knows_governed)
		printf(", %" PRIu64 " governed", of->sum.governed);
	if (of->knows_dirty)
		printf(", %" PRIu64 " dirty\n", of->sum.dirty);
	else
		printf(", what is dirty is not known\n");
	if (of->n)
		printf("  [%s]\n", bar(of, buffer));
}

/* A line of the picture that grows from top to bottom. */
static void draw_line(const struct viewer *viewer, const struct cache_places *of)
{
	char buffer[CACHE_PARTS_MAX + 1];

	printf("%4" PRIu64 ".%" PRIu64 "s [%s] %" PRIu64 " of %" PRIu64 " pages %s\n",
	       viewer->msec / 1000, viewer->msec % 1000 / 100, bar(of, buffer),
	       cache_cached(&of->sum), of->sum.pages, of->path);
}

static const char *why_unknown(const struct viewer *viewer)
{
	switch (mempolicy_way(viewer->m)) {
	case MEMPOLICY_BY_KERNEL:
		return "of some of these files the kernel does not tell it";
	case MEMPOLICY_BY_DAEMON:
		return "bpf(2) is forbidden here";
	default:
		return "mempolicyd does not run, or this kernel cannot (mempolctl features)";
	}
}

static void print_legend(const struct viewer *viewer)
{
	printf(". not cached");
	for (size_t i = CACHE_INACTIVE; i < CACHE_SOMEWHERE && viewer->knew_all; i++)
		printf(", %c %s", places[i].letter, places[i].meaning);
	if (viewer->was_unknown)
		printf(", %s", viewer->knew_governed ? "g governed by an engine, k the kernel's" :
						       "x cached");
	printf(", d dirty; capital: all of the part is cached\n");
	if (viewer->was_unknown)
		printf("not known here: on which list a page is, what is cold, what is pinned%s: %s\n",
		       viewer->knew_governed ? "" : ", what is governed", why_unknown(viewer));
}

/* --- as JSON --------------------------------------------------------------------------------------------- */

/* null: it is not known. */
static int set_count(sd_json_variant **v, const char *field, bool is_known, uint64_t count)
{
	_cleanup_json_ sd_json_variant *null = NULL;
	int r;

	if (is_known)
		return sd_json_variant_set_field_unsigned(v, field, count);
	r = sd_json_variant_new_null(&null);
	return r < 0 ? r : sd_json_variant_set_field(v, field, null);
}

static int part_json(const struct cache_places *of, uint64_t page, const struct cache_part *part,
		     sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *v = NULL;
	int r = sd_json_buildo(&v, SD_JSON_BUILD_PAIR_UNSIGNED("page", page),
			       SD_JSON_BUILD_PAIR_UNSIGNED("pages", part->pages),
			       SD_JSON_BUILD_PAIR_UNSIGNED("cached", cache_cached(part)));

	for (size_t i = 0; i < CACHE_SOMEWHERE && r >= 0; i++)
		r = set_count(&v, places[i].name, i == CACHE_ABSENT || of->knows_places,
			      part->at[i]);
	if (r >= 0)
		r = set_count(&v, "governed", of->knows_governed, part->governed);
	if (r >= 0)
		r = set_count(&v, "dirty", of->knows_dirty, part->dirty);
	if (r >= 0)
		r = set_count(&v, "writeback", of->knows_dirty, part->writeback);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(v);
	return 0;
}

static int add_json(const struct cache_places *of, sd_json_variant **files)
{
	_cleanup_json_ sd_json_variant *file = NULL, *parts = NULL;
	uint64_t page = of->first;
	int r = sd_json_variant_new_array(&parts, NULL, 0);

	for (size_t i = 0; i < of->n && r >= 0; i++) {
		_cleanup_json_ sd_json_variant *part = NULL;

		r = part_json(of, page, &of->parts[i], &part);
		if (r >= 0)
			r = sd_json_variant_append_array(&parts, part);
		page += of->parts[i].pages;
	}
	if (r >= 0)
		r = part_json(of, of->first, &of->sum, &file);
	if (r >= 0)
		r = sd_json_variant_set_field_string(&file, "path", of->path);
	if (r >= 0)
		r = sd_json_variant_set_field(&file, "parts", parts);
	return r < 0 ? r : sd_json_variant_append_array(files, file);
}

static enum ctl_exit print_json(const struct viewer *viewer)
{
	_cleanup_json_ sd_json_variant *none = NULL, *reply = NULL;
	int r;

	if (!viewer->request->watch_ms)
		return cache_print_files(viewer->files);
	r = sd_json_variant_new_array(&none, NULL, 0);
	if (r >= 0)
		r = sd_json_buildo(&reply, SD_JSON_BUILD_PAIR_UNSIGNED("msec", viewer->msec),
				   SD_JSON_BUILD_PAIR_VARIANT("files", viewer->files ?: none));
	if (r >= 0)
		return ctl_print_json(reply);
	ctl_complain("cache", "out of memory");
	return CTL_FAILED;
}

/* --- file by file ----------------------------------------------------------------------------------------- */

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
		     error == -EOPNOTSUPP ? "its pages are not cached pages of a file" :
					    strerror(-error));
	return CTL_FAILED;
}

static enum ctl_exit view(const struct cache_file *file, void *userdata)
{
	struct viewer *viewer = userdata;
	struct cache_places of;
	int r = S_ISREG(file->st.st_mode) ? cache_look(viewer->request, viewer->m, file, &of) :
					    -EOPNOTSUPP;

	if (r < 0)
		return fail(file->path, r);
	viewer->drawn = true;
	viewer->knew_all |= of.knows_places;
	viewer->was_unknown |= !of.knows_places;
	viewer->knew_governed |= !of.knows_places && of.knows_governed;
	if (viewer->request->ctl.json) {
		r = add_json(&of, &viewer->files);
		return r < 0 ? fail(file->path, r) : CTL_OK;
	}
	if (viewer->request->watch_ms)
		draw_line(viewer, &of);
	else
		draw(&of);
	return CTL_OK;
}

static enum ctl_exit view_all(struct viewer *viewer, int argc, char *argv[])
{
	const struct cache_request *request = viewer->request;
	enum ctl_exit result = cache_for_each(request, argc, argv, view, viewer);

	if (!request->ctl.json)
		return result;
	result = cache_worse(result, print_json(viewer));
	viewer->files = sd_json_variant_unref(viewer->files);
	return result;
}

static uint64_t now_msec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* As long as somebody reads it and all goes well. */
static enum ctl_exit watch(struct viewer *viewer, int argc, char *argv[])
{
	const uint64_t interval = viewer->request->watch_ms, began = now_msec();
	const struct timespec pause = { .tv_sec = (time_t)(interval / 1000),
					.tv_nsec = (long)(interval % 1000 * 1000000) };
	bool legend = viewer->request->ctl.legend && !viewer->request->ctl.json;
	enum ctl_exit result;

	for (;;) {
		viewer->msec = now_msec() - began;
		result = view_all(viewer, argc, argv);
		if (legend && viewer->drawn)
			print_legend(viewer);
		legend = false;
		if (result != CTL_OK || fflush(stdout) != 0)
			return result;
		nanosleep(&pause, NULL);
	}
}

enum ctl_exit cache_residency(const struct cache_request *request, int argc, char *argv[])
{
	struct viewer viewer = { .request = request };
	/* Nobody need listen: any kernel tells at least what is cached. */
	int r = ctl_open_hints(&request->ctl, MEMPOLICY_FALLBACK, &viewer.m);
	enum ctl_exit result;

	if (r < 0) {
		ctl_complain("cache", "%s", strerror(-r));
		return CTL_FAILED;
	}
	if (request->watch_ms) {
		result = watch(&viewer, argc, argv);
	} else {
		result = view_all(&viewer, argc, argv);
		if (viewer.drawn && request->ctl.legend && !request->ctl.json)
			print_legend(&viewer);
	}
	mempolicy_close(viewer.m);
	return result;
}
