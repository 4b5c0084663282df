// SPDX-License-Identifier: GPL-2.0-only
/*
 * A placement engine that hashes each page to one bucket of 64 frames, and one that answers wrongly when it is told
 * to. It counts what it was asked and told; the tests set and read its variables. Used by tests/vm only.
 *
 *   placer_mode 0 right  1 a frame that is not there  2 always frame 0  3 a frame of another node or policy
 *               4 never  5 the frame that was given last  6 whatever, without looking  7 more steps than there are
 *
 * While a policy pauses, a frame in use is an invalid answer, and 100,000 of these have it thrown out: in the modes 2, 5
 * and 6 one answer of 64 is such a frame then.
 */
#include "mempol_placement.bpf.h"

#define GOLDEN_RATIO_64 0x61C8864680B583EBull
#define LOOKS 8

u64 placer_mode, placer_asked, placer_placed, placer_last, placer_errors, placer_odd,
	placer_foreign;

static inline u32 bucket_of(struct mempol_place_ctx *ctx)
{
	u64 hash = (ctx->space * GOLDEN_RATIO_64 + ctx->vpn) * GOLDEN_RATIO_64;

	return ctx->nr_buckets ? ctx->first_bucket + (hash >> 32) % ctx->nr_buckets : 0;
}

/* Of those that were placed first the one that has not been used since; else the first that can go. */
static inline s64 victim(struct mempol_place_ctx *ctx, u32 bucket)
{
	u64 left = ~0ull;
	s64 first = -1;
	u32 frame;
	int i;

	bpf_for(i, 0, LOOKS)
	{
		s64 oldest = bpf_mempol_place_oldest(ctx, bucket, left);
		s32 young;

		if (oldest < 0)
			break;
		frame = bucket * MEMPOL_PLACE_BUCKET + (oldest & 63);
		left &= ~(1ull << (oldest & 63));
		young = bpf_mempol_place_young(ctx, frame);
		if (young == 0)
			return frame;
		if (young > 0) {
			bpf_mempol_place_stamp(ctx, frame, 0);
			if (first < 0)
				first = frame;
		}
	}
	return first;
}

static inline s64 right(struct mempol_place_ctx *ctx)
{
	u32 bucket = bucket_of(ctx);
	s32 slot = bpf_mempol_place_first(ctx, bucket, ~0ull);

	if (slot >= 0)
		return (u64)bucket * MEMPOL_PLACE_BUCKET + slot;
	return ctx->flags & MEMPOL_PLACE_MAY_EVICT ? victim(ctx, bucket) : MEMPOL_PLACE_ORDINARY;
}

/* What it is told must fit together. */
static inline void check(struct mempol_place_ctx *ctx)
{
	u32 bucket = bucket_of(ctx);
	u64 free = bpf_mempol_place_mask(ctx, bucket, MEMPOL_PLACE_FREE, 0);
	s32 room = bpf_mempol_place_room(ctx, bucket, ~0ull);

	if ((!free && room > 64) || ctx->attempt > 2 || (!ctx->attempt && ctx->error) ||
	    !ctx->space || !ctx->nr_buckets ||
	    (ctx->flags & MEMPOL_PLACE_READAHEAD && ctx->flags & MEMPOL_PLACE_MAY_EVICT))
		__sync_fetch_and_add(&placer_odd, 1);
	if (bpf_mempol_place_pfn(ctx, (u32)ctx->first_bucket * MEMPOL_PLACE_BUCKET) <= 0)
		__sync_fetch_and_add(&placer_odd, 1);
}

static inline s64 wear_out(struct mempol_place_ctx *ctx)
{
	int i;

	bpf_for(i, 0, MEMPOL_PLACE_STEPS + 1)
		bpf_mempol_place_mask(ctx, bucket_of(ctx), MEMPOL_PLACE_USED, 0);
	return MEMPOL_PLACE_ORDINARY;
}

static inline bool restrained(struct mempol_place_ctx *ctx)
{
	return (placer_mode == 2 || placer_mode == 5 || placer_mode == 6) &&
	       !(ctx->flags & MEMPOL_PLACE_MAY_EVICT) && placer_asked % 64;
}

SEC("struct_ops/select")
s64 BPF_PROG(placer_select, struct mempol_place_ctx *place)
{
	__sync_fetch_and_add(&placer_asked, 1);
	if (place->error)
		__sync_fetch_and_add(&placer_errors, 1);
	if (restrained(place))
		return MEMPOL_PLACE_ORDINARY;
	switch (placer_mode) {
	case 1:
		return 0xfffffff0ull + (place->vpn & 1 ? 0x100000000ull : 0);
	case 2:
		return 0;
	case 3:
		return placer_foreign;
	case 4:
		return MEMPOL_PLACE_ORDINARY;
	case 5:
		return placer_last;
	case 6:
		return (u64)bucket_of(place) * MEMPOL_PLACE_BUCKET + (bpf_get_prandom_u32() & 63);
	case 7:
		return wear_out(place);
	}
	check(place);
	return right(place);
}

SEC("struct_ops/placed")
void BPF_PROG(placer_on_placed, struct mempol_place_ctx *place, u32 frame)
{
	placer_last = frame;
	__sync_fetch_and_add(&placer_placed, 1);
}

SEC(".struct_ops.link")
struct mempol_placement_ops placer = {
	.select = (void *)placer_select,
	.placed = (void *)placer_on_placed,
	.pool_pages = 4096,
	.name = "placer",
};

char LICENSE[] SEC("license") = "GPL";
