// SPDX-License-Identifier: GPL-2.0-only
/*
 * The translation mechanism's row of the table, and its struct_ops type
 * mempol_translation_ops. What becomes of an attached engine is in policy.c.
 */
#include <linux/module.h>
#include <linux/time64.h>
#include "tea.h"

static bool mempol_is_within(u32 value, u32 min, u32 max)
{
	return !value || (value >= min && value <= max);
}

static int mempol_translation_valid(const void *kdata)
{
	const struct mempol_translation_ops *ops = kdata;

	if (!ops->range || !ops->cgroup_id)
		return -EINVAL;
	return mempol_is_within(ops->period_ms, MEMPOL_TEA_MIN_PERIOD_MS,
				MEMPOL_TEA_MAX_PERIOD_MS) &&
			       ops->min_windows <= MEMPOL_TEA_MAX_MIN_WINDOWS &&
			       ops->bubbles <= MEMPOL_TEA_MAX_BUBBLES &&
			       ops->move_rate <= MEMPOL_TEA_MAX_MOVE_RATE && ops->nodes <= 1 &&
			       ops->max_idle <= 1000 &&
			       mempol_is_within(ops->trim_ms, MEMPOL_TEA_MIN_TRIM_MS,
						MEMPOL_TEA_MAX_TRIM_MS) ?
		       0 :
		       -EINVAL;
}

static const struct mempol_data_member mempol_translation_data[] = {
	MEMPOL_DATA_MEMBER(struct mempol_translation_ops, max_frames),
	MEMPOL_DATA_MEMBER(struct mempol_translation_ops, period_ms),
	MEMPOL_DATA_MEMBER(struct mempol_translation_ops, min_windows),
	MEMPOL_DATA_MEMBER(struct mempol_translation_ops, bubbles),
	MEMPOL_DATA_MEMBER(struct mempol_translation_ops, move_rate),
	MEMPOL_DATA_MEMBER(struct mempol_translation_ops, nodes),
	MEMPOL_DATA_MEMBER(struct mempol_translation_ops, max_idle),
	MEMPOL_DATA_MEMBER(struct mempol_translation_ops, trim_ms),
};

/* Mandatory: a member without a stub is one that this kernel does not know. */
static s32 mempol_translation_stub_init(u64 cgroup_id)
{
	return 0;
}

static void mempol_translation_stub_exit(u32 kind)
{
}

static s32 mempol_translation_stub_range(struct mempol_tea_range *range)
{
	return 0;
}

static s32 mempol_translation_stub_failed(struct mempol_tea_range *range, u32 windows)
{
	return 0;
}

static s32 mempol_translation_stub_grow(struct mempol_tea_range *range)
{
	return 0;
}

static s32 mempol_translation_stub_node(struct mempol_tea_range *range)
{
	return NUMA_NO_NODE;
}

static struct mempol_translation_ops mempol_translation_stubs = {
	.init = mempol_translation_stub_init,
	.exit = mempol_translation_stub_exit,
	.range = mempol_translation_stub_range,
	.failed = mempol_translation_stub_failed,
	.grow = mempol_translation_stub_grow,
	.node = mempol_translation_stub_node,
};

MEMPOL_STRUCT_OPS(mempol_translation_mechanism, mempol_translation_ops, mempol_translation_stubs);

static int __init mempol_translation_register(void)
{
	return register_bpf_struct_ops(&bpf_mempol_translation_ops, mempol_translation_ops);
}

struct mempol_mechanism mempol_translation_mechanism __refdata = {
	.id = MEMPOL_MECH_TRANSLATION,
	.name = "translation",
	.init = mempol_translation_register,
	.flags = MEMPOL_OPS_HEARTBEAT,
	.data = mempol_translation_data,
	.nr_data = ARRAY_SIZE(mempol_translation_data),
	.calls = mempol_translation_calls,
	.nr_calls = MEMPOL_TRANSLATION_NR_CALLS,
	.nr_counters = MEMPOL_TRANSLATION_NR_COUNTERS,
	.nr_refusals = MEMPOL_NR_REFUSALS,
	.budget_ns = NSEC_PER_SEC / 2,
	.mean_ns = 5 * NSEC_PER_MSEC,
	.valid = mempol_translation_valid,
	.alloc = mempol_translation_alloc,
	.free = mempol_translation_free,
	.attach = mempol_translation_attach,
	.replace = mempol_translation_replace,
	.stop = mempol_translation_stop,
	.detach = mempol_translation_detach,
	.fill = mempol_translation_fill,
	.count = mempol_translation_extent,
	.set_passive = mempol_translation_pause,
	.eject = mempol_translation_eject,
	.tell = mempol_translation_tell,
	.dump = mempol_translation_dump,
};
