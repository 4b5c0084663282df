// SPDX-License-Identifier: GPL-2.0-only
/*
 * files: no file but those that the policy file names by FilePath=, or an administrator by hand. It learns
 * nothing and takes nothing out. Loaded for Engine=files.
 */
#include "mempol_refcount.bpf.h"

SEC("struct_ops/sampled")
s32 BPF_PROG(files_sampled, struct mempol_ref_sample *read)
{
	return MEMPOL_REFCOUNT_STAY;
}

SEC(".struct_ops.link")
struct mempol_refcount_ops files = {
	.sampled = (void *)files_sampled,
	.name = "files",
};

char LICENSE[] SEC("license") = "GPL";
