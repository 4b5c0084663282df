/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The struct_ops type of the translation mechanism, as engines implement it, and the
 * record of an attached policy. Its members are ABI: an engine is matched by their names.
 */
#ifndef _MEMPOL_TRANSLATION_TEA_H
#define _MEMPOL_TRANSLATION_TEA_H

#include <linux/mempol_tea.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>
#include "translation.h"

/**
 * struct mempol_tea_range - a range of addresses that may get a TEA
 * @start: its first address, on the boundary of a window of 2 MiB.
 * @tgid: its process, in the first namespace.
 * @kind: enum mempol_tea_kind.
 * @windows: how many there are.
 * @tables: that have a leaf page table.
 * @placed: of these, whose table is at its computed address.
 * @huge: that have a huge page instead.
 * @gap: that belong to no mapping.
 * @vmas: mappings.
 * @teas: that the process has.
 * @tea_windows: windows of the range that have a TEA already.
 * @tea_count: TEAs that have a part of the range.
 * @tea_largest: windows of the largest of them.
 * @frames_left: that the policy may have more.
 * @tables_node: where most of its tables are, if nodes are asked for; -1: not known.
 * @data_node: where most of what they lead to is; likewise.
 * @data_share: percent of it that is there.
 */
struct mempol_tea_range {
	u64 start;
	u64 frames_left;
	u32 tgid;
	u32 kind;
	u32 windows;
	u32 tables;
	u32 placed;
	u32 huge;
	u32 gap;
	u32 vmas;
	u32 teas;
	u32 tea_windows;
	u32 tea_count;
	u32 tea_largest;
	s32 tables_node;
	s32 data_node;
	u32 data_share;
};

enum mempol_tea_kind {
	MEMPOL_TEA_ANON, /* anonymous memory, the heap among it */
	MEMPOL_TEA_FILE,
	MEMPOL_TEA_SHMEM,
};

/**
 * struct mempol_translation_ops - a translation engine
 * @range: is the range to have TEAs? 0: no, and those that it has go; above that: yes, the
 *	highest first. Mandatory.
 * @failed: there is no run of so many frames. How many windows the first part is to have,
 *	fewer than that; 0: none. Absent: a half.
 * @grow: a range with TEAs. 1: one for the whole range is to take their place, 0: more are
 *	made beside them for what has none. Absent: likewise. Tables move for each that is
 *	replaced.
 * @node: on which node the range's tables are to be, -1: where they are. Asked for every
 *	range if @nodes says so. Absent: where they are.
 * @max_frames: that its TEAs may have, 0: a 256th of the machine's memory.
 * @period_ms: of rounds through its processes, 0: MEMPOL_TEA_PERIOD_MS.
 * @min_windows: ranges with fewer are not shown, 0: MEMPOL_TEA_MIN_WINDOWS.
 * @bubbles: percent of a range's windows that may lie between its mappings.
 * @move_rate: tables that are moved in a second, 0: MEMPOL_TEA_MOVE_RATE.
 * @nodes: 1: it is looked where tables and their data are, and tables follow.
 * @max_idle: slots of a TEA that may be idle for long, a thousandth each,
 *	0: MEMPOL_TEA_MAX_IDLE.
 * @trim_ms: how often tables without an entry are freed, 0: never.
 *
 * The head is that of struct mempol_ops; cgroup_id is mandatory: the policy governs the
 * processes below, but for those with a nearer one. All run in a work item, with no lock
 * of a process held, and do not sleep. init() runs before it is attached, may sleep and
 * forbid it; exit() after the last callback, and may sleep, too.
 */
struct mempol_translation_ops {
	MEMPOL_OPS_HEAD;
	s32 (*range)(struct mempol_tea_range *range);
	s32 (*failed)(struct mempol_tea_range *range, u32 windows);
	s32 (*grow)(struct mempol_tea_range *range);
	s32 (*node)(struct mempol_tea_range *range);
	u64 max_frames;
	u32 period_ms;
	u32 min_windows;
	u32 bubbles;
	u32 move_rate;
	u32 nodes;
	u32 max_idle;
	u32 trim_ms;
};

#define MEMPOL_TEA_PERIOD_MS 1000U
#define MEMPOL_TEA_MIN_PERIOD_MS 100U
#define MEMPOL_TEA_MAX_PERIOD_MS 3600000U
#define MEMPOL_TEA_MIN_WINDOWS 32U
#define MEMPOL_TEA_MAX_MIN_WINDOWS 1024U
#define MEMPOL_TEA_MOVE_RATE 1024U
#define MEMPOL_TEA_MAX_MOVE_RATE 1048576U
#define MEMPOL_TEA_MAX_BUBBLES 50U
#define MEMPOL_TEA_MAX_IDLE 25U
#define MEMPOL_TEA_MIN_TRIM_MS 1000U
#define MEMPOL_TEA_MAX_TRIM_MS 86400000U

/* Who has made a TEA: those that were made by hand stay until they are freed so. */
enum mempol_tea_tag {
	MEMPOL_TEA_BY_ENGINE,
	MEMPOL_TEA_BY_HAND,
};

/* What a round has found. */
struct mempol_tea_found {
	u64 processes;
	u64 ranges;
	u64 tables;
	u64 placed;
	u64 huge;
};

/* What was done, ever. */
struct mempol_tea_done {
	u64 moved;
	u64 vacated;
	u64 relocated;
	u64 trimmed;
	u64 created;
	u64 grown;
	u64 freed;
	u64 failed;
	u64 refused[MEMPOL_TEA_NR_REFUSED];
	u64 batches;
	u64 held_max_ns;
	u64 rounds;
};

/**
 * struct mempol_tea_dear - runs that others have to be moved for, and that were not to be had
 * @windows: of the smallest such run; as many, or more, are not tried before @next.
 * @next: in jiffies.
 * @wait: how long, in jiffies; twice as long each time.
 */
struct mempol_tea_dear {
	u32 windows;
	unsigned long next;
	unsigned long wait;
};

/**
 * struct mempol_translation - one attached translation policy
 * @policy: what it has in common with every other.
 * @mm: what mm knows of it.
 * @ops: the engine, as @policy.ops.
 * @cgroup: whose processes; a reference.
 * @node: in the list of those that are in charge.
 * @work: the rounds; and takes everything back when the policy has been ejected.
 * @lock: guards the end, and @found and @done.
 * @ended: no more rounds and requests.
 * @attached: mm knows it.
 * @passive: the daemon's beat is missing.
 * @period: of rounds, in jiffies.
 * @next_round: in jiffies.
 * @next_trim: when tables without an entry are freed next, in jiffies.
 * @skip: processes that earlier rounds have been through, of more than one takes.
 * @dear: the rounds' own.
 * @found: by the last round.
 * @done: by rounds and requests.
 * @told: what @done was when it was last told of.
 */
struct mempol_translation {
	struct mempol_policy policy;
	struct mempol_tea_policy mm;
	struct mempol_translation_ops *ops;
	struct cgroup *cgroup;
	struct list_head node;
	struct delayed_work work;
	struct mutex lock; /* see above */
	bool ended;
	bool attached;
	bool passive;
	unsigned long period;
	unsigned long next_round;
	unsigned long next_trim;
	unsigned int skip;
	struct mempol_tea_dear dear;
	struct mempol_tea_found found;
	struct mempol_tea_done done;
	struct mempol_tea_done told;
};

static inline struct mempol_translation *mempol_translation_of(struct mempol_policy *policy)
{
	return container_of(policy, struct mempol_translation, policy);
}

extern struct mempol_mechanism mempol_translation_mechanism;

/* policy.c */
struct mempol_policy *mempol_translation_alloc(void *ops);
void mempol_translation_free(struct mempol_policy *policy);
int mempol_translation_attach(struct mempol_policy *policy);
int mempol_translation_replace(struct mempol_policy *old, struct mempol_policy *new);
void mempol_translation_stop(struct mempol_policy *policy);
void mempol_translation_detach(struct mempol_policy *policy);
void mempol_translation_fill(struct mempol_policy *policy, struct mempol_policy_info *info);
void mempol_translation_extent(struct mempol_policy *policy, u64 *pages, u64 *cgroups);
bool mempol_translation_pause(struct mempol_policy *policy, bool passive);
void mempol_translation_eject(struct mempol_policy *policy, u32 kind);
int mempol_translation_dump(struct mempol_policy *policy, char *buf, size_t size);
void mempol_translation_tell(struct mempol_policy *policy);
bool mempol_translation_governs(const struct mempol_translation *record, struct task_struct *task);
u64 mempol_translation_id(const struct mempol_tea_policy *mm);
void mempol_translation_count(struct mempol_translation *record,
			      const struct mempol_tea_move *move);

/* round.c */
void mempol_translation_round(struct mempol_translation *record);

/* tea-ranges.c */
#define MEMPOL_TEA_RANGES 64

/**
 * struct mempol_tea_ranges - the ranges of a process that may get TEAs
 * @nr: how many.
 * @range: with kind, windows, gap and vmas filled in, the largest there are.
 */
struct mempol_tea_ranges {
	unsigned int nr;
	struct mempol_tea_range range[MEMPOL_TEA_RANGES];
};

int mempol_tea_ranges(struct mm_struct *mm, u32 min_windows, u32 bubbles,
		      struct mempol_tea_ranges *ranges);

/* tea-calls.c */
extern const struct mempol_call_row mempol_translation_calls[];
#define MEMPOL_TRANSLATION_NR_CALLS 2

#endif /* _MEMPOL_TRANSLATION_TEA_H */
