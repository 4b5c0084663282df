// SPDX-License-Identifier: GPL-2.0-only
/*
 * mosaic: a page may lie in a few frames only, which its address and its process hash to, so that 7 bits name the one
 * in which it lies (Gosakan et al., ASPLOS 2023). If all of them are in use, one of their pages goes to swap. Loaded
 * for Engine=mosaic.
 *
 * What it decides is in mosaic.h and mosaic-select.h, which are simulated and tested without a kernel as well; here
 * those decisions meet the kernel's frames.
 */
#include "mempol_placement.bpf.h"
#include <asm-generic/errno.h>

/* The frames are the kernel's: all that there is of them here is the context in which they may be looked at. */
struct mosaic_frames;

static inline struct mempol_place_ctx *context_of(struct mosaic_frames *f)
{
	return (struct mempol_place_ctx *)f;
}

static inline u64 frames_free(struct mosaic_frames *f, u32 bucket)
{
	return bpf_mempol_place_mask(context_of(f), bucket, MEMPOL_PLACE_FREE, 0);
}

static inline u64 frames_older(struct mosaic_frames *f, u32 bucket, u32 age)
{
	return bpf_mempol_place_mask(context_of(f), bucket, MEMPOL_PLACE_OLDER, age);
}

static inline s64 frames_oldest(struct mosaic_frames *f, u32 bucket, u64 mask)
{
	return bpf_mempol_place_oldest(context_of(f), bucket, mask);
}

static inline s32 frames_young(struct mosaic_frames *f, u32 frame)
{
	return bpf_mempol_place_young(context_of(f), frame);
}

static inline void frames_stamp(struct mosaic_frames *f, u32 frame, u32 age)
{
	bpf_mempol_place_stamp(context_of(f), frame, age);
}

static inline u32 frames_clock(struct mosaic_frames *f)
{
	return context_of(f)->clock;
}

#include "mosaic-select.h"

enum mosaic_name {
	MOSAIC_ADDRESS,
	MOSAIC_OBJECT,
};

MEMPOL_TUNABLE(u32, front, MOSAIC_FRONT, "1..63 frames", "of a bucket: a page has one front yard");
MEMPOL_TUNABLE(u32, back, MOSAIC_BACK, "1..63 frames",
	       "the rest of a bucket: a page has Choices= back yards");
MEMPOL_TUNABLE(u32, choices, MOSAIC_CHOICES, "1..16", "back yards of a page");
MEMPOL_TUNABLE(enum mosaic_eviction, eviction, MOSAIC_SECOND_CHANCE, "second-chance|horizon",
	       "which page goes");
MEMPOL_TUNABLE(u32, new_share, MOSAIC_NEW_SHARE, "0..100 %", "of newcomers that enter as young");
MEMPOL_TUNABLE(enum mosaic_name, key, MOSAIC_ADDRESS, "address|object",
	       "what a page is hashed by: mremap keeps object");
MEMPOL_TUNABLE(u64, seed, 0, "", "of the hashes");

/* What one CPU keeps between two pages. */
struct mosaic_cpu {
	struct mosaic_newcomers newcomers;
	u32 answer; /* the last frame that was named */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct mosaic_cpu);
} mosaic_cpus SEC(".maps");

/* Not static: clang would take the structure apart and leave BTF that the kernel refuses. */
struct mosaic_pool mosaic_pool;

static inline struct mosaic_cpu *this_cpu(void)
{
	u32 first = 0;

	return bpf_map_lookup_elem(&mosaic_cpus, &first);
}

/*
 * Why the last answer came to nothing: was it a page in use that cannot be evicted? The task may be on another CPU by
 * now, then some other page is taken for one that was used.
 */
static inline bool could_not_go(s32 error)
{
	return error == -EBUSY || error == -EPERM || error == -EDQUOT || error == -EIO;
}

SEC("struct_ops/select")
s64 BPF_PROG(mosaic_choose, struct mempol_place_ctx *page)
{
	struct mosaic_frames *frames = (struct mosaic_frames *)page;
	struct mosaic_geometry geometry = {
		.front = front,
		.back = back,
		.choices = choices,
		.first_bucket = page->first_bucket,
		.nr_buckets = page->nr_buckets,
	};
	struct mosaic_rules rules = {
		.eviction = eviction,
		.looks = MOSAIC_CODES,
		.new_share = new_share,
	};
	struct mosaic_cpu *cpu = this_cpu();
	s64 frame;

	if (!cpu)
		return MEMPOL_PLACE_ORDINARY;
	if (page->attempt && could_not_go(page->error))
		mosaic_pass_over(frames, cpu->answer);
	frame = mosaic_select(frames, &mosaic_pool, &geometry, &rules, &cpu->newcomers,
			      mosaic_key(page->space,
					 key == MOSAIC_OBJECT ? page->index : page->vpn, seed),
			      page->flags & MEMPOL_PLACE_MAY_EVICT);
	cpu->answer = frame < 0 ? MOSAIC_NONE : (u32)frame;
	return frame;
}

SEC("struct_ops/placed")
void BPF_PROG(mosaic_took, struct mempol_place_ctx *page, u32 frame)
{
	struct mosaic_rules rules = { .eviction = eviction, .new_share = new_share };
	struct mosaic_cpu *cpu = this_cpu();

	if (cpu)
		mosaic_placed(&mosaic_pool, &rules, &cpu->newcomers, frame);
}

SEC(".struct_ops.link")
struct mempol_placement_ops mosaic = {
	.select = (void *)mosaic_choose,
	.placed = (void *)mosaic_took,
	.name = "mosaic",
};

char LICENSE[] SEC("license") = "GPL";
