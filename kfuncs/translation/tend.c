// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a round does for TEAs and tables that are there: TEAs with holes are made anew once
 * their process has tables for these, slots that are idle for long go back, tables follow
 * their data to its node, and those without an entry are freed.
 */
#include <linux/nodemask.h>
#include "../core/run.h"
#include "round.h"

/*
 * A TEA with holes is made anew once the tables of so large a part of its windows, an eighth,
 * are elsewhere.
 */
#define MEMPOL_TEA_MEND_SHARE 8

static s32 mempol_tea_most(const unsigned int *nr)
{
	s32 most = first_online_node;
	int nid;

	for (nid = next_online_node(most); nid < MAX_NUMNODES; nid = next_online_node(nid))
		if (nr[nid] > nr[most])
			most = nid;
	return nr[most] ? most : NUMA_NO_NODE;
}

static u32 mempol_tea_share(const unsigned int *nr, int of)
{
	u64 all = 0;
	int nid;

	for (nid = first_online_node; nid < MAX_NUMNODES; nid = next_online_node(nid))
		all += nr[nid];
	return div64_u64(nr[of] * 100ULL, all);
}

/* On which nodes the tables of a range are, and what they lead to, if the policy asks that. */
int mempol_tea_describe_nodes(struct mempol_tea_round *round, struct mempol_tea_range *range)
{
	int err = 0;

	range->tables_node = NUMA_NO_NODE;
	range->data_node = NUMA_NO_NODE;
	if (!round->record->ops->nodes || !round->record->ops->node)
		return 0;
	memset(&round->nodes, 0, sizeof(round->nodes));
	err = mempol_tea_nodes(round->mm, range->start, mempol_tea_end_of(range), &round->nodes);
	if (err)
		return err;
	range->tables_node = mempol_tea_most(round->nodes.tables);
	range->data_node = mempol_tea_most(round->nodes.data);
	if (range->data_node != NUMA_NO_NODE)
		range->data_share = mempol_tea_share(round->nodes.data, range->data_node);
	return 0;
}

/* The node for the tables of a range, or NUMA_NO_NODE. */
s32 mempol_tea_ask_node(struct mempol_tea_round *round, struct mempol_tea_range *range)
{
	const struct mempol_translation_ops *ops = round->record->ops;
	s32 answer;
	u64 begin;

	if (!ops->nodes || !ops->node)
		return NUMA_NO_NODE;
	begin = mempol_task_begin();
	answer = ops->node(range);
	mempol_task_end(&round->record->policy, begin);
	if (answer == NUMA_NO_NODE ||
	    (answer >= 0 && answer < MAX_NUMNODES && node_state(answer, N_MEMORY)))
		return answer;
	mempol_refuse(&round->record->policy, MEMPOL_REFUSED_VERDICT);
	return NUMA_NO_NODE;
}

/* The node that was asked for at @addr. */
static s32 mempol_tea_node_at(const struct mempol_tea_round *round, unsigned long addr)
{
	u32 i;

	for (i = 0; i < round->ranges.nr; i++)
		if (addr >= round->ranges.range[i].start &&
		    addr < mempol_tea_end_of(&round->ranges.range[i]))
			return round->node[i];
	return NUMA_NO_NODE;
}

/* Has it to be made anew?  Its tables are in place or will be, see mempol_tea_tend(). */
static bool mempol_tea_is_worn(struct mempol_tea_round *round, const struct mempol_tea_info *tea,
			       s32 nid)
{
	struct mempol_tea_info now;

	if (nid != NUMA_NO_NODE && nid != tea->nid)
		return true;
	return tea->frames < tea->windows && !mempol_tea_next(round->mm, tea->start, true, &now) &&
	       now.start == tea->start &&
	       now.survey.elsewhere * MEMPOL_TEA_MEND_SHARE >= tea->windows;
}

/* A TEA of the policy's: renewed, or rid of what it has too much of. */
static void mempol_tea_tend_one(struct mempol_tea_round *round, const struct mempol_tea_info *tea)
{
	struct mempol_translation *record = round->record;
	unsigned long most = tea->windows;
	s32 nid = mempol_tea_node_at(round, tea->start);

	if (tea->tag == MEMPOL_TEA_BY_ENGINE) {
		if (mempol_tea_is_worn(round, tea, nid) &&
		    !mempol_tea_make(round, tea->start, tea->windows, nid, true))
			return;
		most = tea->windows * (record->ops->max_idle ?: MEMPOL_TEA_MAX_IDLE) / 1000;
	}
	mempol_tea_release(&record->mm, round->mm, tea->start, most);
}

/* Tables of no TEA go to where they are wanted. */
static void mempol_tea_follow(struct mempol_tea_round *round)
{
	u32 i;

	for (i = 0; i < round->ranges.nr; i++) {
		struct mempol_tea_move move = {
			.verb = MEMPOL_TEA_NODE,
			.nid = round->node[i],
			.end = mempol_tea_end_of(&round->ranges.range[i]),
			.next = round->ranges.range[i].start,
		};

		if (move.nid != NUMA_NO_NODE)
			mempol_tea_move_range(round, &move);
	}
}

/**
 * mempol_tea_tend - look after a process' TEAs and tables
 * @round: at the process, which has been served.
 *
 * Only when all has moved that could: a slot whose table is yet to come is not idle.
 */
void mempol_tea_tend(struct mempol_tea_round *round)
{
	struct mempol_tea_info tea = {};

	mempol_tea_follow(round);
	while (round->budget && !mempol_tea_ends(round->record) &&
	       !mempol_tea_next(round->mm, tea.start + tea.windows * MEMPOL_TEA_WINDOW, false,
				&tea))
		if (tea.policy == &round->record->mm)
			mempol_tea_tend_one(round, &tea);
}

/* Free the tables of a process that have no entry: nothing else does, until it unmaps them. */
void mempol_tea_trim(struct mempol_tea_round *round)
{
	struct mempol_tea_move move = {
		.verb = MEMPOL_TEA_TRIM,
		.end = MEMPOL_TEA_MAX_ADDR,
	};

	mempol_tea_move_range(round, &move);
}
