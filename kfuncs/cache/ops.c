// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cache mechanism's row of the table, and its struct_ops type mempol_cache_ops.
 * What becomes of an attached engine is in policy.c.
 */
#include <linux/module.h>
#include <linux/time64.h>
#include "cache.h"

static int mempol_cache_valid(const void *kdata)
{
	const struct mempol_cache_ops *ops = kdata;

	if (!IS_ENABLED(CONFIG_MEMPOL_VERBS) && (ops->pin_permyriad || ops->pin_pages))
		return -EOPNOTSUPP;
	if (ops->pin_permyriad > 10000)
		return -EINVAL;
	return ops->added && ops->evict && ops->access_shift < 64 ? 0 : -EINVAL;
}

static const struct mempol_data_member mempol_cache_data[] = {
	MEMPOL_DATA_MEMBER(struct mempol_cache_ops, access_shift),
	MEMPOL_DATA_MEMBER(struct mempol_cache_ops, pin_pages),
	MEMPOL_DATA_MEMBER(struct mempol_cache_ops, pin_permyriad),
};

/* Mandatory: a member without a stub is one that this kernel does not know. */
static s32 mempol_stub_init(u64 cgroup_id)
{
	return 0;
}

static void mempol_stub_exit(u32 kind)
{
}

static s32 mempol_stub_added(struct folio *folio, struct mempol_cache_added_ctx *ctx)
{
	return MEMPOL_CACHE_TO_KERNEL;
}

static void mempol_stub_removed(struct folio *folio, u32 why)
{
}

static void mempol_stub_evict(struct mempol_cache_evict_ctx *ctx)
{
}

static void mempol_stub_accessed(struct folio *folio)
{
}

static struct mempol_cache_ops mempol_cache_stubs = {
	.init = mempol_stub_init,
	.exit = mempol_stub_exit,
	.added = mempol_stub_added,
	.removed = mempol_stub_removed,
	.evict = mempol_stub_evict,
	.accessed = mempol_stub_accessed,
};

MEMPOL_STRUCT_OPS(mempol_cache_mechanism, mempol_cache_ops, mempol_cache_stubs);

static int __init mempol_cache_register(void)
{
	return register_bpf_struct_ops(&bpf_mempol_cache_ops, mempol_cache_ops);
}

struct mempol_mechanism mempol_cache_mechanism __refdata = {
	.id = MEMPOL_MECH_CACHE,
	.name = "cache",
	.init = mempol_cache_register,
	.flush = mempol_cache_flush,
	.flags = MEMPOL_OPS_HEARTBEAT | MEMPOL_OPS_TO_KERNEL,
	.data = mempol_cache_data,
	.nr_data = ARRAY_SIZE(mempol_cache_data),
	.calls = mempol_cache_calls,
	.nr_calls = MEMPOL_CACHE_NR_CALLS,
	.callers = MEMPOL_CALLER(struct mempol_cache_ops, evict),
	.nr_counters = MEMPOL_CACHE_NR_COUNTERS,
	.nr_refusals = MEMPOL_NR_REFUSALS,
	.budget_ns = NSEC_PER_SEC / 2,
	.mean_ns = 5 * NSEC_PER_MSEC,
	.valid = mempol_cache_valid,
	.alloc = mempol_cache_alloc,
	.free = mempol_cache_free,
	.attach = mempol_cache_attach,
	.replace = mempol_cache_replace,
	.stop = mempol_cache_stop,
	.detach = mempol_cache_detach,
	.fill = mempol_cache_fill,
	.count = mempol_cache_extent,
	.set_passive = mempol_cache_pause,
	.eject = mempol_cache_eject,
	.tell = mempol_cache_tell,
	.dump = mempol_cache_dump,
};
