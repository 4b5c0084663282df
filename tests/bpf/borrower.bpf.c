// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile engine: calls a kfunc that 6.12 lets every struct_ops program call, and that no engine of ours has a
 * use for. It must be refused when it is loaded. Used by tests/vm only.
 */
#include "mempol_cache.bpf.h"

extern void bpf_preempt_disable(void) __ksym;
extern void bpf_preempt_enable(void) __ksym;

SEC("struct_ops/added")
s32 BPF_PROG(borrower_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	bpf_preempt_disable();
	bpf_preempt_enable();
	return 0;
}

SEC("struct_ops/evict")
void BPF_PROG(borrower_evict, struct mempol_cache_evict_ctx *ev)
{
}

MEMPOL_CACHE_ENGINE(borrower);
