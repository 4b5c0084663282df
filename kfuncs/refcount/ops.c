// SPDX-License-Identifier: GPL-2.0-only
/*
 * The refcount mechanism's row of the table, and its struct_ops type
 * mempol_refcount_ops. What becomes of an attached engine is in attach.c.
 */
#include <linux/cpumask.h>
#include <linux/module.h>
#include <linux/time64.h>
#include "refcount.h"

static bool mempol_is_within(u32 value, u32 min, u32 max)
{
	return !value || (value >= min && value <= max);
}

static int mempol_refcount_valid(const void *kdata)
{
	const struct mempol_refcount_ops *ops = kdata;

	if (!ops->sampled || !ops->cgroup_id)
		return -EINVAL;
	return mempol_is_within(ops->sample, MEMPOL_REFCOUNT_MIN_SAMPLE,
				MEMPOL_REFCOUNT_MAX_SAMPLE) &&
			       mempol_is_within(ops->period_ms, MEMPOL_REFCOUNT_MIN_PERIOD_MS,
						MEMPOL_REFCOUNT_MAX_PERIOD_MS) &&
			       ops->max_files <= MEMPOL_REF_MAX_FILES ?
		       0 :
		       -EINVAL;
}

static const struct mempol_data_member mempol_refcount_data[] = {
	MEMPOL_DATA_MEMBER(struct mempol_refcount_ops, sample),
	MEMPOL_DATA_MEMBER(struct mempol_refcount_ops, period_ms),
	MEMPOL_DATA_MEMBER(struct mempol_refcount_ops, max_files),
};

/* Mandatory: a member without a stub is one that this kernel does not know. */
static s32 mempol_refcount_stub_init(u64 cgroup_id)
{
	return 0;
}

static void mempol_refcount_stub_exit(u32 kind)
{
}

static s32 mempol_refcount_stub_sampled(struct mempol_ref_sample *sample)
{
	return 0;
}

static s32 mempol_refcount_stub_review(struct mempol_refcount_file *file)
{
	return 0;
}

static struct mempol_refcount_ops mempol_refcount_stubs = {
	.init = mempol_refcount_stub_init,
	.exit = mempol_refcount_stub_exit,
	.sampled = mempol_refcount_stub_sampled,
	.review = mempol_refcount_stub_review,
};

MEMPOL_STRUCT_OPS(mempol_refcount_mechanism, mempol_refcount_ops, mempol_refcount_stubs);

/* To free or move a page, the kernel looks at the cells of each CPU with interrupts off. */
static int __init mempol_refcount_register(void)
{
	if (num_possible_cpus() > MEMPOL_REF_MAX_CPUS)
		return -EOPNOTSUPP;
	return register_bpf_struct_ops(&bpf_mempol_refcount_ops, mempol_refcount_ops);
}

struct mempol_mechanism mempol_refcount_mechanism __refdata = {
	.id = MEMPOL_MECH_REFCOUNT,
	.name = "refcount",
	.init = mempol_refcount_register,
	.flags = MEMPOL_OPS_HEARTBEAT,
	.data = mempol_refcount_data,
	.nr_data = ARRAY_SIZE(mempol_refcount_data),
	.calls = mempol_refcount_calls,
	.nr_calls = MEMPOL_REFCOUNT_NR_CALLS,
	.nr_counters = MEMPOL_REFCOUNT_NR_COUNTERS,
	.nr_refusals = MEMPOL_NR_REFUSALS,
	.budget_ns = NSEC_PER_SEC / 2,
	.mean_ns = 5 * NSEC_PER_MSEC,
	.valid = mempol_refcount_valid,
	.alloc = mempol_refcount_alloc,
	.free = mempol_refcount_free,
	.attach = mempol_refcount_attach,
	.replace = mempol_refcount_replace,
	.stop = mempol_refcount_stop,
	.detach = mempol_refcount_detach,
	.fill = mempol_refcount_fill,
	.count = mempol_refcount_extent,
	.set_passive = mempol_refcount_pause,
	.eject = mempol_refcount_eject,
	.dump = mempol_refcount_dump,
};
