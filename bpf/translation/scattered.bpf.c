// SPDX-License-Identifier: GPL-2.0-only
/*
 * scattered: the kernel's own page tables, wherever they come to lie; with Node=data they follow their data to another
 * node. It wants no TEA by itself: for what is done by hand, and for exclusions. Loaded for Engine=scattered.
 */
#include "mempol_translation.bpf.h"

#include "follow.h"

SEC("struct_ops/range")
s32 BPF_PROG(scattered_range, struct mempol_tea_range *range)
{
	return 0;
}

SEC("struct_ops/node")
s32 BPF_PROG(scattered_node, struct mempol_tea_range *range)
{
	return follow_node(range->data_node, range->data_share);
}

SEC(".struct_ops.link")
struct mempol_translation_ops scattered = {
	.range = (void *)scattered_range,
	.node = (void *)scattered_node,
	.name = "scattered",
};

char LICENSE[] SEC("license") = "GPL";
