// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for dirty pages in the simulator: how long a page is dirty, that it cannot be freed meanwhile,
 * that engines are told and are not blamed, and that somebody waits when there is nothing else. And what engines
 * are told of a reference: its file, its page and its thread.
 */
#include "../../sim/kernel.h"

#include "fixture.h"

#define NR 1000
#define DIRTY 4

static struct sim_setup setup;
static struct sim_result result;
static struct sim_trace trace;
static struct sim_cache cache;

/* Folios 0 to 99 of a page each on list 0, the oldest at the tail. */
static int fill(void **state)
{
	trace = (struct sim_trace){ .nr_objects = NR };
	setup = (struct sim_setup){ .cache_pages = NR, .reclaim_pages = 64, .dirty_pages = DIRTY };
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

static void test_a_page_is_dirty_until_so_many_others_were_dirtied(void **state)
{
	assert_false(sim_dirty(&cache, 0));
	sim_write(&cache, 0);
	for (uint32_t i = 1; i < DIRTY; i++) {
		sim_write(&cache, i);
		/* Written once more it is not dirtied anew. */
		sim_write(&cache, 0);
	}
	for (uint32_t i = 0; i < DIRTY; i++)
		assert_true(sim_dirty(&cache, i));
	sim_write(&cache, 50);
	assert_false(sim_dirty(&cache, 0));
	assert_true(sim_dirty(&cache, 1));
	sim_write(&cache, 0);
	assert_true(sim_dirty(&cache, 0));
	assert_false(sim_dirty(&cache, 1));
}

static void test_without_dirty_pages_a_write_leaves_none(void **state)
{
	uint32_t *dirtied = cache.dirtied;

	cache.dirtied = NULL;
	sim_write(&cache, 3);
	assert_false(sim_dirty(&cache, 3));
	cache.dirtied = dirtied;
}

/* The oldest two are named. */
static struct mempol_cache_info infos[2];

static void name_two(struct mempol_cache_evict_ctx *ctx)
{
	assert_int_equal(mempol_batch(ctx, 0, 2, MEMPOL_CACHE_TAIL), 2);
	for (u32 i = 0; i < 2; i++) {
		assert_int_equal(mempol_look(ctx, i, &infos[i]), 0);
		assert_int_equal(mempol_evict(ctx, i), 0);
	}
}

static void name_none(struct mempol_cache_evict_ctx *ctx)
{
	int nr = mempol_batch(ctx, 0, MEMPOL_CACHE_BATCH, MEMPOL_CACHE_TAIL);

	for (int i = 0; i < nr; i++)
		assert_int_equal(mempol_look(ctx, i, &infos[0]), 0);
}

static uint64_t select_pages(uint64_t want, void (*evict)(struct mempol_cache_evict_ctx *ctx))
{
	struct mempol_cache_ops ops = { .evict = evict };

	return sim_select(&cache, &ops, want, SIM_FIRST_PRIORITY);
}

static void test_a_dirty_victim_waits_where_no_engine_meets_it(void **state)
{
	sim_write(&cache, 1);
	assert_int_equal(select_pages(2, name_two), 2);
	assert_int_equal(infos[0].flags, 0);
	assert_int_equal(infos[1].flags, MEMPOL_FOLIO_DIRTY);
	assert_false(sim_cached(&cache.folios[0]));
	assert_int_equal(cache.folios[1].list, SIM_REJECTED);
	assert_int_equal(cache.used, 99);
	/* Still dirty, it stays; clean, it goes before anybody is asked. */
	assert_int_equal(select_pages(2, name_two), 2);
	assert_int_equal(cache.folios[1].list, SIM_REJECTED);
	cache.nr_cleaned = cache.nr_dirtied;
	assert_int_equal(select_pages(1, name_two), 1);
	assert_false(sim_cached(&cache.folios[1]));
	assert_true(sim_cached(&cache.folios[4]));
}

static void test_a_condemned_page_that_is_used_is_kept(void **state)
{
	sim_write(&cache, 1);
	select_pages(2, name_two);
	sim_count(&cache.folios[1]);
	cache.nr_cleaned = cache.nr_dirtied;
	select_pages(1, name_two);
	assert_int_equal(cache.folios[1].list, 0);
}

static void test_force_passes_over_what_is_dirty(void **state)
{
	sim_write(&cache, 0);
	sim_write(&cache, 2);
	assert_int_equal(select_pages(3, name_none), 3);
	assert_true(sim_cached(&cache.folios[0]));
	assert_false(sim_cached(&cache.folios[1]));
	assert_true(sim_cached(&cache.folios[2]));
	assert_false(sim_cached(&cache.folios[3]));
	assert_int_equal(result.forced_pages, 3);
}

/* All that it was shown is dirty: it could name nothing that would be freed. */
static void test_an_engine_is_not_blamed_for_dirty_pages(void **state)
{
	setup.dirty_pages = NR;
	for (uint32_t i = 0; i < 100; i++)
		sim_write(&cache, i);
	for (unsigned int i = 0; i < 100; i++)
		select_pages(32, name_none);
	assert_int_equal(cache.strikes, 0);
	assert_false(cache.ejected);
}

static void test_a_removed_page_is_clean(void **state)
{
	static struct sim_ref refs[] = { { 0, 1, SIM_WRITE },
					 { 0, 1, SIM_REMOVE },
					 { 0, 1, SIM_READ },
					 { 1, 1, SIM_READ },
					 { 2, 1, SIM_READ } };
	struct sim_trace five = { .refs = refs, .nr_refs = 5, .nr_objects = 3 };
	struct sim_job job = { .policy = sim_policy_find("fifo"),
			       .setup = {
				       .cache_pages = 2, .reclaim_pages = 1, .dirty_pages = 9 } };

	assert_int_equal(sim_run(&job, 1, 1, &five), 0);
	assert_int_equal(job.result.waits, 0);
	assert_int_equal(job.result.evicted_pages, 1);
}

/* A cache of ten pages, all of them dirty: the oldest has to be written back before the next one comes in. */
static void test_when_all_is_dirty_somebody_waits(void **state)
{
	static struct sim_ref refs[100];
	struct sim_trace writes = { .refs = refs, .nr_refs = 100, .nr_objects = 100 };
	struct sim_job job = { .policy = sim_policy_find("fifo"),
			       .setup = {
				       .cache_pages = 10, .reclaim_pages = 1, .dirty_pages = 50 } };

	for (uint32_t i = 0; i < 100; i++)
		refs[i] = (struct sim_ref){ i, 1, SIM_WRITE };
	assert_int_equal(sim_run(&job, 1, 1, &writes), 0);
	assert_int_equal(job.result.waits, 90);
	assert_int_equal(job.result.evicted_pages, 90);
}

/* What added() was told, by reference. */
static struct told {
	u64 ino, index;
	u32 thread;
} told[8];
static unsigned int n_told;

static s32 note_added(struct folio *folio, struct mempol_cache_added_ctx *ctx)
{
	told[n_told++ % 8] = (struct told){ .ino = folio->mapping->host->i_ino,
					    .index = folio->index,
					    .thread = (u32)bpf_get_current_pid_tgid() };
	return 0;
}

static void note_evict(struct mempol_cache_evict_ctx *ctx)
{
}

static void told_of(const struct sim_trace *refs)
{
	struct mempol_cache_ops ops = { .added = note_added, .evict = note_evict };
	struct sim_policy policy = { .name = "note", .engine = &ops, .run = sim_run_engine };
	struct sim_setup roomy = { .cache_pages = NR, .reclaim_pages = 1 };
	struct sim_result ignored = {};

	n_told = 0;
	assert_int_equal(sim_run_engine(&policy, &roomy, refs, &ignored), 0);
}

static void test_engines_are_told_file_page_and_thread(void **state)
{
	static struct sim_ref refs[] = { { 0, 1, SIM_READ },
					 { 1, 1, SIM_READ },
					 { 2, 1, SIM_READ } };
	static uint32_t files[] = { 0, 0, 1 };
	static uint64_t index[] = { 5, 1ULL << 40, 0 };
	static uint16_t threads[] = { 0, 7, 0 };
	struct sim_trace named = { .refs = refs,
				   .nr_refs = 3,
				   .nr_objects = 3,
				   .files = files,
				   .index = index,
				   .threads = threads };

	told_of(&named);
	assert_int_equal(n_told, 3);
	assert_int_equal(told[0].index, 5);
	assert_int_equal(told[1].index, 1ULL << 40);
	assert_int_equal(told[2].index, 0);
	assert_int_equal(told[0].ino, told[1].ino);
	assert_true(told[2].ino != told[1].ino);
	assert_true(told[0].thread != told[1].thread);
	assert_int_equal(told[0].thread, told[2].thread);
}

static void test_objects_without_an_order_are_files(void **state)
{
	static struct sim_ref refs[] = { { 0, 3, SIM_READ }, { 1, 1, SIM_READ } };
	struct sim_trace objects = {
		.refs = refs, .nr_refs = 2, .nr_objects = 2, .are_files = true
	};

	told_of(&objects);
	assert_int_equal(told[0].index, 0);
	assert_int_equal(told[1].index, 0);
	assert_true(told[0].ino != told[1].ino);
}

#define CACHE_TEST(test) cmocka_unit_test_setup_teardown(test, fill, empty)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CACHE_TEST(test_a_page_is_dirty_until_so_many_others_were_dirtied),
		CACHE_TEST(test_without_dirty_pages_a_write_leaves_none),
		CACHE_TEST(test_a_dirty_victim_waits_where_no_engine_meets_it),
		CACHE_TEST(test_a_condemned_page_that_is_used_is_kept),
		CACHE_TEST(test_force_passes_over_what_is_dirty),
		CACHE_TEST(test_an_engine_is_not_blamed_for_dirty_pages),
		cmocka_unit_test(test_a_removed_page_is_clean),
		cmocka_unit_test(test_when_all_is_dirty_somebody_waits),
		cmocka_unit_test(test_engines_are_told_file_page_and_thread),
		cmocka_unit_test(test_objects_without_an_order_are_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
