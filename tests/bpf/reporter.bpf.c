// SPDX-License-Identifier: GPL-2.0-only
/*
 * A balloon engine that holds nothing and wants all that is free reported, ten times a second. Used by
 * tests/vm only.
 */
#include "mempol_balloon.bpf.h"

SEC("struct_ops/target")
s64 BPF_PROG(reporter_target, struct mempol_balloon_ctx *now)
{
	return -1;
}

SEC("struct_ops/report")
u64 BPF_PROG(reporter_report, struct mempol_balloon_ctx *now)
{
	return now->free_pages;
}

SEC(".struct_ops.link")
struct mempol_balloon_ops reporter = {
	.target = (void *)reporter_target,
	.report = (void *)reporter_report,
	.period_ms = 100,
	.name = "reporter",
};

char LICENSE[] SEC("license") = "GPL";
