// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulator's kfuncs and reclaim against what mm/mempol_reclaim.c does: batches, verdicts, what is
 * held, what is refused, force, and the accessed bit. Engines of our own say what to do.
 */
#include "../../sim/kernel.h"

#include "fixture.h"

#define NR 1000

/* What the callback that runs next does. */
static void (*script)(struct mempol_cache_evict_ctx *ctx);

static void run_script(struct mempol_cache_evict_ctx *ctx)
{
	script(ctx);
}

static const struct mempol_cache_ops ops = { .evict = run_script };

static struct sim_setup setup;
static struct sim_result result;
static struct sim_cache cache;

/* Folios 0 to 99 of a page each on list 0, the oldest at the tail. */
static int fill(void **state)
{
	static const struct sim_trace trace = { .nr_objects = NR };

	setup = (struct sim_setup){ .cache_pages = NR, .reclaim_pages = 64 };
	result = (struct sim_result){};
	if (sim_cache_init(&cache, &setup, &trace, &result) < 0)
		return -1;
	for (uint32_t i = 0; i < 100; i++) {
		cache.folios[i].pages = 1;
		cache.used++;
		sim_link(&cache, i, 0, false);
	}
	return 0;
}

static int empty(void **state)
{
	sim_cache_done(&cache);
	return 0;
}

/* The list from its tail: "3 1 2" */
static void assert_list(unsigned int list, size_t n, const uint32_t wanted[])
{
	uint32_t at = cache.folios[sim_head(&cache, list)].prev;

	for (size_t i = 0; i < n; i++, at = cache.folios[at].prev)
		assert_int_equal(at, wanted[i]);
}

static void assert_whole(void)
{
	uint64_t pages = 0;

	for (unsigned int list = 0; list < SIM_LISTS; list++) {
		uint64_t sum = 0;
		uint32_t head = sim_head(&cache, list), before = head;

		for (uint32_t at = cache.folios[head].next; at != head;
		     at = cache.folios[at].next) {
			assert_int_equal(cache.folios[at].prev, before);
			assert_int_equal(cache.folios[at].list, list);
			sum += cache.folios[at].pages;
			before = at;
		}
		assert_int_equal(cache.folios[head].prev, before);
		assert_int_equal(cache.list_pages[list], sum);
		pages += sum;
	}
	assert_int_equal(cache.used, pages);
}

static uint64_t select_pages(uint64_t want, void (*what)(struct mempol_cache_evict_ctx *ctx))
{
	uint64_t nr;

	script = what;
	nr = sim_select(&cache, &ops, want, SIM_FIRST_PRIORITY);
	assert_whole();
	return nr;
}

static void verdicts(struct mempol_cache_evict_ctx *ctx)
{
	assert_int_equal(bpf_mempol_cache_batch(ctx, 0, 5, MEMPOL_CACHE_TAIL), 5);
	assert_int_equal(bpf_mempol_cache_list_pages(ctx, 0), 95);
	assert_int_equal(mempol_evict(ctx, 1), 0);
	assert_int_equal(mempol_evict(ctx, 2), 0);
	assert_int_equal(mempol_move(ctx, 3, 1, 7), 0);
	assert_int_equal(bpf_mempol_cache_verdict(ctx, 4, MEMPOL_VERDICT_TAIL, 1, 99), 0);
}

static void test_verdicts_are_carried_out_and_the_rest_returns(void **state)
{
	cache.folios[3].count = cache.folios[4].count = 5;
	assert_int_equal(select_pages(3, verdicts), 2);
	assert_list(0, 2, (uint32_t[]){ 0, 5 });
	assert_list(1, 2, (uint32_t[]){ 4, 3 });
	assert_int_equal(cache.folios[3].count, 7);
	assert_int_equal(cache.folios[4].count, 5);
	assert_int_equal(result.forced_pages, 0);
	assert_false(sim_cached(&cache.folios[1]));
}

static void name_all(struct mempol_cache_evict_ctx *ctx)
{
	assert_int_equal(mempol_batch(ctx, 0, MEMPOL_CACHE_BATCH, MEMPOL_CACHE_TAIL), 64);
	for (u32 i = 0; i < 64; i++)
		assert_int_equal(mempol_evict(ctx, i), 0);
	/* Enough has been named. */
	assert_int_equal(mempol_batch(ctx, 0, MEMPOL_CACHE_BATCH, MEMPOL_CACHE_TAIL), 0);
	assert_int_equal(ctx->nr_evicted, 10);
}

static void test_more_than_is_wanted_stays_in_order(void **state)
{
	assert_int_equal(select_pages(10, name_all), 10);
	assert_list(0, 90,
		    (uint32_t[]){ 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
				  25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39,
				  40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54,
				  55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69,
				  70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84,
				  85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99 });
}

static void go_on(struct mempol_cache_evict_ctx *ctx)
{
	struct mempol_cache_info info;

	/* From the same end behind what was held, */
	for (u32 round = 0; round < 8; round++) {
		assert_int_equal(bpf_mempol_cache_batch(ctx, 0, 2, 0), 2);
		assert_int_equal(mempol_look(ctx, 0, &info), 0);
		assert_int_equal(info.index, 99 - 2 * round);
	}
	assert_int_equal(bpf_mempol_cache_batch(ctx, 0, 2, 0), -E2BIG);
	assert_int_equal(bpf_mempol_cache_list_pages(ctx, 0), 84);
}

static void change_ends(struct mempol_cache_evict_ctx *ctx)
{
	struct mempol_cache_info info;

	/* from another end after it has returned. */
	assert_int_equal(bpf_mempol_cache_batch(ctx, 0, 1, MEMPOL_CACHE_TAIL), 1);
	assert_int_equal(bpf_mempol_cache_batch(ctx, 0, 1, 0), 1);
	assert_int_equal(bpf_mempol_cache_batch(ctx, 0, 1, MEMPOL_CACHE_TAIL), 1);
	assert_int_equal(mempol_look(ctx, 0, &info), 0);
	assert_int_equal(info.index, 1);
	assert_int_equal(bpf_mempol_cache_batch(ctx, 1, 1, MEMPOL_CACHE_TAIL), 0);
	assert_int_equal(bpf_mempol_cache_list_pages(ctx, 0), 99);
}

static void test_batches_go_on_and_are_eight_at_most(void **state)
{
	assert_int_equal(select_pages(1, go_on), 1);
	assert_int_equal(select_pages(1, change_ends), 1);
	/* Neither has named any: by force, from the tail. */
	assert_int_equal(result.forced_pages, 2);
	assert_list(0, 1, (uint32_t[]){ 2 });
}

static struct mempol_cache_evict_ctx *leaked;

static void abuse(struct mempol_cache_evict_ctx *ctx)
{
	struct mempol_cache_info info;
	struct mempol_cache_evict_ctx copy = *ctx;

	leaked = ctx;
	assert_int_equal(mempol_look(ctx, 0, &info), -ENODATA);
	assert_int_equal(mempol_evict(ctx, 0), -ENODATA);
	assert_int_equal(mempol_batch(ctx, 8, MEMPOL_CACHE_BATCH, 0), -ENOENT);
	assert_int_equal(mempol_batch(ctx, 0, MEMPOL_CACHE_BATCH, 1), -EINVAL);
	assert_int_equal(mempol_batch(&copy, 0, MEMPOL_CACHE_BATCH, 0), -EPERM);
	assert_int_equal(bpf_mempol_cache_batch(ctx, 0, 1000, 0), 64);
	assert_int_equal(mempol_look(ctx, 64, &info), -ERANGE);
	assert_int_equal(bpf_mempol_cache_look(ctx, 0, &info, 4), -EMSGSIZE);
	assert_int_equal(mempol_evict(ctx, 64), -ERANGE);
	assert_int_equal(bpf_mempol_cache_verdict(ctx, 0, 0, 0, 0), -EINVAL);
	assert_int_equal(bpf_mempol_cache_verdict(ctx, 0, 4, 0, 0), -EINVAL);
	assert_int_equal(mempol_move(ctx, 0, 8, 0), -ENOENT);
	assert_int_equal(mempol_move(ctx, 0, 1, 0), 0);
	assert_int_equal(mempol_evict(ctx, 0), -EALREADY);
	assert_int_equal(bpf_mempol_cache_list_pages(ctx, 8), -ENOENT);
}

static void test_nonsense_is_refused_as_in_the_kernel(void **state)
{
	select_pages(4, abuse);
	assert_int_equal(mempol_batch(leaked, 0, MEMPOL_CACHE_BATCH, 0), -EPERM);
	assert_int_equal(bpf_mempol_cache_list_pages(leaked, 0), -EPERM);
}

static void name_15(struct mempol_cache_evict_ctx *ctx)
{
	mempol_batch(ctx, 0, MEMPOL_CACHE_BATCH, MEMPOL_CACHE_TAIL);
	for (u32 i = 0; i < 15; i++)
		mempol_evict(ctx, i);
}

static void name_16(struct mempol_cache_evict_ctx *ctx)
{
	name_15(ctx);
	mempol_evict(ctx, 15);
}

static void test_force_comes_below_a_quarter(void **state)
{
	assert_int_equal(select_pages(64, name_16), 16);
	assert_int_equal(result.forced_pages, 0);
	assert_int_equal(select_pages(64, name_15), 64);
	assert_int_equal(result.forced_pages, 49);
}

static void name_none(struct mempol_cache_evict_ctx *ctx)
{
}

static void test_force_takes_the_largest_list_then_those_behind_it(void **state)
{
	for (uint32_t i = 100; i < 300; i++) {
		cache.folios[i].pages = 2;
		cache.used += 2;
		sim_link(&cache, i, i < 110 ? 7 : 5, true);
	}
	assert_int_equal(select_pages(1000, name_none), 64);
	assert_list(5, 1, (uint32_t[]){ 299 - 32 });
	for (unsigned int i = 0; i < 5; i++)
		select_pages(64, name_none);
	assert_int_equal(cache.list_pages[5] + cache.list_pages[0] + cache.list_pages[7],
			 500 - 6 * 64);
	assert_int_equal(cache.list_pages[7], 20);
}

static void test_a_large_folio_is_more_than_is_wanted(void **state)
{
	cache.folios[0].pages = 512;
	cache.used += 511;
	cache.list_pages[0] += 511;
	assert_int_equal(select_pages(3, name_16), 512);
}

static void look_at_first(struct mempol_cache_evict_ctx *ctx)
{
	struct mempol_cache_info info = {};

	assert_int_equal(bpf_mempol_cache_batch(ctx, 0, 1, MEMPOL_CACHE_TAIL), 1);
	assert_int_equal(mempol_look(ctx, 0, &info), 0);
	*(struct mempol_cache_info *)leaked = info;
	mempol_evict(ctx, 0);
}

static struct mempol_cache_info look(void)
{
	struct mempol_cache_info info;

	leaked = (void *)&info;
	select_pages(1, look_at_first);
	return info;
}

static void test_a_look_says_what_is_known(void **state)
{
	struct mempol_cache_info info;

	cache.folios[0].count = 63;
	info = look();
	assert_int_equal(info.flags, 0);
	assert_int_equal(info.count, 63);
	assert_int_equal(info.nr_pages, 1);
	assert_int_equal(info.list, 0);
	assert_int_equal(info.index, 0);
	setup.accessed_bits = true;
	cache.folios[1].young = true;
	info = look();
	assert_int_equal(info.flags, MEMPOL_FOLIO_MAPPED | MEMPOL_FOLIO_ACCESSED);
	assert_int_equal(info.count, 1);
	assert_int_equal(result.looks, 2);
}

static void test_the_faults_own_bit_does_not_count(void **state)
{
	struct sim_folio folio = { .young = true, .fresh = true };

	assert_false(sim_harvest(&folio));
	assert_int_equal(folio.count, 0);
	assert_false(sim_harvest(&folio));
	folio.young = true;
	assert_true(sim_harvest(&folio));
	assert_false(sim_harvest(&folio));
	assert_int_equal(folio.count, 1);
}

static void test_the_count_saturates(void **state)
{
	struct sim_folio folio = { .count = 62 };

	sim_count(&folio);
	sim_count(&folio);
	assert_int_equal(folio.count, 63);
}

/* Looks at eight batches and keeps them. */
static void look_at_all(struct mempol_cache_evict_ctx *ctx)
{
	struct mempol_cache_info info;
	int nr;

	while ((nr = mempol_batch(ctx, 0, MEMPOL_CACHE_BATCH, MEMPOL_CACHE_TAIL)) > 0)
		for (int i = 0; i < nr; i++)
			mempol_look(ctx, i, &info);
}

static void add_folios(uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		cache.folios[i] = (struct sim_folio){ .pages = 1 };
		cache.used++;
		sim_link(&cache, i, 0, false);
	}
}

/* Asks @times times; what goes by force comes back, so that there is always as much. */
static unsigned int ask_often(unsigned int times, void (*what)(struct mempol_cache_evict_ctx *ctx))
{
	for (unsigned int i = 0; i < times && !cache.ejected; i++) {
		select_pages(8, what);
		for (uint32_t k = 0; k < NR; k++)
			if (cache.folios[k].pages && !sim_cached(&cache.folios[k]))
				add_folios(k, k + 1);
	}
	return cache.strikes;
}

static void test_what_is_withheld_is_a_strike(void **state)
{
	assert_int_equal(ask_often(31, name_none), 31);
	assert_false(cache.ejected);
	/* A quarter is enough to begin anew; what is there decides, not what was. */
	select_pages(64, name_16);
	assert_int_equal(cache.strikes, 0);
	assert_int_equal(ask_often(31, look_at_all), 31);
	assert_int_equal(ask_often(1, name_none), 32);
	assert_true(cache.ejected);
}

static void take_back(struct mempol_cache_evict_ctx *ctx)
{
	assert_true(false);
}

static void test_an_ejected_engine_is_not_asked(void **state)
{
	cache.ejected = true;
	assert_int_equal(select_pages(8, take_back), 8);
	assert_int_equal(result.forced_pages, 8);
}

static void test_less_than_is_wanted_cannot_be_withheld(void **state)
{
	for (uint32_t i = 5; i < 100; i++) {
		sim_unlink(&cache, i);
		sim_forget(&cache, i);
		cache.folios[i].pages = 0;
	}
	assert_int_equal(ask_often(100, look_at_all), 0);
}

static void test_locked_folios_are_no_strike(void **state)
{
	for (uint32_t i = 0; i < 93; i++)
		cache.folios[i].locked = true;
	assert_int_equal(ask_often(100, look_at_all), 0);
	cache.folios[92].locked = false;
	assert_int_equal(ask_often(1, look_at_all), 1);
}

static void move_all(struct mempol_cache_evict_ctx *ctx)
{
	u32 from = bpf_mempol_cache_list_pages(ctx, 1) > bpf_mempol_cache_list_pages(ctx, 0);
	int nr;

	while ((nr = mempol_batch(ctx, from, MEMPOL_CACHE_BATCH, MEMPOL_CACHE_TAIL)) > 0)
		for (int i = 0; i < nr; i++)
			mempol_move(ctx, i, !from, MEMPOL_CACHE_SAME_COUNT);
}

static void test_work_is_no_strike_until_it_has_no_end(void **state)
{
	/* At most 100 pages each time; 8 times 100 and 32 batches are free. */
	assert_int_equal(ask_often(28, move_all), 0);
	assert_in_range(ask_often(4, move_all), 1, 4);
	select_pages(64, name_16);
	assert_int_equal(cache.worked, 0);
}

static void turn_all(struct mempol_cache_evict_ctx *ctx)
{
	int nr = mempol_batch(ctx, 0, MEMPOL_CACHE_BATCH, MEMPOL_CACHE_TAIL);

	for (int i = 0; i < nr; i++)
		mempol_move(ctx, i, 0, 7);
}

static void age_all(struct mempol_cache_evict_ctx *ctx)
{
	int nr = mempol_batch(ctx, 0, MEMPOL_CACHE_BATCH, MEMPOL_CACHE_TAIL);

	for (int i = 0; i < nr; i++)
		bpf_mempol_cache_verdict(ctx, i, MEMPOL_VERDICT_TAIL, 0,
					 cache.folios[99 - i].count);
}

static void test_turning_a_list_is_no_work_and_ageing_is(void **state)
{
	assert_int_equal(ask_often(2, turn_all), 2);
	for (uint32_t i = 0; i < 100; i++)
		cache.folios[i].count = 7;
	/* Those that were counted lower, of 64 here, are not idle. */
	for (uint32_t i = 0; i < 100; i++)
		cache.folios[i].count = i % 2 ? 9 : 8;
	assert_int_equal(ask_often(1, turn_all), 2);
	assert_int_equal(ask_often(1, age_all), 3);
}

static void test_what_was_used_is_not_idle(void **state)
{
	setup.accessed_bits = true;
	for (uint32_t i = 0; i < 100; i++)
		cache.folios[i].young = true;
	assert_int_equal(ask_often(1, look_at_all), 0);
	assert_int_equal(ask_often(1, look_at_all), 1);
}

static void test_force_spares_what_was_used(void **state)
{
	for (uint32_t i = 0; i < 20; i++)
		cache.folios[i].count = 3;
	cache.folios[20].young = cache.folios[21].young = true;
	cache.folios[21].fresh = true;
	cache.folios[22].locked = true;
	assert_int_equal(select_pages(8, name_none), 8);
	assert_list(0, 4, (uint32_t[]){ 22, 31, 32, 33 });
	assert_int_equal(cache.folios[0].count, 1);
	assert_int_equal(cache.folios[21].count, 0);
	assert_int_equal(cache.folios[20].count, 0);
	/* It does not look for ever. */
	for (uint32_t i = 31; i < 100; i++)
		cache.folios[i].count = 63;
	assert_int_equal(select_pages(8, name_none), 0);
	assert_int_equal(cache.folios[22 + 9].count, 31);
	assert_int_equal(cache.folios[22 + 9 + 31].count, 63);
}

static void test_in_the_end_everything_goes_but_what_is_locked(void **state)
{
	for (uint32_t i = 0; i < 4; i++)
		cache.folios[i].count = 9;
	cache.folios[1].locked = true;
	cache.folios[2].held = true;
	script = take_back;
	assert_int_equal(sim_select(&cache, &ops, 6, SIM_HARD_PRIORITY), 6);
	assert_whole();
	assert_int_equal(cache.used, 96);
	assert_list(SIM_REJECTED, 2, (uint32_t[]){ 1, 2 });
	/* They wait, and go before anybody is asked as soon as they can. */
	cache.folios[1].locked = cache.folios[2].held = false;
	cache.folios[2].count = 1;
	assert_int_equal(select_pages(1, take_back), 1);
	assert_false(sim_cached(&cache.folios[1]));
	select_pages(1, name_none);
	assert_int_equal(cache.folios[2].list, 0);
}

static void batch_of_large(struct mempol_cache_evict_ctx *ctx)
{
	/* 63 pages, and the folio that brings it to 64 or more. */
	assert_int_equal(mempol_batch(ctx, 0, MEMPOL_CACHE_BATCH, MEMPOL_CACHE_TAIL), 4);
	assert_int_equal(mempol_batch(ctx, 0, MEMPOL_CACHE_BATCH, MEMPOL_CACHE_TAIL), 1);
	assert_int_equal(bpf_mempol_cache_list_pages(ctx, 0), 95);
	/* More than 512 without a verdict are not given out. */
	assert_int_equal(mempol_batch(ctx, 0, MEMPOL_CACHE_BATCH, MEMPOL_CACHE_TAIL), 0);
}

static void test_batches_are_bounded_in_pages(void **state)
{
	static const uint32_t pages[] = { 31, 31, 1, 300, 512 };

	for (uint32_t i = 0; i < ARRAY_SIZE(pages); i++) {
		cache.folios[i].pages = pages[i];
		cache.used += pages[i] - 1;
		cache.list_pages[0] += pages[i] - 1;
	}
	select_pages(1, batch_of_large);
}

static void test_a_look_tells_of_readahead(void **state)
{
	struct mempol_cache_info info;

	cache.folios[0].fresh = cache.folios[1].fresh = true;
	info = look();
	assert_int_equal(info.flags, MEMPOL_FOLIO_UNREAD);
	cache.folios[1].locked = true;
	info = look();
	assert_int_equal(info.flags, MEMPOL_FOLIO_UNREAD | MEMPOL_FOLIO_LOCKED);
	/* Read, and then counted down, it was read. */
	cache.folios[2].fresh = true;
	sim_count(&cache.folios[2]);
	assert_true(sim_recount(&cache.folios[2], 0));
	info = look();
	assert_int_equal(info.flags, 0);
	setup.accessed_bits = true;
	cache.folios[3].fresh = true;
	info = look();
	assert_int_equal(info.flags, MEMPOL_FOLIO_MAPPED);
}

/* A trace under an engine of the test's own, to see what added() is told. */
static struct mempol_cache_added_ctx seen[16];
static size_t n_seen;

static s32 remember(struct folio *folio, struct mempol_cache_added_ctx *ctx)
{
	seen[n_seen++] = *ctx;
	return 0;
}

static void evict_oldest(struct mempol_cache_evict_ctx *ctx)
{
	mempol_batch(ctx, 0, MEMPOL_CACHE_BATCH, MEMPOL_CACHE_TAIL);
	for (u32 i = 0; i < ctx->nr_to_evict; i++)
		mempol_evict(ctx, i);
}

static void test_added_is_told_how_far_away_the_page_was(void **state)
{
	static struct sim_ref refs[] = {
		{ 0, 1, SIM_READ }, { 1, 1, SIM_READ },	  { 2, 1, SIM_READ },
		{ 3, 1, SIM_READ }, { 4, 1, SIM_READ },	  { 0, 1, SIM_READ },
		{ 4, 1, SIM_READ }, { 1, 1, SIM_REMOVE }, { 1, 1, SIM_READ },
	};
	struct mempol_cache_ops engine = { .added = remember, .evict = evict_oldest };
	struct sim_policy policy = { .engine = &engine };
	struct sim_trace trace = { .refs = refs, .nr_refs = ARRAY_SIZE(refs), .nr_objects = 5 };
	struct sim_setup small = { .cache_pages = 2, .reclaim_pages = 1 };
	struct sim_result counts = {};

	assert_int_equal(sim_run_engine(&policy, &small, &trace, &counts), 0);
	assert_int_equal(n_seen, 7);
	assert_true(seen[2].distance == MEMPOL_CACHE_NO_DISTANCE);
	assert_int_equal(seen[2].reason, MEMPOL_ADDED_NEW);
	assert_int_equal(seen[2].nr_governed, 1);
	/* 0 went for 2, then 1 for 3, 2 for 4 and 3 for 0 itself. */
	assert_int_equal(seen[5].reason, MEMPOL_ADDED_REFAULT);
	assert_int_equal(seen[5].distance, 3);
	/* What is known of a removed object goes with it. */
	assert_int_equal(seen[6].reason, MEMPOL_ADDED_NEW);
	assert_int_equal(counts.hits, 1);
	assert_int_equal(counts.references, 8);
}

static s32 decline(struct folio *folio, struct mempol_cache_added_ctx *ctx)
{
	return MEMPOL_CACHE_TO_KERNEL;
}

static void test_the_kernels_own_lists_are_not_simulated(void **state)
{
	struct mempol_cache_ops engine = { .added = decline, .evict = evict_oldest };
	struct sim_policy policy = { .engine = &engine };
	struct sim_ref ref = { 0, 1, SIM_READ };
	struct sim_trace trace = { .refs = &ref, .nr_refs = 1, .nr_objects = 1 };

	assert_int_equal(sim_run_engine(&policy, &setup, &trace, &result), -ENOTSUP);
}

#define CACHE_TEST(f) cmocka_unit_test_setup_teardown(f, fill, empty)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CACHE_TEST(test_verdicts_are_carried_out_and_the_rest_returns),
		CACHE_TEST(test_more_than_is_wanted_stays_in_order),
		CACHE_TEST(test_batches_go_on_and_are_eight_at_most),
		CACHE_TEST(test_nonsense_is_refused_as_in_the_kernel),
		CACHE_TEST(test_force_comes_below_a_quarter),
		CACHE_TEST(test_force_takes_the_largest_list_then_those_behind_it),
		CACHE_TEST(test_a_large_folio_is_more_than_is_wanted),
		CACHE_TEST(test_what_is_withheld_is_a_strike),
		CACHE_TEST(test_an_ejected_engine_is_not_asked),
		CACHE_TEST(test_less_than_is_wanted_cannot_be_withheld),
		CACHE_TEST(test_locked_folios_are_no_strike),
		CACHE_TEST(test_work_is_no_strike_until_it_has_no_end),
		CACHE_TEST(test_turning_a_list_is_no_work_and_ageing_is),
		CACHE_TEST(test_what_was_used_is_not_idle),
		CACHE_TEST(test_force_spares_what_was_used),
		CACHE_TEST(test_in_the_end_everything_goes_but_what_is_locked),
		CACHE_TEST(test_batches_are_bounded_in_pages),
		CACHE_TEST(test_a_look_tells_of_readahead),
		CACHE_TEST(test_a_look_says_what_is_known),
		cmocka_unit_test(test_the_faults_own_bit_does_not_count),
		cmocka_unit_test(test_the_count_saturates),
		CACHE_TEST(test_added_is_told_how_far_away_the_page_was),
		CACHE_TEST(test_the_kernels_own_lists_are_not_simulated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
