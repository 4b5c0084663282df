/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * A process' page tables, as the module tells of them: the body of MEMPOL_CALL_WALK_RANGES and _ENTRIES. Included by
 * <mempol/abi.h>, whose rules hold here.
 */
#ifndef MEMPOL_ABI_WALK_H
#define MEMPOL_ABI_WALK_H

/* What a mapping of a process is; the kernel's own numbers of flags are no ABI. */
enum mempol_walk_flag {
	MEMPOL_WALK_READ = 1 << 0,
	MEMPOL_WALK_WRITE = 1 << 1,
	MEMPOL_WALK_EXEC = 1 << 2,
	MEMPOL_WALK_SHARED = 1 << 3,
	MEMPOL_WALK_ANON = 1 << 4, /* anonymous memory, also of MAP_PRIVATE of a device of zeros */
	MEMPOL_WALK_SHMEM = 1 << 5, /* tmpfs, memfd, System V, shared anonymous memory */
	MEMPOL_WALK_HUGETLB = 1 << 6,
	MEMPOL_WALK_SPECIAL = 1 << 7, /* of a driver or the kernel: huge pages are not made there */
	MEMPOL_WALK_DAX = 1 << 8,
	MEMPOL_WALK_HUGEPAGE = 1 << 9, /* MADV_HUGEPAGE */
	MEMPOL_WALK_NOHUGEPAGE = 1 << 10,
	MEMPOL_WALK_PRCTL = 1 << 11, /* PR_SET_THP_DISABLE of its process */
	MEMPOL_WALK_REGULAR = 1 << 12, /* a regular file, of which khugepaged makes huge pages */
	MEMPOL_WALK_WRITERS = 1 << 13, /* which it does not while it is open for writing */
	MEMPOL_WALK_PRIVATE_SHMEM = 1 << 14, /* shared memory without a file of its own */
	MEMPOL_WALK_STACK = 1 << 15,
	MEMPOL_WALK_HEAP = 1 << 16,
	MEMPOL_WALK_LOCKED = 1 << 17,
	MEMPOL_WALK_COPIED = 1 << 18, /* fork() copies its entries */
};

/* Levels of tables below the root: [0] has the entries of pages of 4 KiB, [3] is there with five levels only. */
#define MEMPOL_WALK_LEVELS 4

/*
 * Tables of one level in the order of their addresses. The first can be the last of what was told
 * before: a table has neighbours, and calls have limits.
 */
struct mempol_walk_level {
	__u64 first; /* physical addresses */
	__u64 last;
	__u32 nr;
	__u32 pad;
};

/*
 * A mapping, or the part [from, to) of it. Windows are those of 2 MiB of addresses: huge ones have
 * one entry, all others that are counted a leaf table, which can be a neighbour's too.
 */
struct mempol_walk_range {
	__u64 start; /* of the mapping */
	__u64 end;
	__u64 from;
	__u64 to;
	__u64 pgoff; /* of start, in pages of its file */
	__u32 flags; /* enum mempol_walk_flag */
	__u16 page_shift; /* of hugetlb; else 12 */
	__u16 shmem_huge; /* of the tmpfs: 0 never, 1 always, 2 within_size, 3 advise */
	__u64 present; /* entries of leaf tables: pages of 4 KiB, */
	__u64 swapped; /* in swap space, */
	__u64 shared; /* and anonymous pages that other processes map as well */
	__u32 giant; /* entries of 1 GiB */
	__u32 huge; /* windows: with a huge page, */
	__u32 full; /* with all small pages that there can be, */
	__u32 partial; /* with some, or some in swap space; */
	__u32 empty; /* leaf tables without an entry */
	__u32 over_swap; /* of those that lie in the mapping wholly and have pages: above the limits of the request, */
	__u32 over_shared;
	__u32 over_none;
	__u32 ready; /* and the others */
	__u32 spare; /* leaf tables that the kernel keeps for huge pages, to split them */
	struct mempol_walk_level levels[MEMPOL_WALK_LEVELS];
};

/* Flags of an entry. */
enum mempol_walk_entry_flag {
	MEMPOL_WALK_TABLE = 1 << 0, /* else pages whose frames follow each other */
	MEMPOL_WALK_ACCESSED = 1 << 1,
	MEMPOL_WALK_DIRTY = 1 << 2,
	MEMPOL_WALK_WRITABLE = 1 << 3,
};

/* A table of the address' level, told before what is in it and again at the beginning of each call; or pages. */
struct mempol_walk_entry {
	__u64 va;
	__u64 pa;
	__u32 count; /* pages; of a leaf table: its present entries */
	__u16 node;
	__u8 level; /* of the table; of the entry that maps the pages: 1 to 3 */
	__u8 flags; /* enum mempol_walk_entry_flag */
};

/* How many of them one call tells of. */
#define MEMPOL_WALK_RANGES 8
#define MEMPOL_WALK_ENTRIES 70

/* In place of an address: that was all. */
#define MEMPOL_WALK_END (~0ULL)

/* The page tables of a process. It is no policy's business, and works with none. */
struct mempol_walk {
	__u64 next; /* in, out: where to begin, and to go on */
	__u64 end; /* in: where to end; 0: at the last mapping's end */
	__u64 start_ns; /* in, out: 0, or the process' as it was told first; another one's is not walked */
	__s32 pid; /* in the caller's namespace */
	__u32 nr; /* out: ranges or entries */
	__u32 levels; /* out: 4 or 5 */
	__u16 max_none; /* in: what a window may have of those, to become a huge page */
	__u16 max_swap;
	__u16 max_shared;
	__u16 pad;
	__u32 owner; /* out: the only user but root who may look into the process, as for /proc/PID/maps */
	__u64 root; /* out: physical address of the root table */
	__u64 table_bytes; /* out: of all tables but those above the third level, as the kernel counts them */
	__u64 pages[4]; /* out: anonymous, of files, of shared memory, in swap space */
	union {
		struct mempol_walk_range ranges[MEMPOL_WALK_RANGES]; /* out */
		struct mempol_walk_entry entries[MEMPOL_WALK_ENTRIES]; /* out */
	} out;
	__u64 program; /* in, out: 0, or which program of the process was told of first; another one's is not walked */
};

#ifndef __bpf__
_Static_assert(sizeof(struct mempol_walk_range) == 208, "mempol_walk_range is ABI");
_Static_assert(sizeof(struct mempol_walk_entry) == 24, "mempol_walk_entry is ABI");
_Static_assert(sizeof(struct mempol_walk) == 1784, "mempol_walk is ABI");
#endif

#endif
