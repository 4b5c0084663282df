// SPDX-License-Identifier: GPL-2.0-only
/*
 * A translation engine that wants nothing, so that all is done by hand. Used by tests/vm only.
 */
#include "mempol_translation.bpf.h"

SEC("struct_ops/range")
s32 BPF_PROG(idle_range, struct mempol_tea_range *range)
{
	return 0;
}

SEC(".struct_ops.link")
struct mempol_translation_ops idle = {
	.range = (void *)idle_range,
	.period_ms = 3600000,
	.name = "idle",
};

char LICENSE[] SEC("license") = "GPL";
