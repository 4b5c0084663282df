// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon's ears: copies the module's events to the one ring buffer and
 * answers what it asks about a policy. Loaded once by mempolicyd; decides
 * nothing.
 */
#include "stubs.bpf.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <mempol/abi.h>

extern int bpf_mempol_policy_read(void *query, u32 query__sz) __ksym __weak;
extern void bpf_mempol_beat(void) __ksym __weak;
extern int bpf_mempol_balloon_request(u64 policy_id, u64 pages) __ksym __weak;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

/* Events that found the ring buffer full; read by the daemon. */
u64 lost_events;

SEC("tp_btf/mempol_event")
int BPF_PROG(mempol_on_event, const struct mempol_event *event)
{
	struct mempol_event *copy = bpf_ringbuf_reserve(&events, sizeof(*copy), 0);

	if (!copy) {
		__sync_fetch_and_add(&lost_events, 1);
		return 0;
	}
	bpf_probe_read_kernel(copy, sizeof(*copy), event);
	bpf_ringbuf_submit(copy, 0);
	return 0;
}

SEC("syscall")
int mempol_query(struct mempol_query *query)
{
	query->info.version = MEMPOL_ABI_VERSION;
	query->error = bpf_mempol_policy_read(query, sizeof(*query));
	return 0;
}

/* The daemon is alive: policies with MEMPOL_OPS_HEARTBEAT go on. */
SEC("syscall")
int mempol_beat(void *unused)
{
	bpf_mempol_beat();
	return 0;
}

/* A size of the balloon that is not the engine's. */
SEC("syscall")
int mempol_balloon(struct mempol_balloon_request *request)
{
	request->error = bpf_ksym_exists(bpf_mempol_balloon_request) ?
				 bpf_mempol_balloon_request(request->policy_id, request->pages) :
				 -95; /* EOPNOTSUPP: a kernel without CONFIG_MEMPOL_BALLOON */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
