// SPDX-License-Identifier: GPL-2.0-only
/*
 * The placement engines without a kernel: as they are loaded, compiled by the host's compiler, over a pool of the
 * test's own. Where pages lie is judged by the audit, which has code of its own. Run by make check and make test; what
 * a real kernel does is tests/vm's affair.
 */
#include "../../bpf/lib/mempol_placement.bpf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../daemon/lib/placement-audit.h"
#include "../../sim/place.h"

extern struct mempol_placement_ops mosaic, ordinary;

#define BUCKETS 64U
#define FRAMES (BUCKETS * MEMPOL_PLACE_BUCKET)
#define SPACE 7 /* what the simulator's pages belong to, too */
#define SEGMENTED 16U /* buckets of the first node, where there are two */

/* The pool, and what the engine has asked of it in one callback. */
static struct {
	u64 used[BUCKETS];
	u32 stamp[FRAMES];
	s32 young[FRAMES]; /* what a look answers; bits that were read are cleared */
	u64 page[FRAMES];
	u32 clock;
	u32 placements;
	u32 steps, looks;
	u32 aged; /* frames that were stamped as old */
	bool wrong; /* a bucket or frame out of range */
} pool;

static struct mempol_place_ctx *running; /* kfuncs are for its callback */

static bool begins(struct mempol_place_ctx *ctx, u32 bucket, u32 steps)
{
	assert_ptr_equal(ctx, running);
	pool.steps += steps;
	pool.wrong = pool.wrong || bucket >= BUCKETS;
	return bucket < BUCKETS && pool.steps <= MEMPOL_PLACE_STEPS;
}

static bool is_used(u32 frame)
{
	return pool.used[frame / 64] >> frame % 64 & 1;
}

/* Stamps keep 16 bits of the clock. */
static u32 age_of(u32 frame)
{
	return (u16)(pool.clock - pool.stamp[frame]);
}

u64 bpf_mempol_place_mask(struct mempol_place_ctx *ctx, u32 bucket, u32 which, u32 age)
{
	u64 older = 0;

	if (!begins(ctx, bucket, which == MEMPOL_PLACE_OLDER ? 4 : 1))
		return 0;
	if (which == MEMPOL_PLACE_FREE)
		return ~pool.used[bucket];
	for (u32 slot = 0; slot < 64; slot++)
		older |= (u64)(age_of(bucket * 64 + slot) > age) << slot;
	return pool.used[bucket] & (which == MEMPOL_PLACE_OLDER ? older : ~0ULL);
}

s64 bpf_mempol_place_oldest(struct mempol_place_ctx *ctx, u32 bucket, u64 mask)
{
	s64 found = -ENOENT;

	if (!begins(ctx, bucket, 4))
		return -E2BIG;
	for (u32 slot = 64; slot-- > 0;)
		if ((pool.used[bucket] & mask) >> slot & 1 &&
		    (found < 0 || age_of(bucket * 64 + slot) >= found >> 8))
			found = (s64)age_of(bucket * 64 + slot) << 8 | slot;
	return found;
}

s32 bpf_mempol_place_young(struct mempol_place_ctx *ctx, u32 frame)
{
	s32 young;

	if (!begins(ctx, frame / 64, 1) || ++pool.looks > MEMPOL_PLACE_LOOKS)
		return -E2BIG;
	if (!is_used(frame))
		return -ENOENT;
	young = pool.young[frame];
	if (young > 0)
		pool.young[frame] = 0;
	return young;
}

s32 bpf_mempol_place_stamp(struct mempol_place_ctx *ctx, u32 frame, u32 age)
{
	if (!begins(ctx, frame / 64, 1) || !is_used(frame))
		return -ENOENT;
	pool.aged += age > 0;
	pool.stamp[frame] = pool.clock - age;
	return 0;
}

/* What the CPU keeps for the engine. */
void *bpf_map_lookup_elem(void *map, const void *key)
{
	static u64 cpu[256];

	if (!map)
		memset(cpu, 0, sizeof(cpu));
	return cpu;
}

static void set_tunable(const char *name, u64 value)
{
	for (const struct mempol_native_tunable *const *t = __start_mempol_tunables;
	     t < __stop_mempol_tunables; t++)
		if (!strcmp((*t)->name, name) && strstr((*t)->source, "mosaic.bpf.c"))
			memcpy((*t)->value, &value, (*t)->size);
}

/* Of the engine's global variable as much as it has. */
extern struct {
	u32 horizon, conflict;
} mosaic_pool;

static int begin(void **state)
{
	static const struct {
		const char *name;
		u64 value;
	} defaults[] = { { "front", 44 },     { "back", 20 }, { "choices", 4 }, { "eviction", 0 },
			 { "new_share", 50 }, { "key", 0 },   { "seed", 0 } };

	memset(&pool, 0, sizeof(pool));
	pool.clock = 1000;
	memset(&mosaic_pool, 0, sizeof(mosaic_pool));
	bpf_map_lookup_elem(NULL, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++)
		set_tunable(defaults[i].name, defaults[i].value);
	return 0;
}

static struct mempol_place_ctx fault_at(u64 vpn)
{
	return (struct mempol_place_ctx){
		.space = SPACE,
		.vpn = vpn,
		.index = vpn,
		.nr_buckets = BUCKETS,
		.flags = MEMPOL_PLACE_ZERO,
		.clock = pool.clock,
		.tick = 64,
	};
}

static s64 ask(struct mempol_place_ctx *ctx)
{
	s64 frame;

	running = ctx;
	pool.steps = pool.looks = 0;
	frame = mosaic.select(ctx);
	running = NULL;
	assert_false(pool.wrong);
	assert_true(pool.steps <= MEMPOL_PLACE_STEPS);
	return frame;
}

/* As the kernel goes on with an answer. */
static void give(struct mempol_place_ctx *ctx, s64 frame)
{
	pool.used[frame / 64] |= 1ULL << frame % 64;
	pool.stamp[frame] = pool.clock;
	pool.young[frame] = 1;
	pool.page[frame] = ctx->vpn;
	if (!(++pool.placements % 64))
		pool.clock++;
	running = ctx;
	mosaic.placed(ctx, (u32)frame);
	running = NULL;
}

static s64 fault(u64 vpn, u32 flags)
{
	struct mempol_place_ctx ctx = fault_at(vpn);
	s64 frame;

	ctx.flags |= flags;
	frame = ask(&ctx);
	if (frame >= 0)
		give(&ctx, frame);
	return frame;
}

static u32 count_used(void)
{
	u32 n = 0;

	for (u32 bucket = 0; bucket < BUCKETS; bucket++)
		n += (u32)__builtin_popcountll(pool.used[bucket]);
	return n;
}

/* Pages come until one of them finds no room. */
static u64 fill(void)
{
	u64 vpn = 0;

	while (fault(vpn, 0) >= 0)
		vpn++;
	return vpn;
}

static enum mp_verdict verdict(s64 frame, u64 vpn, u64 index, bool by_object)
{
	const struct mp_placement_pool geometry = {
		.frames = FRAMES,
		.front = 44,
		.back = 20,
		.choices = 4,
		.by_object = by_object,
		.segments = { { 0, 0, BUCKETS } },
		.nr_segments = 1,
	};
	const struct mp_placed_page page = {
		.in_pool = true,
		.frame = (u32)frame,
		.space = SPACE,
		.vpn = vpn,
		.index = index,
	};

	return mp_placement_judge(&geometry, &page);
}

/* ---- ordinary ---------------------------------------------------------------------------------------- */

static void test_ordinary_leaves_every_page_to_the_kernel_and_needs_no_call(void **state)
{
	struct mempol_place_ctx ctx = fault_at(1);

	assert_true(ordinary.select(&ctx) < 0);
	assert_int_equal(ordinary.flags, MEMPOL_OPS_TO_KERNEL);
	assert_string_equal(ordinary.name, "ordinary");
	assert_null(ordinary.placed);
}

/* ---- mosaic ------------------------------------------------------------------------------------------ */

static void test_every_page_lies_where_the_audit_allows_it(void **state)
{
	u64 pages = fill();

	assert_int_equal(count_used(), pages);
	assert_in_range(pages, FRAMES * 97 / 100, FRAMES);
	for (u32 frame = 0; frame < FRAMES; frame++)
		if (is_used(frame))
			assert_int_equal(verdict(frame, pool.page[frame], pool.page[frame], false),
					 MP_VERDICT_OK);
}

static void test_a_pool_fills_as_far_as_it_does_when_it_is_simulated(void **state)
{
	const struct sim_place_setup setup = {
		.frames = FRAMES, .front = 44, .back = 20, .choices = 4, .new_share = 50, .seed = 5
	};
	u32 used;

	set_tunable("seed", 5);
	(void)fill();
	assert_int_equal(sim_place_fill(&setup, &used), 0);
	/* The simulator's pages are of another space: as many, not the same. */
	assert_in_range(count_used(), used - FRAMES / 50, used + FRAMES / 50);
}

static void test_without_leave_to_evict_a_full_yard_means_an_ordinary_frame(void **state)
{
	memset(pool.used, 0xff, sizeof(pool.used));
	assert_true(fault(1, 0) < 0);
	assert_true(fault(1, MEMPOL_PLACE_READAHEAD) < 0);
	assert_in_range(fault(1, MEMPOL_PLACE_MAY_EVICT), 0, FRAMES - 1);
}

static void test_who_goes_is_the_candidate_that_was_stamped_first_and_not_used_since(void **state)
{
	struct mempol_place_ctx ctx = fault_at(1);
	s64 first, second;

	memset(pool.used, 0xff, sizeof(pool.used));
	for (u32 frame = 0; frame < FRAMES; frame++)
		pool.stamp[frame] = pool.clock - frame % 500;
	ctx.flags |= MEMPOL_PLACE_MAY_EVICT;
	first = ask(&ctx);
	assert_int_equal(verdict(first, 1, 1, false), MP_VERDICT_OK);
	pool.young[first] = 1;
	second = ask(&ctx);
	assert_int_not_equal(second, first);
	assert_true(age_of((u32)second) <= first % 500);
	/* Used since, so it counts as new. */
	assert_int_equal(age_of((u32)first), 0);
}

static void test_a_page_that_could_not_go_is_not_named_again(void **state)
{
	static const s32 errors[] = { -EBUSY, -EPERM, -EDQUOT, -EIO };

	memset(pool.used, 0xff, sizeof(pool.used));
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		struct mempol_place_ctx ctx = fault_at(100 + i);
		s64 named[3];

		pool.clock += 10;
		ctx.flags |= MEMPOL_PLACE_MAY_EVICT;
		for (ctx.attempt = 0; ctx.attempt < 3; ctx.attempt++) {
			named[ctx.attempt] = ask(&ctx);
			ctx.error = errors[i];
		}
		assert_int_not_equal(named[0], named[1]);
		assert_int_not_equal(named[1], named[2]);
		assert_int_not_equal(named[0], named[2]);
	}
}

static void test_a_frame_that_somebody_else_took_is_no_page_that_was_used(void **state)
{
	struct mempol_place_ctx ctx = fault_at(3);
	s64 first = ask(&ctx);

	pool.used[first / 64] |= 1ULL << first % 64;
	pool.stamp[first] = pool.clock - 50;
	ctx.attempt = 1;
	ctx.error = -EAGAIN;
	assert_int_not_equal(ask(&ctx), first);
	assert_int_equal(age_of((u32)first), 50);
}

static void test_pages_that_are_all_in_use_are_looked_at_within_the_budget(void **state)
{
	static const struct {
		u64 front, back, choices, eviction;
	} setups[] = { { 44, 20, 4, 0 }, { 56, 8, 6, 0 }, { 60, 4, 16, 0 }, { 56, 8, 6, 1 } };

	for (size_t i = 0; i < ARRAY_SIZE(setups); i++) {
		begin(state);
		set_tunable("front", setups[i].front);
		set_tunable("back", setups[i].back);
		set_tunable("choices", setups[i].choices);
		set_tunable("eviction", setups[i].eviction);
		memset(pool.used, 0xff, sizeof(pool.used));
		for (u32 frame = 0; frame < FRAMES; frame++)
			pool.young[frame] = 1;
		assert_in_range(fault(1, MEMPOL_PLACE_MAY_EVICT), 0, FRAMES - 1);
	}
}

static void test_answers_are_of_the_node_that_is_asked_for(void **state)
{
	for (u64 vpn = 0; vpn < 2000; vpn++) {
		struct mempol_place_ctx ctx = fault_at(vpn);
		s64 frame;

		ctx.first_bucket = vpn % 2 ? SEGMENTED : 0;
		ctx.nr_buckets = vpn % 2 ? BUCKETS - SEGMENTED : SEGMENTED;
		ctx.flags |= MEMPOL_PLACE_MAY_EVICT;
		frame = ask(&ctx);
		assert_in_range(frame / 64, ctx.first_bucket,
				ctx.first_bucket + ctx.nr_buckets - 1);
		give(&ctx, frame);
	}
}

static void test_key_object_hashes_the_place_in_the_object(void **state)
{
	struct mempol_place_ctx ctx = fault_at(0x1234);
	s64 frame;

	set_tunable("key", 1);
	ctx.index = 0x77;
	frame = ask(&ctx);
	assert_int_equal(verdict(frame, 0x1234, 0x77, true), MP_VERDICT_OK);
	ctx.vpn = 0x9999;
	assert_int_equal(ask(&ctx), frame);
}

static void test_half_of_the_newcomers_are_old_when_64_more_have_come(void **state)
{
	u64 vpn = 0;

	while (!mosaic_pool.conflict)
		(void)fault(vpn++, MEMPOL_PLACE_MAY_EVICT);
	assert_int_equal(pool.aged, 0);
	for (u32 n = 0; n < 63; n++)
		(void)fault(vpn++, MEMPOL_PLACE_MAY_EVICT);
	assert_int_equal(pool.aged, 0);
	for (u32 n = 0; n < 64; n++)
		(void)fault(vpn++, MEMPOL_PLACE_MAY_EVICT);
	assert_int_equal(pool.aged, 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ordinary_leaves_every_page_to_the_kernel_and_needs_no_call),
		cmocka_unit_test_setup(test_every_page_lies_where_the_audit_allows_it, begin),
		cmocka_unit_test_setup(test_a_pool_fills_as_far_as_it_does_when_it_is_simulated,
				       begin),
		cmocka_unit_test_setup(
			test_without_leave_to_evict_a_full_yard_means_an_ordinary_frame, begin),
		cmocka_unit_test_setup(
			test_who_goes_is_the_candidate_that_was_stamped_first_and_not_used_since,
			begin),
		cmocka_unit_test_setup(test_a_page_that_could_not_go_is_not_named_again, begin),
		cmocka_unit_test_setup(
			test_a_frame_that_somebody_else_took_is_no_page_that_was_used, begin),
		cmocka_unit_test_setup(
			test_pages_that_are_all_in_use_are_looked_at_within_the_budget, begin),
		cmocka_unit_test_setup(test_answers_are_of_the_node_that_is_asked_for, begin),
		cmocka_unit_test_setup(test_key_object_hashes_the_place_in_the_object, begin),
		cmocka_unit_test_setup(test_half_of_the_newcomers_are_old_when_64_more_have_come,
				       begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
