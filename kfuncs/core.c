// SPDX-License-Identifier: GPL-2.0-only
/*
 * mempol.ko: the list of attached policies, events, and what user space may
 * read. Knows no mechanism beyond calling it; never takes a decision.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include "balloon.h"
#include "cache.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

LIST_HEAD(mempol_policies);
DEFINE_MUTEX(mempol_policies_mutex); /* guards the list above */

/**
 * mempol_policy_init - what every record begins with
 * @policy: zeroed.
 * @mechanism: whose it is.
 * @link: what unreg() will name it by, or NULL.
 * @engine: its name.
 *
 * Return: 0, -ENOMEM.
 */
int mempol_policy_init(struct mempol_policy *policy, const struct mempol_mechanism_ops *mechanism,
		       struct bpf_link *link, const char *engine)
{
	policy->refusals = alloc_percpu(struct mempol_refusal_counts);
	if (!policy->refusals)
		return -ENOMEM;
	policy->mechanism = mechanism;
	policy->link = link;
	strscpy(policy->engine, engine, sizeof(policy->engine));
	policy->slow_since = jiffies;
	policy->next_report = jiffies;
	return 0;
}

void mempol_policy_destroy(struct mempol_policy *policy)
{
	free_percpu(policy->refusals);
}

void mempol_policy_add(struct mempol_policy *policy)
{
	mutex_lock(&mempol_policies_mutex);
	list_add(&policy->node, &mempol_policies);
	mutex_unlock(&mempol_policies_mutex);
}

/* No longer found by its link, but still there until it has drained. */
void mempol_policy_forget(struct mempol_policy *policy)
{
	mutex_lock(&mempol_policies_mutex);
	policy->link = NULL;
	mutex_unlock(&mempol_policies_mutex);
}

void mempol_policy_del(struct mempol_policy *policy)
{
	mutex_lock(&mempol_policies_mutex);
	list_del(&policy->node);
	mutex_unlock(&mempol_policies_mutex);
}

struct mempol_policy *mempol_policy_find(const struct bpf_link *link)
{
	struct mempol_policy *policy, *found = NULL;

	mutex_lock(&mempol_policies_mutex);
	list_for_each_entry(policy, &mempol_policies, node)
		if (policy->link == link)
			found = policy;
	mutex_unlock(&mempol_policies_mutex);
	return found;
}

/**
 * mempol_tell - report an event
 * @event: its body filled in.
 * @policy: whose.
 * @type: enum mempol_event_type.
 *
 * Context: any.
 */
void mempol_tell(struct mempol_event *event, struct mempol_policy *policy, u16 type)
{
	event->version = MEMPOL_ABI_VERSION;
	event->type = type;
	event->mechanism = policy->mechanism->id;
	event->policy_id = policy->id;
	event->cgroup_id = policy->cgroup_id;
	event->time_ns = ktime_get_ns();
	trace_mempol_event(event);
}

/* Context: process. */
void mempol_tell_state(struct mempol_policy *policy, u16 type)
{
	struct mempol_event event = {};

	policy->mechanism->count(policy, &event.body.state.pages, &event.body.state.cgroups);
	mempol_tell(&event, policy, type);
}

/* @pages: what it governed. Context: any. */
void mempol_tell_exit(struct mempol_policy *policy, u16 type, u64 pages)
{
	struct mempol_event event = {};

	event.body.exit.kind = policy->exit_kind;
	event.body.exit.pages = pages;
	strscpy(event.body.exit.reason, policy->reason, sizeof(event.body.exit.reason));
	mempol_tell(&event, policy, type);
}

/* The bad requests since it was last told of them. Context: any. */
void mempol_tell_refused(struct mempol_policy *policy)
{
	struct mempol_event event = {};
	u64 now = atomic64_read(&policy->nr_refused);

	if (now <= policy->told_refused)
		return;
	event.body.refused.count = now - policy->told_refused;
	event.body.refused.reason = READ_ONCE(policy->last_refusal);
	policy->told_refused = now;
	mempol_tell(&event, policy, MEMPOL_EV_REFUSED);
}

/**
 * mempol_refuse - count a request that was not valid
 * @policy: whose.
 * @why: what was wrong with it.
 *
 * Context: a callback of @policy.
 */
void mempol_refuse(struct mempol_policy *policy, enum mempol_refusal why)
{
	this_cpu_inc(policy->refusals->nr[why]);
	WRITE_ONCE(policy->last_refusal, why);
	if (atomic64_inc_return(&policy->nr_refused) == MEMPOL_MAX_REFUSALS)
		policy->mechanism->eject(policy, MEMPOL_EXIT_ERROR);
}

/*
 * A running program cannot be stopped, and the verifier lets loops in loops run
 * for long: note it, and do not call it again.
 */
static noinline void mempol_was_slow(struct mempol_policy *policy, u64 took)
{
	atomic_inc(&policy->nr_slow);
	if (took > READ_ONCE(policy->slowest))
		WRITE_ONCE(policy->slowest, took);
	if (time_after(jiffies, READ_ONCE(policy->slow_since) + MEMPOL_SLOW_WINDOW)) {
		WRITE_ONCE(policy->slow_since, jiffies);
		WRITE_ONCE(policy->slow_sum, 0);
	}
	WRITE_ONCE(policy->slow_sum, READ_ONCE(policy->slow_sum) + took);
	if (READ_ONCE(policy->slow_sum) > MEMPOL_SLOW_SUM)
		policy->mechanism->eject(policy, MEMPOL_EXIT_SLOW);
}

/**
 * mempol_took - a callback has ended
 * @policy: whose.
 * @took: how long it ran, in ns, by whichever clock suits its context.
 *
 * Context: any.
 */
void mempol_took(struct mempol_policy *policy, u64 took)
{
	if (unlikely(took > MEMPOL_SLOW))
		mempol_was_slow(policy, took);
}

static bool mempol_is_valid_access(int off, int size, enum bpf_access_type type,
				   const struct bpf_prog *prog, struct bpf_insn_access_aux *info)
{
	return bpf_tracing_btf_ctx_access(off, size, type, prog, info);
}

/* Loops that run a callback are hard to bound; bpf_for() and may_goto do as well. */
static const struct bpf_func_proto *mempol_func_proto(enum bpf_func_id id,
						      const struct bpf_prog *prog)
{
	switch (id) {
	case BPF_FUNC_loop:
	case BPF_FUNC_for_each_map_elem:
	case BPF_FUNC_user_ringbuf_drain:
		return NULL;
	default:
		return bpf_base_func_proto(id, prog);
	}
}

/* What the verifier lets an engine of any mechanism do. */
const struct bpf_verifier_ops mempol_verifier_ops = {
	.get_func_proto = mempol_func_proto,
	.is_valid_access = mempol_is_valid_access,
};

__bpf_kfunc_start_defs();

/**
 * bpf_mempol_policy_read - what the module knows of a policy
 * @query: a struct mempol_query, policy_id and info.version set; info is
 *	filled in. The whole of a SYSCALL program's context, because the verifier
 *	takes no pointer into it.
 * @query__sz: its size.
 *
 * Context: may sleep; SYSCALL programs only.
 * Return: 0; -ENOENT: no such policy, -EINVAL: another version or size.
 */
__bpf_kfunc int bpf_mempol_policy_read(void *query, u32 query__sz)
{
	struct mempol_query *q = query;
	struct mempol_policy_info *reply = &q->info;
	struct mempol_policy *policy;
	int err = -ENOENT, cpu, i;

	if (query__sz != sizeof(*q) || reply->version != MEMPOL_ABI_VERSION)
		return -EINVAL;

	mutex_lock(&mempol_policies_mutex);
	list_for_each_entry(policy, &mempol_policies, node) {
		if (policy->id != q->policy_id)
			continue;
		memset(reply, 0, sizeof(*reply));
		reply->version = MEMPOL_ABI_VERSION;
		reply->mechanism = policy->mechanism->id;
		reply->policy_id = policy->id;
		reply->cgroup_id = policy->cgroup_id;
		for_each_possible_cpu(cpu)
			for (i = 0; i < MEMPOL_NR_REFUSALS; i++)
				reply->refusals[i] += per_cpu_ptr(policy->refusals, cpu)->nr[i];
		memcpy(reply->engine, policy->engine, sizeof(reply->engine));
		/* Why it has left is written before that it has. */
		reply->exit_kind = smp_load_acquire(&policy->exit_kind);
		if (reply->exit_kind) {
			memcpy(reply->reason, policy->reason, sizeof(reply->reason));
			memcpy(reply->dump, policy->dump, sizeof(reply->dump));
		}
		policy->mechanism->fill(policy, reply);
		err = 0;
		break;
	}
	mutex_unlock(&mempol_policies_mutex);
	return err;
}

__bpf_kfunc_end_defs();

/* Trusted: without that flag the verifier lets a pointer pass that may be NULL. */
BTF_KFUNCS_START(mempol_syscall_kfuncs)
BTF_ID_FLAGS(func, bpf_mempol_policy_read, KF_SLEEPABLE | KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, bpf_mempol_beat, KF_SLEEPABLE)
#ifdef CONFIG_MEMPOL_BALLOON
BTF_ID_FLAGS(func, bpf_mempol_balloon_request, KF_SLEEPABLE)
BTF_ID_FLAGS(func, bpf_mempol_balloon_claim, KF_SLEEPABLE)
BTF_ID_FLAGS(func, bpf_mempol_balloon_block, KF_SLEEPABLE | KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, bpf_mempol_drop_cache, KF_SLEEPABLE)
#endif
BTF_KFUNCS_END(mempol_syscall_kfuncs)

static const struct btf_kfunc_id_set mempol_syscall_set = {
	.owner = THIS_MODULE,
	.set = &mempol_syscall_kfuncs,
};

static int __init mempol_module_init(void)
{
	int err;

	err = register_btf_kfunc_id_set(BPF_PROG_TYPE_SYSCALL, &mempol_syscall_set);
	if (err)
		return err;
	if (IS_ENABLED(CONFIG_MEMPOL_CACHE)) {
		err = mempol_cache_register_kfuncs() ?: mempol_cache_register();
		if (err)
			return err;
	}
	return IS_ENABLED(CONFIG_MEMPOL_BALLOON) ? mempol_balloon_register_ops() : 0;
}

/*
 * An attached policy holds a reference to the module through its struct_ops
 * map. What is left now are policies that drain, whose last step is ours.
 */
static void __exit mempol_module_exit(void)
{
#ifdef CONFIG_MEMPOL_CACHE
	bool empty;

	do {
		mempol_cache_flush();
		mutex_lock(&mempol_policies_mutex);
		empty = list_empty(&mempol_policies);
		mutex_unlock(&mempol_policies_mutex);
	} while (!empty);
	mempol_cache_flush();
#endif
	mempol_heartbeat_exit();
	tracepoint_synchronize_unregister();
}

module_init(mempol_module_init);
module_exit(mempol_module_exit);
MODULE_DESCRIPTION("Memory policies for cgroups, carried out by BPF programs");
MODULE_AUTHOR("The mempolicyd authors");
MODULE_LICENSE("GPL");
