// SPDX-License-Identifier: GPL-2.0-only
/*
 * A balloon engine that leaves the size as it is, so that requests alone decide. Used by tests/vm only.
 */
#include "mempol_balloon.bpf.h"

SEC("struct_ops/target")
s64 BPF_PROG(sizer_target, struct mempol_balloon_ctx *now)
{
	return -1;
}

SEC(".struct_ops.link")
struct mempol_balloon_ops sizer = {
	.target = (void *)sizer_target,
	.name = "sizer",
};

char LICENSE[] SEC("license") = "GPL";
