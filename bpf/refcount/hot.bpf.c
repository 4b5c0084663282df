// SPDX-License-Identifier: GPL-2.0-only
/*
 * hot: learns from samples which files have pages that several CPUs read at once, counts their reads in cells, and
 * takes them out again when they have been idle. For machines with many CPUs where it is not known beforehand what
 * they share. Loaded for Engine=hot.
 *
 * hot.h says what contention is. Files that were opted in by FilePath= or by hand stay.
 */
#include "hot.h"

MEMPOL_TUNABLE(u32, min_reads, 10000, "1..1000000000 reads/s",
	       "reads of one page, by two CPUs or more, that opt its file in");
MEMPOL_TUNABLE(u32, idle, 10, "1..86400 s",
	       "out after so long with less than a quarter of MinReads=");

/* Not static: clang would take the structures apart and leave BTF that the kernel refuses. */
struct hot_page hot_pages[HOT_PAGES];

struct hot_key {
	u64 ino;
	u64 dev;
};

/* More than there can be: one that is forgotten begins anew, and stays in longer. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct hot_key);
	__type(value, struct hot_file);
} hot_files SEC(".maps");

SEC("struct_ops/sampled")
s32 BPF_PROG(hot_sampled, struct mempol_ref_sample *read)
{
	struct mempol_ref_sample sample = {
		.time_ns = read->time_ns,
		.ino = read->ino,
		.index = read->index,
		.dev = read->dev,
		.cpu = read->cpu,
		.weight = read->weight,
	};

	return hot_note(&hot_pages[hot_slot(&sample) & (HOT_PAGES - 1)], &sample,
			bpf_get_current_pid_tgid(), min_reads);
}

SEC("struct_ops/review")
s32 BPF_PROG(hot_review, struct mempol_refcount_file *now)
{
	struct mempol_refcount_file file = {
		.period_ns = now->period_ns,
		.reads = now->reads,
		.cause = now->cause,
	};
	struct hot_key key = { .ino = now->ino, .dev = now->dev };
	struct hot_file fresh = {}, *state;

	state = bpf_map_lookup_elem(&hot_files, &key);
	if (!state) {
		bpf_map_update_elem(&hot_files, &key, &fresh, 0);
		state = bpf_map_lookup_elem(&hot_files, &key);
	}
	if (!state || !hot_is_idle(state, &file, min_reads, idle * 1000000000ULL))
		return MEMPOL_REFCOUNT_STAY;
	bpf_map_delete_elem(&hot_files, &key);
	return MEMPOL_REFCOUNT_CHANGE;
}

SEC(".struct_ops.link")
struct mempol_refcount_ops hot = {
	.sampled = (void *)hot_sampled,
	.review = (void *)hot_review,
	.name = "hot",
};

char LICENSE[] SEC("license") = "GPL";
