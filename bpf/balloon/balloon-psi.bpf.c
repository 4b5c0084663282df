// SPDX-License-Identifier: GPL-2.0-only
/*
 * balloon-psi: takes a little more every second while nobody in the guest waits for memory or reads again
 * what was evicted, file cache included; when somebody does, a quarter goes back at once, and for a long
 * time it stays below the size at which that was. For guests that hold more than they use. Loaded for
 * Engine=balloon-psi.
 *
 * Pressure as the measure of what a workload can do without is TMO's (Weiner et al., ASPLOS 2022) and
 * Senpai's, which shrink cgroups by it; add a little, give back a share and remember where is TCP's
 * congestion control. keep_pages is what stays available: free, or cache that could be.
 */
#include "balloon-psi.h"

/*
 * Not static: clang would take the structure apart and leave BTF that the kernel refuses. An OOM may come
 * while target() runs; then one of the two is forgotten, and the next period sees the pressure.
 */
struct psi_state balloon_psi_state;

SEC("struct_ops/target")
s64 BPF_PROG(balloon_psi_target, struct mempol_balloon_ctx *now)
{
	return psi_target(&balloon_psi_state, now);
}

SEC("struct_ops/order")
u32 BPF_PROG(balloon_psi_order, struct mempol_balloon_ctx *now)
{
	return MEMPOL_BALLOON_ORDER_2M;
}

SEC("struct_ops/oom")
u64 BPF_PROG(balloon_psi_oom, struct mempol_balloon_ctx *now)
{
	return psi_oom(&balloon_psi_state, now);
}

SEC(".struct_ops.link")
struct mempol_balloon_ops balloon_psi = {
	.target = (void *)balloon_psi_target,
	.order = (void *)balloon_psi_order,
	.oom = (void *)balloon_psi_oom,
	.name = "balloon-psi",
};

char LICENSE[] SEC("license") = "GPL";
