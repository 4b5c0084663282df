// SPDX-License-Identifier: GPL-2.0-only
/*
 * SYSCALL programs that call the balloon's kfuncs which no shipped program calls: the loader runs them for
 * tests/vm. Not an engine.
 */
#include "mempol_balloon.bpf.h"

extern int bpf_mempol_balloon_claim(u64 policy_id, u64 pfn, u32 order) __ksym;
extern int bpf_mempol_balloon_block(u64 pfn, void *block, u32 block__sz) __ksym;
extern u64 bpf_mempol_drop_cache(u64 pages) __ksym;

/* As tests/bpf/loader.c has it. */
struct probe {
	u64 policy_id;
	u64 pfn;
	u64 order;
	s64 result;
};

SEC("syscall")
int probe_claim(struct probe *probe)
{
	probe->result = bpf_mempol_balloon_claim(probe->policy_id, probe->pfn, probe->order);
	return 0;
}

/* The order of the free block that begins there, or -errno. */
SEC("syscall")
int probe_block(struct probe *probe)
{
	struct mempol_balloon_block block = {};
	int err = bpf_mempol_balloon_block(probe->pfn, &block, sizeof(block));

	probe->result = err ? err : (s64)block.order;
	return 0;
}

SEC("syscall")
int probe_drop(struct probe *probe)
{
	probe->result = bpf_mempol_drop_cache(probe->pfn);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
