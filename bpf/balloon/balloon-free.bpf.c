// SPDX-License-Identifier: GPL-2.0-only
/*
 * balloon-free: what is free beyond keep_pages goes to the host, and comes back as soon as less is free.
 * Page cache stays where it is. For guests whose demand comes and goes. Loaded for Engine=balloon-free.
 *
 * The rule is HyperAlloc's automatic mode (Wrenger et al., EuroSys 2025): free memory in blocks of 2 MiB
 * or more, every few seconds. There a block comes back by itself when it is allocated; a balloon has to
 * keep some memory free for that, so what is missing comes at once, and what is too much goes when it has
 * been free for a tick. What is kept is reported when the guest is at rest, so that the host has it until
 * it is used.
 */
#include "balloon-free.h"

/* Not static, as in balloon-psi. */
struct free_state balloon_free_state;

SEC("struct_ops/target")
s64 BPF_PROG(balloon_free_target, struct mempol_balloon_ctx *now)
{
	return free_target(&balloon_free_state, now);
}

SEC("struct_ops/order")
u32 BPF_PROG(balloon_free_order, struct mempol_balloon_ctx *now)
{
	return MEMPOL_BALLOON_ORDER_2M;
}

SEC("struct_ops/report")
u64 BPF_PROG(balloon_free_report, struct mempol_balloon_ctx *now)
{
	return free_report(&balloon_free_state, now);
}

SEC(".struct_ops.link")
struct mempol_balloon_ops balloon_free = {
	.target = (void *)balloon_free_target,
	.order = (void *)balloon_free_order,
	.report = (void *)balloon_free_report,
	.name = "balloon-free",
};

char LICENSE[] SEC("license") = "GPL";
