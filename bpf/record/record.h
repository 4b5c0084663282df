/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What crosses between the programs of record.bpf.c and mempolctl, which loads them: one record for each use
 * of a page in the sample, and the words both sides share. Both are installed together, so that nothing here
 * is an interface for others.
 */
#ifndef MEMPOL_RECORD_H
#define MEMPOL_RECORD_H

#ifndef __bpf__
#include <linux/types.h>
#endif

/* As mempol_cache_hash() of the patched kernel: a page is in the sample if so many upper bits are zero. */
#define MEMPOL_RECORD_GOLDEN 0x61C8864680B583EBULL
#define MEMPOL_RECORD_MAX_SHIFT 20

enum mempol_record_op {
	MEMPOL_RECORD_READ = 0, /* by read() and its like, or a mapping is given up that was used */
	MEMPOL_RECORD_FAULT = 1, /* a page fault */
	MEMPOL_RECORD_WRITE = 2, /* a clean page becomes dirty */
	MEMPOL_RECORD_ADDED = 3, /* no use: it comes into the page cache */
	MEMPOL_RECORD_GONE = 4, /* no use: the file was deleted, or is shorter now */
	MEMPOL_RECORD_NR_OPS,
};

/* In a record's flags: its thread is in a run. */
#define MEMPOL_RECORD_IN_RUN 1

/* The hash of a page in a sample of one in 2^shift is at most this: its upper bits are zero. */
static inline __u64 mempol_record_limit(__u32 shift)
{
	return ~0ULL >> shift;
}

struct mempol_record {
	__u64 ino;
	__u64 index; /* of the first page */
	__u32 dev; /* the kernel's own encoding: 12 bits and 20 */
	__u32 thread;
	__u8 op; /* enum mempol_record_op */
	__u8 flags;
	__u8 order; /* pages: 1 << order */
	__u8 pad;
	__u32 number; /* whose slot of the ring it is; see ring.h */
};

/* Shared with mempolctl through memory. */
struct mempol_record_state {
	__u64 cgroup_id;
	__u64 limit; /* of the hash; a full ring halves it */
	__u32 shift;
	__u32 level; /* of the cgroup, the root is 0 */
	__u32 halved; /* a full ring has: no more before mempolctl has emptied the ring */
	__u32 pad;
	/* A memcg that is, and one that is not, of those last seen; mempolctl forgets them each time that it looks. */
	__u64 inside, outside;
	/* Records of sampled pages that the ring had no room for; apart from what each hit reads. */
	__u64 lost __attribute__((aligned(64)));
	__u64 added; /* pages that came in, all of them */
};

#ifndef __bpf__
_Static_assert(sizeof(struct mempol_record) == 32, "record.bpf.c and mempolctl agree");
#endif

#endif
