/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * What a page-cache engine is written against: the ops struct, the kfuncs and
 * their constants, as mempol.ko has them, and what an engine's writer must know
 * of each. Included by every engine in bpf/cache and by engines of users; holds
 * no policy.
 */
#ifndef MEMPOL_CACHE_BPF_H
#define MEMPOL_CACHE_BPF_H

#include "stubs.bpf.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "tunable.bpf.h"

/*
 * Parts of an engine that are called from one place but verified by themselves: nested loops in one function are
 * more states than the verifier will look at. Such a function is MEMPOL_PART, takes its context as __arg_trusted
 * and structures as __arg_nonnull, and cannot be given pointers in them: what it changes besides is
 * MEMPOL_SHARED, a variable.
 */
#ifndef MEMPOL_PART
#define MEMPOL_PART __noinline
#define MEMPOL_SHARED
#endif

#define MEMPOL_CACHE_LISTS 8
#define MEMPOL_CACHE_BATCH 64
#define MEMPOL_CACHE_MAX_BATCHES 8
#define MEMPOL_CACHE_TO_KERNEL (-1)
#define MEMPOL_CACHE_TAIL 0x100
#define MEMPOL_CACHE_MAX_COUNT 63
/* ctx->distance: it had not been evicted, or so long ago that nothing is known. */
#define MEMPOL_CACHE_NO_DISTANCE (~0ULL)
/* A count for bpf_mempol_cache_verdict() that leaves the kernel's as it is. */
#define MEMPOL_CACHE_SAME_COUNT (~0U)

enum mempol_cache_reason {
	MEMPOL_ADDED_NEW,
	MEMPOL_ADDED_REFAULT,
	MEMPOL_ADDED_PUTBACK,
};

enum mempol_cache_verdict {
	MEMPOL_VERDICT_EVICT = 1,
	MEMPOL_VERDICT_HEAD = 2,
	MEMPOL_VERDICT_TAIL = 3,
};

#define MEMPOL_FOLIO_ACCESSED (1U << 0)
#define MEMPOL_FOLIO_DIRTY (1U << 1)
#define MEMPOL_FOLIO_WRITEBACK (1U << 2)
#define MEMPOL_FOLIO_LOCKED (1U << 3)
#define MEMPOL_FOLIO_MAPPED (1U << 4)
/* Brought in, by readahead for the most part, and not accessed yet. */
#define MEMPOL_FOLIO_UNREAD (1U << 5)
/* Somebody has a reference that neither page cache nor page tables account for: a reader, a pipe, a driver. */
#define MEMPOL_FOLIO_HELD (1U << 6)
/* Held too, and most likely for a device, which may take as long as it likes. */
#define MEMPOL_FOLIO_PINNED (1U << 7)
/* What is named in vain: the kernel can neither free it nor write it back. */
#define MEMPOL_FOLIO_STUCK (MEMPOL_FOLIO_LOCKED | MEMPOL_FOLIO_HELD | MEMPOL_FOLIO_PINNED)
/* What the kernel could not free now. */
#define MEMPOL_FOLIO_BUSY (MEMPOL_FOLIO_DIRTY | MEMPOL_FOLIO_WRITEBACK | MEMPOL_FOLIO_STUCK)

/* What mempol_look() says of a folio. */
struct mempol_cache_info {
	u32 flags; /* MEMPOL_FOLIO_*; ACCESSED: through a page table, since the last look */
	u32 count; /* accesses counted, at most MEMPOL_CACHE_MAX_COUNT */
	u32 nr_pages;
	u32 list;
	u64 index; /* in its file, in pages */
	u64 ino;
};

/*
 * The callbacks. added() and evict() are mandatory; the others are named behind the engine, as in
 * MEMPOL_CACHE_ENGINE(mine, .removed = (void *)mine_removed). None of them may sleep, but for init() and exit().
 *
 * added(): a folio comes in. Returns a list, 0 to 7, with MEMPOL_CACHE_TAIL for its tail instead of its head, or
 *	MEMPOL_CACHE_TO_KERNEL, which the simulator does not know. ctx->distance: pages evicted since it was;
 *	ctx->nr_governed: pages on the lists of this cgroup and node; ctx->reason: enum mempol_cache_reason.
 * evict(): names victims by the functions below, which only it may call. ctx->nr_to_evict: pages wanted;
 *	ctx->nr_evicted: pages named in the batches before the current one.
 * removed(): a governed folio left the page cache; @why is 0 if it was evicted, 1 if its file was truncated or deleted.
 * accessed(): a system call accessed a folio. It costs a call on every hit, which the kernel's own count does not;
 *	with access_shift it is called for one folio in 2^access_shift only.
 * init(): before the engine is attached; what it returns below 0 forbids it. exit(): after the last callback.
 *
 * Not preserve_access_index: libbpf matches it by member names as a whole.
 */
struct mempol_cache_ops {
	u64 policy_id;
	u64 cgroup_id;
	u32 flags;
	u32 mode;
	char name[32];
	s32 (*init)(u64 cgroup_id);
	void (*exit)(u32 kind);
	s32 (*added)(struct folio *folio, struct mempol_cache_added_ctx *ctx);
	void (*removed)(struct folio *folio, u32 why);
	void (*evict)(struct mempol_cache_evict_ctx *ctx);
	void (*accessed)(struct folio *folio);
	u32 access_shift;
	/* What programs may pin, of the limit and in pages: for who attaches the engine, not for the engine. */
	u32 pin_permyriad;
	u64 pin_pages;
};

extern int bpf_mempol_cache_batch(struct mempol_cache_evict_ctx *ctx, u32 list, u32 nr,
				  u32 flags) __ksym __weak;
extern int bpf_mempol_cache_look(struct mempol_cache_evict_ctx *ctx, u32 index, void *info,
				 u32 info__sz) __ksym __weak;
extern int bpf_mempol_cache_verdict(struct mempol_cache_evict_ctx *ctx, u32 index, u32 verdict,
				    u32 list, u32 count) __ksym __weak;
/*
 * The size of a list of this node in pages, without those of the current batch; below 0 if there is no such list.
 * Keep it in a u64 before it is divided: BPF has no signed division.
 */
extern s64 bpf_mempol_cache_list_pages(struct mempol_cache_evict_ctx *ctx, u32 list) __ksym __weak;

/*
 * Take folios from an end of a list: from its head, where added() puts what is new, or with MEMPOL_CACHE_TAIL in
 * @flags from its tail. Returns how many there are, 0 if there are no more or enough victims are named, below 0
 * if the call was wrong. The batch before ends here: its verdicts are carried out, and its folios have no index
 * any more. A batch from the same end goes on behind what has no verdict.
 *
 * Up to @nr folios, at most MEMPOL_CACHE_BATCH. Each one that is taken and returned costs as much as one
 * that is evicted, so ask for what is wanted, or for as many as there are to choose among.
 */
static inline int mempol_batch(struct mempol_cache_evict_ctx *ctx, u32 list, u32 nr, u32 flags)
{
	return bpf_mempol_cache_batch(ctx, list, nr, flags);
}

/* What is known of a folio of the batch, @index from 0 on. Returns 0, or below 0 if there is none. */
static inline int mempol_look(struct mempol_cache_evict_ctx *ctx, u32 index,
			      struct mempol_cache_info *info)
{
	return bpf_mempol_cache_look(ctx, index, info, sizeof(*info));
}

/* Evict the folio of the batch. A folio gets one verdict. */
static inline int mempol_evict(struct mempol_cache_evict_ctx *ctx, u32 index)
{
	return bpf_mempol_cache_verdict(ctx, index, MEMPOL_VERDICT_EVICT, 0,
					MEMPOL_CACHE_SAME_COUNT);
}

/* Put it at the head of a list, where its count becomes @count, or MEMPOL_CACHE_SAME_COUNT. */
static inline int mempol_move(struct mempol_cache_evict_ctx *ctx, u32 index, u32 list, u32 count)
{
	return bpf_mempol_cache_verdict(ctx, index, MEMPOL_VERDICT_HEAD, list, count);
}

/* For the simulator, whose headers define it: who the engine is. */
#ifndef MEMPOL_CACHE_NATIVE
#define MEMPOL_CACHE_NATIVE(engine, title)
#endif

/*
 * The ops map of an engine called @title whose programs are named engine_*. What follows are more members of the
 * structure, as in MEMPOL_CACHE_ENGINE(mine, .access_shift = 1);
 */
#define MEMPOL_CACHE_ENGINE_AS(engine, title, ...)                          \
	SEC(".struct_ops.link")                                             \
	struct mempol_cache_ops engine = { .added = (void *)engine##_added, \
					   .evict = (void *)engine##_evict, \
					   .name = title,                   \
					   ##__VA_ARGS__ };                 \
	MEMPOL_CACHE_NATIVE(engine, title)                                  \
	char LICENSE[] SEC("license") = "GPL"

/* The same where the engine's name is one word. */
#define MEMPOL_CACHE_ENGINE(engine, ...) MEMPOL_CACHE_ENGINE_AS(engine, #engine, ##__VA_ARGS__)

#endif
