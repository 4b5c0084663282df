// SPDX-License-Identifier: GPL-2.0-only
/*
 * The order of files, see layout.h.
 */
#include "layout.h"

#include <errno.h>
#include <stdlib.h>

struct place {
	uint64_t page;
	uint32_t object;
};

static int by_page(const void *a, const void *b)
{
	uint64_t left = ((const struct place *)a)->page, right = ((const struct place *)b)->page;

	return left < right ? -1 : left > right;
}

static struct place *sort_pages(const struct sim_reader *reader)
{
	uint32_t nr = reader->intern.nr_names;
	struct place *places = calloc((size_t)nr + 1, sizeof(*places));

	if (!places)
		return NULL;
	for (uint32_t i = 0; i < nr; i++)
		places[i] = (struct place){ .page = sim_intern_number(&reader->intern, i),
					    .object = i };
	qsort(places, nr, sizeof(*places), by_page);
	return places;
}

/* The largest window there may be: large reads have larger ones, see ractl_max_pages(). */
static uint64_t largest_window(const struct sim_trace *trace, uint32_t readahead_pages)
{
	uint32_t length = 0, longest = 0;

	for (size_t i = 0; i < trace->nr_refs; i++) {
		length = trace->refs[i].op == SIM_READ_ON ? length + 1 : 1;
		longest = length > longest ? length : longest;
	}
	if (longest > SIM_DISK_REQUEST)
		longest = SIM_DISK_REQUEST;
	return longest > readahead_pages ? longest : readahead_pages;
}

/* Files follow each other without a page between them: windows end where a file ends. */
static uint64_t number(const struct sim_reader *reader, const struct place *places, uint32_t nr,
		       uint64_t reach, uint32_t *ret_at)
{
	uint64_t at = 0;

	for (uint32_t i = 0; i < nr; i++) {
		uint64_t gap = i ? places[i].page - places[i - 1].page : 0;

		if (i && sim_reader_file_of(reader, places[i].page) !=
				 sim_reader_file_of(reader, places[i - 1].page))
			gap = 1;
		at += gap < reach ? gap : reach;
		ret_at[places[i].object] = (uint32_t)at;
	}
	return at + 1;
}

/* What engines are told; of two pages that are far apart, those between them follow the first. */
static int keep_pages(struct sim_reader *reader, const struct place *places, const uint32_t *at,
		      uint32_t named)
{
	struct sim_trace *trace = &reader->trace;
	uint32_t nr = trace->nr_objects;

	trace->index = calloc((size_t)nr + 1, sizeof(*trace->index));
	if (reader->has_files)
		trace->files = calloc((size_t)nr + 1, sizeof(*trace->files));
	if (!trace->index || (reader->has_files && !trace->files))
		return -ENOMEM;
	for (uint32_t i = 0; i < named; i++) {
		uint32_t from = at[places[i].object];
		uint32_t to = i + 1 < named ? at[places[i + 1].object] : nr;

		for (uint32_t k = from; k < to; k++) {
			trace->index[k] = sim_reader_page_of(reader, places[i].page) + (k - from);
			if (trace->files)
				trace->files[k] = sim_reader_file_of(reader, places[i].page);
		}
	}
	return 0;
}

/* Where each file begins and ends; one without a page is empty. */
static int find_extents(struct sim_reader *reader)
{
	struct sim_trace *trace = &reader->trace;

	trace->nr_files = reader->has_files ? reader->files.nr_names : 1;
	trace->from_start = !trace->index[0];
	if (!reader->has_files)
		return 0;
	trace->extents = calloc((size_t)trace->nr_files + 1, sizeof(*trace->extents));
	if (!trace->extents)
		return -ENOMEM;
	for (uint32_t i = 0; i < trace->nr_objects; i++) {
		struct sim_extent *extent = &trace->extents[trace->files[i]];

		if (!extent->end) {
			extent->begin = i;
			extent->from_start = !trace->index[i];
		}
		extent->end = i + 1;
	}
	return 0;
}

int sim_layout(struct sim_reader *reader, uint32_t readahead_pages)
{
	/* A window may begin a window behind the page that is read; then the next page is a stranger. */
	uint64_t reach = 2 * largest_window(&reader->trace, readahead_pages) + 1, nr;
	struct sim_trace *trace = &reader->trace;
	uint32_t named = trace->nr_objects;
	struct place *places = sort_pages(reader);
	uint32_t *at = calloc((size_t)named + 1, sizeof(*at));
	int r = -ENOMEM;

	if (!places || !at)
		goto out;
	nr = number(reader, places, named, reach, at);
	r = sim_reader_check_objects(reader, nr);
	if (r < 0)
		goto out;
	for (size_t i = 0; i < trace->nr_refs; i++)
		trace->refs[i].object = at[trace->refs[i].object];
	trace->nr_objects = (uint32_t)nr;
	trace->nr_unnamed = (uint32_t)nr - named;
	r = keep_pages(reader, places, at, named);
	if (r == 0)
		r = find_extents(reader);
out:
	free(places);
	free(at);
	return r;
}
