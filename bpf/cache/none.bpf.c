// SPDX-License-Identifier: GPL-2.0-only
/*
 * none: leaves the cgroup to the kernel. It has no callback: MEMPOL_OPS_TO_KERNEL says that new folios are
 * the kernel's and that lists of a predecessor drain. Attached where a policy excludes a cgroup below one
 * that it governs, and by policies with Engine=none; it costs what a cgroup without a policy costs.
 */
#include "mempol_cache.bpf.h"
#include <mempol/abi.h>

SEC(".struct_ops.link")
struct mempol_cache_ops none = {
	.name = "none",
	.flags = MEMPOL_OPS_TO_KERNEL,
};

char LICENSE[] SEC("license") = "GPL";
