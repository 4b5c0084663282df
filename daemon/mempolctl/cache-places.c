/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The library says of each page where it is; where it cannot, the daemon may know at least which pages an engine governs.
 * See cache-places.h.
 */
#include <errno.h>
#include <string.h>

#include "cache-places.h"
#include "client.h"
#include "output.h"

/* Pages that are looked at in one call. */
#define LOOK_PAGES 32768

/* --- page by page --------------------------------------------------------------------------------------- */

static enum cache_place place_of(uint8_t page)
{
	static const enum cache_place places[] = {
		[MEMPOLICY_PAGE_ABSENT] = CACHE_ABSENT,
		[MEMPOLICY_PAGE_INACTIVE] = CACHE_INACTIVE,
		[MEMPOLICY_PAGE_ACTIVE] = CACHE_ACTIVE,
		[MEMPOLICY_PAGE_UNEVICTABLE] = CACHE_UNEVICTABLE,
		[MEMPOLICY_PAGE_COLD] = CACHE_COLD,
		[MEMPOLICY_PAGE_PINNED] = CACHE_PINNED,
		[MEMPOLICY_PAGE_REJECTED] = CACHE_REJECTED,
		[MEMPOLICY_PAGE_CACHED] = CACHE_SOMEWHERE,
	};
	const unsigned int place = page & MEMPOLICY_PAGE_PLACE;

	return place >= MEMPOLICY_PAGE_LIST ? CACHE_LIST : places[place];
}

static void count_page(struct cache_part *part, uint8_t page)
{
	part->at[place_of(page)]++;
	part->dirty += !!(page & MEMPOLICY_PAGE_DIRTY);
	part->writeback += !!(page & MEMPOLICY_PAGE_WRITEBACK);
	part->unsure += !!(page & MEMPOLICY_PAGE_UNSURE);
}

static void add_part(struct cache_part *sum, struct cache_part *part)
{
	part->governed = part->at[CACHE_LIST] + part->at[CACHE_COLD] + part->at[CACHE_PINNED] +
			 part->at[CACHE_REJECTED];
	sum->governed += part->governed;
	for (size_t i = 0; i < CACHE_N_PLACES; i++)
		sum->at[i] += part->at[i];
	sum->dirty += part->dirty;
	sum->writeback += part->writeback;
	sum->unsure += part->unsure;
}

/* From the first page of the range. */
static uint64_t part_begin(const struct cache_places *places, size_t i)
{
	return places->sum.pages / places->n * i + places->sum.pages % places->n * i / places->n;
}

static int look_at_part(struct mempolicy *m, const struct cache_file *file, uint64_t page,
			struct cache_part *part)
{
	uint8_t map[LOOK_PAGES];
	uint64_t n;
	int r = 0;

	for (uint64_t done = 0; done < part->pages && r >= 0; done += n) {
		n = part->pages - done < LOOK_PAGES ? part->pages - done : LOOK_PAGES;
		r = mempolicy_residency(m, file->fd, page + done, map, n);
		for (uint64_t i = 0; i < n && r >= 0; i++)
			count_page(part, map[i]);
	}
	return r;
}

static int look_at_all(struct mempolicy *m, const struct cache_file *file,
		       struct cache_places *places)
{
	const uint64_t page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	const uint64_t size = (uint64_t)file->st.st_size;
	uint64_t end = file->length ? file->offset + file->length : size;
	int r = 0;

	end = end < size ? end : size;
	if (file->offset >= end)
		return 0;
	places->first = file->offset / page_size;
	places->sum.pages = (end + page_size - 1) / page_size - places->first;
	places->n = places->sum.pages < CACHE_PARTS_MAX ? places->sum.pages : CACHE_PARTS_MAX;
	for (size_t i = 0; i < places->n && r >= 0; i++) {
		struct cache_part *part = &places->parts[i];
		const uint64_t begin = part_begin(places, i);

		part->pages = part_begin(places, i + 1) - begin;
		r = look_at_part(m, file, places->first + begin, part);
		add_part(&places->sum, part);
	}
	return r;
}

/* --- what the daemon tells ------------------------------------------------------------------------------- */

static bool has_flag(sd_json_variant *row, const char *wanted)
{
	sd_json_variant *flags = ctl_array(row, "flags");

	for (size_t i = 0; flags && i < sd_json_variant_elements(flags); i++)
		if (!strcmp(sd_json_variant_string(sd_json_variant_by_index(flags, i)), wanted))
			return true;
	return false;
}

/* @n pages from @page are governed. */
static void add_governed(struct cache_places *places, uint64_t page, uint64_t n)
{
	for (size_t i = 0; i < places->n; i++) {
		const uint64_t begin = places->first + part_begin(places, i);
		const uint64_t end = begin + places->parts[i].pages;
		const uint64_t from = page > begin ? page : begin;
		const uint64_t to = page + n < end ? page + n : end;

		if (from < to) {
			places->parts[i].governed += to - from;
			places->sum.governed += to - from;
		}
	}
}

/* The daemon tells it of references, page by page; where it cannot it is not known. */
static bool ask_governed(const struct cache_request *request, const struct cache_file *file,
			 struct cache_places *places)
{
	uint64_t page = places->first, end = places->first + places->sum.pages, next;

	for (; page < end; page = next) {
		_cleanup_json_ sd_json_variant *parameters = NULL, *reply = NULL;
		sd_json_variant *rows;

		if (sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_UNSIGNED("file", 0),
				   SD_JSON_BUILD_PAIR_UNSIGNED("first", page),
				   SD_JSON_BUILD_PAIR_UNSIGNED("last", end - 1)) < 0)
			return false;
		reply = ctl_ask_file_quietly(&request->ctl, "RefsFile", parameters, file->fd);
		rows = reply ? ctl_array(reply, "pages") : NULL;
		if (!rows)
			return false;
		for (size_t i = 0; i < sd_json_variant_elements(rows); i++) {
			sd_json_variant *row = sd_json_variant_by_index(rows, i);

			if (has_flag(row, "governed"))
				add_governed(places, ctl_number(row, "index"),
					     ctl_number(row, "folios") * ctl_number(row, "pages"));
		}
		next = ctl_number(reply, "next");
		if (next <= page)
			break;
	}
	return true;
}

int cache_look(const struct cache_request *request, struct mempolicy *m,
	       const struct cache_file *file, struct cache_places *ret)
{
	struct cache_places places = { .path = file->path };
	int r = look_at_all(m, file, &places);

	if (r < 0)
		return r;
	places.knows_places = mempolicy_way(m) == MEMPOLICY_BY_KERNEL &&
			      !places.sum.at[CACHE_SOMEWHERE];
	places.knows_dirty = !places.sum.unsure;
	places.knows_governed = places.knows_places || ask_governed(request, file, &places);
	*ret = places;
	return 0;
}
