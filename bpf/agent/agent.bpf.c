// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon's ears and its one mouth: copies the module's events to the one ring
 * buffer, and passes on what the daemon asks. Loaded once by mempolicyd; decides
 * nothing.
 */
#include "stubs.bpf.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <mempol/abi.h>

extern int bpf_mempol_call(void *call, u32 call__sz) __ksym __weak;
extern int bpf_mempol_hint(void *hint, u32 hint__sz) __ksym __weak;
extern int bpf_mempol_hint_open(void *hint, u32 hint__sz) __ksym __weak;
extern int bpf_mempol_residency(void *map, u32 map__sz) __ksym __weak;

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

/* Whatever is asked of the module: a struct mempol_call says what. */
SEC("syscall")
int mempol_call(struct mempol_call *call)
{
	return bpf_mempol_call(call, sizeof(*call));
}

/*
 * What programs say of ranges of the page cache. This program's descriptor, and that of the next, is given away: whoever
 * has it runs it as itself, so that it calls nothing but what looks at its caller each time.
 */
SEC("syscall")
int mempol_hint(struct mempol_hint *hint)
{
	if (!bpf_ksym_exists(bpf_mempol_hint) || !bpf_ksym_exists(bpf_mempol_hint_open))
		return -95; /* EOPNOTSUPP */
	if (hint->flags & MEMPOL_HINT_OPEN)
		return bpf_mempol_hint_open(hint, sizeof(*hint));
	return bpf_mempol_hint(hint, sizeof(*hint));
}

/* Where the pages of a file are. */
SEC("syscall")
int mempol_residency(struct mempol_residency *map)
{
	if (!bpf_ksym_exists(bpf_mempol_residency))
		return -95; /* EOPNOTSUPP */
	return bpf_mempol_residency(map, sizeof(*map));
}

char LICENSE[] SEC("license") = "GPL";
