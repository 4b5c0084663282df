// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kfuncs of the cache mechanism: thin, checked, counted. Engines call them
 * from evict(); mm does the work and judges what is legal. No kfunc hands out
 * a pointer.
 */
#include <linux/module.h>
#include "../core/run.h"
#include "cache.h"

/* Count a refusal of mm under its reason. */
static noinline void mempol_refused(s64 ret)
{
	struct mempol_policy *running = mempol_current();
	enum mempol_refusal why;

	switch (ret) {
	case -ENOENT:
		why = MEMPOL_REFUSED_LIST;
		break;
	case -ERANGE:
		why = MEMPOL_REFUSED_INDEX;
		break;
	case -EINVAL:
		why = MEMPOL_REFUSED_VERDICT;
		break;
	case -EALREADY:
		why = MEMPOL_REFUSED_TWICE;
		break;
	case -ENODATA:
		why = MEMPOL_REFUSED_NO_BATCH;
		break;
	case -EMSGSIZE:
		why = MEMPOL_REFUSED_SIZE;
		break;
	case -E2BIG:
		why = MEMPOL_REFUSED_BUDGET;
		break;
	case -EPERM:
		why = MEMPOL_REFUSED_CONTEXT;
		break;
	default:
		return;
	}
	if (running)
		mempol_refuse(running, why);
}

/* Pass on what mm says, and count it if that is no. */
static __always_inline s64 mempol_check(s64 ret)
{
	if (unlikely(ret < 0))
		mempol_refused(ret);
	return ret;
}

__bpf_kfunc_start_defs();

/**
 * bpf_mempol_cache_batch - take folios from an end of a list to look at
 * @ctx: what evict() was given.
 * @list: the list.
 * @nr: how many, at most MEMPOL_CACHE_BATCH.
 * @flags: MEMPOL_CACHE_TAIL: from the tail, else from the head.
 *
 * Context: evict() only; takes lru_lock. The kernel holds the references.
 * Return: as mempol_cache_batch(); -EINVAL: unknown flags.
 */
__bpf_kfunc int bpf_mempol_cache_batch(struct mempol_cache_evict_ctx *ctx, u32 list, u32 nr,
				       u32 flags)
{
	u64 begin;
	int got;

	if (flags & ~MEMPOL_CACHE_TAIL)
		return mempol_check(-EINVAL);
	begin = mempol_kfunc_begin();
	got = mempol_cache_batch(ctx, list, nr, flags & MEMPOL_CACHE_TAIL);
	mempol_kfunc_end(begin);
	return mempol_check(got);
}

/**
 * bpf_mempol_cache_look - what is known of a folio of the batch
 * @ctx: what evict() was given.
 * @index: which folio, from 0.
 * @info: filled in, a struct mempol_cache_info.
 * @info__sz: its size.
 *
 * Context: evict() only; takes page table locks if they are free.
 * Return: as mempol_cache_look(); -EMSGSIZE: wrong size.
 */
__bpf_kfunc int bpf_mempol_cache_look(struct mempol_cache_evict_ctx *ctx, u32 index, void *info,
				      u32 info__sz)
{
	u64 begin;
	int err;

	if (info__sz != sizeof(struct mempol_cache_info))
		return mempol_check(-EMSGSIZE);
	begin = mempol_kfunc_begin();
	err = mempol_cache_look(ctx, index, info);
	mempol_kfunc_end(begin);
	return mempol_check(err);
}

/**
 * bpf_mempol_cache_verdict - say what becomes of a folio of the batch
 * @ctx: what evict() was given.
 * @index: which folio, from 0.
 * @verdict: enum mempol_cache_verdict.
 * @list: where to, unless it is evicted.
 * @count: its new access count; more than MEMPOL_CACHE_MAX_COUNT: as it was.
 *
 * Context: evict() only.
 * Return: as mempol_cache_judge().
 */
__bpf_kfunc int bpf_mempol_cache_verdict(struct mempol_cache_evict_ctx *ctx, u32 index, u32 verdict,
					 u32 list, u32 count)
{
	return mempol_check(mempol_cache_judge(ctx, index, verdict, list, count));
}

/**
 * bpf_mempol_cache_list_pages - the size of a list in pages
 * @ctx: what evict() was given.
 * @list: the list.
 *
 * Context: evict() only.
 * Return: as mempol_cache_list_pages().
 */
__bpf_kfunc s64 bpf_mempol_cache_list_pages(struct mempol_cache_evict_ctx *ctx, u32 list)
{
	return mempol_check(mempol_cache_list_pages(ctx, list));
}

__bpf_kfunc_end_defs();
