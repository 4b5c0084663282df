// SPDX-License-Identifier: GPL-2.0-only
/*
 * An attached placement policy: between mm and an engine the checks, counts and
 * reports. mm calls in here, in the page fault, and this calls the engine; whether an
 * answer is legal is judged in mm.
 */
#include <linux/nodemask.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include "../core/run.h"
#include "placement.h"

/* mm's numbers are those of the ABI. */
static_assert((int)MEMPOL_DETACHED == (int)MEMPOL_EXIT_DETACHED);
static_assert((int)MEMPOL_REPLACED == (int)MEMPOL_EXIT_REPLACED);
static_assert((int)MEMPOL_OFFLINE == (int)MEMPOL_EXIT_CGROUP);
static_assert((int)MEMPOL_SLOW == (int)MEMPOL_EXIT_SLOW);
static_assert((int)MEMPOL_POOL_CLAIMED == (int)MEMPOL_POOL_BY_CLAIM);
static_assert((int)MEMPOL_POOL_OFFLINE == (int)MEMPOL_POOL_BY_OFFLINE);
static_assert((int)MEMPOL_POOL_OOM == (int)MEMPOL_POOL_BY_OOM);

static struct mempol_placement *from_mm(struct mempol_place_policy *mm)
{
	return container_of(mm, struct mempol_placement, mm);
}

static struct mempol_placement *from_head(struct mempol_policy_head *head)
{
	return container_of(head, struct mempol_placement, mm.head);
}

/* ---- what mm calls -------------------------------------------------------- */

static s64 mempol_placement_select(struct mempol_place_policy *mm, struct mempol_place_ctx *ctx)
{
	struct mempol_placement *record = from_mm(mm);
	struct mempol_slot *slot = mempol_enter(&record->policy);
	s64 answer;

	/* Not the engine's fault, and no conflict. */
	if (!slot)
		return S64_MIN;
	slot->kfuncs = MEMPOL_PLACE_LOOKS;
	answer = record->ops->select(ctx);
	mempol_leave(slot);
	mempol_report(&record->policy);
	return max(answer, S64_MIN + 1);
}

static void mempol_placement_placed(struct mempol_place_policy *mm, struct mempol_place_ctx *ctx,
				    u32 frame)
{
	struct mempol_placement *record = from_mm(mm);
	struct mempol_slot *slot = mempol_enter(&record->policy);

	if (slot) {
		slot->kfuncs = MEMPOL_PLACE_LOOKS;
		record->ops->placed(ctx, frame);
		mempol_leave(slot);
	}
}

static void mempol_placement_refused(struct mempol_place_policy *mm, int error)
{
	enum mempol_refusal why = MEMPOL_REFUSED_FRAME;

	if (error == -EPERM)
		why = MEMPOL_REFUSED_VICTIM;
	if (error == -EACCES)
		why = MEMPOL_REFUSED_CONTEXT;
	mempol_refuse(&from_mm(mm)->policy, why);
}

static void mempol_placement_conflict(struct mempol_place_policy *mm, unsigned long used,
				      unsigned long pages)
{
	struct mempol_event event = {};

	event.body.conflict.used = used;
	event.body.conflict.pages = pages;
	mempol_tell(&event, &from_mm(mm)->policy, MEMPOL_EV_CONFLICT);
}

static void mempol_placement_resized(struct mempol_place_policy *mm, unsigned long pages,
				     unsigned long wanted, enum mempol_pool_change cause)
{
	struct mempol_event event = {};

	event.body.pool.pages = pages;
	event.body.pool.wanted = wanted;
	event.body.pool.cause = cause;
	mempol_tell(&event, &from_mm(mm)->policy, MEMPOL_EV_POOL);
}

/* ---- what is known of it ---------------------------------------------------- */

static u64 mempol_placement_sum(struct mempol_placement *record, enum mempol_place_stat item)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu_ptr(record->mm.stats, cpu)->item[item];
	return sum;
}

static void mempol_placement_pool(struct mempol_placement *record, struct mempol_pool_info *pool)
{
	if (mempol_place_pool(&record->mm, pool, NULL, 0) < 0)
		*pool = record->last;
}

void mempol_placement_fill(struct mempol_policy *policy, struct mempol_policy_info *info)
{
	struct mempol_placement *record = mempol_placement_of(policy);
	int exit = READ_ONCE(record->mm.head.exit);
	u64 *counters = info->counters;
	struct mempol_pool_info pool;
	u64 large, node;

	mempol_placement_pool(record, &pool);
	large = mempol_placement_sum(record, MEMPOL_PLACE_STAT_LARGE);
	node = mempol_placement_sum(record, MEMPOL_PLACE_STAT_NODE);
	counters[MEMPOL_PLACEMENT_POOL_PAGES] = pool.pages;
	counters[MEMPOL_PLACEMENT_WANTED_PAGES] = pool.wanted;
	counters[MEMPOL_PLACEMENT_USED_PAGES] = pool.used;
	counters[MEMPOL_PLACEMENT_FREE_PAGES] = pool.free;
	counters[MEMPOL_PLACEMENT_LOST_PAGES] = pool.lost;
	counters[MEMPOL_PLACEMENT_KEPT] = pool.kept;
	counters[MEMPOL_PLACEMENT_MOVED] = pool.moved;
	counters[MEMPOL_PLACEMENT_EXEMPT] =
		mempol_placement_sum(record, MEMPOL_PLACE_STAT_EXEMPT) + large + node;
	counters[MEMPOL_PLACEMENT_EXEMPT_LARGE] = large;
	counters[MEMPOL_PLACEMENT_EXEMPT_NODE] = node;
#define MEMPOL_X(name) \
	counters[MEMPOL_PLACEMENT_##name] = mempol_placement_sum(record, MEMPOL_PLACE_STAT_##name)
	MEMPOL_X(PLACED);
	MEMPOL_X(EVICTED);
	MEMPOL_X(ORDINARY);
	MEMPOL_X(RACES);
	MEMPOL_X(BUSY);
	MEMPOL_X(FAILED);
	MEMPOL_X(PROTECTED);
	MEMPOL_X(GATED);
	MEMPOL_X(PAUSED);
	MEMPOL_X(LOOKS);
	MEMPOL_X(ACCESSED);
#undef MEMPOL_X
	counters[MEMPOL_PLACEMENT_CONFLICT_PAGES] = atomic_long_read(&record->mm.conflict);
	counters[MEMPOL_PLACEMENT_REFUSED] = atomic64_read(&policy->nr_refused);
	counters[MEMPOL_PLACEMENT_EJECTIONS] = info->exit_kind >= MEMPOL_EXIT_STALLED;
	info->cgroups = mempol_place_cgroups(&record->mm);
	info->missing = READ_ONCE(record->mm.head.missing);
	info->passive = exit == MEMPOL_PASSIVE;
	/* One that is being ejected is until it is noted why. */
	info->attached = !info->exit_kind && exit != MEMPOL_REPLACED && exit != MEMPOL_DETACHED;
}

void mempol_placement_extent(struct mempol_policy *policy, u64 *pages, u64 *cgroups)
{
	struct mempol_placement *record = mempol_placement_of(policy);
	struct mempol_pool_info pool;

	mempol_placement_pool(record, &pool);
	*pages = pool.used;
	*cgroups = mempol_place_cgroups(&record->mm);
}

bool mempol_placement_pause(struct mempol_policy *policy, bool passive)
{
	return mempol_scope_set_passive(&mempol_placement_of(policy)->mm.head, passive);
}

void mempol_placement_eject(struct mempol_policy *policy, u32 kind)
{
	mempol_scope_eject(&mempol_placement_of(policy)->mm.head, (enum mempol_exit)kind);
}

int mempol_placement_dump(struct mempol_policy *policy, char *buf, size_t size)
{
	struct mempol_placement *record = mempol_placement_of(policy);

	return scnprintf(buf, size,
			 "pool %llu used %llu lost %llu placed %llu evicted %llu ordinary %llu",
			 record->last.pages, record->last.used, record->last.lost,
			 mempol_placement_sum(record, MEMPOL_PLACE_STAT_PLACED),
			 mempol_placement_sum(record, MEMPOL_PLACE_STAT_EVICTED),
			 mempol_placement_sum(record, MEMPOL_PLACE_STAT_ORDINARY));
}

/* ---- its life ---------------------------------------------------------------- */

static void mempol_placement_ending(struct mempol_policy_head *head)
{
	struct mempol_placement *record = from_head(head);

	mempol_place_pool(&record->mm, &record->last, NULL, 0);
	mempol_note_exit(&record->policy, head->exit);
}

/* Its frames are the kernel's at once, however long the daemon keeps its link. */
static void mempol_placement_exited(struct mempol_policy_head *head)
{
	struct mempol_placement *record = from_head(head);

	mempol_tell_exit(&record->policy,
			 head->exit == MEMPOL_OFFLINE ? MEMPOL_EV_DETACHED : MEMPOL_EV_EJECTED,
			 record->last.used);
	mempol_place_release(&record->mm);
}

static void mempol_placement_drained(struct mempol_policy_head *head)
{
	struct mempol_placement *record = from_head(head);

	mempol_place_release(&record->mm);
	mempol_policy_drained(&record->policy);
}

static const struct mempol_head_ops mempol_placement_head_ops = {
	.ending = mempol_placement_ending,
	.exited = mempol_placement_exited,
	.drained = mempol_placement_drained,
};

void mempol_placement_free(struct mempol_policy *policy)
{
	struct mempol_placement *record = mempol_placement_of(policy);

	free_percpu(record->mm.stats);
	kfree(record);
}

static void mempol_placement_wish(struct mempol_pool_wish *wish,
				  const struct mempol_placement_ops *ops)
{
	int nid;

	wish->id = ops->pool_id;
	wish->pages = ops->pool_pages;
	wish->contiguous = ops->pool_flags & MEMPOL_POOL_CONTIGUOUS;
	for (nid = 0; nid < min(MAX_NUMNODES, 64); nid++)
		if (ops->nodes & BIT_ULL(nid))
			node_set(nid, wish->nodes);
}

struct mempol_policy *mempol_placement_alloc(void *kdata)
{
	struct mempol_placement *record = kzalloc(sizeof(*record), GFP_KERNEL);
	struct mempol_placement_ops *ops = kdata;

	if (!record)
		return NULL;
	record->ops = ops;
	record->callbacks = (struct mempol_place_policy_ops){
		.select = mempol_placement_select,
		.placed = ops->placed ? mempol_placement_placed : NULL,
		.refused = mempol_placement_refused,
		.conflict = mempol_placement_conflict,
		.resized = mempol_placement_resized,
	};
	record->mm.ops = &record->callbacks;
	record->mm.stats = alloc_percpu(struct mempol_place_stats);
	if (!record->mm.stats) {
		kfree(record);
		return NULL;
	}
	record->mm.head.ops = &mempol_placement_head_ops;
	record->mm.head.to_kernel = ops->flags & MEMPOL_OPS_TO_KERNEL;
	mempol_placement_wish(&record->mm.wish, ops);
	return &record->policy;
}

int mempol_placement_attach(struct mempol_policy *policy)
{
	return mempol_place_attach(&mempol_placement_of(policy)->mm, policy->cgroup_id);
}

int mempol_placement_replace(struct mempol_policy *old, struct mempol_policy *new)
{
	return mempol_place_replace(&mempol_placement_of(old)->mm, &mempol_placement_of(new)->mm);
}

void mempol_placement_stop(struct mempol_policy *policy)
{
	struct mempol_placement *record = mempol_placement_of(policy);

	mempol_scope_stop(&record->mm.head);
	mempol_place_pool(&record->mm, &record->last, NULL, 0);
}

void mempol_placement_detach(struct mempol_policy *policy)
{
	mempol_scope_detach(&mempol_placement_of(policy)->mm.head);
}
