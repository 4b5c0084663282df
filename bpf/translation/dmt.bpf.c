// SPDX-License-Identifier: GPL-2.0-only
/*
 * dmt: contiguous leaf page tables for the ranges that have most of them, the largest first. Loaded for Engine=dmt.
 * dmt.h says which ranges those are.
 */
#include "mempol_translation.bpf.h"

#include "dmt.h"
#include "follow.h"

MEMPOL_TUNABLE(u32, fill, 75, "1..100 %",
	       "share of a range that must be in use before it gets a TEA");
MEMPOL_TUNABLE(u32, least, 32, "1..1024",
	       "windows of 2 MiB that a part of a range has at least, when frames are short");

SEC("struct_ops/range")
s32 BPF_PROG(dmt_range, struct mempol_tea_range *range)
{
	return dmt_rank(range->windows, range->tables, range->huge, range->tea_windows, fill);
}

SEC("struct_ops/failed")
s32 BPF_PROG(dmt_failed, struct mempol_tea_range *range, u32 windows)
{
	return dmt_less(windows, least);
}

SEC("struct_ops/grow")
s32 BPF_PROG(dmt_grow, struct mempol_tea_range *range)
{
	return dmt_grows(range->windows, range->tea_count, range->tea_largest);
}

SEC("struct_ops/node")
s32 BPF_PROG(dmt_node, struct mempol_tea_range *range)
{
	return follow_node(range->data_node, range->data_share);
}

SEC(".struct_ops.link")
struct mempol_translation_ops dmt = {
	.range = (void *)dmt_range,
	.failed = (void *)dmt_failed,
	.grow = (void *)dmt_grow,
	.node = (void *)dmt_node,
	.bubbles = 2,
	.name = "dmt",
};

char LICENSE[] SEC("license") = "GPL";
