/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The struct_ops type of the cache mechanism, as engines implement it. Its
 * members are ABI: an engine is matched by their names.
 */
#ifndef _MEMPOL_CACHE_OPS_H
#define _MEMPOL_CACHE_OPS_H

#include <linux/mempol_cache.h>
#include "../core/core.h"

/**
 * struct mempol_cache_ops - a page-cache engine
 * @added: @folio can be governed, @ctx says why and what is known of it.
 *	Returns a list, possibly with MEMPOL_CACHE_TAIL, or
 *	MEMPOL_CACHE_TO_KERNEL. Mandatory.
 * @removed: @folio left the page cache, enum mempol_cache_why.
 * @evict: name victims by bpf_mempol_cache_batch() and the rest. Mandatory.
 * @accessed: a system call accessed @folio; costs a call on every hit, which
 *	the kernel's own count does not.
 * @access_shift: @accessed is called for one folio in 2^access_shift only, chosen
 *	by mempol_cache_hash() of its inode number and index; at most 63.
 * @pin_permyriad: so much of the smallest limit from its cgroup upwards may be pinned by
 *	programs, in 1/10,000; at most all of it.
 * @pin_pages: likewise, in pages. With both the smaller counts, with neither nothing may be.
 *
 * The head is that of struct mempol_ops. init() runs before it is attached, may sleep
 * and forbid it; exit() after the last callback, and may sleep, too.
 */
struct mempol_cache_ops {
	MEMPOL_OPS_HEAD;
	s32 (*added)(struct folio *folio, struct mempol_cache_added_ctx *ctx);
	void (*removed)(struct folio *folio, u32 why);
	void (*evict)(struct mempol_cache_evict_ctx *ctx);
	void (*accessed)(struct folio *folio);
	u32 access_shift;
	u32 pin_permyriad;
	u64 pin_pages;
};

/**
 * struct mempol_cache - one attached cache policy
 * @policy: what it has in common with every other.
 * @cache: what mm knows of it.
 * @ops: the engine, as @policy.ops.
 * @told_forced: forced pages already told.
 * @exit_pages: what it governed when it was ejected.
 * @recorder: the process for which its uses are recorded, 0: none; until
 * @record_until: in jiffies. Both under mempol_policies_mutex.
 */
struct mempol_cache {
	struct mempol_policy policy;
	struct mempol_cache_policy cache;
	struct mempol_cache_ops *ops;
	u64 told_forced;
	u64 exit_pages;
	pid_t recorder;
	unsigned long record_until;
};

extern struct mempol_mechanism mempol_cache_mechanism;

/* cache/policy.c */
struct mempol_policy *mempol_cache_alloc(void *ops);
void mempol_cache_free(struct mempol_policy *policy);
int mempol_cache_attach(struct mempol_policy *policy);
int mempol_cache_replace(struct mempol_policy *old, struct mempol_policy *new);
void mempol_cache_stop(struct mempol_policy *policy);
void mempol_cache_detach(struct mempol_policy *policy);
void mempol_cache_fill(struct mempol_policy *policy, struct mempol_policy_info *info);
void mempol_cache_extent(struct mempol_policy *policy, u64 *pages, u64 *cgroups);
bool mempol_cache_pause(struct mempol_policy *policy, bool passive);
void mempol_cache_eject(struct mempol_policy *policy, u32 kind);
void mempol_cache_tell(struct mempol_policy *policy);
int mempol_cache_dump(struct mempol_policy *policy, char *buf, size_t size);

/* cache/record.c */
#define MEMPOL_CACHE_NR_CALLS 1
extern const struct mempol_call_row mempol_cache_calls[];
void mempol_cache_flush(void);

#endif /* _MEMPOL_CACHE_OPS_H */
