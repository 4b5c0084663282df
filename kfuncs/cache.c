// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cache mechanism: the struct_ops type mempol_cache_ops, and between mm and
 * an engine the checks, counts and reports. mm calls in here, this calls the
 * engine; whether a decision is legal is judged here and in mm, never there.
 */
#include <linux/cgroup.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/sched/clock.h>
#include <linux/slab.h>
#include <linux/vtime.h>
#include "cache.h"

/* Whose callback runs on this CPU; set with preemption off. */
static DEFINE_PER_CPU(struct mempol_cache *, mempol_running);

struct mempol_cache *mempol_cache_current(void)
{
	return this_cpu_read(mempol_running);
}

static struct mempol_cache *from_mm(struct mempol_cache_policy *cache)
{
	return container_of(cache, struct mempol_cache, cache);
}

static struct mempol_cache *from_policy(struct mempol_policy *policy)
{
	return container_of(policy, struct mempol_cache, policy);
}

static u64 mempol_cache_sum(struct mempol_cache *record, enum mempol_cache_stat item)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu_ptr(record->cache.stats, cpu)->item[item];
	return sum;
}

static void mempol_cache_fill(struct mempol_policy *policy, struct mempol_policy_info *info)
{
	struct mempol_cache *record = from_policy(policy);
	int exit = READ_ONCE(record->cache.exit);
	u64 lists[MEMPOL_CACHE_LISTS];

	mempol_cache_count(&record->cache, &info->counters[MEMPOL_CACHE_GOVERNED_PAGES],
			   &info->cgroups, lists);
	info->counters[MEMPOL_CACHE_ADDED] = mempol_cache_sum(record, MEMPOL_STAT_ADDED);
	info->counters[MEMPOL_CACHE_ACCESSED] = mempol_cache_sum(record, MEMPOL_STAT_ACCESSED);
	info->counters[MEMPOL_CACHE_EVICTED] = mempol_cache_sum(record, MEMPOL_STAT_EVICTED);
	info->counters[MEMPOL_CACHE_REMOVED] = mempol_cache_sum(record, MEMPOL_STAT_REMOVED);
	info->counters[MEMPOL_CACHE_REFAULTS] = mempol_cache_sum(record, MEMPOL_STAT_REFAULTS);
	info->counters[MEMPOL_CACHE_REFUSED] = atomic64_read(&policy->nr_refused);
	info->counters[MEMPOL_CACHE_FORCED] = mempol_cache_sum(record, MEMPOL_STAT_FORCED);
	info->counters[MEMPOL_CACHE_EJECTIONS] = info->exit_kind == MEMPOL_EXIT_STALLED ||
						 info->exit_kind == MEMPOL_EXIT_ERROR ||
						 info->exit_kind == MEMPOL_EXIT_SLOW;
	info->passive = exit == MEMPOL_CACHE_PASSIVE;
	/* One that is being ejected is until it is noted why. */
	info->attached = !info->exit_kind && exit != MEMPOL_CACHE_REPLACED &&
			 exit != MEMPOL_CACHE_DETACHED;
}

static void mempol_cache_extent(struct mempol_policy *policy, u64 *pages, u64 *cgroups)
{
	u64 lists[MEMPOL_CACHE_LISTS];

	mempol_cache_count(&from_policy(policy)->cache, pages, cgroups, lists);
}

static bool mempol_cache_pause(struct mempol_policy *policy, bool passive)
{
	return mempol_cache_set_passive(&from_policy(policy)->cache, passive);
}

static void mempol_cache_throw_out(struct mempol_policy *policy, u32 kind)
{
	mempol_cache_eject(&from_policy(policy)->cache,
			   kind == MEMPOL_EXIT_SLOW ? MEMPOL_CACHE_SLOW : MEMPOL_CACHE_FAILED);
}

static const struct mempol_mechanism_ops mempol_cache_mechanism = {
	.id = MEMPOL_MECH_CACHE,
	.fill = mempol_cache_fill,
	.count = mempol_cache_extent,
	.set_passive = mempol_cache_pause,
	.eject = mempol_cache_throw_out,
};

/* What happens often, and has since it was last told. */
static void mempol_cache_tell(struct mempol_cache *record)
{
	struct mempol_event event = {};
	u64 now;

	now = mempol_cache_sum(record, MEMPOL_STAT_FORCED);
	if (now > record->told_forced) {
		event.body.forced.pages = now - record->told_forced;
		record->told_forced = now;
		mempol_tell(&event, &record->policy, MEMPOL_EV_FORCED);
	}
	mempol_tell_refused(&record->policy);
}

/* At most once a second, by one CPU. */
static void mempol_cache_report(struct mempol_cache *record)
{
	unsigned long next = READ_ONCE(record->policy.next_report);

	if (time_after_eq(jiffies, next) &&
	    try_cmpxchg(&record->policy.next_report, &next, jiffies + HZ))
		mempol_cache_tell(record);
}

/*
 * struct_ops programs have no recursion guard in 6.12. mm calls with preemption
 * off, so a callback that finds another one running was called from within it.
 */
static bool mempol_enter(struct mempol_cache *record)
{
	if (this_cpu_read(mempol_running)) {
		mempol_refuse(&record->policy, MEMPOL_REFUSED_CONTEXT);
		return false;
	}
	this_cpu_write(mempol_running, record);
	return true;
}

/*
 * How long a callback has had its CPU, in ns. Nothing preempts it, but the CPU of
 * a guest may wait for one of the host's, and that is not the engine's fault; the
 * tick counts what ran only. Where it does not count (nohz_full), the clock does.
 */
static u64 mempol_cpu_clock(void)
{
	return vtime_accounting_enabled_this_cpu() ? local_clock() : READ_ONCE(current->stime);
}

static void mempol_leave(struct mempol_cache *record, u64 start)
{
	this_cpu_write(mempol_running, NULL);
	mempol_took(&record->policy, mempol_cpu_clock() - start);
}

static int mempol_added(struct mempol_cache_policy *cache, struct folio *folio,
			struct mempol_cache_added_ctx *ctx)
{
	struct mempol_cache *record = from_mm(cache);
	u64 start = mempol_cpu_clock();
	int list;

	if (!mempol_enter(record))
		return MEMPOL_CACHE_TO_KERNEL;
	list = record->ops->added(folio, ctx);
	if (list >= 0 && (list & ~MEMPOL_CACHE_TAIL) >= MEMPOL_CACHE_LISTS) {
		mempol_refuse(&record->policy, MEMPOL_REFUSED_LIST);
		list = MEMPOL_CACHE_TO_KERNEL;
	}
	mempol_leave(record, start);
	return list;
}

static void mempol_accessed(struct mempol_cache_policy *cache, struct folio *folio)
{
	struct mempol_cache *record = from_mm(cache);
	u64 start = mempol_cpu_clock();

	if (mempol_enter(record)) {
		record->ops->accessed(folio);
		mempol_leave(record, start);
	}
}

static void mempol_removed(struct mempol_cache_policy *cache, struct folio *folio,
			   enum mempol_cache_why why)
{
	struct mempol_cache *record = from_mm(cache);
	u64 start;

	/* With interrupts off, so that there may be no tick. */
	if (mempol_enter(record)) {
		start = local_clock();
		record->ops->removed(folio, why);
		this_cpu_write(mempol_running, NULL);
		mempol_took(&record->policy, local_clock() - start);
	}
}

static void mempol_evict(struct mempol_cache_policy *cache, struct mempol_cache_evict_ctx *ctx)
{
	struct mempol_cache *record = from_mm(cache);
	u64 start = mempol_cpu_clock();

	if (mempol_enter(record)) {
		record->ops->evict(ctx);
		mempol_leave(record, start);
	}
	mempol_cache_report(record);
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
static void mempol_cache_note_exit(struct mempol_cache *record, u64 pages, const u64 *lists)
{
	int exit = READ_ONCE(record->cache.exit), i, len;
	struct mempol_policy *policy = &record->policy;

	mempol_cache_tell(record);
	strscpy(policy->reason, mempol_exits[exit].reason, sizeof(policy->reason));
	len = scnprintf(policy->dump, sizeof(policy->dump),
			"governed %llu evicted %llu forced %llu refused %lld strikes %d ", pages,
			mempol_cache_sum(record, MEMPOL_STAT_EVICTED),
			mempol_cache_sum(record, MEMPOL_STAT_FORCED),
			atomic64_read(&policy->nr_refused), atomic_read(&record->cache.strikes));
	len += scnprintf(policy->dump + len, sizeof(policy->dump) - len, "slow %d, %llu ms; lists",
			 atomic_read(&policy->nr_slow), READ_ONCE(policy->slowest) / NSEC_PER_MSEC);
	for (i = 0; i < MEMPOL_CACHE_LISTS; i++)
		len += scnprintf(policy->dump + len, sizeof(policy->dump) - len, " %llu", lists[i]);
	/* Pairs with the acquire of bpf_mempol_policy_read(). */
	smp_store_release(&policy->exit_kind, mempol_exits[exit].kind);
}

static void mempol_exited(struct mempol_cache_policy *cache, u64 pages, const u64 *lists)
{
	struct mempol_cache *record = from_mm(cache);

	mempol_cache_note_exit(record, pages, lists);
	mempol_tell_exit(&record->policy,
			 record->policy.exit_kind == MEMPOL_EXIT_CGROUP ? MEMPOL_EV_DETACHED :
									  MEMPOL_EV_EJECTED,
			 pages);
}

static void mempol_cache_free(struct mempol_cache *record)
{
	mempol_policy_destroy(&record->policy);
	free_percpu(record->cache.stats);
	kfree(record->cache.ops);
	kfree(record);
}

static void mempol_drained(struct mempol_cache_policy *cache)
{
	struct mempol_cache *record = from_mm(cache);

	mempol_tell_state(&record->policy, MEMPOL_EV_DRAINED);
	mempol_policy_del(&record->policy);
	mempol_cache_free(record);
}

static struct mempol_cache *mempol_cache_alloc(struct mempol_cache_ops *ops, struct bpf_link *link)
{
	struct mempol_cache_policy_ops *callbacks;
	struct mempol_cache *record;

	record = kzalloc(sizeof(*record), GFP_KERNEL);
	callbacks = kzalloc(sizeof(*callbacks), GFP_KERNEL);
	if (!record || !callbacks) {
		kfree(record);
		kfree(callbacks);
		return NULL;
	}

	record->cache.ops = callbacks;
	record->cache.stats = alloc_percpu(struct mempol_cache_stats);
	if (!record->cache.stats ||
	    mempol_policy_init(&record->policy, &mempol_cache_mechanism, link, ops->name)) {
		mempol_cache_free(record);
		return NULL;
	}

	callbacks->added = mempol_added;
	callbacks->evict = mempol_evict;
	callbacks->accessed = ops->accessed ? mempol_accessed : NULL;
	callbacks->removed = ops->removed ? mempol_removed : NULL;
	callbacks->exited = mempol_exited;
	callbacks->drained = mempol_drained;
	record->ops = ops;
	record->policy.id = ops->policy_id;
	record->policy.cgroup_id = ops->cgroup_id;
	record->policy.heartbeat = ops->flags & MEMPOL_OPS_HEARTBEAT;
	return record;
}

/* A record of @ops, its init() called. */
static struct mempol_cache *mempol_cache_start(struct mempol_cache_ops *ops, struct bpf_link *link)
{
	struct mempol_cache *record;
	int err;

	record = mempol_cache_alloc(ops, link);
	if (!record)
		return ERR_PTR(-ENOMEM);

	err = ops->init ? ops->init(ops->cgroup_id) : 0;
	if (err) {
		mempol_cache_free(record);
		return ERR_PTR(err < 0 && err >= -MAX_ERRNO ? err : -EINVAL);
	}
	mempol_policy_add(&record->policy);
	return record;
}

/* Undo mempol_cache_start(): mm did not take it. */
static void mempol_cache_abandon(struct mempol_cache *record)
{
	struct mempol_cache_ops *ops = record->ops;

	mempol_policy_del(&record->policy);
	mempol_cache_free(record);
	if (ops->exit)
		ops->exit(MEMPOL_EXIT_NONE);
}

static int mempol_cache_reg(void *kdata, struct bpf_link *link)
{
	struct mempol_cache_ops *ops = kdata;
	struct mempol_cache *record;
	int err;

	/* Without a link the map could not be taken back when its owner dies. */
	if (!link)
		return -EOPNOTSUPP;

	record = mempol_cache_start(ops, link);
	if (IS_ERR(record))
		return PTR_ERR(record);

	err = mempol_cache_attach(&record->cache, ops->cgroup_id);
	if (err) {
		mempol_cache_abandon(record);
		return err;
	}
	mempol_heartbeat_join(&record->policy);
	mempol_tell_state(&record->policy, MEMPOL_EV_ATTACHED);
	return 0;
}

static void mempol_cache_unreg(void *kdata, struct bpf_link *link)
{
	struct mempol_policy *policy = mempol_policy_find(link);
	u64 lists[MEMPOL_CACHE_LISTS], pages, cgroups;
	struct mempol_cache_ops *ops = kdata;
	struct mempol_cache *record;
	u32 kind;

	if (WARN_ON_ONCE(!policy))
		return;

	record = from_policy(policy);
	mempol_cache_count(&record->cache, &pages, &cgroups, lists);
	mempol_cache_stop(&record->cache);
	if (!policy->exit_kind) {
		mempol_cache_note_exit(record, pages, lists);
		mempol_tell_exit(policy, MEMPOL_EV_DETACHED, pages);
	}
	kind = policy->exit_kind;
	mempol_policy_forget(policy);
	/* It may be freed behind this. */
	mempol_cache_detach(&record->cache);
	if (ops->exit)
		ops->exit(kind);
}

static int mempol_cache_update(void *kdata, void *old_kdata, struct bpf_link *link)
{
	struct mempol_cache_ops *ops = kdata, *old_ops = old_kdata;
	struct mempol_policy *old = mempol_policy_find(link);
	struct mempol_cache *record;
	int err;

	if (WARN_ON_ONCE(!old))
		return -ENOENT;
	if (ops->cgroup_id != old_ops->cgroup_id)
		return -EINVAL;

	record = mempol_cache_start(ops, NULL);
	if (IS_ERR(record))
		return PTR_ERR(record);

	/* From here on @old may drain and be freed at any time. */
	mempol_policy_forget(old);
	err = mempol_cache_replace(&from_policy(old)->cache, &record->cache);
	if (err) {
		mempol_cache_abandon(record);
		/* It was ejected, so it is still there. */
		old->link = link;
		return err;
	}
	record->policy.link = link;
	mempol_heartbeat_join(&record->policy);
	mempol_tell_state(&record->policy, MEMPOL_EV_REPLACED);
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
	.verifier_ops = &mempol_verifier_ops,
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
