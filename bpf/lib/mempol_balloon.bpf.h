/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * What a balloon engine is written against: the ops struct and its contexts, as
 * mempol.ko has them (kfuncs/balloon/balloon.h documents them). Included by every engine
 * in bpf/balloon and by engines of users; holds no policy.
 */
#ifndef MEMPOL_BALLOON_BPF_H
#define MEMPOL_BALLOON_BPF_H

#include "stubs.bpf.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* What order() may return: blocks of 4 MiB only, of 2 MiB as well, or pages, too. */
#define MEMPOL_BALLOON_ORDER_4M 10
#define MEMPOL_BALLOON_ORDER_2M 9
#define MEMPOL_BALLOON_ORDER_PAGE 0
/* In flags of a block: free page reporting has given it to the host already. */
#define MEMPOL_BALLOON_REPORTED (1U << 0)

/* Not preserve_access_index: libbpf matches it by member names as a whole. */
struct mempol_balloon_ops {
	u64 policy_id;
	u64 cgroup_id;
	u32 flags;
	u32 mode;
	char name[32];
	s32 (*init)(u64 cgroup_id);
	void (*exit)(u32 kind);
	s64 (*target)(struct mempol_balloon_ctx *ctx);
	u32 (*order)(struct mempol_balloon_ctx *ctx);
	u32 (*score)(struct mempol_balloon_block *block);
	u64 (*oom)(struct mempol_balloon_ctx *ctx);
	u64 (*report)(struct mempol_balloon_ctx *ctx);
	u64 keep_pages;
	u32 period_ms;
};

#endif
