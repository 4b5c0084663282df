/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Workloads that the microbenchmark does not have, as traces of the simulator: searches in files, whole files by
 * popularity, loops beside gets, pools of threads, a program whose text comes in late. Each draws from a generator
 * of its own, so that it is the same in each run. Included by the unit tests and by tests/bench/simulated.c.
 */
#ifndef TEST_TRACES_H
#define TEST_TRACES_H

#include <math.h>

#include "workloads.h"

struct traces {
	struct sim_trace trace;
	size_t capacity;
	uint32_t pages_per_file; /* 0: all pages are of one file */
	uint64_t seed;
};

#define TRACES_INIT(file_pages) { .pages_per_file = (file_pages), .seed = 88172645463325252ULL }

static inline void *traces_grown(void *array, size_t nr, size_t size)
{
	void *grown = reallocarray(array, nr, size);

	if (!grown)
		abort();
	return grown;
}

static inline void traces_add(struct traces *t, uint32_t page, enum sim_op op, uint16_t thread)
{
	struct sim_trace *trace = &t->trace;

	if (trace->nr_refs == t->capacity) {
		t->capacity = t->capacity ? t->capacity * 2 : 1 << 16;
		trace->refs = traces_grown(trace->refs, t->capacity, sizeof(*trace->refs));
		trace->threads = traces_grown(trace->threads, t->capacity, sizeof(*trace->threads));
	}
	trace->threads[trace->nr_refs] = thread;
	trace->refs[trace->nr_refs++] = (struct sim_ref){ .object = page, .pages = 1, .op = op };
	if (page >= trace->nr_objects)
		trace->nr_objects = page + 1;
}

/* Which file each page is of, when all are known. */
static inline struct sim_trace traces_done(struct traces *t)
{
	uint32_t nr = t->trace.nr_objects;

	if (!t->pages_per_file)
		return t->trace;
	t->trace.files = traces_grown(NULL, nr, sizeof(*t->trace.files));
	t->trace.index = traces_grown(NULL, nr, sizeof(*t->trace.index));
	for (uint32_t i = 0; i < nr; i++) {
		t->trace.files[i] = i / t->pages_per_file;
		t->trace.index[i] = i % t->pages_per_file;
	}
	return t->trace;
}

/* From 0 to 1, without 1. */
static inline double traces_random(struct traces *t)
{
	t->seed ^= t->seed << 13;
	t->seed ^= t->seed >> 7;
	t->seed ^= t->seed << 17;
	return (t->seed >> 11) * (1.0 / 9007199254740992.0);
}

static inline uint32_t traces_below(struct traces *t, uint32_t nr)
{
	return (uint32_t)(traces_random(t) * nr);
}

static inline uint32_t *traces_numbers(uint32_t nr, uint32_t from)
{
	uint32_t *numbers = traces_grown(NULL, nr, sizeof(*numbers));

	for (uint32_t i = 0; i < nr; i++)
		numbers[i] = from + i;
	return numbers;
}

static inline void traces_shuffle(struct traces *t, uint32_t *numbers, uint32_t nr)
{
	for (uint32_t i = nr - 1; i > 0; i--) {
		uint32_t k = traces_below(t, i + 1), other = numbers[i];

		numbers[i] = numbers[k];
		numbers[k] = other;
	}
}

/* How often ranks are drawn that are less than each of @nr: the i-th as 1 / i^theta. */
static inline double *traces_zipf(uint32_t nr, double theta)
{
	double *sums = traces_grown(NULL, nr, sizeof(*sums)), sum = 0;

	for (uint32_t i = 0; i < nr; i++)
		sums[i] = sum += pow(i + 1, -theta);
	for (uint32_t i = 0; i < nr; i++)
		sums[i] /= sum;
	return sums;
}

static inline uint32_t traces_rank(struct traces *t, const double *sums, uint32_t nr)
{
	double at = traces_random(t);
	uint32_t low = 0, high = nr - 1;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (sums[middle] < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Pages 0 to @nr - 1, @passes times. */
static inline struct sim_trace traces_loop(uint32_t nr, unsigned int passes)
{
	struct traces t = TRACES_INIT(0);

	for (unsigned int pass = 0; pass < passes; pass++)
		for (uint32_t page = 0; page < nr; page++)
			traces_add(&t, page, SIM_READ, 0);
	return traces_done(&t);
}

/* A search in a tree: all files from the beginning to the end. @shuffled: in another order each pass. */
static inline struct sim_trace traces_search(uint32_t files, uint32_t file_pages,
					     unsigned int passes, unsigned int threads,
					     bool shuffled)
{
	struct traces t = TRACES_INIT(file_pages);
	uint32_t *order = traces_numbers(files, 0);

	for (unsigned int pass = 0; pass < passes; pass++) {
		if (shuffled)
			traces_shuffle(&t, order, files);
		/* Threads that take a file each, page by page in turn. */
		for (uint32_t file = 0; file < files; file += threads)
			for (uint32_t page = 0; page < file_pages; page++)
				for (uint32_t k = 0; k < threads && file + k < files; k++)
					traces_add(&t, order[file + k] * file_pages + page,
						   SIM_READ, k);
	}
	free(order);
	return traces_done(&t);
}

/* Whole files by popularity; each @every requests other files are popular, 0: never. */
static inline struct sim_trace traces_files(uint32_t files, uint32_t file_pages,
					    unsigned int requests, double theta, unsigned int every)
{
	struct traces t = TRACES_INIT(file_pages);
	uint32_t *order = traces_numbers(files, 0);
	double *sums = traces_zipf(files, theta);

	traces_shuffle(&t, order, files);
	for (unsigned int i = 0; i < requests; i++) {
		uint32_t file;

		if (every && i && i % every == 0)
			traces_shuffle(&t, order, files);
		file = order[traces_rank(&t, sums, files)];
		for (uint32_t page = 0; page < file_pages; page++)
			traces_add(&t, file * file_pages + page, SIM_READ, 0);
	}
	free(sums);
	free(order);
	return traces_done(&t);
}

/* Single pages by popularity; each @every references other pages are popular. */
static inline struct sim_trace traces_pages(uint32_t pages, unsigned int refs, double theta,
					    unsigned int every)
{
	struct traces t = TRACES_INIT(0);
	uint32_t *order = traces_numbers(pages, 0);
	double *sums = traces_zipf(pages, theta);

	traces_shuffle(&t, order, pages);
	for (unsigned int i = 0; i < refs; i++) {
		if (every && i && i % every == 0)
			traces_shuffle(&t, order, pages);
		traces_add(&t, order[traces_rank(&t, sums, pages)], SIM_READ, 0);
	}
	free(sums);
	free(order);
	return traces_done(&t);
}

/* A loop over @loop pages, and gets by popularity of @pages others, in equal parts. */
static inline struct sim_trace traces_loop_and_gets(uint32_t loop, uint32_t pages,
						    unsigned int refs, double theta)
{
	struct traces t = TRACES_INIT(0);
	uint32_t *order = traces_numbers(pages, loop), at = 0;
	double *sums = traces_zipf(pages, theta);

	traces_shuffle(&t, order, pages);
	for (unsigned int i = 0; i < refs; i++) {
		if (traces_random(&t) < 0.5)
			traces_add(&t, at++ % loop, SIM_READ, 0);
		else
			traces_add(&t, order[traces_rank(&t, sums, pages)], SIM_READ, 1);
	}
	free(sums);
	free(order);
	return traces_done(&t);
}

/*
 * Gets and scans of one file by a pool of @threads: each takes the next request, a get or a scan of 2,000 pages,
 * and they do a page each in turn. References of scans are recorded as writes.
 */
static inline struct sim_trace traces_pool(unsigned int threads, unsigned int gets)
{
	enum { PAGES = 65536, SCAN = 2000 };
	struct traces t = TRACES_INIT(0);
	uint32_t *order = traces_numbers(PAGES, 0), at[64] = {}, left[64] = {};
	double *sums = traces_zipf(PAGES, 0.99);

	traces_shuffle(&t, order, PAGES);
	for (unsigned int i = 0, k = 0; i < gets; k = (k + 1) % threads) {
		if (left[k]) {
			left[k]--;
			traces_add(&t, at[k]++, SIM_WRITE, (uint16_t)k);
			continue;
		}
		traces_add(&t, order[traces_rank(&t, sums, PAGES)], SIM_READ, (uint16_t)k);
		i++;
		if (traces_random(&t) < 0.0005) {
			at[k] = traces_below(&t, PAGES - SCAN);
			left[k] = SCAN;
		}
	}
	free(sums);
	free(order);
	return traces_done(&t);
}

/* A read of @nr pages at once. */
static inline void traces_read(struct traces *t, uint32_t page, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++)
		traces_add(t, page + i, i ? SIM_READ_ON : SIM_READ, 0);
}

/*
 * One reader of one file of 64 MiB: gets by a popularity that moves once, and among them scans of 1,000 pages in
 * four reads and a loop over 8,000, 40 pages at a time.
 */
static inline struct sim_trace traces_mixed(unsigned int gets)
{
	enum { PAGES = 16384 };
	struct traces t = TRACES_INIT(0);
	uint32_t loop = 0;

	for (unsigned int i = 0; i < gets; i++) {
		uint32_t rank = (uint32_t)(PAGES * pow(traces_random(&t), 4));

		/* What is popular are no neighbours. */
		traces_read(&t, (rank * 6553 + (i < gets / 2 ? 0 : 3000)) % PAGES, 1);
		if (i % 1500 == 1499)
			for (uint32_t page = 0; page < 1000; page += 250)
				traces_read(&t, i * 7 % 15000 + page, 250);
		if (i % 70 == 69) {
			traces_read(&t, loop, 40);
			loop = (loop + 40) % 8000;
		}
	}
	return traces_done(&t);
}

/*
 * A loop that fills the cache, and a program whose text comes in when it is full: it runs through its text here
 * and there, a few pages of a function at a time. References of the text are recorded as writes.
 */
static inline struct sim_trace traces_late_text(uint32_t loop, uint32_t text, unsigned int passes)
{
	struct traces t = TRACES_INIT(0);
	double *sums = traces_zipf(text, 0.6);
	uint32_t *order = traces_numbers(text, loop);

	for (unsigned int pass = 0; pass < passes; pass++)
		for (uint32_t page = 0; page < loop; page++) {
			uint32_t from = traces_rank(&t, sums, text);

			traces_add(&t, page, SIM_READ, 0);
			if (!pass || page % 4)
				continue;
			for (uint32_t k = from; k < from + 4 && k < text; k++)
				traces_add(&t, order[k], SIM_WRITE, 1);
		}
	free(sums);
	free(order);
	return traces_done(&t);
}

/* Of such a trace the text is used through mappings, and the loop is read; for as many objects as the trace has. */
static inline void traces_map_late_text(struct sim_trace *trace, uint32_t loop, uint8_t *mapped)
{
	for (uint32_t page = loop; page < trace->nr_objects; page++)
		mapped[page] = SIM_MAPPED_TO_RUN;
	trace->mapped = mapped;
}

/*
 * A database that reads pages by popularity, each of them by read(), and runs through its own text meanwhile: @each
 * gets a page of it, in turn. Of @mapped the pages of the text, which come first, are marked; their references are
 * recorded as writes.
 */
static inline struct sim_trace traces_program(uint32_t text, uint32_t pages, uint32_t gets,
					      uint32_t each, uint8_t *mapped, enum sim_mapped how)
{
	struct traces t = TRACES_INIT(0);
	double *sums = traces_zipf(pages, 0.99);
	uint32_t *order = traces_numbers(pages, text);

	for (uint32_t page = 0; page < text; page++)
		mapped[page] = how;
	for (uint32_t get = 0; get < gets; get++) {
		traces_add(&t, order[traces_rank(&t, sums, pages)], SIM_READ, 0);
		if (get % each == 0)
			traces_add(&t, get / each % text, SIM_WRITE, 0);
	}
	t.trace.mapped = mapped;
	free(sums);
	free(order);
	return traces_done(&t);
}

#endif
