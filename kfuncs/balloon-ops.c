// SPDX-License-Identifier: GPL-2.0-only
/*
 * The struct_ops type mempol_balloon_ops: what the verifier lets an engine do,
 * and its registration. What becomes of an attached engine is in balloon.c.
 */
#include <linux/module.h>
#include "balloon.h"

static int mempol_balloon_reg(void *kdata, struct bpf_link *link)
{
	struct mempol_balloon_ops *ops = kdata;
	struct mempol_balloon *record;
	int err;

	/* Without a link the map could not be taken back when its owner dies. */
	if (!link)
		return -EOPNOTSUPP;

	record = mempol_balloon_alloc(ops, link);
	if (!record)
		return -ENOMEM;

	err = ops->init ? ops->init(0) : 0;
	if (err) {
		mempol_balloon_put(record);
		return err < 0 && err >= -MAX_ERRNO ? err : -EINVAL;
	}
	mempol_policy_add(&record->policy);
	err = mempol_balloon_begin(record);
	if (err) {
		mempol_policy_del(&record->policy);
		/* A missing beat or a request may have set it to work. */
		mempol_balloon_close(record);
		mempol_balloon_put(record);
		if (ops->exit)
			ops->exit(MEMPOL_EXIT_NONE);
		return err;
	}
	mempol_heartbeat_join(&record->policy);
	mempol_tell_state(&record->policy, MEMPOL_EV_ATTACHED);
	return 0;
}

static void mempol_balloon_unreg(void *kdata, struct bpf_link *link)
{
	struct mempol_policy *policy = mempol_policy_find(link);
	struct mempol_balloon_ops *ops = kdata;
	struct mempol_balloon *record;
	u64 pages, cgroups;

	if (WARN_ON_ONCE(!policy))
		return;

	record = mempol_balloon_of(policy);
	policy->mechanism->count(policy, &pages, &cgroups);
	if (mempol_balloon_note_exit(record, MEMPOL_EXIT_DETACHED, "its link was closed"))
		mempol_tell_exit(policy, MEMPOL_EV_DETACHED, pages);
	/* From here on neither heartbeat nor request finds it. */
	mempol_policy_del(policy);
	mempol_balloon_end(record);
	mempol_tell_state(policy, MEMPOL_EV_DRAINED);
	if (ops->exit)
		ops->exit(policy->exit_kind);
	mempol_balloon_put(record);
}

static int mempol_balloon_validate(void *kdata)
{
	struct mempol_balloon_ops *ops = kdata;

	return ops->target ? 0 : -EINVAL;
}

static int mempol_balloon_init_member(const struct btf_type *t, const struct btf_member *member,
				      void *kdata, const void *udata)
{
	const struct mempol_balloon_ops *uops = udata;
	struct mempol_balloon_ops *ops = kdata;

	switch (__btf_member_bit_offset(t, member) / 8) {
	case offsetof(struct mempol_balloon_ops, policy_id):
		ops->policy_id = uops->policy_id;
		return 1;
	case offsetof(struct mempol_balloon_ops, keep_pages):
		ops->keep_pages = uops->keep_pages;
		return 1;
	case offsetof(struct mempol_balloon_ops, flags):
		if (uops->flags & ~MEMPOL_OPS_HEARTBEAT)
			return -EINVAL;
		ops->flags = uops->flags;
		return 1;
	case offsetof(struct mempol_balloon_ops, period_ms):
		ops->period_ms = uops->period_ms;
		return 1;
	case offsetof(struct mempol_balloon_ops, name):
		strscpy(ops->name, uops->name, sizeof(ops->name));
		return 1;
	}
	return 0;
}

/* init() and exit() alone may sleep: what the others delay is memory. */
static int mempol_balloon_check_member(const struct btf_type *t, const struct btf_member *member,
				       const struct bpf_prog *prog)
{
	switch (__btf_member_bit_offset(t, member) / 8) {
	case offsetof(struct mempol_balloon_ops, init):
	case offsetof(struct mempol_balloon_ops, exit):
		return 0;
	}
	return prog->sleepable ? -EINVAL : 0;
}

static int mempol_balloon_init(struct btf *btf)
{
	return 0;
}

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

static struct bpf_struct_ops bpf_mempol_balloon_ops = {
	.verifier_ops = &mempol_verifier_ops,
	.init = mempol_balloon_init,
	.check_member = mempol_balloon_check_member,
	.init_member = mempol_balloon_init_member,
	.validate = mempol_balloon_validate,
	.reg = mempol_balloon_reg,
	.unreg = mempol_balloon_unreg,
	.cfi_stubs = &mempol_balloon_stubs,
	.owner = THIS_MODULE,
	.name = "mempol_balloon_ops",
};

int __init mempol_balloon_register_ops(void)
{
	return register_bpf_struct_ops(&bpf_mempol_balloon_ops, mempol_balloon_ops);
}
