// SPDX-License-Identifier: GPL-2.0-only
/*
 * mosaic's decisions without a kernel: which frames a page may have, which of them it gets, who goes. Over a pool of
 * the test's own, whose frames are as the test says. Run by make check and make test; tests/tools/test_mosaic compares
 * whole runs with a model in another language, test_sim_place_figures has the published figures.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define BUCKETS 32U
#define FRAMES (BUCKETS * 64U)
#define KEYS 1000U

/* Also what the engine's source calls its frames. */
struct mosaic_frames {
	uint64_t used[BUCKETS];
	uint32_t stamp[FRAMES];
	int young[FRAMES]; /* what a look says; a bit that was read is cleared */
	uint32_t clock;
	unsigned int looks;
};

static uint64_t frames_free(struct mosaic_frames *f, uint32_t bucket)
{
	assert_in_range(bucket, 0, BUCKETS - 1);
	return ~f->used[bucket];
}

static uint64_t frames_older(struct mosaic_frames *f, uint32_t bucket, uint32_t age)
{
	uint64_t older = 0;

	for (uint32_t slot = 0; slot < 64; slot++)
		older |= (uint64_t)(f->clock - f->stamp[bucket * 64 + slot] > age) << slot;
	return older & f->used[bucket];
}

static int64_t frames_oldest(struct mosaic_frames *f, uint32_t bucket, uint64_t mask)
{
	int64_t found = -ENOENT;

	for (uint32_t slot = 64; slot-- > 0;) {
		uint64_t age = f->clock - f->stamp[bucket * 64 + slot];

		if ((f->used[bucket] & mask) >> slot & 1 &&
		    (found < 0 || (int64_t)age >= found >> 8))
			found = (int64_t)(age << 8 | slot);
	}
	return found;
}

static int frames_young(struct mosaic_frames *f, uint32_t frame)
{
	int young = f->young[frame];

	f->looks++;
	if (young > 0)
		f->young[frame] = 0;
	return f->used[frame / 64] >> frame % 64 & 1 ? young : -ENOENT;
}

static void frames_stamp(struct mosaic_frames *f, uint32_t frame, uint32_t age)
{
	f->stamp[frame] = f->clock - age;
}

static uint32_t frames_clock(struct mosaic_frames *f)
{
	return f->clock;
}

#include "../../bpf/placement/mosaic-select.h"

static const struct mosaic_geometry standard = { 44, 20, 4, 0, BUCKETS };
static const struct mosaic_geometry paper = { 56, 8, 6, 0, BUCKETS };
static const struct mosaic_rules chance = { MOSAIC_SECOND_CHANCE, MOSAIC_CODES, 50 };
static const struct mosaic_rules horizon = { MOSAIC_HORIZON, MOSAIC_CODES, 50 };

/* All that a test has: frames, all of them free at 1000 ticks, and what the engine keeps. */
static struct mosaic_frames frames;
static struct mosaic_pool pool;
static struct mosaic_newcomers newcomers;

static int begin(void **state)
{
	memset(&frames, 0, sizeof(frames));
	memset(&pool, 0, sizeof(pool));
	memset(&newcomers, 0, sizeof(newcomers));
	frames.clock = 1000;
	return 0;
}

static uint64_t key_of(uint64_t page)
{
	return mosaic_key(7, page, 1);
}

static unsigned int codes_of(const struct mosaic_geometry *g)
{
	return g->front + g->choices * g->back;
}

static void take(unsigned int frame, uint32_t age)
{
	frames.used[frame / 64] |= 1ULL << frame % 64;
	frames.stamp[frame] = frames.clock - age;
}

/* Every frame is in use and was stamped one tick ago. */
static void fill(void)
{
	for (unsigned int frame = 0; frame < FRAMES; frame++)
		take(frame, 1);
}

static int64_t select_frame(const struct mosaic_geometry *g, const struct mosaic_rules *rules,
			    uint64_t key)
{
	return mosaic_select(&frames, &pool, g, rules, &newcomers, key, 1);
}

/* ---- which frames a page may have -------------------------------------------------------------------- */

/* But for the same back yard twice, which different parts of the buckets exclude. */
static void a_pages_frames_are_all_different_and_in_the_pool(void **state)
{
	static uint8_t seen[FRAMES];

	for (unsigned int page = 0; page < KEYS; page++) {
		memset(seen, 0, sizeof(seen));
		for (unsigned int code = 0; code < codes_of(&standard); code++) {
			unsigned int frame = mosaic_frame(&standard, key_of(page), code);

			assert_in_range(frame, 0, FRAMES - 1);
			assert_int_equal(seen[frame]++, 0);
			assert_true(code < 44 ? frame % 64 < 44 : frame % 64 >= 44);
		}
		assert_int_equal(mosaic_frame(&standard, key_of(page), codes_of(&standard)),
				 MOSAIC_NONE);
	}
}

static void a_code_names_the_yard_and_slot_it_was_made_of(void **state)
{
	unsigned int code = 0;

	for (unsigned int yard = 0; yard <= paper.choices; yard++)
		for (unsigned int slot = 0; slot < 64; slot++) {
			if (!(mosaic_slots(&paper, yard) >> slot & 1))
				continue;
			assert_int_equal(mosaic_code(&paper, yard, slot), code);
			assert_int_equal(mosaic_frame(&paper, key_of(5), code),
					 mosaic_bucket(&paper, key_of(5), yard) * 64 + slot);
			code++;
		}
	assert_int_equal(code, 104);
}

static void back_yards_have_parts_of_the_buckets_that_cover_all(void **state)
{
	unsigned int hits[BUCKETS] = {};

	for (unsigned int page = 0; page < KEYS; page++)
		for (unsigned int yard = 1; yard <= paper.choices; yard++) {
			unsigned int bucket = mosaic_bucket(&paper, key_of(page), yard);

			assert_in_range(bucket, (yard - 1) * BUCKETS / 6, yard * BUCKETS / 6 - 1);
			hits[bucket]++;
		}
	for (unsigned int bucket = 0; bucket < BUCKETS; bucket++)
		assert_true(hits[bucket] > 0);
}

static void a_node_has_its_own_buckets(void **state)
{
	const struct mosaic_geometry node = { 44, 20, 4, 20, 12 };

	for (unsigned int page = 0; page < KEYS; page++)
		for (unsigned int yard = 0; yard <= node.choices; yard++)
			assert_in_range(mosaic_bucket(&node, key_of(page), yard), 20, 31);
}

static void a_pool_with_fewer_buckets_than_choices_has_room_for_all(void **state)
{
	const struct mosaic_geometry small = { 60, 4, 16, 0, 8 };

	for (unsigned int page = 0; page < KEYS; page++)
		for (unsigned int yard = 0; yard <= small.choices; yard++)
			assert_in_range(mosaic_bucket(&small, key_of(page), yard), 0, 7);
}

/* Pages of one program are neighbours; a hash that shows it would fill some yards first. */
static void neighbours_spread_evenly(void **state)
{
	for (unsigned int yard = 0; yard <= standard.choices; yard++) {
		unsigned int hits[BUCKETS] = {};
		double chi = 0, mean;

		for (unsigned int page = 0; page < FRAMES; page++)
			hits[mosaic_bucket(&standard, key_of(0x7f0000000 + page), yard)]++;
		mean = yard ? FRAMES * 4.0 / BUCKETS : FRAMES / (double)BUCKETS;
		for (unsigned int bucket = 0; bucket < BUCKETS; bucket++)
			if (hits[bucket])
				chi += (hits[bucket] - mean) * (hits[bucket] - mean) / mean;
		/* 31 degrees of freedom: by chance one hash in 1,000 is above. */
		assert_true(chi < 61.1);
	}
}

static void spaces_and_seeds_have_other_frames(void **state)
{
	unsigned int same_space = 0, same_seed = 0;

	for (unsigned int page = 0; page < KEYS; page++) {
		unsigned int bucket = mosaic_bucket(&standard, mosaic_key(7, page, 1), 0);

		same_space += bucket == mosaic_bucket(&standard, mosaic_key(8, page, 1), 0);
		same_seed += bucket == mosaic_bucket(&standard, mosaic_key(7, page, 2), 0);
	}
	assert_in_range(same_space, 1, KEYS * 2 / BUCKETS);
	assert_in_range(same_seed, 1, KEYS * 2 / BUCKETS);
}

static void only_whole_buckets_and_seven_bits_fit(void **state)
{
	assert_true(mosaic_fits(44, 20, 4));
	assert_true(mosaic_fits(56, 8, 6));
	assert_true(mosaic_fits(60, 4, 16));
	assert_true(mosaic_fits(63, 1, 16));
	assert_true(mosaic_fits(2, 62, 2));
	assert_false(mosaic_fits(44, 21, 4));
	assert_false(mosaic_fits(43, 20, 4));
	assert_false(mosaic_fits(64, 0, 1));
	assert_false(mosaic_fits(0, 64, 1));
	assert_false(mosaic_fits(44, 20, 0));
	assert_false(mosaic_fits(44, 20, 5)); /* 144 frames */
	assert_false(mosaic_fits(63, 1, 17));
	assert_false(mosaic_fits(44, 20, 0x80000000));
	assert_false(mosaic_fits(0x80000000, 0x80000040, 1));
}

/* ---- a free frame ------------------------------------------------------------------------------------ */

static void the_front_yard_comes_first(void **state)
{
	unsigned int bucket = mosaic_bucket(&standard, key_of(3), 0);

	assert_int_equal(select_frame(&standard, &chance, key_of(3)), bucket * 64);
	take(bucket * 64, 0);
	take(bucket * 64 + 2, 0);
	assert_int_equal(select_frame(&standard, &chance, key_of(3)), bucket * 64 + 1);
}

/* Of @bucket so many frames of the yard are in use. */
static void take_some(const struct mosaic_geometry *g, unsigned int bucket, unsigned int yard,
		      unsigned int nr)
{
	for (unsigned int slot = yard ? g->front : 0; nr; slot++, nr--)
		take(bucket * 64 + slot, 1);
}

/* The front yard is full; of each back yard some frames are in use. */
static void take_yards(const struct mosaic_geometry *g, uint64_t key, const unsigned int nr[])
{
	take_some(g, mosaic_bucket(g, key, 0), 0, g->front);
	for (unsigned int yard = 1; yard <= g->choices; yard++)
		take_some(g, mosaic_bucket(g, key, yard), yard, nr[yard - 1]);
}

static void then_the_back_yard_with_most_room(void **state)
{
	const unsigned int nr[] = { 9, 3, 7, 4 };

	take_yards(&standard, key_of(3), nr);
	assert_int_equal(select_frame(&standard, &chance, key_of(3)),
			 mosaic_bucket(&standard, key_of(3), 2) * 64 + 44 + 3);
	assert_int_equal(pool.conflict, 0);
}

static void of_several_the_last(void **state)
{
	const unsigned int nr[] = { 3, 20, 3, 4 };

	take_yards(&standard, key_of(3), nr);
	assert_int_equal(select_frame(&standard, &chance, key_of(3)),
			 mosaic_bucket(&standard, key_of(3), 3) * 64 + 44 + 3);
}

static void without_one_that_may_go_there_is_none(void **state)
{
	fill();
	assert_true(mosaic_select(&frames, &pool, &standard, &chance, &newcomers, key_of(3), 0) <
		    0);
	assert_int_equal(pool.conflict, 1);
	begin(state);
	fill();
	assert_true(mosaic_select(&frames, &pool, &standard, &horizon, &newcomers, key_of(3), 0) <
		    0);
}

/* ---- second chance ----------------------------------------------------------------------------------- */

static unsigned int candidate(const struct mosaic_geometry *g, uint64_t key, unsigned int code)
{
	return mosaic_frame(g, key, code);
}

static void the_candidate_that_was_stamped_first_goes(void **state)
{
	for (unsigned int code = 0; code < codes_of(&standard); code += 7) {
		begin(state);
		fill();
		/* Older still, but no candidate. */
		take((mosaic_bucket(&standard, key_of(3), 0) + 1) % BUCKETS * 64, 99);
		take(candidate(&standard, key_of(3), code), 50);
		assert_int_equal(select_frame(&standard, &chance, key_of(3)),
				 candidate(&standard, key_of(3), code));
		assert_int_equal(frames.looks, 1);
	}
}

static void of_several_the_first_in_order(void **state)
{
	fill();
	assert_int_equal(select_frame(&standard, &chance, key_of(3)),
			 candidate(&standard, key_of(3), 0));
}

static void what_has_been_used_stays_and_becomes_young(void **state)
{
	unsigned int a = candidate(&standard, key_of(3), 50);
	unsigned int b = candidate(&standard, key_of(3), 100);
	unsigned int c = candidate(&standard, key_of(3), 10);

	fill();
	take(a, 30);
	take(b, 20);
	take(c, 10);
	frames.young[a] = frames.young[b] = 1;
	assert_int_equal(select_frame(&standard, &chance, key_of(3)), c);
	assert_int_equal(frames.stamp[a], frames.clock);
	assert_int_equal(frames.stamp[b], frames.clock);
	assert_int_equal(frames.stamp[c], frames.clock - 10);
	assert_int_equal(frames.looks, 3);
}

static void what_cannot_be_evicted_is_passed_over(void **state)
{
	unsigned int busy = candidate(&standard, key_of(3), 50);

	fill();
	take(busy, 30);
	frames.young[busy] = -EBUSY;
	assert_int_equal(select_frame(&standard, &chance, key_of(3)),
			 candidate(&standard, key_of(3), 0));
	assert_int_equal(frames.stamp[busy], frames.clock - 30);
}

static void if_none_can_be_evicted_there_is_none(void **state)
{
	fill();
	for (unsigned int frame = 0; frame < FRAMES; frame++)
		frames.young[frame] = -EPERM;
	assert_true(select_frame(&standard, &chance, key_of(3)) < 0);
	/* Each candidate once. */
	assert_int_equal(frames.looks, codes_of(&standard));
}

static void if_all_have_been_used_the_first_goes(void **state)
{
	unsigned int oldest = candidate(&standard, key_of(3), 77);

	fill();
	for (unsigned int frame = 0; frame < FRAMES; frame++)
		frames.young[frame] = 1;
	take(oldest, 30);
	assert_int_equal(select_frame(&standard, &chance, key_of(3)), oldest);
	assert_int_equal(frames.looks, codes_of(&standard));
}

static void no_more_looks_than_are_allowed(void **state)
{
	const struct mosaic_rules few = { MOSAIC_SECOND_CHANCE, 8, 50 };

	fill();
	for (unsigned int frame = 0; frame < FRAMES; frame++)
		frames.young[frame] = 1;
	assert_int_equal(select_frame(&standard, &few, key_of(3)),
			 candidate(&standard, key_of(3), 0));
	assert_int_equal(frames.looks, 8);
}

/* ---- newcomers --------------------------------------------------------------------------------------- */

/* @nr pages are placed, in frames 0, 1, 2 ...; how many of those that settle are old? */
static unsigned int old_ones(unsigned int new_share, unsigned int nr)
{
	unsigned int old = 0;

	begin(NULL);
	for (unsigned int i = 0; i < nr + MOSAIC_NEWCOMERS; i++) {
		struct mosaic_settled settled = mosaic_settle(&newcomers);

		assert_int_equal(settled.frame,
				 i < MOSAIC_NEWCOMERS ? MOSAIC_NONE : i - MOSAIC_NEWCOMERS);
		old += settled.old;
		mosaic_enter(&newcomers, i, new_share);
	}
	return old;
}

static void the_share_of_old_newcomers_is_as_chosen(void **state)
{
	assert_int_equal(old_ones(100, 1000), 0);
	assert_int_equal(old_ones(50, 1000), 500);
	assert_int_equal(old_ones(25, 1000), 750);
	assert_int_equal(old_ones(1, 1000), 990);
	assert_int_equal(old_ones(0, 1000), 1000);
}

static void a_newcomers_bit_is_taken_away_64_placements_later(void **state)
{
	unsigned int frame = candidate(&standard, key_of(3), 5);

	take(frame, 0);
	frames.young[frame] = 1;
	pool.conflict = 1;
	mosaic_placed(&pool, &chance, &newcomers, frame);
	for (unsigned int i = 1; i < MOSAIC_NEWCOMERS; i++) {
		select_frame(&standard, &chance, key_of(i));
		mosaic_placed(&pool, &chance, &newcomers, FRAMES - 1);
	}
	assert_int_equal(frames.young[frame], 1);
	select_frame(&standard, &chance, key_of(3));
	assert_int_equal(frames.young[frame], 0);
	/* The first of two is old. */
	assert_int_equal(frames.stamp[frame], frames.clock - 2 * BUCKETS);
}

static void before_a_page_found_no_room_all_are_young(void **state)
{
	for (unsigned int i = 0; i < 2 * MOSAIC_NEWCOMERS; i++)
		mosaic_placed(&pool, &chance, &newcomers, i);
	assert_int_equal(newcomers.nr, 0);
}

/* Ages have 16 bits, and half of them is the future. */
static void the_age_of_old_newcomers_fits(void **state)
{
	const struct mosaic_geometry large = { 44, 20, 4, 0, 1 << 20 };

	assert_int_equal(mosaic_old_age(&standard), 2 * BUCKETS);
	assert_int_equal(mosaic_old_age(&large), 0x7fff);
}

/* ---- Horizon LRU ------------------------------------------------------------------------------------- */

static void a_ghost_of_the_front_yard_goes_before_a_free_back_yard_is_taken(void **state)
{
	const unsigned int none[6] = {};
	unsigned int ghost = candidate(&paper, key_of(3), 9);

	take_yards(&paper, key_of(3), none);
	pool.horizon = frames.clock - 20;
	take(ghost, 21);
	assert_int_equal(select_frame(&paper, &horizon, key_of(3)), ghost);
	/* What was last used at the horizon is no ghost. */
	take(ghost, 20);
	assert_int_equal(select_frame(&paper, &horizon, key_of(3)),
			 mosaic_bucket(&paper, key_of(3), 6) * 64 + 56);
	assert_int_equal(pool.conflict, 0);
}

static void a_ghost_that_has_been_used_is_none(void **state)
{
	const unsigned int none[6] = {};
	unsigned int ghost = candidate(&paper, key_of(3), 9);

	take_yards(&paper, key_of(3), none);
	pool.horizon = frames.clock - 20;
	take(ghost, 30);
	frames.young[ghost] = 1;
	assert_int_equal(select_frame(&paper, &horizon, key_of(3)),
			 mosaic_bucket(&paper, key_of(3), 6) * 64 + 56);
	assert_int_equal(frames.stamp[ghost], frames.clock);
}

static void a_ghost_of_the_back_yard_with_most_of_them_goes(void **state)
{
	unsigned int bucket = mosaic_bucket(&paper, key_of(3), 4);

	fill();
	pool.horizon = frames.clock - 20;
	take(mosaic_bucket(&paper, key_of(3), 2) * 64 + 60, 99);
	take(bucket * 64 + 58, 30);
	take(bucket * 64 + 61, 40);
	assert_int_equal(select_frame(&paper, &horizon, key_of(3)), bucket * 64 + 61);
	assert_int_equal(pool.conflict, 1);
	/* A ghost was behind the horizon. */
	assert_int_equal(pool.horizon, frames.clock - 20);
}

static void without_ghosts_the_oldest_goes_and_is_the_new_horizon(void **state)
{
	unsigned int oldest = candidate(&paper, key_of(3), 100);

	fill();
	pool.horizon = frames.clock - 20;
	take(oldest, 10);
	assert_int_equal(select_frame(&paper, &horizon, key_of(3)), oldest);
	assert_int_equal(pool.horizon, frames.clock - 10);
}

static void no_newcomer_is_old_under_the_papers_rule(void **state)
{
	pool.conflict = 1;
	mosaic_placed(&pool, &horizon, &newcomers, 1);
	assert_int_equal(newcomers.nr, 0);
}

#define MOSAIC_TEST(f) cmocka_unit_test_setup(f, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MOSAIC_TEST(a_pages_frames_are_all_different_and_in_the_pool),
		MOSAIC_TEST(a_code_names_the_yard_and_slot_it_was_made_of),
		MOSAIC_TEST(back_yards_have_parts_of_the_buckets_that_cover_all),
		MOSAIC_TEST(a_node_has_its_own_buckets),
		MOSAIC_TEST(a_pool_with_fewer_buckets_than_choices_has_room_for_all),
		MOSAIC_TEST(neighbours_spread_evenly),
		MOSAIC_TEST(spaces_and_seeds_have_other_frames),
		MOSAIC_TEST(only_whole_buckets_and_seven_bits_fit),
		MOSAIC_TEST(the_front_yard_comes_first),
		MOSAIC_TEST(then_the_back_yard_with_most_room),
		MOSAIC_TEST(of_several_the_last),
		MOSAIC_TEST(without_one_that_may_go_there_is_none),
		MOSAIC_TEST(the_candidate_that_was_stamped_first_goes),
		MOSAIC_TEST(of_several_the_first_in_order),
		MOSAIC_TEST(what_has_been_used_stays_and_becomes_young),
		MOSAIC_TEST(what_cannot_be_evicted_is_passed_over),
		MOSAIC_TEST(if_none_can_be_evicted_there_is_none),
		MOSAIC_TEST(if_all_have_been_used_the_first_goes),
		MOSAIC_TEST(no_more_looks_than_are_allowed),
		MOSAIC_TEST(the_share_of_old_newcomers_is_as_chosen),
		MOSAIC_TEST(a_newcomers_bit_is_taken_away_64_placements_later),
		MOSAIC_TEST(before_a_page_found_no_room_all_are_young),
		MOSAIC_TEST(the_age_of_old_newcomers_fits),
		MOSAIC_TEST(a_ghost_of_the_front_yard_goes_before_a_free_back_yard_is_taken),
		MOSAIC_TEST(a_ghost_that_has_been_used_is_none),
		MOSAIC_TEST(a_ghost_of_the_back_yard_with_most_of_them_goes),
		MOSAIC_TEST(without_ghosts_the_oldest_goes_and_is_the_new_horizon),
		MOSAIC_TEST(no_newcomer_is_old_under_the_papers_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
