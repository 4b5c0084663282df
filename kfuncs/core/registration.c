// SPDX-License-Identifier: GPL-2.0-only
/*
 * How an engine becomes a policy, is replaced and leaves, for every struct_ops type
 * of the module; and what the verifier lets an engine do. The mechanism attaches and
 * detaches; nothing here knows what a policy governs.
 */
#include <linux/capability.h>
#include <linux/module.h>
#include "run.h"

static bool mempol_is_valid_access(int off, int size, enum bpf_access_type type,
				   const struct bpf_prog *prog, struct bpf_insn_access_aux *info)
{
	return bpf_tracing_btf_ctx_access(off, size, type, prog, info);
}

/*
 * The helpers that an engine may call: each is bounded, and takes no longer with interrupts
 * off than an element of a map takes to copy. None locks, sleeps, starts what goes on after
 * the callback, or runs a callback of the engine's in a loop: bpf_spin_lock() would stop
 * the tick that callbacks are timed by. What 6.12 has besides is left out until an
 * engine needs it, and so is what later kernels will have.
 */
static const struct bpf_func_proto *mempol_func_proto(enum bpf_func_id id,
						      const struct bpf_prog *prog)
{
	switch (id) {
	case BPF_FUNC_map_lookup_elem:
	case BPF_FUNC_map_update_elem:
	case BPF_FUNC_map_delete_elem:
	case BPF_FUNC_map_lookup_percpu_elem:
	case BPF_FUNC_ringbuf_output:
	case BPF_FUNC_ringbuf_reserve:
	case BPF_FUNC_ringbuf_submit:
	case BPF_FUNC_ringbuf_discard:
	case BPF_FUNC_tail_call:
	case BPF_FUNC_ktime_get_ns:
	case BPF_FUNC_jiffies64:
	case BPF_FUNC_get_prandom_u32:
	case BPF_FUNC_get_smp_processor_id:
	case BPF_FUNC_get_numa_node_id:
	case BPF_FUNC_get_current_pid_tgid:
	case BPF_FUNC_get_current_task_btf:
	case BPF_FUNC_get_current_cgroup_id:
	case BPF_FUNC_probe_read_kernel:
	case BPF_FUNC_trace_printk:
	case BPF_FUNC_trace_vprintk:
	case BPF_FUNC_kptr_xchg:
		return bpf_base_func_proto(id, prog);
	default:
		return NULL;
	}
}

/* What the verifier lets an engine of any mechanism do. */
const struct bpf_verifier_ops mempol_verifier_ops = {
	.get_func_proto = mempol_func_proto,
	.is_valid_access = mempol_is_valid_access,
};

struct btf *mempol_btf;

int mempol_btf_init(struct btf *btf)
{
	mempol_btf = btf;
	return 0;
}

static struct mempol_policy *mempol_policy_alloc(struct mempol_mechanism *mechanism,
						 struct mempol_ops *ops, struct bpf_link *link)
{
	struct mempol_policy_stats __percpu *stats = alloc_percpu(struct mempol_policy_stats);
	struct mempol_policy *policy = stats ? mechanism->alloc(ops) : NULL;

	if (!policy) {
		free_percpu(stats);
		return NULL;
	}
	policy->mechanism = mechanism;
	policy->ops = ops;
	policy->link = link;
	policy->id = ops->policy_id;
	policy->cgroup_id = ops->cgroup_id;
	policy->mode = ops->mode;
	policy->heartbeat = ops->flags & MEMPOL_OPS_HEARTBEAT;
	policy->stats = stats;
	policy->pool_since = jiffies;
	policy->next_report = jiffies;
	refcount_set(&policy->refs, 1);
	strscpy(policy->engine, ops->name, sizeof(policy->engine));
	return policy;
}

/* A record of @ops in the list, its init() called. */
static struct mempol_policy *mempol_start(struct mempol_mechanism *mechanism,
					  struct mempol_ops *ops, struct bpf_link *link)
{
	struct mempol_policy *policy = mempol_policy_alloc(mechanism, ops, link);
	int err = 0;
	u64 begin;

	if (!policy)
		return ERR_PTR(-ENOMEM);

	if (ops->init) {
		begin = mempol_task_begin();
		err = ops->init(ops->cgroup_id);
		mempol_task_count(policy, begin);
	}
	if (err) {
		mempol_policy_put(policy);
		return ERR_PTR(err < 0 && err >= -MAX_ERRNO ? err : -EINVAL);
	}
	mempol_policy_add(policy);
	return policy;
}

/* Undo mempol_start(): its mechanism did not take it. */
static void mempol_abandon(struct mempol_policy *policy)
{
	struct mempol_ops *ops = policy->ops;

	mempol_policy_del(policy);
	if (ops->exit)
		ops->exit(MEMPOL_EXIT_NONE);
}

int mempol_reg(struct mempol_mechanism *mechanism, void *kdata, struct bpf_link *link)
{
	struct mempol_policy *policy;
	int err;

	/* Without a link the map could not be taken back when its owner dies. */
	if (!link)
		return -EOPNOTSUPP;
	/* A token may let somebody attach engines; the machine is not part of that. */
	if (mechanism->machine_wide && !capable(CAP_SYS_ADMIN))
		return -EPERM;

	policy = mempol_start(mechanism, kdata, link);
	if (IS_ERR(policy))
		return PTR_ERR(policy);

	err = mechanism->attach(policy);
	if (err) {
		mempol_abandon(policy);
		return err;
	}
	mempol_heartbeat_join(policy);
	mempol_tell_state(policy, MEMPOL_EV_ATTACHED);
	return 0;
}

void mempol_unreg(void *kdata, struct bpf_link *link)
{
	struct mempol_policy *policy = mempol_policy_find(link);
	struct mempol_ops *ops = kdata;
	u64 pages, cgroups;
	u32 kind;

	if (WARN_ON_ONCE(!policy))
		return;

	policy->mechanism->count(policy, &pages, &cgroups);
	policy->mechanism->stop(policy);
	if (mempol_note_exit(policy, MEMPOL_EXIT_DETACHED))
		mempol_tell_exit(policy, MEMPOL_EV_DETACHED, pages);
	kind = policy->exit_kind;
	mempol_policy_forget(policy);
	/* It may be freed behind this. */
	policy->mechanism->detach(policy);
	if (ops->exit)
		ops->exit(kind);
}

int mempol_update(struct mempol_mechanism *mechanism, void *kdata, void *old_kdata,
		  struct bpf_link *link)
{
	struct mempol_ops *ops = kdata, *old_ops = old_kdata;
	struct mempol_policy *policy, *old;
	int err;

	if (!mechanism->replace)
		return -EOPNOTSUPP;
	if (ops->cgroup_id != old_ops->cgroup_id)
		return -EINVAL;
	old = mempol_policy_find(link);
	if (WARN_ON_ONCE(!old))
		return -ENOENT;

	policy = mempol_start(mechanism, ops, NULL);
	if (IS_ERR(policy))
		return PTR_ERR(policy);

	/* From here on @old may drain and be freed at any time. */
	mempol_policy_forget(old);
	err = mechanism->replace(old, policy);
	if (err) {
		mempol_abandon(policy);
		/* It was ejected, so it is still there. */
		old->link = link;
		return err;
	}
	policy->link = link;
	mempol_heartbeat_join(policy);
	mempol_tell_state(policy, MEMPOL_EV_REPLACED);
	if (old_ops->exit)
		old_ops->exit(MEMPOL_EXIT_REPLACED);
	return 0;
}

int mempol_validate(struct mempol_mechanism *mechanism, void *kdata)
{
	const struct mempol_ops *ops = kdata;

	if (ops->flags & ~mechanism->flags)
		return -EINVAL;
	if (mechanism->machine_wide && ops->cgroup_id)
		return -EINVAL;
	if (ops->mode != MEMPOL_MODE_ENFORCE)
		return -EOPNOTSUPP;
	/* No callback runs, so none need be there. */
	if (ops->flags & MEMPOL_OPS_TO_KERNEL)
		return 0;
	return mechanism->valid(ops);
}

/* The head is checked by mempol_validate(), other data by the mechanism's valid(). */
int mempol_init_member(struct mempol_mechanism *mechanism, const struct btf_type *t,
		       const struct btf_member *member, void *kdata, const void *udata)
{
	u32 offset = __btf_member_bit_offset(t, member) / 8, i;
	const struct mempol_ops_head *uhead = udata;
	struct mempol_ops_head *head = kdata;

	if (offset == offsetof(struct mempol_ops_head, name)) {
		strscpy(head->name, uhead->name, sizeof(head->name));
		return 1;
	}
	if (offset < offsetof(struct mempol_ops_head, name)) {
		memcpy(head, uhead, offsetof(struct mempol_ops_head, name));
		return 1;
	}
	for (i = 0; i < mechanism->nr_data; i++) {
		if (offset != mechanism->data[i].offset)
			continue;
		memcpy(kdata + offset, udata + offset, mechanism->data[i].size);
		return 1;
	}
	return 0;
}

/*
 * Here is where a program is seen before it is verified. init() and exit() alone may
 * sleep: the others run with preemption off, or delay what somebody waits for.
 */
int mempol_check_member(struct mempol_mechanism *mechanism, const struct btf_type *t,
			const struct btf_member *member, const struct bpf_prog *prog)
{
	/* For the filter of the kfuncs, which is asked after this. */
	WRITE_ONCE(mechanism->btf_type_id, prog->aux->attach_btf_id);
	if (!mempol_kfuncs_are_allowed(prog))
		return -EACCES;

	switch (__btf_member_bit_offset(t, member) / 8) {
	case offsetof(struct mempol_ops, init):
	case offsetof(struct mempol_ops, exit):
		return 0;
	}
	return prog->sleepable ? -EINVAL : 0;
}
