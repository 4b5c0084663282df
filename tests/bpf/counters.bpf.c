// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counter objects from BPF: a map of them, and one SYSCALL program that does with one what a request says. For tests
 * and measurements; what the figures mean is said by the programs that run it.
 */
#include "mempol_counter.bpf.h"
#include "counters.h"

struct slot {
	struct mempol_counter __kptr *counter;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, COUNTER_SLOTS);
	__type(key, u32);
	__type(value, struct slot);
} slots SEC(".maps");

static __always_inline struct mempol_counter *take_out(u32 i)
{
	struct slot *slot = bpf_map_lookup_elem(&slots, &i);

	return slot ? bpf_kptr_xchg(&slot->counter, NULL) : NULL;
}

/* Whatever is there goes. */
static __always_inline void put_in(u32 i, struct mempol_counter *c)
{
	struct slot *slot = bpf_map_lookup_elem(&slots, &i);

	if (slot)
		c = bpf_kptr_xchg(&slot->counter, c);
	if (c)
		bpf_mempol_counter_release(c);
}

static __always_inline s64 create(const struct counter_request *request)
{
	struct mempol_counter *c = bpf_mempol_counter_create(request->kind);

	if (!c)
		return -12; /* ENOMEM */
	put_in(request->slot, c);
	return 0;
}

static __always_inline void pairs(struct counter_request *request, struct mempol_counter *c)
{
	u64 begin = bpf_ktime_get_ns();
	s64 wrong = 0, token;
	u32 i;

	bpf_for(i, 0, request->count)
	{
		token = bpf_mempol_counter_get(c);
		wrong += token < 0 || bpf_mempol_counter_put(c, token);
	}
	request->ns = bpf_ktime_get_ns() - begin;
	request->result = wrong;
}

SEC("syscall")
int counter_pairs(struct counter_request *request)
{
	struct mempol_counter *c = take_out(request->slot);

	request->result = COUNTER_EMPTY;
	if (!c)
		return 0;
	pairs(request, c);
	put_in(request->slot, c);
	return 0;
}

/* So many, in slots from this on. result: how many it has become. */
SEC("syscall")
int counter_fill(struct counter_request *request)
{
	u32 i, nr = 0;

	bpf_for(i, 0, request->count)
	{
		struct mempol_counter *c = bpf_mempol_counter_create(request->kind);

		if (!c)
			break;
		put_in(request->slot + i, c);
		nr++;
	}
	request->result = nr;
	return 0;
}

/* Each counter of so many slots on, as reclaim looks at folios one by one. */
SEC("syscall")
int counter_query(struct counter_request *request)
{
	u64 begin = bpf_ktime_get_ns();
	u32 i, lines = 0, all = 0, zero = 0;

	bpf_for(i, 0, request->count)
	{
		u32 at = request->slot + i;
		struct mempol_counter *c = take_out(at);

		if (!c)
			continue;
		zero += bpf_mempol_counter_zero(c, &lines);
		all += lines;
		put_in(at, c);
	}
	request->ns = bpf_ktime_get_ns() - begin;
	request->lines = all;
	request->result = zero;
	return 0;
}

static __always_inline s64 ask(struct counter_request *request, struct mempol_counter *c)
{
	u32 lines = 0;
	s64 result;

	switch (request->op) {
	case COUNTER_GET:
		result = bpf_mempol_counter_get(c);
		request->token = result;
		return result;
	case COUNTER_PUT:
		return bpf_mempol_counter_put(c, request->token);
	case COUNTER_ZERO:
		result = bpf_mempol_counter_zero(c, &lines);
		request->lines = lines;
		return result;
	case COUNTER_SUM:
		return bpf_mempol_counter_sum(c);
	case COUNTER_FREEZE:
		return bpf_mempol_counter_freeze(c);
	case COUNTER_UNFREEZE:
		return bpf_mempol_counter_unfreeze(c);
	case COUNTER_CONVERT:
		return bpf_mempol_counter_convert(c);
	case COUNTER_REFUSED:
		return bpf_mempol_counter_refused(c);
	default:
		return -22; /* EINVAL */
	}
}

SEC("syscall")
int counter_do(struct counter_request *request)
{
	struct mempol_counter *c;

	if (request->op == COUNTER_CREATE) {
		request->result = create(request);
		return 0;
	}
	request->result = COUNTER_EMPTY;
	c = take_out(request->slot);
	if (!c)
		return 0;
	request->result = 0;
	if (request->op == COUNTER_DROP) {
		bpf_mempol_counter_release(c);
		return 0;
	}
	if (request->op == COUNTER_DUP)
		put_in(request->to, bpf_mempol_counter_dup(c));
	else
		request->result = ask(request, c);
	put_in(request->slot, c);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
