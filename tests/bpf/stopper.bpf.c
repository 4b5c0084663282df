// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile engine: under bpf_spin_lock() interrupts are off, and with them the clock that callbacks are timed
 * by; may_goto in may_goto then runs for hours. It must be refused when it is loaded. Used by tests/vm only.
 */
#include "mempol_cache.bpf.h"

struct bpf_spin_lock {
	u32 val;
};

struct stopped {
	struct bpf_spin_lock lock;
	u64 turns;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct stopped);
} stopper_map SEC(".maps");

static __noinline void turn(struct stopped *stopped)
{
	do
		stopped->turns++;
	while (({
		__label__ out, go_on;
		bool more = true;

		asm volatile goto("may_goto %l[out]" :: ::out);
		goto go_on;
out:
		more = false;
go_on:
		more;
	}));
}

SEC("struct_ops/added")
s32 BPF_PROG(stopper_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return 0;
}

SEC("struct_ops/evict")
void BPF_PROG(stopper_evict, struct mempol_cache_evict_ctx *ev)
{
	struct stopped *stopped;
	u32 key = 0;
	int i;

	stopped = bpf_map_lookup_elem(&stopper_map, &key);
	if (!stopped)
		return;
	bpf_spin_lock(&stopped->lock);
	for (i = 0; i < 64; i++)
		turn(stopped);
	bpf_spin_unlock(&stopped->lock);
}

MEMPOL_CACHE_ENGINE(stopper);
