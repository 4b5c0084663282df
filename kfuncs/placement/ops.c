// SPDX-License-Identifier: GPL-2.0-only
/*
 * The placement mechanism's row of the table, and its struct_ops type
 * mempol_placement_ops. What becomes of an attached engine is in policy.c.
 */
#include <linux/module.h>
#include <linux/time64.h>
#include "placement.h"

static int mempol_placement_valid(const void *kdata)
{
	const struct mempol_placement_ops *ops = kdata;

	if (!ops->select || !ops->cgroup_id || ops->pool_flags & ~MEMPOL_POOL_CONTIGUOUS)
		return -EINVAL;
	return ops->pool_pages || ops->flags & MEMPOL_OPS_TO_KERNEL ? 0 : -EINVAL;
}

static const struct mempol_data_member mempol_placement_data[] = {
	MEMPOL_DATA_MEMBER(struct mempol_placement_ops, pool_id),
	MEMPOL_DATA_MEMBER(struct mempol_placement_ops, pool_pages),
	MEMPOL_DATA_MEMBER(struct mempol_placement_ops, nodes),
	MEMPOL_DATA_MEMBER(struct mempol_placement_ops, pool_flags),
};

/* Mandatory: a member without a stub is one that this kernel does not know. */
static s32 mempol_placement_stub_init(u64 cgroup_id)
{
	return 0;
}

static void mempol_placement_stub_exit(u32 kind)
{
}

static s64 mempol_placement_stub_select(struct mempol_place_ctx *ctx)
{
	return -ENOENT;
}

static void mempol_placement_stub_placed(struct mempol_place_ctx *ctx, u32 frame)
{
}

static struct mempol_placement_ops mempol_placement_stubs = {
	.init = mempol_placement_stub_init,
	.exit = mempol_placement_stub_exit,
	.select = mempol_placement_stub_select,
	.placed = mempol_placement_stub_placed,
};

MEMPOL_STRUCT_OPS(mempol_placement_mechanism, mempol_placement_ops, mempol_placement_stubs);

static int __init mempol_placement_register(void)
{
	return register_bpf_struct_ops(&bpf_mempol_placement_ops, mempol_placement_ops);
}

struct mempol_mechanism mempol_placement_mechanism __refdata = {
	.id = MEMPOL_MECH_PLACEMENT,
	.name = "placement",
	.init = mempol_placement_register,
	.flush = mempol_scope_flush,
	.flags = MEMPOL_OPS_HEARTBEAT | MEMPOL_OPS_TO_KERNEL,
	.data = mempol_placement_data,
	.nr_data = ARRAY_SIZE(mempol_placement_data),
	.calls = mempol_placement_calls,
	.nr_calls = MEMPOL_PLACEMENT_NR_CALLS,
	.callers = MEMPOL_CALLER(struct mempol_placement_ops, select) |
		   MEMPOL_CALLER(struct mempol_placement_ops, placed),
	.nr_counters = MEMPOL_PLACEMENT_NR_COUNTERS,
	.nr_refusals = MEMPOL_NR_REFUSALS,
	.budget_ns = NSEC_PER_SEC / 2,
	.mean_ns = 5 * NSEC_PER_MSEC,
	.valid = mempol_placement_valid,
	.alloc = mempol_placement_alloc,
	.free = mempol_placement_free,
	.attach = mempol_placement_attach,
	.replace = mempol_placement_replace,
	.stop = mempol_placement_stop,
	.detach = mempol_placement_detach,
	.fill = mempol_placement_fill,
	.count = mempol_placement_extent,
	.set_passive = mempol_placement_pause,
	.eject = mempol_placement_eject,
	.dump = mempol_placement_dump,
};
