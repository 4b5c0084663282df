// SPDX-License-Identifier: GPL-2.0-only
/*
 * Windows of readahead, see readahead.h. Each function follows the one of mm/readahead.c or mm/filemap.c that
 * its comment names, of Linux 6.12, for folios of one page and for a disk that has read what it is asked for at
 * once.
 */
#include "readahead.h"

#define BATCH 31 /* folios that read() takes at a time: PAGEVEC_SIZE */
#define NO_PAGE (1ULL << 52)

static bool is_cached(const struct sim_file *file, uint64_t page)
{
	return page < file->end && sim_cached(&file->cache->folios[page]);
}

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t roundup_pow_of_two(uint64_t n)
{
	return n > 1 ? 1ULL << (64 - __builtin_clzll(n - 1)) : 1;
}

/* ractl_max_pages(): what does not fit a window may be as large as a request to the disk. */
static uint64_t max_pages(const struct sim_file *file, uint64_t nr)
{
	uint64_t max = file->cache->setup->readahead_pages;

	return nr > max && SIM_DISK_REQUEST > max ? min(nr, SIM_DISK_REQUEST) : max;
}

/* read_pages(): of the folios from @page on. */
static void unlock(struct sim_file *file, uint32_t page, uint32_t end)
{
	for (; page < end; page++)
		file->cache->folios[page].locked = false;
}

/* page_cache_ra_unbounded(), do_page_cache_ra(): what is there already splits the window. */
static int read_window(struct sim_file *file, uint64_t start, uint64_t nr, uint64_t async_size)
{
	struct sim_cache *cache = file->cache;
	uint64_t end = min(start + nr, file->end);
	uint64_t mark = start + (end - start) - async_size, first = start, page;
	int r = 0;

	if (start >= end)
		return 0;
	for (page = start; r == 0 && page < end; page++) {
		if (is_cached(file, page)) {
			unlock(file, first, page);
			first = page + 1;
			continue;
		}
		r = file->add(file, page);
		if (r < 0)
			break;
		cache->folios[page].marked = page == mark;
	}
	unlock(file, first, page);
	/* The rest of the window stays out. */
	return r == -ENOMEM ? 0 : r;
}

/* get_init_ra_size() */
static uint64_t first_size(uint64_t nr, uint64_t max)
{
	uint64_t size = roundup_pow_of_two(nr);

	if (size <= max / 32)
		return size * 4;
	return size <= max / 4 ? size * 2 : max;
}

/* get_next_ra_size() */
static uint64_t next_size(uint64_t size, uint64_t max)
{
	if (size < max / 16)
		return size * 4;
	return size <= max / 2 ? size * 2 : max;
}

static int read_ahead(struct sim_file *file)
{
	return read_window(file, file->start, file->size, file->async_size);
}

/* page_cache_sync_ra(): @page is not there, and @nr from it on are wanted. */
static int sync_readahead(struct sim_file *file, uint64_t page, uint64_t nr)
{
	uint64_t max = max_pages(file, nr), history = 0;
	bool first = page == file->begin && file->from_start;

	if (first || nr > max || page - file->previous <= 1) {
		file->start = page;
		file->size = first_size(nr, max);
		file->async_size = file->size > nr ? file->size - nr : file->size / 2;
		return read_ahead(file);
	}
	/* What a stream would have left behind it. */
	while (history < max && history < page - file->begin && is_cached(file, page - 1 - history))
		history++;
	if (history <= nr)
		return read_window(file, page, nr, 0);
	if (history == page - file->begin && file->from_start)
		history *= 2;
	file->start = page;
	file->size = min(history + nr, max);
	file->async_size = 1;
	return read_ahead(file);
}

/* page_cache_async_ra(): the marked @page is read, and @nr from it on are wanted. */
static int async_readahead(struct sim_file *file, uint64_t page, uint64_t nr)
{
	uint64_t max = max_pages(file, nr), gap = 1;

	file->cache->folios[page].marked = false;
	if (page == file->start + file->size - file->async_size) {
		file->start += file->size;
		/* One that a large read has had does not shrink. */
		if (file->size < next_size(file->size, max))
			file->size = next_size(file->size, max);
		file->async_size = file->size;
		return read_ahead(file);
	}
	/* Of another stream, or of an older window. */
	while (gap <= max && is_cached(file, page + gap))
		gap++;
	if (gap > max)
		return 0;
	file->start = page + gap;
	file->size = next_size(gap + nr, max);
	file->async_size = file->size;
	return read_ahead(file);
}

/* filemap_get_read_batch(): how many can be copied from at once. The last may be marked. */
static uint32_t find_batch(const struct sim_file *file, uint32_t page, uint32_t end)
{
	uint32_t nr = 0;

	while (nr < BATCH && page + nr < end && is_cached(file, page + nr))
		if (file->cache->folios[page + nr++].marked)
			break;
	return nr;
}

static void hold(struct sim_file *file, uint32_t page, uint32_t nr, bool held)
{
	for (uint32_t i = 0; i < nr; i++)
		file->cache->folios[page + i].held = held;
}

/* filemap_get_pages(): the folios of the batch are held. */
static int get_batch(struct sim_file *file, uint32_t page, uint32_t end, uint32_t *ret_nr)
{
	uint32_t nr = find_batch(file, page, end), last;
	int r;

	if (!nr) {
		file->cache->result->misses++;
		r = sync_readahead(file, page, end - page);
		if (r < 0)
			return r;
		nr = find_batch(file, page, end);
	} else {
		file->cache->result->hits++;
	}
	*ret_nr = nr;
	if (!nr)
		return 0;
	file->cache->result->hits += nr - 1;
	hold(file, page, nr, true);
	last = page + nr - 1;
	return file->cache->folios[last].marked ? async_readahead(file, last, end - last) : 0;
}

/* filemap_create_folio(): reading ahead has not brought in even this one. */
static int read_one(struct sim_file *file, uint32_t page)
{
	int r = file->add(file, page);

	/* Larger than all the cache: it is read past it. */
	if (r == -ENOMEM)
		return 0;
	if (r == 0) {
		unlock(file, page, page + 1);
		file->accessed(file, page);
	}
	return r;
}

/* filemap_read() */
static int read_request(struct sim_file *file, uint32_t page, uint32_t nr)
{
	uint64_t previous = file->previous;
	uint32_t end = page + nr, got;
	int r = 0;

	file->cache->result->references += nr;
	while (r == 0 && page < end) {
		r = get_batch(file, page, end, &got);
		if (r < 0)
			break;
		if (!got) {
			r = read_one(file, page);
			previous = ++page;
			continue;
		}
		/* Small reads of one page are one access. */
		for (uint32_t i = page + 1 == previous; i < got; i++)
			file->accessed(file, page + i);
		hold(file, page, got, false);
		page += got;
		previous = page;
	}
	file->previous = previous;
	return r;
}

static const struct sim_window unread = { .previous = NO_PAGE };

void sim_file_open(struct sim_file *file, struct sim_cache *cache, const struct sim_trace *trace)
{
	file->cache = cache;
	file->trace = trace;
	file->start = file->size = file->async_size = 0;
	file->previous = NO_PAGE;
	file->begin = 0;
	file->end = trace->nr_objects;
	file->from_start = trace->from_start;
	file->number = 0;
	file->others = NULL;
	if (!trace->extents)
		return;
	file->end = trace->extents[0].end;
	file->from_start = trace->extents[0].from_start;
}

void sim_file_close(struct sim_file *file)
{
	free(file->others);
	file->others = NULL;
}

static struct sim_window window_of(const struct sim_file *file)
{
	return (struct sim_window){ file->start, file->size, file->async_size, file->previous };
}

/* The file whose page is read next: its reader goes on where it was. */
static int switch_to(struct sim_file *file, uint32_t number)
{
	const struct sim_extent *extent = &file->trace->extents[number];

	if (!file->others) {
		file->others = malloc(file->trace->nr_files * sizeof(*file->others));
		if (!file->others)
			return -ENOMEM;
		for (uint32_t i = 0; i < file->trace->nr_files; i++)
			file->others[i] = unread;
	}
	file->others[file->number] = window_of(file);
	file->number = number;
	file->start = file->others[number].start;
	file->size = file->others[number].size;
	file->async_size = file->others[number].async_size;
	file->previous = file->others[number].previous;
	file->begin = extent->begin;
	file->end = extent->end;
	file->from_start = extent->from_start;
	return 0;
}

int sim_file_replay(struct sim_file *file, size_t *at)
{
	const struct sim_trace *trace = file->trace;
	int r = 0;

	while (r == 0 && *at < trace->nr_refs && !file->cache->ejected) {
		const struct sim_ref *ref = &trace->refs[*at];
		uint32_t nr = 1;

		sim_set_thread(trace, *at);
		if (ref->op != SIM_READ) {
			++*at;
			r = file->reference(file, ref);
			continue;
		}
		while (++*at < trace->nr_refs && trace->refs[*at].op == SIM_READ_ON)
			nr++;
		if (trace->extents && trace->files[ref->object] != file->number)
			r = switch_to(file, trace->files[ref->object]);
		if (r == 0)
			r = read_request(file, ref->object, nr);
	}
	return r;
}
