// SPDX-License-Identifier: GPL-2.0-only
/*
 * The balloon engines without a kernel: as they are loaded, compiled by the host's compiler, in charge of a
 * small guest that uses memory, reads files and has a kernel that reclaims. Run by make check and make
 * test; what a real guest does is tests/vm's affair.
 */
#include "../../bpf/balloon/balloon-free.h"
#include "../../bpf/balloon/balloon-psi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

extern struct mempol_balloon_ops balloon_free, balloon_psi, balloon_host;
extern struct free_state balloon_free_state;
extern struct psi_state balloon_psi_state;

#define MIB 256ULL
#define SECOND_NS 1000000000ULL
#define MINUTE 60
/* Watermarks of a machine of 1 GiB: kswapd wakes at one and reclaims to the other. */
#define LOW (6 * MIB)
#define HIGH (10 * MIB)
#define READ_US 200 /* a page from a disk */

struct guest {
	struct mempol_balloon_ctx ctx;
	const struct mempol_balloon_ops *ops;
	u64 used; /* by processes and the kernel: cannot be evicted */
	u64 cache; /* pages, of which */
	u64 working_set; /* so many are read again each second */
	u64 stream; /* read once, a second */
	u64 period_ms;
	/* Of the last second. */
	u64 refaults;
	u64 moved;
	s64 target;
	u64 reported;
};

static u64 size_of(const struct guest *guest)
{
	return balloon_size(&guest->ctx);
}

static u64 free_of(const struct guest *guest)
{
	u64 taken = guest->used + guest->cache + size_of(guest);

	assert_true(taken <= guest->ctx.total_pages);
	return guest->ctx.total_pages - taken;
}

/* Where the working set no longer fits beside what kswapd keeps free. */
static u64 knee_of(const struct guest *guest)
{
	return guest->ctx.total_pages - guest->used - guest->working_set - LOW;
}

static struct guest guest_with(const struct mempol_balloon_ops *ops, u64 keep)
{
	struct guest guest = {
		.ops = ops,
		.ctx = { .total_pages = 1024 * MIB, .keep_pages = keep, .time_ns = SECOND_NS },
		.used = 200 * MIB,
		.period_ms = 1000,
	};

	memset(&balloon_free_state, 0, sizeof(balloon_free_state));
	memset(&balloon_psi_state, 0, sizeof(balloon_psi_state));
	return guest;
}

/* What runs in it for a while: reads, and kswapd. */
static void guest_runs(struct guest *guest)
{
	struct mempol_balloon_ctx *ctx = &guest->ctx;
	u64 room = balloon_minus(ctx->total_pages, guest->used + size_of(guest));
	u64 fits = balloon_minus(room, LOW), waited;

	guest->refaults = balloon_minus(guest->working_set, fits);
	if (guest->cache < guest->working_set)
		guest->cache = guest->working_set;
	guest->cache += guest->stream;
	if (guest->cache > fits)
		guest->cache = balloon_minus(room, HIGH);

	waited = balloon_min(guest->refaults * READ_US, PSI_US_PER_S);
	ctx->refaults += guest->refaults;
	ctx->psi_some_us += waited;
	ctx->psi_full_us += waited / 2;
	if (room < LOW)
		ctx->stalls += 100;
	ctx->time_ns += guest->period_ms * 1000000;
}

static void kernel_takes(struct guest *guest, u64 want)
{
	u64 above = balloon_minus(free_of(guest), LOW + BALLOON_BLOCK);

	guest->ctx.held_pages += balloon_round_down(balloon_min(want, above));
}

static void balloon_ticks(struct guest *guest)
{
	struct mempol_balloon_ctx *ctx = &guest->ctx, after;
	u64 before = size_of(guest);
	s64 target;

	ctx->free_pages = free_of(guest);
	ctx->file_pages = guest->cache;
	ctx->available_pages = balloon_minus(ctx->free_pages + guest->cache, LOW);
	target = guest->target = guest->ops->target(ctx);
	if (target < 0)
		target = before;
	if ((u64)target > before)
		kernel_takes(guest, target - before);
	else
		ctx->held_pages -=
			balloon_min(ctx->held_pages, balloon_round_down(before - target));
	guest->moved = before > size_of(guest) ? before - size_of(guest) : size_of(guest) - before;
	after = *ctx;
	after.free_pages = free_of(guest);
	guest->reported = guest->ops->report ? guest->ops->report(&after) : 0;
	assert_true(guest->reported <= free_of(guest));
}

static void tick(struct guest *guest)
{
	guest_runs(guest);
	balloon_ticks(guest);
}

static void ticks(struct guest *guest, u64 nr)
{
	while (nr--)
		tick(guest);
}

static bool at_rest(struct guest *guest, u64 nr)
{
	while (nr--) {
		tick(guest);
		if (guest->moved)
			return false;
	}
	return true;
}

/* In how many of the next @nr did the working set not fit? */
static u64 pressed_ticks(struct guest *guest, u64 nr)
{
	u64 pressed = 0;

	while (nr--) {
		tick(guest);
		pressed += guest->refaults > 0;
	}
	return pressed;
}

/* ---- balloon-free ---- */

static void free_comes_to_hold_all_but_what_is_to_be_kept(void **state)
{
	struct guest guest = guest_with(&balloon_free, 64 * MIB);

	ticks(&guest, 12);
	assert_in_range(free_of(&guest), 64 * MIB, 64 * MIB + BALLOON_BAND - 1);
	print_message("balloon-free: %llu MiB of 760 after 12 s\n", size_of(&guest) / MIB);
}

static void free_takes_what_was_free_a_tick_ago_and_still_is(void **state)
{
	struct guest guest = guest_with(&balloon_free, 64 * MIB);
	u64 surplus;

	tick(&guest);
	assert_int_equal(guest.moved, 0);
	surplus = free_of(&guest) - 64 * MIB;
	guest.used -= 100 * MIB;
	tick(&guest);
	assert_in_range(guest.moved, surplus - BALLOON_BLOCK, surplus);
	guest.used += 40 * MIB;
	tick(&guest);
	assert_in_range(guest.moved, 60 * MIB - BALLOON_BLOCK, 60 * MIB + BALLOON_BLOCK);
	assert_true(at_rest(&guest, 10));
}

static void free_takes_no_cache(void **state)
{
	struct guest guest = guest_with(&balloon_free, 64 * MIB);

	guest.cache = 500 * MIB;
	ticks(&guest, 60);
	assert_int_equal(guest.cache, 500 * MIB);
	assert_in_range(free_of(&guest), 64 * MIB, 64 * MIB + BALLOON_BAND - 1);
}

static void free_returns_at_once_what_a_burst_has_used(void **state)
{
	struct guest guest = guest_with(&balloon_free, 64 * MIB);

	ticks(&guest, 30);
	for (int i = 0; i < 12; i++) {
		guest.used += 48 * MIB + 7;
		tick(&guest);
		assert_in_range(free_of(&guest), 64 * MIB, 64 * MIB + BALLOON_BAND - 1);
	}
	assert_true(size_of(&guest) > 0);
}

static void free_returns_all_if_need_be(void **state)
{
	struct guest guest = guest_with(&balloon_free, 64 * MIB);

	ticks(&guest, 30);
	guest.used += 60 * MIB;
	tick(&guest);
	guest.ctx.keep_pages = guest.ctx.total_pages;
	tick(&guest);
	assert_int_equal(size_of(&guest), 0);
}

static void free_is_still_when_the_guest_is(void **state)
{
	for (u64 odd = 0; odd < 3 * BALLOON_BAND; odd += 61) {
		struct guest guest = guest_with(&balloon_free, 64 * MIB + odd % 7);

		guest.used += odd;
		ticks(&guest, 30);
		assert_true(at_rest(&guest, 100));
		/* Nor does a little more or less free memory move it, but for what is below keep. */
		guest.used -= BALLOON_BAND - 1 - (free_of(&guest) - guest.ctx.keep_pages);
		assert_true(at_rest(&guest, 10));
		guest.used += BALLOON_BAND - 1;
		assert_true(at_rest(&guest, 10));
	}
}

static void free_takes_nothing_back_between_bursts(void **state)
{
	struct guest guest = guest_with(&balloon_free, 64 * MIB);
	u64 moved = 0;

	ticks(&guest, 30);
	/* A burst every other second: a balloon that took all at once would move 40 MiB a second. */
	for (int i = 0; i < 100; i++) {
		guest.used = 200 * MIB + (i % 2 ? 0 : 40 * MIB);
		tick(&guest);
		assert_true(free_of(&guest) >= 64 * MIB);
		moved += guest.moved;
	}
	assert_true(moved <= 41 * MIB);
}

static void free_reports_what_is_kept_once_the_guest_is_at_rest(void **state)
{
	struct guest guest = guest_with(&balloon_free, 64 * MIB);
	u64 reported = 0;

	for (int i = 0; i < 30; i++) {
		tick(&guest);
		assert_false(guest.moved && guest.reported);
		reported += guest.reported;
	}
	assert_in_range(reported, 46 * MIB, 48 * MIB + BALLOON_BAND);

	/* Not again, unless something was freed. */
	for (int i = 0; i < 30; i++) {
		tick(&guest);
		assert_int_equal(guest.reported, 0);
	}
	guest.used += 20 * MIB;
	tick(&guest);
	guest.used -= 20 * MIB;
	for (reported = 0; !reported;) {
		tick(&guest);
		reported = guest.reported;
	}
	assert_in_range(reported, 46 * MIB, 48 * MIB + BALLOON_BAND);
}

static void free_reports_once_a_second(void **state)
{
	struct guest guest = guest_with(&balloon_free, 64 * MIB);
	u64 reports = 0;

	guest.period_ms = 100;
	ticks(&guest, 100);
	for (int i = 0; i < 100; i++) {
		guest.used += i % 2 ? 8 * MIB : -8 * MIB;
		ticks(&guest, 1 + i % 3);
		reports += guest.reported > 0;
	}
	assert_in_range(reports, 0, 20);
}

/* ---- the host's floor ---- */

static void a_host_that_asks_for_more_gets_it(void **state)
{
	const struct mempol_balloon_ops *const engines[] = { &balloon_free, &balloon_psi };

	for (int i = 0; i < 2; i++) {
		struct guest guest = guest_with(engines[i], 700 * MIB);

		guest.ctx.host_pages = 400 * MIB + 1;
		ticks(&guest, 30);
		assert_in_range(size_of(&guest), 400 * MIB + 1, 400 * MIB + BALLOON_BLOCK);
		assert_true(at_rest(&guest, 30));
	}
}

static void pressure_does_not_go_below_the_host(void **state)
{
	const struct mempol_balloon_ops *const engines[] = { &balloon_free, &balloon_psi };

	for (int i = 0; i < 2; i++) {
		struct guest guest = guest_with(engines[i], 64 * MIB);

		guest.ctx.host_pages = 300 * MIB + 1;
		ticks(&guest, 200);
		assert_true(size_of(&guest) > 500 * MIB);
		guest.working_set = 200 * MIB;
		for (int j = 0; j < 100; j++) {
			guest.used = balloon_min(guest.used + 20 * MIB, 690 * MIB);
			tick(&guest);
			assert_true(size_of(&guest) >= guest.ctx.host_pages);
		}
		assert_in_range(size_of(&guest), 300 * MIB + 1, 300 * MIB + BALLOON_BLOCK);
	}
}

static void pages_that_make_up_the_floor_are_not_made_a_block(void **state)
{
	struct guest guest = guest_with(&balloon_free, 1024 * MIB);

	guest.ctx.host_pages = 600;
	guest.ctx.held_pages = BALLOON_BLOCK;
	guest.ctx.small_pages = 88;
	assert_int_equal(balloon_free.target(&guest.ctx), 600);
	guest.ctx.small_pages = 87;
	assert_int_equal(balloon_free.target(&guest.ctx), 2 * BALLOON_BLOCK);
}

/* ---- balloon-psi ---- */

/* 200 MiB used, 300 MiB of files read again and again, 200 MiB that were read once. */
static struct guest guest_with_files(void)
{
	struct guest guest = guest_with(&balloon_psi, 32 * MIB);

	guest.working_set = 300 * MIB;
	guest.cache = 500 * MIB;
	guest.stream = 8 * MIB;
	return guest;
}

static void psi_comes_close_to_the_knee_and_stays_below(void **state)
{
	struct guest guest = guest_with_files();
	u64 knee = knee_of(&guest), pressed, first = 0;

	while (pressed_ticks(&guest, 1) == 0)
		assert_true(++first < 600);
	pressed = 1 + pressed_ticks(&guest, 5 * MINUTE);
	print_message("balloon-psi: knee at %llu MiB, met after %llu s, %llu s of pressure\n",
		      knee / MIB, first, pressed);
	assert_in_range(pressed, 1, 3);
	assert_in_range(size_of(&guest), knee * 3 / 4, knee);
	assert_in_range(balloon_psi_state.knee, knee, knee + 32 * MIB);
	print_message("balloon-psi: at %llu MiB after 5 min\n", size_of(&guest) / MIB);
	assert_int_equal(pressed_ticks(&guest, 20 * MINUTE), 0);
	print_message("balloon-psi: at %llu MiB after 25 min\n", size_of(&guest) / MIB);
	assert_in_range(size_of(&guest), knee * 7 / 8, knee);
}

static void psi_tries_again_after_a_long_time_a_little(void **state)
{
	struct guest guest = guest_with_files();
	u64 minutes = 0, pressed;

	ticks(&guest, 5 * MINUTE);
	while ((pressed = pressed_ticks(&guest, MINUTE)) == 0)
		assert_true(++minutes < 120);
	print_message("balloon-psi: crosses again after %llu min, for %llu s\n", minutes, pressed);
	assert_true(minutes >= 25);
	assert_true(pressed <= 2);
	assert_int_equal(pressed_ticks(&guest, 20 * MINUTE), 0);
}

static void psi_goes_on_when_the_working_set_has_gone(void **state)
{
	struct guest guest = guest_with_files();

	ticks(&guest, 5 * MINUTE);
	guest.working_set = 0;
	ticks(&guest, 60 * MINUTE);
	assert_true(size_of(&guest) > 700 * MIB);
}

static void psi_backs_off_within_a_tick(void **state)
{
	struct guest guest = guest_with_files();
	u64 before;

	guest.working_set = 100 * MIB;
	ticks(&guest, 10 * MINUTE);
	before = size_of(&guest);
	assert_true(before > 500 * MIB);
	/* A little more than fits: a quarter. Much more: half. */
	guest.working_set = guest.ctx.total_pages - guest.used - before - LOW + 60;
	tick(&guest);
	assert_in_range(guest.moved, before / 4, before / 4 + BALLOON_BLOCK);
	guest.ctx.held_pages = before;
	guest.working_set += 100 * MIB;
	tick(&guest);
	assert_in_range(guest.moved, before / 2, before / 2 + BALLOON_BLOCK);
}

static void psi_backs_off_whatever_tells_of_pressure(void **state)
{
	const size_t signals[] = {
		offsetof(struct mempol_balloon_ctx, psi_some_us),
		offsetof(struct mempol_balloon_ctx, psi_full_us),
		offsetof(struct mempol_balloon_ctx, refaults),
		offsetof(struct mempol_balloon_ctx, stalls),
	};
	const u64 limits[] = { PSI_SOME_US, PSI_FULL_US, PSI_REFAULTS, PSI_STALLS };

	for (int i = 0; i < 4; i++) {
		struct guest guest = guest_with(&balloon_psi, 32 * MIB);
		u64 *signal = (u64 *)((char *)&guest.ctx + signals[i]), before;

		ticks(&guest, 20);
		before = size_of(&guest);
		*signal += limits[i] * 3 / 4;
		tick(&guest);
		assert_int_equal(size_of(&guest), before);
		*signal += limits[i] / 4;
		tick(&guest);
		assert_true(size_of(&guest) > before);
		before = size_of(&guest);
		*signal += limits[i];
		tick(&guest);
		assert_in_range(guest.moved, before / 4, before / 4 + BALLOON_BLOCK);
		assert_true(size_of(&guest) < before);
	}
}

static void psi_knows_the_knee_from_where_pressure_began(void **state)
{
	struct guest guest = guest_with(&balloon_psi, 32 * MIB);
	u64 knee;

	ticks(&guest, 40);
	knee = size_of(&guest);
	/* The guest reads in again what it has lost, for some seconds. */
	for (int i = 0; i < 3; i++) {
		guest.ctx.refaults += PSI_REFAULTS;
		tick(&guest);
	}
	assert_int_equal(balloon_psi_state.knee, knee);
	ticks(&guest, MINUTE - 10);
	assert_in_range(size_of(&guest), knee - knee / 8 - BALLOON_BAND, knee - knee / 8);
}

static void psi_learns_nothing_of_a_guest_that_has_all(void **state)
{
	struct guest guest = guest_with(&balloon_psi, 32 * MIB);

	tick(&guest);
	guest.ctx.refaults += 100 * PSI_REFAULTS;
	tick(&guest);
	assert_int_equal(size_of(&guest), 0);
	assert_int_equal(balloon_psi_state.margin, 0);
}

static void psi_waits_until_the_guest_is_calm(void **state)
{
	struct guest guest = guest_with(&balloon_psi, 32 * MIB);

	/* The first tick only looks. */
	ticks(&guest, 1 + PSI_CALM_TICKS);
	assert_int_equal(size_of(&guest), 0);
	tick(&guest);
	assert_int_equal(size_of(&guest), BALLOON_BLOCK);
	tick(&guest);
	assert_int_equal(size_of(&guest), 3 * BALLOON_BLOCK);
	for (int i = 0; i < 20; i++) {
		tick(&guest);
		assert_true(guest.moved <= guest.ctx.total_pages / PSI_STEP);
	}
}

static void psi_keeps_what_is_available_not_what_is_free(void **state)
{
	struct guest guest = guest_with(&balloon_psi, 100 * MIB);

	guest.cache = 300 * MIB;
	ticks(&guest, 10 * MINUTE);
	assert_in_range(free_of(&guest), LOW, LOW + 2 * BALLOON_BAND);
	guest.stream = 8 * MIB;
	ticks(&guest, 10 * MINUTE);
	assert_in_range(guest.ctx.available_pages, 100 * MIB, 100 * MIB + 2 * BALLOON_BAND);
	guest.stream = 0;
	guest.used += 80 * MIB;
	ticks(&guest, 2);
	balloon_ticks(&guest);
	assert_true(guest.ctx.available_pages >= 100 * MIB);
}

static void psi_promises_no_more_than_is_free(void **state)
{
	struct guest guest = guest_with(&balloon_psi, 32 * MIB);

	guest.cache = 700 * MIB;
	for (int i = 0; i < 60; i++) {
		u64 before = size_of(&guest);

		tick(&guest);
		assert_true((u64)guest.target <= before + guest.ctx.free_pages);
	}
	assert_true(size_of(&guest) > 100 * MIB);
}

static void psi_does_not_judge_a_moment(void **state)
{
	struct guest guest = guest_with(&balloon_psi, 32 * MIB);
	u64 before;

	ticks(&guest, 20);
	before = size_of(&guest);
	/* The host changes its mind, so target() is called between two ticks. */
	guest.ctx.time_ns += SECOND_NS / 10;
	guest.ctx.refaults += PSI_REFAULTS / 2 + 10;
	balloon_ticks(&guest);
	assert_int_equal(size_of(&guest), before);
	guest.ctx.time_ns += SECOND_NS * 9 / 10;
	guest.ctx.refaults += PSI_REFAULTS / 2;
	balloon_ticks(&guest);
	assert_true(size_of(&guest) < before);
}

static void psi_returns_half_when_memory_has_run_out(void **state)
{
	struct guest guest = guest_with(&balloon_psi, 32 * MIB);
	u64 size;

	ticks(&guest, 40);
	size = size_of(&guest);
	assert_int_equal(balloon_psi.oom(&guest.ctx), size / 2);
	assert_int_equal(balloon_psi_state.knee, size);
}

static void psi_survives_any_figures(void **state)
{
	struct guest guest = guest_with(&balloon_psi, ~0ULL >> 1);
	u64 seed = 1;

	for (int i = 0; i < 100000; i++) {
		u64 *words = (u64 *)&guest.ctx;

		for (size_t w = 0; w < sizeof(guest.ctx) / sizeof(u64); w++) {
			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			words[w] = seed >> (20 + seed % 40);
		}
		assert_true(balloon_psi.target(&guest.ctx) >= (s64)guest.ctx.host_pages);
		assert_true(balloon_free.target(&guest.ctx) >= (s64)guest.ctx.host_pages);
	}
}

/* ---- balloon-host ---- */

static void host_has_what_it_asks_for_to_the_page(void **state)
{
	const u64 asked[] = { 0, 1, 511, 512, 513, 100000, 262143 };
	struct guest guest = guest_with(&balloon_host, 64 * MIB);

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		guest.ctx.host_pages = asked[i];
		assert_int_equal(balloon_host.target(&guest.ctx), asked[i]);
	}
	assert_int_equal(balloon_host.order(&guest.ctx), MEMPOL_BALLOON_ORDER_PAGE);
}

static void the_others_move_whole_blocks(void **state)
{
	const struct mempol_balloon_ops *const engines[] = { &balloon_free, &balloon_psi };
	struct guest guest;

	for (int i = 0; i < 2; i++) {
		guest = guest_with(engines[i], 64 * MIB + 3);
		for (u64 j = 0; j < 200; j++) {
			guest.used += (j % 20 - 10) * 1001;
			tick(&guest);
			assert_true(guest.target >= 0);
			assert_int_equal(guest.target % BALLOON_BLOCK, 0);
		}
	}
	assert_int_equal(balloon_free.order(&guest.ctx), MEMPOL_BALLOON_ORDER_2M);
	assert_int_equal(balloon_psi.order(&guest.ctx), MEMPOL_BALLOON_ORDER_2M);
	assert_int_equal(BALLOON_BLOCK, 1 << MEMPOL_BALLOON_ORDER_2M);
}

static void they_are_called_what_policies_call_them(void **state)
{
	assert_string_equal(balloon_free.name, "balloon-free");
	assert_string_equal(balloon_psi.name, "balloon-psi");
	assert_string_equal(balloon_host.name, "balloon-host");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(free_comes_to_hold_all_but_what_is_to_be_kept),
		cmocka_unit_test(free_takes_what_was_free_a_tick_ago_and_still_is),
		cmocka_unit_test(free_takes_no_cache),
		cmocka_unit_test(free_returns_at_once_what_a_burst_has_used),
		cmocka_unit_test(free_returns_all_if_need_be),
		cmocka_unit_test(free_is_still_when_the_guest_is),
		cmocka_unit_test(free_takes_nothing_back_between_bursts),
		cmocka_unit_test(free_reports_what_is_kept_once_the_guest_is_at_rest),
		cmocka_unit_test(free_reports_once_a_second),
		cmocka_unit_test(a_host_that_asks_for_more_gets_it),
		cmocka_unit_test(pressure_does_not_go_below_the_host),
		cmocka_unit_test(pages_that_make_up_the_floor_are_not_made_a_block),
		cmocka_unit_test(psi_comes_close_to_the_knee_and_stays_below),
		cmocka_unit_test(psi_tries_again_after_a_long_time_a_little),
		cmocka_unit_test(psi_goes_on_when_the_working_set_has_gone),
		cmocka_unit_test(psi_backs_off_within_a_tick),
		cmocka_unit_test(psi_backs_off_whatever_tells_of_pressure),
		cmocka_unit_test(psi_knows_the_knee_from_where_pressure_began),
		cmocka_unit_test(psi_learns_nothing_of_a_guest_that_has_all),
		cmocka_unit_test(psi_waits_until_the_guest_is_calm),
		cmocka_unit_test(psi_keeps_what_is_available_not_what_is_free),
		cmocka_unit_test(psi_promises_no_more_than_is_free),
		cmocka_unit_test(psi_does_not_judge_a_moment),
		cmocka_unit_test(psi_returns_half_when_memory_has_run_out),
		cmocka_unit_test(psi_survives_any_figures),
		cmocka_unit_test(host_has_what_it_asks_for_to_the_page),
		cmocka_unit_test(the_others_move_whole_blocks),
		cmocka_unit_test(they_are_called_what_policies_call_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
