/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The struct_ops type of the balloon mechanism, as engines implement it. Its
 * members are ABI: an engine is matched by their names.
 */
#ifndef _MEMPOL_BALLOON_OPS_H
#define _MEMPOL_BALLOON_OPS_H

#include <linux/mempol_balloon.h>
#include "../core/core.h"

/**
 * struct mempol_balloon_ctx - what a balloon engine decides by
 * @time_ns: CLOCK_MONOTONIC.
 * @total_pages: of the machine, those the host has included.
 * @free_pages: free now.
 * @available_pages: what could be had without swapping, as MemAvailable.
 * @file_pages: page cache.
 * @held_pages: in blocks that the host has.
 * @small_pages: asked of the device's own balloon beside them.
 * @host_pages: what the host asks for.
 * @keep_pages: what the policy file says is to stay free.
 * @psi_some_us: time in which some task waited for memory, since boot.
 * @psi_full_us: time in which all did.
 * @refaults: file pages that came back soon after they were evicted, since boot.
 * @stalls: allocations that had to reclaim themselves, since boot.
 */
struct mempol_balloon_ctx {
	u64 time_ns;
	u64 total_pages;
	u64 free_pages;
	u64 available_pages;
	u64 file_pages;
	u64 held_pages;
	u64 small_pages;
	u64 host_pages;
	u64 keep_pages;
	u64 psi_some_us;
	u64 psi_full_us;
	u64 refaults;
	u64 stalls;
};

/**
 * struct mempol_balloon_ops - a balloon engine
 * @target: how many pages the host should have, in all; negative: as many as
 *	now. Every @period_ms, and when the host asks for another size.
 *	Mandatory.
 * @order: the smallest block it takes to get there, MEMPOL_BALLOON_ORDER_*.
 * @score: how good it is to take a free block, 0: do not.
 * @oom: how many pages to return when memory has run out; half at most, one
 *	block at least, are.
 * @report: of what is free and stays so, how many pages the host should have
 *	until they are used: HyperAlloc's soft reclaim. Asked after @target has
 *	been reached; 128 MiB of them at a time are out of the guest's reach.
 * @keep_pages: what the policy file says, for @target.
 * @period_ms: 0: a second.
 *
 * The head is that of struct mempol_ops, with cgroup_id 0. init() runs before it is
 * put in charge, may sleep and forbid it; exit() after the last callback, and may
 * sleep, too.
 */
struct mempol_balloon_ops {
	MEMPOL_OPS_HEAD;
	s64 (*target)(struct mempol_balloon_ctx *ctx);
	u32 (*order)(struct mempol_balloon_ctx *ctx);
	u32 (*score)(struct mempol_balloon_block *block);
	u64 (*oom)(struct mempol_balloon_ctx *ctx);
	u64 (*report)(struct mempol_balloon_ctx *ctx);
	u64 keep_pages;
	u32 period_ms;
};

/* What order() may return. */
#define MEMPOL_BALLOON_ORDER_4M MAX_PAGE_ORDER
#define MEMPOL_BALLOON_ORDER_2M pageblock_order
#define MEMPOL_BALLOON_ORDER_PAGE 0

/**
 * struct mempol_balloon_job - a request of the daemon that is carried out behind its back
 * @work: does it.
 * @lock: of what follows.
 * @call: the request, and in it the answer once it is done.
 * @state: of these one.
 */
struct mempol_balloon_job {
	struct work_struct work;
	struct mutex lock; /* of the rest */
	struct mempol_call call;
	enum { MEMPOL_JOB_NONE, MEMPOL_JOB_RUNS, MEMPOL_JOB_DONE } state;
};

/**
 * struct mempol_balloon - the attached balloon policy
 * @policy: what it has in common with every other.
 * @mm: what mm knows of it.
 * @ops: the engine, as @policy.ops.
 * @work: the next step, every @period jiffies.
 * @lock: one step at a time, which may wait for the host; outside of mm's locks.
 * @ended: no step and no callback any more.
 * @request: MEMPOL_BALLOON_AUTO, or pages asked for by hand,
 * @asked: how often that was,
 * @answered: and the last of them that was carried out, as far as it can be.
 * @job: what the daemon asked for that takes its time.
 * @keep_pages: as in the policy file.
 * @target: what the last step aimed at,
 * @host: and what the host had asked for then.
 * @small: pages asked of the device beside the blocks.
 * @passive: the daemon's beat is missing.
 * @pause_until: nothing is taken before, in jiffies of 64 bits.
 * @last_time_ns: when the last step looked at the pressure,
 * @last_full_us: that of all tasks then,
 * @last_stalls: and allocations that had to reclaim themselves.
 * @by_pressure: pages returned for that.
 * @by_guard: likewise.
 * @left_held: what was held after the last step,
 * @seen_oom: and what had been returned because of an OOM.
 * @told_held: the size last told.
 */
struct mempol_balloon {
	struct mempol_policy policy;
	struct mempol_balloon_policy mm;
	struct mempol_balloon_ops *ops;
	struct delayed_work work;
	struct mutex lock; /* outside of mm's locks */
	bool ended;
	unsigned long period;
	u64 request;
	atomic_t asked;
	int answered;
	struct mempol_balloon_job job;
	u64 keep_pages;
	u64 target;
	u64 host;
	u64 small;
	bool passive;
	u64 pause_until;
	u64 last_time_ns;
	u64 last_full_us;
	u64 last_stalls;
	u64 by_pressure;
	u64 by_guard;
	u64 left_held;
	u64 seen_oom;
	u64 told_held;
};

static inline struct mempol_balloon *mempol_balloon_of(struct mempol_policy *policy)
{
	return container_of(policy, struct mempol_balloon, policy);
}

extern struct mempol_mechanism mempol_balloon_mechanism;

/* balloon/balloon.c */
void mempol_balloon_fill_ctx(struct mempol_balloon *record, struct mempol_balloon_ctx *ctx);
bool mempol_balloon_pressed(struct mempol_balloon *record, const struct mempol_balloon_ctx *ctx);
bool mempol_balloon_step(struct mempol_balloon *record, u32 cause);
bool mempol_balloon_paused(const struct mempol_balloon *record);
void mempol_balloon_pause_now(struct mempol_balloon *record);
u64 mempol_balloon_held(struct mempol_balloon *record);
u64 mempol_balloon_limit(u64 total_pages);

/* balloon/policy.c */
struct mempol_policy *mempol_balloon_alloc(void *ops);
void mempol_balloon_free(struct mempol_policy *policy);
void mempol_balloon_kick(struct mempol_balloon *record);
int mempol_balloon_put_in_charge(struct mempol_policy *policy);
void mempol_balloon_stop(struct mempol_policy *policy);
void mempol_balloon_end(struct mempol_policy *policy);
void mempol_balloon_fill(struct mempol_policy *policy, struct mempol_policy_info *info);
void mempol_balloon_extent(struct mempol_policy *policy, u64 *pages, u64 *cgroups);
bool mempol_balloon_pause(struct mempol_policy *policy, bool passive);
void mempol_balloon_throw_out(struct mempol_policy *policy, u32 kind);
int mempol_balloon_dump(struct mempol_policy *policy, char *buf, size_t size);

/* balloon/calls.c */
void mempol_balloon_job_work(struct work_struct *work);
extern const struct mempol_call_row mempol_balloon_calls[];
#define MEMPOL_BALLOON_NR_CALLS 4

#endif /* _MEMPOL_BALLOON_OPS_H */
