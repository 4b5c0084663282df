// SPDX-License-Identifier: GPL-2.0-only
/*
 * An engine without a callback: MEMPOL_OPS_TO_KERNEL says that the kernel's own ways are right for the
 * cgroup. Used by tests/vm only.
 */
#include "mempol_cache.bpf.h"
#include <mempol/abi.h>

SEC(".struct_ops.link")
struct mempol_cache_ops stayaway = {
	.name = "stayaway",
	.flags = MEMPOL_OPS_TO_KERNEL,
};

char LICENSE[] SEC("license") = "GPL";
