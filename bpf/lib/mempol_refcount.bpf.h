/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * What a refcount engine is written against: the ops struct and its contexts, as mempol.ko has them
 * (kfuncs/refcount/refcount.h documents them), and what an engine's writer must know of each. Included by
 * every engine in bpf/refcount and by engines of users; holds no policy.
 */
#ifndef MEMPOL_REFCOUNT_BPF_H
#define MEMPOL_REFCOUNT_BPF_H

#include "stubs.bpf.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <mempol/abi.h>

#include "tunable.bpf.h"

/* What sampled() and review() may return. */
#define MEMPOL_REFCOUNT_STAY 0 /* the file stays as it is */
#define MEMPOL_REFCOUNT_CHANGE 1 /* it is opted in, or out */

/*
 * sampled(): one in `sample` cached reads by the policy's cgroup, of a file that is not in. Returns 1: its reads are
 *	to be counted in cells. It may not sleep, and it delays a read. sample->index is that of the folio's first page:
 *	who reads the same folio writes the same count, whichever of its pages that is. sample->weight: the reads that it
 *	stands for.
 * review(): every `period_ms`, for each of the policy's files. Returns 1: the file goes out. file->cause says why it is
 *	in, enum mempol_ref_cause; the counts are of the period, file->reads and file->fell_back estimated from samples.
 * init(): before the engine is attached; what it returns below 0 forbids it. exit(): after the last callback.
 *
 * sampled() is mandatory. What it asks for may be refused, by the limits of the policy or because the file cannot be in;
 * the engine is not told, and is asked again at the next sample.
 *
 * Not preserve_access_index: libbpf matches it by member names as a whole.
 */
struct mempol_refcount_ops {
	u64 policy_id;
	u64 cgroup_id;
	u32 flags;
	u32 mode;
	char name[32];
	s32 (*init)(u64 cgroup_id);
	void (*exit)(u32 kind);
	s32 (*sampled)(struct mempol_ref_sample *sample);
	s32 (*review)(struct mempol_refcount_file *file);
	u32 sample;
	u32 period_ms;
	u32 max_files;
};

#endif
