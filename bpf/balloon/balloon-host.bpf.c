// SPDX-License-Identifier: GPL-2.0-only
/*
 * balloon-host: the host has what it asks for, to the page. For hosts that share out their memory
 * themselves, as examples/balloon-host does. Loaded for Engine=balloon-host.
 *
 * The rule is virtio-balloon's own; but blocks go first, of which a request carries 32, and only the
 * rest, less than a block, is left to the device's pages of 4 KiB.
 */
#include "mempol_balloon.bpf.h"

SEC("struct_ops/target")
s64 BPF_PROG(balloon_host_target, struct mempol_balloon_ctx *now)
{
	return now->host_pages;
}

SEC("struct_ops/order")
u32 BPF_PROG(balloon_host_order, struct mempol_balloon_ctx *now)
{
	return MEMPOL_BALLOON_ORDER_PAGE;
}

SEC(".struct_ops.link")
struct mempol_balloon_ops balloon_host = {
	.target = (void *)balloon_host_target,
	.order = (void *)balloon_host_order,
	.name = "balloon-host",
};

char LICENSE[] SEC("license") = "GPL";
