/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A round of a translation policy, as the files see it that carry it out: round.c asks the
 * engine and makes TEAs, tend.c looks after what is there.
 */
#ifndef _MEMPOL_TRANSLATION_ROUND_H
#define _MEMPOL_TRANSLATION_ROUND_H

#include "tea.h"

/* A round goes through so many processes; the next one goes on. */
#define MEMPOL_TEA_PROCESSES 1024

/**
 * struct mempol_tea_round - a round on its way
 * @record: the policy.
 * @found: so far.
 * @budget: tables that may be moved yet.
 * @min_windows: of a range.
 * @mm: of the process that it is at.
 * @tgid: likewise.
 * @ranges: likewise.
 * @rank: of the ranges, the engine's answers.
 * @node: where their tables are to be, likewise; or NUMA_NO_NODE.
 * @trims: tables without an entry are freed.
 * @nodes: of the range that it is at.
 */
struct mempol_tea_round {
	struct mempol_translation *record;
	struct mempol_tea_found found;
	u64 budget;
	u32 min_windows;
	struct mm_struct *mm;
	u32 tgid;
	struct mempol_tea_ranges ranges;
	s32 rank[MEMPOL_TEA_RANGES];
	s32 node[MEMPOL_TEA_RANGES];
	bool trims;
	struct mempol_tea_nodes nodes;
	struct task_struct *tasks[MEMPOL_TEA_PROCESSES];
};

static inline bool mempol_tea_ends(const struct mempol_translation *record)
{
	return READ_ONCE(record->ended) || READ_ONCE(record->passive) ||
	       READ_ONCE(record->policy.leaves);
}

static inline unsigned long mempol_tea_end_of(const struct mempol_tea_range *range)
{
	return range->start + (u64)range->windows * MEMPOL_TEA_WINDOW;
}

/* round.c */
int mempol_tea_make(struct mempol_tea_round *round, unsigned long start, u32 windows, int nid,
		    bool replace);
int mempol_tea_move_range(struct mempol_tea_round *round, struct mempol_tea_move *move);

/* tend.c */
int mempol_tea_describe_nodes(struct mempol_tea_round *round, struct mempol_tea_range *range);
s32 mempol_tea_ask_node(struct mempol_tea_round *round, struct mempol_tea_range *range);
void mempol_tea_tend(struct mempol_tea_round *round);
void mempol_tea_trim(struct mempol_tea_round *round);

#endif /* _MEMPOL_TRANSLATION_ROUND_H */
