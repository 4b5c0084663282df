// SPDX-License-Identifier: GPL-2.0-only
/*
 * An engine that counts with counter objects: one of each kind for what comes in, with a pointer for each CPU, made in
 * init(), where it may sleep. What tallier_forge says it puts with a token that nobody has: each is refused, and
 * counted as the engine's wrong request. Used by tests/vm only.
 */
#include "mempol_cache.bpf.h"
#include "mempol_counter.bpf.h"

#define CPUS 16
#define SLOTS (CPUS * MEMPOL_NR_COUNTER_KINDS)

struct slot {
	struct mempol_counter __kptr *counter;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, u32);
	__type(value, struct slot);
} slots SEC(".maps");

/* References taken and put, tokens that were forged, and whatever was not as it has to be. */
u64 tallier_pairs, tallier_forge, tallier_forged, tallier_wrong;

static __always_inline struct mempol_counter *swap(u32 i, struct mempol_counter *c)
{
	struct slot *slot = bpf_map_lookup_elem(&slots, &i);

	return slot ? bpf_kptr_xchg(&slot->counter, c) : c;
}

static __always_inline void put_in(u32 i, struct mempol_counter *c)
{
	c = swap(i, c);
	if (c)
		bpf_mempol_counter_release(c);
}

SEC("struct_ops.s/init")
s32 BPF_PROG(tallier_init, u64 cgroup_id)
{
	u32 kind, cpu;

	bpf_for(kind, 0, MEMPOL_NR_COUNTER_KINDS)
	{
		struct mempol_counter *c = bpf_mempol_counter_create(kind);

		if (!c)
			return -12; /* ENOMEM */
		bpf_for(cpu, 0, CPUS) put_in(kind * CPUS + cpu, bpf_mempol_counter_dup(c));
		bpf_mempol_counter_release(c);
	}
	return 0;
}

SEC("struct_ops/added")
s32 BPF_PROG(tallier_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	u32 cpu = bpf_get_smp_processor_id(), kind;

	bpf_for(kind, 0, MEMPOL_NR_COUNTER_KINDS)
	{
		struct mempol_counter *c = swap(kind * CPUS + cpu % CPUS, NULL);
		s64 token;

		if (!c)
			continue;
		token = bpf_mempol_counter_get(c);
		if (token < 0 || bpf_mempol_counter_put(c, token))
			__sync_fetch_and_add(&tallier_wrong, 1);
		else
			__sync_fetch_and_add(&tallier_pairs, 1);
		if (tallier_forge) {
			__sync_fetch_and_add(&tallier_forged, 1);
			if (!bpf_mempol_counter_put(c, -1))
				__sync_fetch_and_add(&tallier_wrong, 1);
		}
		put_in(kind * CPUS + cpu % CPUS, c);
	}
	return 0;
}

SEC("struct_ops/evict")
void BPF_PROG(tallier_evict, struct mempol_cache_evict_ctx *ev)
{
	int i, nr = mempol_batch(ev, 0, ev->nr_to_evict, MEMPOL_CACHE_TAIL);

	bpf_for(i, 0, nr) mempol_evict(ev, i);
}

MEMPOL_CACHE_ENGINE(tallier, .init = (void *)tallier_init);
