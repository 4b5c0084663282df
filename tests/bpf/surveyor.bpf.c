// SPDX-License-Identifier: GPL-2.0-only
/*
 * A translation engine that wants every range, and answers wrongly when it is told to. Used by tests/vm only.
 *
 *   surveyor_mode 0 right  1 a negative rank  2 as many windows as there was no run for  3 a range grows sevenfold
 *                 4 a node that is none  5 takes far too long
 */
#include "mempol_translation.bpf.h"
#include "spin.h"

#define SURVEYOR_NS 500000000

u64 surveyor_mode, surveyor_asked, surveyor_failed, surveyor_grown;

SEC("struct_ops/range")
s32 BPF_PROG(surveyor_range, struct mempol_tea_range *range)
{
	surveyor_asked++;
	if (surveyor_mode == 5)
		spin(SURVEYOR_NS);
	return surveyor_mode == 1 ? -1 : (s32)(range->windows & 0x7fffffff);
}

SEC("struct_ops/failed")
s32 BPF_PROG(surveyor_failed_run, struct mempol_tea_range *range, u32 windows)
{
	surveyor_failed++;
	return surveyor_mode == 2 ? (s32)windows : (s32)(windows / 2);
}

SEC("struct_ops/grow")
s32 BPF_PROG(surveyor_grow, struct mempol_tea_range *range)
{
	surveyor_grown++;
	return surveyor_mode == 3 ? 7 : 0;
}

SEC("struct_ops/node")
s32 BPF_PROG(surveyor_node, struct mempol_tea_range *range)
{
	return surveyor_mode == 4 ? 99 : -1;
}

SEC(".struct_ops.link")
struct mempol_translation_ops surveyor = {
	.range = (void *)surveyor_range,
	.failed = (void *)surveyor_failed_run,
	.grow = (void *)surveyor_grow,
	.node = (void *)surveyor_node,
	.nodes = 1,
	.name = "surveyor",
};

char LICENSE[] SEC("license") = "GPL";
