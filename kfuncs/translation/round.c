// SPDX-License-Identifier: GPL-2.0-only
/*
 * A round of a translation policy through its processes: the engine is asked which ranges
 * are to have TEAs, TEAs are made and freed as it says, and tables are moved in, so many in
 * a second. No lock of a process is held while the engine is asked.
 */
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include "../core/run.h"
#include "round.h"

/* Between attempts to get a run that others have to be moved for, in jiffies. */
#define MEMPOL_TEA_DEAR_WAIT (10UL * HZ)
#define MEMPOL_TEA_DEAR_MAX_WAIT (640UL * HZ)

/* The processes that this round goes through, with references. */
static unsigned int mempol_tea_collect(struct mempol_tea_round *round)
{
	struct mempol_translation *record = round->record;
	unsigned int nr = 0, seen = 0;
	struct task_struct *task;

	rcu_read_lock();
	for_each_process(task) {
		if ((task->flags & PF_KTHREAD) || !mempol_translation_governs(record, task))
			continue;
		if (seen++ < record->skip || nr == MEMPOL_TEA_PROCESSES)
			continue;
		get_task_struct(task);
		round->tasks[nr++] = task;
	}
	rcu_read_unlock();
	record->skip = record->skip + nr < seen ? record->skip + nr : 0;
	round->found.processes = seen;
	return nr;
}

static s32 mempol_tea_ask(struct mempol_tea_round *round, struct mempol_tea_range *range)
{
	struct mempol_policy *policy = &round->record->policy;
	u64 begin = mempol_task_begin();
	s32 answer = round->record->ops->range(range);

	mempol_task_end(policy, begin);
	if (answer >= 0)
		return answer;
	mempol_refuse(policy, MEMPOL_REFUSED_VERDICT);
	return 0;
}

/* How many windows are to be tried where there was no run of @windows frames; 0: none. */
static u32 mempol_tea_ask_less(struct mempol_tea_round *round, struct mempol_tea_range *range,
			       u32 windows)
{
	struct mempol_policy *policy = &round->record->policy;
	u64 begin;
	s32 answer;

	if (!round->record->ops->failed)
		return windows / 2;
	begin = mempol_task_begin();
	answer = round->record->ops->failed(range, windows);
	mempol_task_end(policy, begin);
	if (answer >= 0 && answer < windows)
		return answer;
	mempol_refuse(policy, MEMPOL_REFUSED_VERDICT);
	return 0;
}

/* What @range has of a TEA. */
static void mempol_tea_note(struct mempol_tea_range *range, const struct mempol_tea_info *tea)
{
	unsigned long start = max_t(unsigned long, range->start, tea->start);
	unsigned long end =
		min(mempol_tea_end_of(range), tea->start + tea->windows * MEMPOL_TEA_WINDOW);

	if (start >= end)
		return;
	range->tea_windows += (end - start) / MEMPOL_TEA_WINDOW;
	range->tea_count++;
	range->tea_largest = max_t(u32, range->tea_largest, tea->windows);
}

/* What the engine is to know of the ranges beside what mempol_tea_ranges() says. */
static int mempol_tea_describe(struct mempol_tea_round *round)
{
	const struct mempol_tea_policy *mm = &round->record->mm;
	struct mempol_tea_info tea = {};
	u32 teas = 0, i;
	int err;

	while (!mempol_tea_next(round->mm, tea.start + tea.windows * MEMPOL_TEA_WINDOW, false,
				&tea)) {
		teas++;
		for (i = 0; i < round->ranges.nr; i++)
			mempol_tea_note(&round->ranges.range[i], &tea);
	}
	for (i = 0; i < round->ranges.nr; i++) {
		struct mempol_tea_range *range = &round->ranges.range[i];
		struct mempol_tea_survey survey = {};

		err = mempol_tea_survey(round->mm, range->start, mempol_tea_end_of(range), &survey);
		if (!err)
			err = mempol_tea_describe_nodes(round, range);
		if (err)
			return err;
		range->tgid = round->tgid;
		range->tables = survey.placed + survey.elsewhere;
		range->placed = survey.placed;
		range->huge = survey.huge;
		range->teas = teas;
		range->frames_left = mm->max_pages - min(mm->max_pages, READ_ONCE(mm->pages));
	}
	return 0;
}

/* Is the TEA the policy's, and is no range that it is in wanted? */
static bool mempol_tea_is_unwanted(const struct mempol_tea_round *round,
				   const struct mempol_tea_info *tea)
{
	unsigned long end = tea->start + tea->windows * MEMPOL_TEA_WINDOW;
	u32 i;

	if (tea->policy != &round->record->mm || tea->tag == MEMPOL_TEA_BY_HAND)
		return false;
	for (i = 0; i < round->ranges.nr; i++)
		if (round->rank[i] && round->ranges.range[i].start < end &&
		    tea->start < mempol_tea_end_of(&round->ranges.range[i]))
			return false;
	return true;
}

static void mempol_tea_tidy(struct mempol_tea_round *round)
{
	struct mempol_tea_info tea = {};
	u64 freed = 0;

	while (!mempol_tea_next(round->mm, tea.start + tea.windows * MEMPOL_TEA_WINDOW, false,
				&tea))
		if (mempol_tea_is_unwanted(round, &tea))
			freed += !mempol_tea_free(&round->record->mm, round->mm, tea.start);
	mutex_lock(&round->record->lock);
	round->record->done.freed += freed;
	mutex_unlock(&round->record->lock);
}

/*
 * Runs beyond what the page allocator keeps in a row take work: everything in the way is
 * moved. Where that was in vain it is not tried again in every round.
 */
static bool mempol_tea_may_try(const struct mempol_tea_dear *dear, u32 windows)
{
	return windows <= MEMPOL_TEA_EASY_WINDOWS || windows < dear->windows ||
	       time_after_eq(jiffies, dear->next);
}

static void mempol_tea_tried(struct mempol_tea_dear *dear, u32 windows, int err)
{
	if (windows <= MEMPOL_TEA_EASY_WINDOWS)
		return;
	if (!err)
		dear->wait = 0;
	if (err != -ENOMEM)
		return;
	/* A smaller one is tried at once, and does not count as another time. */
	if (time_after_eq(jiffies, dear->next)) {
		dear->wait = clamp(dear->wait * 2, MEMPOL_TEA_DEAR_WAIT, MEMPOL_TEA_DEAR_MAX_WAIT);
		dear->next = jiffies + dear->wait;
	}
	dear->windows = windows;
}

/* Make a TEA of the engine's. */
int mempol_tea_make(struct mempol_tea_round *round, unsigned long start, u32 windows, int nid,
		    bool replace)
{
	struct mempol_translation *record = round->record;
	struct mempol_tea_wish wish = {
		.start = start,
		.windows = windows,
		.nid = nid,
		.tag = MEMPOL_TEA_BY_ENGINE,
		.replace = replace,
	};
	int err;

	if (!mempol_tea_may_try(&record->dear, windows))
		return -ENOMEM;
	err = mempol_tea_create(&record->mm, round->mm, &wish);
	mempol_tea_tried(&record->dear, windows, err);
	mutex_lock(&record->lock);
	record->done.created += !err;
	record->done.failed += err == -ENOMEM;
	mutex_unlock(&record->lock);
	return err;
}

/* One TEA in place of those that the range has, if the engine wants it and it can be had. */
static bool mempol_tea_grow(struct mempol_tea_round *round, struct mempol_tea_range *range, int nid)
{
	struct mempol_translation *record = round->record;
	u64 begin;
	s32 answer;

	if (!record->ops->grow || !range->tea_count || range->windows > MEMPOL_TEA_MAX_WINDOWS)
		return false;
	begin = mempol_task_begin();
	answer = record->ops->grow(range);
	mempol_task_end(&record->policy, begin);
	if (answer != 0 && answer != 1)
		mempol_refuse(&record->policy, MEMPOL_REFUSED_VERDICT);
	if (answer != 1 || mempol_tea_make(round, range->start, range->windows, nid, true))
		return false;
	mutex_lock(&record->lock);
	record->done.grown++;
	mutex_unlock(&record->lock);
	/* What was in its place is not. */
	round->found.placed -= min_t(u64, round->found.placed, range->placed);
	range->placed = 0;
	return true;
}

/* TEAs for windows that have none, as large as there are runs of frames. */
static int mempol_tea_cover_gap(struct mempol_tea_round *round, struct mempol_tea_range *range,
				unsigned long start, unsigned long end, int nid)
{
	u32 least = max(round->min_windows / 4, 1U);
	u32 windows;
	int err;

	while (start < end) {
		windows = min((end - start) / MEMPOL_TEA_WINDOW, (u64)MEMPOL_TEA_MAX_WINDOWS);
		if (windows < least)
			return 0;
		do {
			err = mempol_tea_make(round, start, windows, nid, false);
			if (err == -ENOMEM)
				windows = mempol_tea_ask_less(round, range, windows);
		} while (err == -ENOMEM && windows >= least);
		if (err)
			return err == -ENOMEM ? 0 : err;
		start += windows * MEMPOL_TEA_WINDOW;
	}
	return 0;
}

static int mempol_tea_cover(struct mempol_tea_round *round, struct mempol_tea_range *range, int nid)
{
	unsigned long addr = range->start, end = mempol_tea_end_of(range), to;
	struct mempol_tea_info tea;
	int err = 0;

	while (addr < end && !err) {
		if (mempol_tea_next(round->mm, addr, false, &tea))
			tea = (struct mempol_tea_info){ .start = end };
		to = min(end, tea.start);
		if (addr < to)
			err = mempol_tea_cover_gap(round, range, addr, to, nid);
		addr = max(to, tea.start + tea.windows * MEMPOL_TEA_WINDOW);
	}
	return err;
}

/* As many batches as may move in this round. @move: verb, node and range; @next begins it. */
int mempol_tea_move_range(struct mempol_tea_round *round, struct mempol_tea_move *move)
{
	struct mempol_translation *record = round->record;
	int err = 0;

	while (move->next < move->end && round->budget && !err && !mempol_tea_ends(record)) {
		move->start = move->next;
		err = mempol_tea_move(round->mm, move);
		round->budget -= min_t(u64, round->budget, move->done);
		if (move->verb == MEMPOL_TEA_FILL)
			round->found.placed += move->done;
		mutex_lock(&record->lock);
		mempol_translation_count(record, move);
		mutex_unlock(&record->lock);
		cond_resched();
	}
	return err;
}

static int mempol_tea_bring_in(struct mempol_tea_round *round, struct mempol_tea_range *range)
{
	struct mempol_tea_move move = {
		.verb = MEMPOL_TEA_FILL,
		.end = mempol_tea_end_of(range),
		.next = range->start,
	};

	return mempol_tea_move_range(round, &move);
}

/* The ranges, by the ranks that the engine gave them, the highest first. */
static u32 mempol_tea_best(const struct mempol_tea_round *round, const u8 *taken)
{
	u32 i, best = MEMPOL_TEA_RANGES;

	for (i = 0; i < round->ranges.nr; i++)
		if (round->rank[i] && !taken[i] &&
		    (best == MEMPOL_TEA_RANGES || round->rank[i] > round->rank[best]))
			best = i;
	return best;
}

static void mempol_tea_serve(struct mempol_tea_round *round)
{
	u8 taken[MEMPOL_TEA_RANGES] = {};
	int full = 0, err = 0;
	u32 i;

	while ((i = mempol_tea_best(round, taken)) < round->ranges.nr) {
		struct mempol_tea_range *range = &round->ranges.range[i];

		taken[i] = 1;
		round->found.ranges++;
		round->found.tables += range->tables;
		round->found.placed += range->placed;
		round->found.huge += range->huge;
		if (!full && !mempol_tea_grow(round, range, round->node[i]) &&
		    range->tea_windows < range->windows)
			full = mempol_tea_cover(round, range, round->node[i]);
		if (!err && range->placed < range->tables)
			err = mempol_tea_bring_in(round, range);
	}
}

/* Has the process, or had it once, or can it have enough tables for a range? */
static bool mempol_tea_may_have_any(const struct mempol_tea_round *round)
{
	return test_bit(MMF_MEMPOL_TEA, &round->mm->flags) ||
	       mm_pgtables_bytes(round->mm) >= round->min_windows * PAGE_SIZE;
}

static void mempol_tea_visit(struct mempol_tea_round *round, struct task_struct *task)
{
	u32 i;

	round->mm = mempol_process_mm(task);
	round->tgid = task->tgid;
	if (!round->mm)
		return;
	if (round->trims && mempol_tea_may_have_any(round))
		mempol_tea_trim(round);
	if (mempol_tea_may_have_any(round) &&
	    !mempol_tea_ranges(round->mm, round->min_windows, round->record->ops->bubbles,
			       &round->ranges) &&
	    !mempol_tea_describe(round)) {
		for (i = 0; i < round->ranges.nr; i++) {
			round->rank[i] = mempol_tea_ask(round, &round->ranges.range[i]);
			round->node[i] = mempol_tea_ask_node(round, &round->ranges.range[i]);
		}
		mempol_tea_tidy(round);
		mempol_tea_serve(round);
		mempol_tea_tend(round);
	}
	mmput_async(round->mm);
}

/**
 * mempol_translation_round - go through the processes of a policy
 * @record: the policy.
 *
 * Context: its work item, no lock held. Ends early when the policy does.
 */
void mempol_translation_round(struct mempol_translation *record)
{
	struct mempol_tea_round *round = kvzalloc(sizeof(*round), GFP_KERNEL);
	u32 rate = record->ops->move_rate ?: MEMPOL_TEA_MOVE_RATE;
	unsigned int nr, i;

	if (!round)
		return;
	round->record = record;
	round->budget = max_t(u64, 1, (u64)rate * record->period / HZ);
	round->min_windows = record->ops->min_windows ?: MEMPOL_TEA_MIN_WINDOWS;
	round->trims = record->ops->trim_ms && time_after_eq(jiffies, record->next_trim);
	nr = mempol_tea_collect(round);
	if (round->trims && !record->skip)
		record->next_trim = jiffies + msecs_to_jiffies(record->ops->trim_ms);
	for (i = 0; i < nr; i++) {
		if (!mempol_tea_ends(record))
			mempol_tea_visit(round, round->tasks[i]);
		put_task_struct(round->tasks[i]);
		cond_resched();
	}
	mutex_lock(&record->lock);
	if (!mempol_tea_ends(record))
		record->found = round->found;
	record->done.rounds++;
	mutex_unlock(&record->lock);
	kvfree(round);
}
