// SPDX-License-Identifier: GPL-2.0-only
/*
 * An attached cache policy: between mm and an engine the checks, counts and
 * reports. mm calls in here, this calls the engine; whether a decision is legal is
 * judged here and in mm, never there.
 */
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include "../core/run.h"
#include "cache.h"

/* mm tells why a policy left by numbers of its own, which are those of the ABI. */
static_assert((int)MEMPOL_DETACHED == (int)MEMPOL_EXIT_DETACHED);
static_assert((int)MEMPOL_REPLACED == (int)MEMPOL_EXIT_REPLACED);
static_assert((int)MEMPOL_OFFLINE == (int)MEMPOL_EXIT_CGROUP);
static_assert((int)MEMPOL_STALLED == (int)MEMPOL_EXIT_STALLED);
static_assert((int)MEMPOL_FAILED == (int)MEMPOL_EXIT_ERROR);
static_assert((int)MEMPOL_SLOW == (int)MEMPOL_EXIT_SLOW);

/* An evict() has a use for so many kfuncs: its batches, and each folio looked at twice. */
#define MEMPOL_EVICT_KFUNCS (MEMPOL_CACHE_MAX_BATCHES * (1 + 2 * MEMPOL_CACHE_BATCH))

/* What governing costs, for administrators and tests. */
static int mempol_get_state_pages(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%lu\n", mempol_cache_state_pages());
}

static int mempol_set_state_pages(const char *val, const struct kernel_param *kp)
{
	return -EPERM;
}

static const struct kernel_param_ops mempol_state_pages_ops = {
	.set = mempol_set_state_pages,
	.get = mempol_get_state_pages,
};

module_param_cb(cache_state_pages, &mempol_state_pages_ops, NULL, 0444);
MODULE_PARM_DESC(cache_state_pages, "Pages of memory that state words take (read only)");

static struct mempol_cache *from_mm(struct mempol_cache_policy *cache)
{
	return container_of(cache, struct mempol_cache, cache);
}

static struct mempol_cache *from_head(struct mempol_policy_head *head)
{
	return container_of(head, struct mempol_cache, cache.head);
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

/* What programs have said of its pages. */
static void mempol_cache_fill_told(struct mempol_cache *record,
				   const struct mempol_cache_extent *extent, u64 *counters)
{
#ifdef CONFIG_MEMPOL_VERBS
	counters[MEMPOL_CACHE_PINNED_PAGES] = max(atomic_long_read(&record->cache.pinned), 0L);
	counters[MEMPOL_CACHE_PINS_REFUSED] = mempol_cache_sum(record, MEMPOL_STAT_PINS_REFUSED);
	counters[MEMPOL_CACHE_PINS_BROKEN] = mempol_cache_sum(record, MEMPOL_STAT_PINS_BROKEN);
	counters[MEMPOL_CACHE_COLD_PAGES] = extent->cold;
	counters[MEMPOL_CACHE_COLD_EVICTED] = mempol_cache_sum(record, MEMPOL_STAT_COLD_EVICTED);
	counters[MEMPOL_CACHE_COLD_RESCUED] = mempol_cache_sum(record, MEMPOL_STAT_COLD_RESCUED);
	counters[MEMPOL_CACHE_TOLD] = mempol_cache_sum(record, MEMPOL_STAT_TOLD);
#endif
}

void mempol_cache_fill(struct mempol_policy *policy, struct mempol_policy_info *info)
{
	struct mempol_cache *record = from_policy(policy);
	int exit = READ_ONCE(record->cache.head.exit);
	struct mempol_cache_extent extent;
	u64 *counters = info->counters;

	mempol_cache_count(&record->cache, &extent);
	info->cgroups = extent.cgroups;
	info->missing = extent.missing;
	counters[MEMPOL_CACHE_GOVERNED_PAGES] = extent.pages;
	counters[MEMPOL_CACHE_ADDED] = mempol_cache_sum(record, MEMPOL_STAT_ADDED);
	counters[MEMPOL_CACHE_ACCESSED] = mempol_cache_sum(record, MEMPOL_STAT_ACCESSED);
	counters[MEMPOL_CACHE_EVICTED] = mempol_cache_sum(record, MEMPOL_STAT_EVICTED);
	counters[MEMPOL_CACHE_REMOVED] = mempol_cache_sum(record, MEMPOL_STAT_REMOVED);
	counters[MEMPOL_CACHE_REFAULTS] = mempol_cache_sum(record, MEMPOL_STAT_REFAULTS);
	counters[MEMPOL_CACHE_REFUSED] = atomic64_read(&policy->nr_refused);
	counters[MEMPOL_CACHE_FORCED] = mempol_cache_sum(record, MEMPOL_STAT_FORCED);
	counters[MEMPOL_CACHE_HELD] = mempol_cache_sum(record, MEMPOL_STAT_HELD);
	counters[MEMPOL_CACHE_PINNED] = mempol_cache_sum(record, MEMPOL_STAT_PINNED);
	mempol_cache_fill_told(record, &extent, counters);
	counters[MEMPOL_CACHE_EJECTIONS] = info->exit_kind >= MEMPOL_EXIT_STALLED;
	info->passive = exit == MEMPOL_PASSIVE;
	/* One that is being ejected is until it is noted why. */
	info->attached = !info->exit_kind && exit != MEMPOL_REPLACED && exit != MEMPOL_DETACHED;
}

void mempol_cache_extent(struct mempol_policy *policy, u64 *pages, u64 *cgroups)
{
	struct mempol_cache_extent extent;

	mempol_cache_count(&from_policy(policy)->cache, &extent);
	*pages = extent.pages;
	*cgroups = extent.cgroups;
}

bool mempol_cache_pause(struct mempol_policy *policy, bool passive)
{
	return mempol_scope_set_passive(&from_policy(policy)->cache.head, passive);
}

void mempol_cache_eject(struct mempol_policy *policy, u32 kind)
{
	mempol_scope_eject(&from_policy(policy)->cache.head, (enum mempol_exit)kind);
}

void mempol_cache_tell(struct mempol_policy *policy)
{
	struct mempol_cache *record = from_policy(policy);
	struct mempol_event event = {};
	u64 now = mempol_cache_sum(record, MEMPOL_STAT_FORCED);

	if (now <= record->told_forced)
		return;
	event.body.forced.pages = now - record->told_forced;
	record->told_forced = now;
	mempol_tell(&event, policy, MEMPOL_EV_FORCED);
}

/* What its lists look like. */
int mempol_cache_dump(struct mempol_policy *policy, char *buf, size_t size)
{
	struct mempol_cache *record = from_policy(policy);
	struct mempol_cache_extent extent;
	int len, i;

	mempol_cache_count(&record->cache, &extent);
	len = scnprintf(buf, size, "governed %llu evicted %llu forced %llu strikes %d lists",
			extent.pages, mempol_cache_sum(record, MEMPOL_STAT_EVICTED),
			mempol_cache_sum(record, MEMPOL_STAT_FORCED),
			atomic_read(&record->cache.strikes));
	for (i = 0; i < MEMPOL_CACHE_LISTS; i++)
		len += scnprintf(buf + len, size - len, " %llu", extent.lists[i]);
	return len;
}

static int mempol_added(struct mempol_cache_policy *cache, struct folio *folio,
			struct mempol_cache_added_ctx *ctx)
{
	struct mempol_cache *record = from_mm(cache);
	struct mempol_slot *slot = mempol_enter(&record->policy);
	int list;

	if (!slot)
		return MEMPOL_CACHE_TO_KERNEL;
	list = record->ops->added(folio, ctx);
	if (list >= 0 && (list & ~MEMPOL_CACHE_TAIL) >= MEMPOL_CACHE_LISTS) {
		mempol_refuse(&record->policy, MEMPOL_REFUSED_LIST);
		list = MEMPOL_CACHE_TO_KERNEL;
	}
	mempol_leave(slot);
	return list;
}

static void mempol_accessed(struct mempol_cache_policy *cache, struct folio *folio)
{
	struct mempol_cache *record = from_mm(cache);
	struct mempol_slot *slot = mempol_enter(&record->policy);

	if (slot) {
		record->ops->accessed(folio);
		mempol_leave(slot);
	}
}

static void mempol_removed(struct mempol_cache_policy *cache, struct folio *folio,
			   enum mempol_cache_why why)
{
	struct mempol_cache *record = from_mm(cache);
	struct mempol_slot *slot = mempol_enter(&record->policy);

	if (slot) {
		record->ops->removed(folio, why);
		mempol_leave(slot);
	}
}

static void mempol_evict(struct mempol_cache_policy *cache, struct mempol_cache_evict_ctx *ctx)
{
	struct mempol_cache *record = from_mm(cache);
	struct mempol_slot *slot = mempol_enter(&record->policy);

	if (slot) {
		slot->kfuncs = MEMPOL_EVICT_KFUNCS;
		record->ops->evict(ctx);
		mempol_leave(slot);
	}
	mempol_report(&record->policy);
}

static void mempol_ending(struct mempol_policy_head *head)
{
	struct mempol_cache *record = from_head(head);
	u64 cgroups;

	mempol_cache_extent(&record->policy, &record->exit_pages, &cgroups);
	mempol_note_exit(&record->policy, head->exit);
}

static void mempol_exited(struct mempol_policy_head *head)
{
	struct mempol_cache *record = from_head(head);

	mempol_tell_exit(&record->policy,
			 head->exit == MEMPOL_OFFLINE ? MEMPOL_EV_DETACHED : MEMPOL_EV_EJECTED,
			 record->exit_pages);
}

static void mempol_drained(struct mempol_policy_head *head)
{
	mempol_policy_drained(&from_head(head)->policy);
}

static const struct mempol_head_ops mempol_cache_head_ops = {
	.ending = mempol_ending,
	.exited = mempol_exited,
	.drained = mempol_drained,
};

/* What mm calls, by which of the optional callbacks the engine has. */
static struct mempol_cache_policy_ops *mempol_cache_callbacks(const struct mempol_cache_ops *ops)
{
	struct mempol_cache_policy_ops *callbacks = kzalloc(sizeof(*callbacks), GFP_KERNEL);

	if (!callbacks)
		return NULL;
	callbacks->added = mempol_added;
	callbacks->evict = mempol_evict;
	callbacks->accessed = ops->accessed ? mempol_accessed : NULL;
	callbacks->removed = ops->removed ? mempol_removed : NULL;
	return callbacks;
}

void mempol_cache_free(struct mempol_policy *policy)
{
	struct mempol_cache *record = from_policy(policy);

	free_percpu(record->cache.stats);
	kfree(record->cache.ops);
	kfree(record);
}

struct mempol_policy *mempol_cache_alloc(void *kdata)
{
	struct mempol_cache *record = kzalloc(sizeof(*record), GFP_KERNEL);
	struct mempol_cache_ops *ops = kdata;

	if (!record)
		return NULL;
	record->ops = ops;
	record->cache.ops = mempol_cache_callbacks(ops);
	record->cache.stats = alloc_percpu(struct mempol_cache_stats);
	if (!record->cache.ops || !record->cache.stats) {
		mempol_cache_free(&record->policy);
		return NULL;
	}
	record->cache.access_shift = ops->access_shift;
#ifdef CONFIG_MEMPOL_VERBS
	record->cache.pin_pages = ops->pin_pages;
	record->cache.pin_permyriad = ops->pin_permyriad;
#endif
	record->cache.head.ops = &mempol_cache_head_ops;
	record->cache.head.to_kernel = ops->flags & MEMPOL_OPS_TO_KERNEL;
	mempol_cache_init(&record->cache);
	return &record->policy;
}

int mempol_cache_attach(struct mempol_policy *policy)
{
	return mempol_scope_attach(&from_policy(policy)->cache.head, policy->cgroup_id);
}

int mempol_cache_replace(struct mempol_policy *old, struct mempol_policy *new)
{
	return mempol_scope_replace(&from_policy(old)->cache.head, &from_policy(new)->cache.head);
}

void mempol_cache_stop(struct mempol_policy *policy)
{
	mempol_scope_stop(&from_policy(policy)->cache.head);
}

void mempol_cache_detach(struct mempol_policy *policy)
{
	mempol_scope_detach(&from_policy(policy)->cache.head);
}
