/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The struct_ops type of the cache mechanism, as engines implement it. Its
 * members are ABI: an engine is matched by their names.
 */
#ifndef _MEMPOL_CACHE_OPS_H
#define _MEMPOL_CACHE_OPS_H

#include <linux/mempol_cache.h>
#include "mempol.h"

/**
 * struct mempol_cache_ops - a page-cache engine
 * @init: before it is attached to @cgroup_id; may sleep; not 0: do not.
 * @exit: after the last callback, with enum mempol_exit_kind; may sleep.
 * @added: @folio can be governed, @ctx says why and what is known of it.
 *	Returns a list, possibly with MEMPOL_CACHE_TAIL, or
 *	MEMPOL_CACHE_TO_KERNEL. Mandatory.
 * @removed: @folio left the page cache, enum mempol_cache_why.
 * @evict: name victims by bpf_mempol_cache_batch() and the rest. Mandatory.
 * @accessed: a system call accessed @folio; costs a call on every hit, which
 *	the kernel's own count does not.
 * @cgroup_id: the cgroup to govern.
 * @policy_id: how events and queries name the attachment.
 * @flags: MEMPOL_OPS_HEARTBEAT.
 * @name: of the engine.
 */
struct mempol_cache_ops {
	s32 (*init)(u64 cgroup_id);
	void (*exit)(u32 kind);
	s32 (*added)(struct folio *folio, struct mempol_cache_added_ctx *ctx);
	void (*removed)(struct folio *folio, u32 why);
	void (*evict)(struct mempol_cache_evict_ctx *ctx);
	void (*accessed)(struct folio *folio);
	u64 cgroup_id;
	u64 policy_id;
	u32 flags;
	char name[MEMPOL_ENGINE_LEN];
};

/* Index of a member, which is the expected_attach_type of its program. */
enum mempol_cache_member {
	MEMPOL_MEMBER_INIT,
	MEMPOL_MEMBER_EXIT,
	MEMPOL_MEMBER_ADDED,
	MEMPOL_MEMBER_REMOVED,
	MEMPOL_MEMBER_EVICT,
	MEMPOL_MEMBER_ACCESSED,
};

/**
 * struct mempol_cache - one attached cache policy
 * @policy: what it has in common with every other.
 * @cache: what mm knows of it.
 * @ops: the engine; valid until its struct_ops map is freed, which is after
 *	unreg() has returned.
 * @told_forced: forced pages already told.
 */
struct mempol_cache {
	struct mempol_policy policy;
	struct mempol_cache_policy cache;
	struct mempol_cache_ops *ops;
	u64 told_forced;
};

/* cache.c; the policy whose callback runs on this CPU, or NULL. */
extern struct btf *mempol_btf;
struct mempol_cache *mempol_cache_current(void);

#endif /* _MEMPOL_CACHE_OPS_H */
