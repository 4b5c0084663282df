/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * Translation entry areas (TEAs): runs of frames that hold the leaf page tables of a range of addresses, in their
 * order. What is asked about those of one process, as bodies of MEMPOL_CALL_TEA and _TEAS. Included by
 * <mempol/abi.h>, whose rules hold here.
 */
#ifndef MEMPOL_ABI_TEA_H
#define MEMPOL_ABI_TEA_H

/* Addresses that one leaf table maps; ranges begin and end on their boundaries. */
#define MEMPOL_TEA_WINDOW_BYTES (2ULL << 20)

/* What becomes of the tables of a range. */
enum mempol_tea_op {
	MEMPOL_TEA_OP_CREATE = 0, /* a TEA for it: page faults take tables from there */
	MEMPOL_TEA_OP_FREE =
		1, /* all TEAs of the policy that lie in it: tables stay where they are, as ordinary ones */
	MEMPOL_TEA_OP_FILL = 2, /* tables move into their TEAs, */
	MEMPOL_TEA_OP_VACATE = 3, /* or out of them */
	MEMPOL_TEA_OP_NODE = 4, /* tables of no TEA move to a node */
	MEMPOL_TEA_OP_TRIM = 5, /* tables without an entry are freed */
};

/* Why windows were left as they are though they had a table to be moved. */
#define MEMPOL_TEA_REFUSALS(X)                                   \
	X(SPECIAL, special, "they are a driver's, or hugetlb")   \
	X(BUSY, busy, "somebody was busy with their pages")      \
	X(LOCKS, locks, "they have too many mappings")           \
	X(SLOT, slot, "their place in the TEA was not free yet") \
	X(MEMORY, memory, "there was no memory for another table")

enum mempol_tea_refusal_id {
#define MEMPOL_X(upper, lower, text) MEMPOL_TEA_WHY_##upper,
	MEMPOL_TEA_REFUSALS(MEMPOL_X)
#undef MEMPOL_X
		MEMPOL_TEA_NR_WHY,
};

#define MEMPOL_TEA_MAX_WHY 8

/* A process, as <mempol/abi-walk.h> has it. */
struct mempol_process {
	__s32 pid; /* in the caller's namespace */
	__u32 owner; /* out: the only user but root who may look into it */
	__u64 start_ns; /* in, out: 0, or the process' as it was told first; another one is not touched */
	__u64 program; /* in, out: 0, or which program of the process was told of first; likewise */
};

/* No node in particular. */
#define MEMPOL_TEA_ANY_NODE (-1)

struct mempol_tea_request {
	struct mempol_process process;
	__u64 policy_id; /* whose TEAs are made or freed, and whose counters count; 0: nobody's */
	__u64 start; /* of the range */
	__u64 end; /* 0: all that there is behind start; out: which address that is */
	__u64 next; /* out: where to go on, end: that was all */
	__u64 done; /* out: TEAs made or freed, tables moved or freed */
	__u64 held_ns; /* out: the longest time for which the process could not change its mappings */
	__u32 op; /* enum mempol_tea_op */
	__s32 nid; /* of a TEA's frames, or MEMPOL_TEA_ANY_NODE; of tables */
	__u32 refused[MEMPOL_TEA_MAX_WHY]; /* out: windows, by enum mempol_tea_refusal_id */
};

/* A TEA; true for a moment. */
struct mempol_tea_entry {
	__u64 start; /* address */
	__u64 pfn; /* of its first frame */
	__u64 policy_id;
	__u32 windows;
	__s32 nid;
	__u32 placed; /* windows whose table is where it belongs, */
	__u32 elsewhere; /* whose table is another page, */
	__u32 huge; /* and that have a huge page */
	__u32 idle; /* frames that are no table now */
	__u32 frames; /* that it has: of one a window those that were not given back */
	__u32 pad;
};

/* That one call tells of. */
#define MEMPOL_TEA_ENTRIES 31

struct mempol_tea_list {
	struct mempol_process process;
	__u64 from; /* in: those that end behind it; out: where to go on */
	__u32 nr; /* out; fewer than MEMPOL_TEA_ENTRIES: that was all */
	__u32 pad;
	struct mempol_tea_entry entries[MEMPOL_TEA_ENTRIES];
};

#ifndef __bpf__
_Static_assert(MEMPOL_TEA_NR_WHY <= MEMPOL_TEA_MAX_WHY, "room for the reasons");
_Static_assert(sizeof(struct mempol_process) == 24, "mempol_process is ABI");
_Static_assert(sizeof(struct mempol_tea_request) == 112, "mempol_tea_request is ABI");
_Static_assert(sizeof(struct mempol_tea_entry) == 56, "mempol_tea_entry is ABI");
_Static_assert(sizeof(struct mempol_tea_list) == 1776, "mempol_tea_list is ABI");
#endif

#endif
