// SPDX-License-Identifier: GPL-2.0-only
/*
 * Are the microbenchmark's patterns the published ones? LRU and Belady's optimum over its streams miss as often as
 * PagePatrol's and cache_ext's papers say. Run by make check, without root.
 */
#include "microbenchmark.h"

/*
 * Caches of whole pages, exact. Page reads under a real kernel differ by its two lists and by what else
 * its memory limit holds; these figures say that the streams are the ones the published cases describe.
 */
struct lru {
	u32 *next, *prev; /* of the page; index nr_pages is the head of the ring */
	bool *cached;
	u64 nr_pages, used, capacity, misses, scan_misses;
	u32 pinned; /* the pages below this one never leave */
	bool in_scan;
};

static void lru_init(struct lru *lru, u64 nr_pages, u64 capacity)
{
	*lru = (struct lru){ .nr_pages = nr_pages, .capacity = capacity };
	lru->next = calloc(nr_pages + 1, sizeof(u32));
	lru->prev = calloc(nr_pages + 1, sizeof(u32));
	lru->cached = calloc(nr_pages, sizeof(bool));
	assert_true(lru->next && lru->prev && lru->cached);
	lru->next[nr_pages] = lru->prev[nr_pages] = (u32)nr_pages;
}

static void lru_free(struct lru *lru)
{
	free(lru->next);
	free(lru->prev);
	free(lru->cached);
}

static void lru_unlink(struct lru *lru, u32 page)
{
	lru->next[lru->prev[page]] = lru->next[page];
	lru->prev[lru->next[page]] = lru->prev[page];
}

static void lru_push(struct lru *lru, u32 page)
{
	u32 head = (u32)lru->nr_pages;

	lru->next[page] = lru->next[head];
	lru->prev[page] = head;
	lru->prev[lru->next[head]] = page;
	lru->next[head] = page;
}

static void lru_access(struct lru *lru, u32 page)
{
	bool pinned = page < lru->pinned;

	if (lru->cached[page]) {
		if (!pinned) {
			lru_unlink(lru, page);
			lru_push(lru, page);
		}
		return;
	}
	lru->misses++;
	lru->scan_misses += lru->in_scan;
	if (lru->used == lru->capacity) {
		u32 victim = lru->prev[lru->nr_pages];

		lru_unlink(lru, victim);
		lru->cached[victim] = false;
		lru->used--;
	}
	lru->cached[page] = true;
	lru->used++;
	if (!pinned)
		lru_push(lru, page);
}

static int lru_ref(void *arg, enum mb_op op, u64 page, u64 count)
{
	(void)op;
	for (u64 i = 0; i < count; i++)
		lru_access(arg, (u32)(page + i));
	return 0;
}

static int lru_phase(void *arg, enum mb_phase phase)
{
	struct lru *lru = arg;

	if (phase == MB_PHASE_MEASURE)
		lru->misses = 0;
	lru->in_scan = phase == MB_PHASE_SCAN_BEGIN;
	return 0;
}

/* The whole reference string, for Belady's optimum, which must know the future. */
struct refs {
	u32 *pages;
	size_t nr, capacity, measured_from;
};

static int record_ref(void *arg, enum mb_op op, u64 page, u64 count)
{
	struct refs *refs = arg;

	(void)op;
	for (u64 i = 0; i < count; i++) {
		if (refs->nr == refs->capacity) {
			refs->capacity = refs->capacity ? refs->capacity * 2 : 1 << 20;
			refs->pages = realloc(refs->pages, refs->capacity * sizeof(u32));
			assert_non_null(refs->pages);
		}
		refs->pages[refs->nr++] = (u32)(page + i);
	}
	return 0;
}

static int record_phase(void *arg, enum mb_phase phase)
{
	struct refs *refs = arg;

	if (phase == MB_PHASE_MEASURE)
		refs->measured_from = refs->nr;
	return 0;
}

static void run_config_text(const char *text, const struct mb_sink *sink, u64 *ret_pages)
{
	struct mb_config config;
	struct mb_stream stream;

	parse_good(text, &config);
	if (ret_pages)
		*ret_pages = mb_config_pages(&config);
	assert_int_equal(mb_stream_open(&stream, &config, stderr), 0);
	for (u64 i = 0; i < config.iterations; i++)
		for (unsigned int entry = 0; entry < config.nr_entries; entry++)
			assert_int_equal(mb_stream_run(&stream, config.sequence[entry], sink), 0);
	mb_stream_close(&stream);
	mb_config_free(&config);
}

static void simulate_lru(const char *text, struct lru *lru)
{
	struct mb_sink sink = { .ref = lru_ref, .phase = lru_phase, .arg = lru };

	run_config_text(text, &sink, NULL);
}

/*
 * Belady: of the cached pages the one that is used last goes. A cached page is known by the time of its
 * next use, a bit in a set of times; the set's highest bit is the victim, and it is searched downward
 * from the highest that can be set.
 */
static u64 simulate_belady(const struct refs *refs, u64 nr_pages, u64 capacity)
{
	size_t never = refs->nr + nr_pages, top = 0;
	u32 *next_use = calloc(refs->nr, sizeof(u32)), *coming = calloc(nr_pages, sizeof(u32));
	u32 *page_at = calloc(never, sizeof(u32)); /* page + 1 of each time in the set */
	u64 used = 0, misses = 0;
	bool *cached = calloc(nr_pages, sizeof(bool));

	assert_true(next_use && coming && page_at && cached);
	for (u64 page = 0; page < nr_pages; page++)
		coming[page] = (u32)(refs->nr + page);
	for (size_t i = refs->nr; i-- > 0;) {
		next_use[i] = coming[refs->pages[i]];
		coming[refs->pages[i]] = (u32)i;
	}
	for (size_t i = 0; i < refs->nr; i++) {
		u32 page = refs->pages[i];

		page_at[i] = 0;
		if (!cached[page]) {
			misses += i >= refs->measured_from;
			if (used == capacity) {
				while (!page_at[top])
					top--;
				cached[page_at[top] - 1] = false;
				page_at[top] = 0;
				used--;
			}
			cached[page] = true;
			used++;
		}
		page_at[next_use[i]] = page + 1;
		if (next_use[i] > top)
			top = next_use[i];
	}
	free(next_use);
	free(coming);
	free(page_at);
	free(cached);
	return misses;
}

static u64 best_possible(const char *text, u64 capacity)
{
	struct refs refs = { 0 };
	struct mb_sink sink = { .ref = record_ref, .phase = record_phase, .arg = &refs };
	u64 nr_pages, misses;

	run_config_text(text, &sink, &nr_pages);
	misses = simulate_belady(&refs, nr_pages, capacity);
	free(refs.pages);
	return misses;
}

static void assert_near(u64 value, u64 expected, u64 permille)
{
	assert_in_range(value, expected - expected * permille / 1000,
			expected + expected * permille / 1000);
}

#define CONFIG1                                                                      \
	"file_name = /f\nfile_size = 256M\niterations = 5\nexecution_sequence = "    \
	"SmallRegionRandomAccess SmallRegionRandomAccess SequentialAccessWithGaps\n" \
	"[SequentialAccessWithGaps]\ngap = 1\n"                                      \
	"[SmallRegionRandomAccess]\nrepeats = 250000\nregion_size = 30\n"

static void config1_at_a_quarter_has_the_published_misses(void **state)
{
	struct lru lru;

	(void)state;
	lru_init(&lru, 65536, 32768);
	simulate_lru(CONFIG1, &lru);
	assert_int_equal(lru.misses, 327680);
	lru_free(&lru);

	lru_init(&lru, 65536, 32768);
	lru.pinned = 65536 * 30 / 100;
	simulate_lru(CONFIG1, &lru);
	assert_near(lru.misses, 249040, 1);
	lru_free(&lru);

	assert_near(best_possible(CONFIG1, 32768), 196608, 1);
}

#define CYCLIC                                                               \
	"file_name = /f\nfile_size = 80M\nexecution_sequence = CyclicScan\n" \
	"[CyclicScan]\nprime = 1\npasses = 6\nblock_size = 1M\n"

static void the_cyclic_scan_has_the_published_misses(void **state)
{
	struct lru lru;

	(void)state;
	lru_init(&lru, 20480, 16384);
	simulate_lru(CYCLIC, &lru);
	assert_int_equal(lru.misses, 122880);
	lru_free(&lru);
	assert_near(best_possible(CYCLIC, 16384), 24576, 1);
}

#define GETSCAN                                                            \
	"file_name = /f\nfile_size = 256M\nexecution_sequence = GetScan\n" \
	"[GetScan]\ngets = 600000\ntheta = 0.99\nscan_probability = 0.0005\nscan_length = 2000\n"

static void gets_under_scans_miss_as_published(void **state)
{
	struct lru lru;

	(void)state;
	lru_init(&lru, 65536, 16384);
	simulate_lru(GETSCAN, &lru);
	assert_near(lru.misses - lru.scan_misses, 151901, 30);
	/* 300 scans of 2,000 pages, three quarters of them not cached. */
	assert_in_range(lru.scan_misses, 300000, 600000);
	lru_free(&lru);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(config1_at_a_quarter_has_the_published_misses),
		cmocka_unit_test(the_cyclic_scan_has_the_published_misses),
		cmocka_unit_test(gets_under_scans_miss_as_published),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
