// SPDX-License-Identifier: GPL-2.0-only
/*
 * ordinary: each page gets the frame that the kernel gives it, as if no policy matched. For cgroups that are left to
 * the kernel below one that is governed, and to switch a policy off without taking it away. Loaded for
 * Engine=ordinary, and for what a policy excludes.
 *
 * The kernel asks it nothing (MEMPOL_OPS_TO_KERNEL), so it needs no pool; if it were asked, this is the answer.
 */
#include "mempol_placement.bpf.h"

SEC("struct_ops/select")
s64 BPF_PROG(ordinary_select, struct mempol_place_ctx *page)
{
	return MEMPOL_PLACE_ORDINARY;
}

SEC(".struct_ops.link")
struct mempol_placement_ops ordinary = {
	.select = (void *)ordinary_select,
	.name = "ordinary",
	.flags = MEMPOL_OPS_TO_KERNEL,
};

char LICENSE[] SEC("license") = "GPL";
