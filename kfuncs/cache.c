// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cache mechanism: the struct_ops type mempol_cache_ops, and between mm and
 * an engine the checks, counts and reports. mm calls in here, this calls the
 * engine; whether a decision is legal is judged here and in mm, never there.
 */
#include <linux/cgroup.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include "cache.h"

/* Whose callback runs on this CPU; set with preemption off. */
static DEFINE_PER_CPU(struct mempol_policy *, mempol_running);

struct mempol_policy *mempol_cache_current(void)
{
	return this_cpu_read(mempol_running);
}

static struct mempol_policy *to_policy(struct mempol_cache_policy *cache)
{
	return container_of(cache, struct mempol_policy, cache);
}

static u64 mempol_cache_sum(struct mempol_policy *policy, enum mempol_cache_stat item)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu_ptr(policy->cache.stats, cpu)->item[item];
	return sum;
}

void mempol_cache_fill(struct mempol_policy *policy, struct mempol_policy_info *info)
{
	u64 lists[MEMPOL_CACHE_LISTS];

	mempol_cache_count(&policy->cache, &info->counters[MEMPOL_CACHE_GOVERNED_PAGES],
			   &info->cgroups, lists);
	info->counters[MEMPOL_CACHE_ADDED] = mempol_cache_sum(policy, MEMPOL_STAT_ADDED);
	info->counters[MEMPOL_CACHE_ACCESSED] = mempol_cache_sum(policy, MEMPOL_STAT_ACCESSED);
	info->counters[MEMPOL_CACHE_EVICTED] = mempol_cache_sum(policy, MEMPOL_STAT_EVICTED);
	info->counters[MEMPOL_CACHE_REMOVED] = mempol_cache_sum(policy, MEMPOL_STAT_REMOVED);
	info->counters[MEMPOL_CACHE_REFAULTS] = mempol_cache_sum(policy, MEMPOL_STAT_REFAULTS);
	info->counters[MEMPOL_CACHE_REFUSED] = atomic64_read(&policy->nr_refused);
	info->counters[MEMPOL_CACHE_FORCED] = mempol_cache_sum(policy, MEMPOL_STAT_FORCED);
	info->counters[MEMPOL_CACHE_EJECTIONS] = policy->exit_kind == MEMPOL_EXIT_STALLED ||
						 policy->exit_kind == MEMPOL_EXIT_ERROR ||
						 policy->exit_kind == MEMPOL_EXIT_SLOW;
	info->passive = READ_ONCE(policy->cache.exit) == MEMPOL_CACHE_PASSIVE;
	info->attached = READ_ONCE(policy->cache.exit) == MEMPOL_CACHE_LIVE || info->passive;
	info->exit_kind = policy->exit_kind;
}

/* At most one report a second of what happens often. */
static void mempol_cache_report(struct mempol_policy *policy)
{
	struct mempol_event event = {};
	u64 now;

	if (time_before(jiffies, READ_ONCE(policy->next_report)))
		return;
	WRITE_ONCE(policy->next_report, jiffies + HZ);

	now = mempol_cache_sum(policy, MEMPOL_STAT_FORCED);
	if (now != policy->told_forced) {
		event.body.forced.pages = now - policy->told_forced;
		policy->told_forced = now;
		mempol_tell(&event, policy, MEMPOL_EV_FORCED);
	}

	now = atomic64_read(&policy->nr_refused);
	if (now != policy->told_refused) {
		memset(&event, 0, sizeof(event));
		event.body.refused.count = now - policy->told_refused;
		event.body.refused.reason = READ_ONCE(policy->last_refusal);
		policy->told_refused = now;
		mempol_tell(&event, policy, MEMPOL_EV_REFUSED);
	}
}

/*
 * struct_ops programs have no recursion guard in 6.12. mm calls with preemption
 * off, so a callback that finds another one running was called from within it.
 */
static bool mempol_enter(struct mempol_policy *policy)
{
	if (this_cpu_read(mempol_running)) {
		mempol_refuse(policy, MEMPOL_REFUSED_CONTEXT);
		return false;
	}
	this_cpu_write(mempol_running, policy);
	return true;
}

/*
 * A running program cannot be stopped, and the verifier lets loops in loops run
 * for long: note it, and do not call it again.
 */
static noinline void mempol_was_slow(struct mempol_policy *policy, unsigned long took)
{
	unsigned long start = jiffies - took;

	atomic_inc(&policy->nr_slow);
	if (took > READ_ONCE(policy->slowest))
		WRITE_ONCE(policy->slowest, took);
	if (time_after(start, READ_ONCE(policy->slow_since) + MEMPOL_SLOW_WINDOW)) {
		WRITE_ONCE(policy->slow_since, start);
		WRITE_ONCE(policy->slow_sum, 0);
	}
	WRITE_ONCE(policy->slow_sum, READ_ONCE(policy->slow_sum) + took);
	if (READ_ONCE(policy->slow_sum) > MEMPOL_SLOW_SUM)
		mempol_cache_eject(&policy->cache, MEMPOL_CACHE_SLOW);
}

static void mempol_leave(struct mempol_policy *policy, unsigned long start)
{
	this_cpu_write(mempol_running, NULL);
	if (unlikely(jiffies - start > MEMPOL_SLOW_JIFFIES))
		mempol_was_slow(policy, jiffies - start);
}

static int mempol_added(struct mempol_cache_policy *cache, struct folio *folio,
			struct mempol_cache_added_ctx *ctx)
{
	struct mempol_policy *policy = to_policy(cache);
	unsigned long start = jiffies;
	int list;

	if (!mempol_enter(policy))
		return MEMPOL_CACHE_TO_KERNEL;
	list = policy->ops->added(folio, ctx);
	if (list >= 0 && (list & ~MEMPOL_CACHE_TAIL) >= MEMPOL_CACHE_LISTS) {
		mempol_refuse(policy, MEMPOL_REFUSED_LIST);
		list = MEMPOL_CACHE_TO_KERNEL;
	}
	mempol_leave(policy, start);
	return list;
}

static void mempol_accessed(struct mempol_cache_policy *cache, struct folio *folio)
{
	struct mempol_policy *policy = to_policy(cache);
	unsigned long start = jiffies;

	if (mempol_enter(policy)) {
		policy->ops->accessed(folio);
		mempol_leave(policy, start);
	}
}

static void mempol_removed(struct mempol_cache_policy *cache, struct folio *folio,
			   enum mempol_cache_why why)
{
	struct mempol_policy *policy = to_policy(cache);
	unsigned long start = jiffies;

	if (mempol_enter(policy)) {
		policy->ops->removed(folio, why);
		mempol_leave(policy, start);
	}
}

static void mempol_evict(struct mempol_cache_policy *cache, struct mempol_cache_evict_ctx *ctx)
{
	struct mempol_policy *policy = to_policy(cache);
	unsigned long start = jiffies;

	if (mempol_enter(policy)) {
		policy->ops->evict(ctx);
		mempol_leave(policy, start);
	}
	mempol_cache_report(policy);
}

static const struct {
	u32 kind;
	const char *reason;
} mempol_exits[] = {
	[MEMPOL_CACHE_DETACHED] = { MEMPOL_EXIT_DETACHED, "its link was closed" },
	[MEMPOL_CACHE_REPLACED] = { MEMPOL_EXIT_REPLACED, "another engine took its lists over" },
	[MEMPOL_CACHE_OFFLINE] = { MEMPOL_EXIT_CGROUP, "its cgroup was removed" },
	[MEMPOL_CACHE_STALLED] = { MEMPOL_EXIT_STALLED,
				   "it withheld pages while its cgroup was under pressure" },
	[MEMPOL_CACHE_FAILED] = { MEMPOL_EXIT_ERROR, "it made too many invalid requests" },
	[MEMPOL_CACHE_SLOW] = { MEMPOL_EXIT_SLOW, "its callbacks ran too long" },
};

/* Note why it left, and what its lists looked like. */
static void mempol_cache_note_exit(struct mempol_policy *policy, u64 pages, const u64 *lists)
{
	int exit = READ_ONCE(policy->cache.exit), i, len;

	policy->exit_kind = mempol_exits[exit].kind;
	strscpy(policy->reason, mempol_exits[exit].reason, sizeof(policy->reason));
	len = scnprintf(policy->dump, sizeof(policy->dump),
			"governed %llu evicted %llu forced %llu refused %lld strikes %d ", pages,
			mempol_cache_sum(policy, MEMPOL_STAT_EVICTED),
			mempol_cache_sum(policy, MEMPOL_STAT_FORCED),
			atomic64_read(&policy->nr_refused), atomic_read(&policy->cache.strikes));
	len += scnprintf(policy->dump + len, sizeof(policy->dump) - len, "slow %d, %u ms; lists",
			 atomic_read(&policy->nr_slow),
			 jiffies_to_msecs(READ_ONCE(policy->slowest)));
	for (i = 0; i < MEMPOL_CACHE_LISTS; i++)
		len += scnprintf(policy->dump + len, sizeof(policy->dump) - len, " %llu", lists[i]);
}

static void mempol_exited(struct mempol_cache_policy *cache, u64 pages, const u64 *lists)
{
	struct mempol_policy *policy = to_policy(cache);

	mempol_cache_note_exit(policy, pages, lists);
	mempol_tell_exit(policy,
			 policy->exit_kind == MEMPOL_EXIT_CGROUP ? MEMPOL_EV_DETACHED :
								   MEMPOL_EV_EJECTED,
			 pages);
}

static void mempol_policy_free(struct mempol_policy *policy)
{
	free_percpu(policy->refusals);
	free_percpu(policy->cache.stats);
	kfree(policy->cache.ops);
	kfree(policy);
}

static void mempol_drained(struct mempol_cache_policy *cache)
{
	struct mempol_policy *policy = to_policy(cache);

	mempol_tell_state(policy, MEMPOL_EV_DRAINED);
	mempol_policy_del(policy);
	mempol_policy_free(policy);
}

static struct mempol_policy *mempol_policy_alloc(struct mempol_cache_ops *ops,
						 struct bpf_link *link)
{
	struct mempol_cache_policy_ops *callbacks;
	struct mempol_policy *policy;

	policy = kzalloc(sizeof(*policy), GFP_KERNEL);
	callbacks = kzalloc(sizeof(*callbacks), GFP_KERNEL);
	if (!policy || !callbacks) {
		kfree(policy);
		kfree(callbacks);
		return NULL;
	}

	policy->cache.ops = callbacks;
	policy->cache.stats = alloc_percpu(struct mempol_cache_stats);
	policy->refusals = alloc_percpu(struct mempol_refusal_counts);
	if (!policy->cache.stats || !policy->refusals) {
		mempol_policy_free(policy);
		return NULL;
	}

	callbacks->added = mempol_added;
	callbacks->evict = mempol_evict;
	callbacks->accessed = ops->accessed ? mempol_accessed : NULL;
	callbacks->removed = ops->removed ? mempol_removed : NULL;
	callbacks->exited = mempol_exited;
	callbacks->drained = mempol_drained;
	policy->ops = ops;
	policy->link = link;
	policy->id = ops->policy_id;
	policy->cgroup_id = ops->cgroup_id;
	strscpy(policy->engine, ops->name, sizeof(policy->engine));
	policy->heartbeat = ops->flags & MEMPOL_OPS_HEARTBEAT;
	policy->slow_since = jiffies;
	policy->next_report = jiffies;
	return policy;
}

/* A record of @ops, its init() called. */
static struct mempol_policy *mempol_policy_start(struct mempol_cache_ops *ops,
						 struct bpf_link *link)
{
	struct mempol_policy *policy;
	int err;

	policy = mempol_policy_alloc(ops, link);
	if (!policy)
		return ERR_PTR(-ENOMEM);

	err = ops->init ? ops->init(ops->cgroup_id) : 0;
	if (err) {
		mempol_policy_free(policy);
		return ERR_PTR(err < 0 && err >= -MAX_ERRNO ? err : -EINVAL);
	}
	mempol_policy_add(policy);
	return policy;
}

/* Undo mempol_policy_start(): mm did not take it. */
static void mempol_policy_abandon(struct mempol_policy *policy)
{
	struct mempol_cache_ops *ops = policy->ops;

	mempol_policy_del(policy);
	mempol_policy_free(policy);
	if (ops->exit)
		ops->exit(MEMPOL_EXIT_NONE);
}

static int mempol_cache_reg(void *kdata, struct bpf_link *link)
{
	struct mempol_cache_ops *ops = kdata;
	struct mempol_policy *policy;
	int err;

	/* Without a link the map could not be taken back when its owner dies. */
	if (!link)
		return -EOPNOTSUPP;

	policy = mempol_policy_start(ops, link);
	if (IS_ERR(policy))
		return PTR_ERR(policy);

	err = mempol_cache_attach(&policy->cache, ops->cgroup_id);
	if (err) {
		mempol_policy_abandon(policy);
		return err;
	}
	mempol_heartbeat_join(policy);
	mempol_tell_state(policy, MEMPOL_EV_ATTACHED);
	return 0;
}

static void mempol_cache_unreg(void *kdata, struct bpf_link *link)
{
	u64 lists[MEMPOL_CACHE_LISTS], pages, cgroups;
	struct mempol_cache_ops *ops = kdata;
	struct mempol_policy *policy = mempol_policy_find(link);
	u32 kind;

	if (WARN_ON_ONCE(!policy))
		return;

	mempol_cache_count(&policy->cache, &pages, &cgroups, lists);
	mempol_cache_stop(&policy->cache);
	if (!policy->exit_kind) {
		mempol_cache_note_exit(policy, pages, lists);
		mempol_tell_exit(policy, MEMPOL_EV_DETACHED, pages);
	}
	kind = policy->exit_kind;
	mempol_policy_forget(policy);
	/* It may be freed behind this. */
	mempol_cache_detach(&policy->cache);
	if (ops->exit)
		ops->exit(kind);
}

static int mempol_cache_update(void *kdata, void *old_kdata, struct bpf_link *link)
{
	struct mempol_cache_ops *ops = kdata, *old_ops = old_kdata;
	struct mempol_policy *policy, *old = mempol_policy_find(link);
	int err;

	if (WARN_ON_ONCE(!old))
		return -ENOENT;
	if (ops->cgroup_id != old_ops->cgroup_id)
		return -EINVAL;

	policy = mempol_policy_start(ops, NULL);
	if (IS_ERR(policy))
		return PTR_ERR(policy);

	/* From here on @old may drain and be freed at any time. */
	mempol_policy_forget(old);
	err = mempol_cache_replace(&old->cache, &policy->cache);
	if (err) {
		mempol_policy_abandon(policy);
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

static int mempol_cache_validate(void *kdata)
{
	struct mempol_cache_ops *ops = kdata;

	return ops->added && ops->evict ? 0 : -EINVAL;
}

static int mempol_cache_init_member(const struct btf_type *t, const struct btf_member *member,
				    void *kdata, const void *udata)
{
	const struct mempol_cache_ops *uops = udata;
	struct mempol_cache_ops *ops = kdata;

	switch (__btf_member_bit_offset(t, member) / 8) {
	case offsetof(struct mempol_cache_ops, cgroup_id):
		ops->cgroup_id = uops->cgroup_id;
		return 1;
	case offsetof(struct mempol_cache_ops, policy_id):
		ops->policy_id = uops->policy_id;
		return 1;
	case offsetof(struct mempol_cache_ops, flags):
		if (uops->flags & ~MEMPOL_OPS_HEARTBEAT)
			return -EINVAL;
		ops->flags = uops->flags;
		return 1;
	case offsetof(struct mempol_cache_ops, name):
		strscpy(ops->name, uops->name, sizeof(ops->name));
		return 1;
	}
	return 0;
}

/* init() and exit() alone may sleep: mm calls the others with preemption off. */
static int mempol_cache_check_member(const struct btf_type *t, const struct btf_member *member,
				     const struct bpf_prog *prog)
{
	switch (__btf_member_bit_offset(t, member) / 8) {
	case offsetof(struct mempol_cache_ops, init):
	case offsetof(struct mempol_cache_ops, exit):
		return 0;
	}
	return prog->sleepable ? -EINVAL : 0;
}

static int mempol_cache_init(struct btf *btf)
{
	mempol_btf = btf;
	return 0;
}

static bool mempol_cache_is_valid_access(int off, int size, enum bpf_access_type type,
					 const struct bpf_prog *prog,
					 struct bpf_insn_access_aux *info)
{
	return bpf_tracing_btf_ctx_access(off, size, type, prog, info);
}

/* Loops that run a callback are hard to bound; bpf_for() and may_goto do as well. */
static const struct bpf_func_proto *mempol_cache_func_proto(enum bpf_func_id id,
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

static const struct bpf_verifier_ops mempol_cache_verifier_ops = {
	.get_func_proto = mempol_cache_func_proto,
	.is_valid_access = mempol_cache_is_valid_access,
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

static struct bpf_struct_ops bpf_mempol_cache_ops = {
	.verifier_ops = &mempol_cache_verifier_ops,
	.init = mempol_cache_init,
	.check_member = mempol_cache_check_member,
	.init_member = mempol_cache_init_member,
	.validate = mempol_cache_validate,
	.reg = mempol_cache_reg,
	.unreg = mempol_cache_unreg,
	.update = mempol_cache_update,
	.cfi_stubs = &mempol_cache_stubs,
	.owner = THIS_MODULE,
	.name = "mempol_cache_ops",
};

int __init mempol_cache_register(void)
{
	return register_bpf_struct_ops(&bpf_mempol_cache_ops, mempol_cache_ops);
}
