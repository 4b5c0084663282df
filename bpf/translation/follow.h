/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where page tables go that follow their data (Node=data); pure, for the engines and their unit test.
 */
#ifndef MEMPOL_FOLLOW_H
#define MEMPOL_FOLLOW_H

/* Of data that lies on two nodes alike, now one has more and now the other: tables would move each time. */
#define FOLLOW_SHARE 60U

/* @node has @share percent of the data that was looked at, the most of all. -1: tables stay where they are. */
static inline s32 follow_node(s32 node, u32 share)
{
	return share >= FOLLOW_SHARE ? node : -1;
}

#endif
