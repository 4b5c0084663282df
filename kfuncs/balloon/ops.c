// SPDX-License-Identifier: GPL-2.0-only
/*
 * The balloon mechanism's row of the table, and its struct_ops type
 * mempol_balloon_ops. What becomes of an attached engine is in policy.c.
 */
#include <linux/module.h>
#include <linux/time64.h>
#include "balloon.h"

static int mempol_balloon_valid(const void *kdata)
{
	const struct mempol_balloon_ops *ops = kdata;

	return ops->target ? 0 : -EINVAL;
}

static const struct mempol_data_member mempol_balloon_data[] = {
	MEMPOL_DATA_MEMBER(struct mempol_balloon_ops, keep_pages),
	MEMPOL_DATA_MEMBER(struct mempol_balloon_ops, period_ms),
};

/* Mandatory: a member without a stub is one that this kernel does not know. */
static s32 mempol_balloon_stub_init(u64 cgroup_id)
{
	return 0;
}

static void mempol_balloon_stub_exit(u32 kind)
{
}

static s64 mempol_balloon_stub_target(struct mempol_balloon_ctx *ctx)
{
	return -1;
}

static u32 mempol_balloon_stub_order(struct mempol_balloon_ctx *ctx)
{
	return 0;
}

static u32 mempol_balloon_stub_score(struct mempol_balloon_block *block)
{
	return 0;
}

static u64 mempol_balloon_stub_oom(struct mempol_balloon_ctx *ctx)
{
	return 0;
}

static u64 mempol_balloon_stub_report(struct mempol_balloon_ctx *ctx)
{
	return 0;
}

static struct mempol_balloon_ops mempol_balloon_stubs = {
	.init = mempol_balloon_stub_init,
	.exit = mempol_balloon_stub_exit,
	.target = mempol_balloon_stub_target,
	.order = mempol_balloon_stub_order,
	.score = mempol_balloon_stub_score,
	.oom = mempol_balloon_stub_oom,
	.report = mempol_balloon_stub_report,
};

MEMPOL_STRUCT_OPS(mempol_balloon_mechanism, mempol_balloon_ops, mempol_balloon_stubs);

static int __init mempol_balloon_register_ops(void)
{
	return register_bpf_struct_ops(&bpf_mempol_balloon_ops, mempol_balloon_ops);
}

struct mempol_mechanism mempol_balloon_mechanism __refdata = {
	.id = MEMPOL_MECH_BALLOON,
	.name = "balloon",
	.init = mempol_balloon_register_ops,
	.flags = MEMPOL_OPS_HEARTBEAT,
	.machine_wide = true,
	.data = mempol_balloon_data,
	.nr_data = ARRAY_SIZE(mempol_balloon_data),
	.calls = mempol_balloon_calls,
	.nr_calls = MEMPOL_BALLOON_NR_CALLS,
	.nr_counters = MEMPOL_BALLOON_NR_COUNTERS,
	.nr_refusals = MEMPOL_NR_REFUSALS,
	.budget_ns = NSEC_PER_SEC / 2,
	.mean_ns = 5 * NSEC_PER_MSEC,
	.valid = mempol_balloon_valid,
	.alloc = mempol_balloon_alloc,
	.free = mempol_balloon_free,
	.attach = mempol_balloon_put_in_charge,
	.stop = mempol_balloon_stop,
	.detach = mempol_balloon_end,
	.fill = mempol_balloon_fill,
	.count = mempol_balloon_extent,
	.set_passive = mempol_balloon_pause,
	.eject = mempol_balloon_throw_out,
	.dump = mempol_balloon_dump,
};
