/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * What a translation engine is written against: the ops struct and its contexts, as mempol.ko has them
 * (kfuncs/translation/tea.h documents them), and what an engine's writer must know of each. Included by
 * every engine in bpf/translation and by engines of users; holds no policy.
 */
#ifndef MEMPOL_TRANSLATION_BPF_H
#define MEMPOL_TRANSLATION_BPF_H

#include "stubs.bpf.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <mempol/abi.h>

#include "tunable.bpf.h"

/*
 * range(): in each round through the policy's processes, of each range of neighbouring mappings of one kind that has
 *	`min_windows` windows of 2 MiB or more. Returns 0: it shall have no TEA, and those that it has go; above that:
 *	it shall have one, the highest first.
 * failed(): there is no run of so many free frames. Returns how many windows the first part of the range shall have,
 *	fewer than that; 0: none. Without it, a half is tried.
 * grow(): of a range that has TEAs. Returns 1: one for all of it shall take their place, and tables move once more; 0, and
 *	without it: others are made beside them for windows that have none.
 * node(): if the policy says Node=data, of each range. Returns the node on which its page tables shall be, or -1, and
 *	without it: where they are.
 * init(): before the engine is attached; what it returns below 0 forbids it. exit(): after the last callback.
 *
 * range() is mandatory. All are called with no lock of a process held, and what they are told may have changed.
 *
 * Not preserve_access_index: libbpf matches it by member names as a whole.
 */
struct mempol_translation_ops {
	u64 policy_id;
	u64 cgroup_id;
	u32 flags;
	u32 mode;
	char name[32];
	s32 (*init)(u64 cgroup_id);
	void (*exit)(u32 kind);
	s32 (*range)(struct mempol_tea_range *range);
	s32 (*failed)(struct mempol_tea_range *range, u32 windows);
	s32 (*grow)(struct mempol_tea_range *range);
	s32 (*node)(struct mempol_tea_range *range);
	u64 max_frames;
	u32 period_ms;
	u32 min_windows;
	u32 bubbles;
	u32 move_rate;
	u32 nodes;
	u32 max_idle;
	u32 trim_ms;
};

#endif
