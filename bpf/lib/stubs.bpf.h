/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * The kernel's types as far as engines use them, in place of a vmlinux.h from a
 * build: CO-RE moves the offsets to those of the running kernel, so only names
 * and types of members matter here. Add what you need, nothing else.
 */
#ifndef MEMPOL_STUBS_BPF_H
#define MEMPOL_STUBS_BPF_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;

#define true 1
#define false 0

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;

/* From the BPF ABI; the map definitions of libbpf want them. */
enum {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_RINGBUF = 27,
};

/* By value on the stack of bpf_for(), so its size is not left to CO-RE. */
struct bpf_iter_num {
	__u64 opaque[1];
} __attribute__((aligned(8)));

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct inode {
	unsigned long i_ino;
};

struct rb_node {
	struct rb_node *rb_right;
	struct rb_node *rb_left;
};

struct rb_root {
	struct rb_node *rb_node;
};

struct rb_root_cached {
	struct rb_root rb_root;
};

struct vm_area_struct {
	unsigned long vm_flags;
	unsigned long vm_pgoff;
	struct {
		struct rb_node rb;
	} shared;
};

struct address_space {
	struct inode *host;
	struct rb_root_cached i_mmap;
};

struct folio {
	struct address_space *mapping;
	unsigned long index;
};

struct mempol_balloon_ctx {
	u64 time_ns;
	u64 total_pages;
	u64 free_pages;
	u64 available_pages;
	u64 file_pages;
	u64 held_pages;
	u64 small_pages;
	u64 host_pages;
	u64 keep_pages;
	u64 psi_some_us;
	u64 psi_full_us;
	u64 refaults;
	u64 stalls;
};

struct mempol_balloon_block {
	u64 pfn;
	u32 order;
	s32 nid;
	u32 zone;
	u32 migratetype;
	u32 flags;
};

struct mempol_cache_added_ctx {
	u64 cgroup_id;
	u64 distance;
	u64 nr_governed;
	u32 nid;
	u32 reason;
};

struct mempol_cache_evict_ctx {
	u64 cgroup_id;
	u32 nid;
	u32 nr_to_evict;
	u32 nr_evicted;
	s32 priority;
};

struct mempol_place_ctx {
	u64 cgroup_id;
	u64 space;
	u64 vpn;
	u64 index;
	u32 first_bucket;
	u32 nr_buckets;
	u32 nid;
	u32 flags;
	u32 attempt;
	s32 error;
	u32 clock;
	u32 tick;
};

struct mempol_ref_sample {
	u64 ino;
	u64 index;
	u64 time_ns;
	u32 dev;
	u32 cpu;
	u32 weight;
	u32 pad;
};

struct mempol_refcount_file {
	u64 time_ns;
	u64 ino;
	u64 age_ns;
	u64 period_ns;
	u64 reads;
	u64 fell_back;
	u64 busy;
	u32 dev;
	u32 cpus;
	u32 cause;
};

struct mempol_tea_range {
	u64 start;
	u64 frames_left;
	u32 tgid;
	u32 kind; /* 0: anonymous memory, 1: of a file, 2: shared */
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

#pragma clang attribute pop

#endif
