// SPDX-License-Identifier: GPL-2.0-only
/*
 * The order of a file, see layout.h.
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

/* By its old number, where each object is now; returns how many there are with those between them. */
static uint64_t number(const struct place *places, uint32_t nr, uint64_t reach, uint32_t *ret_at)
{
	uint64_t at = 0;

	for (uint32_t i = 0; i < nr; i++) {
		uint64_t gap = i ? places[i].page - places[i - 1].page : 0;

		at += gap < reach ? gap : reach;
		ret_at[places[i].object] = (uint32_t)at;
	}
	return at + 1;
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
	nr = number(places, named, reach, at);
	r = sim_reader_check_objects(reader, nr);
	if (r < 0)
		goto out;
	for (size_t i = 0; i < trace->nr_refs; i++)
		trace->refs[i].object = at[trace->refs[i].object];
	trace->nr_objects = (uint32_t)nr;
	trace->nr_unnamed = (uint32_t)nr - named;
	trace->from_start = !places[0].page;
out:
	free(places);
	free(at);
	return r;
}
