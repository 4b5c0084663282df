// SPDX-License-Identifier: GPL-2.0-only
/*
 * get-scan: s3fifo for what is read here and there, and lists of its own for what is read in runs, a file from
 * one end to the other or one file after the other: it is evicted first, the newest first. For loops and
 * searches over more than fits, and for reads with a skew beside scans. Loaded for Engine=get-scan.
 *
 * Runs are learned as pages come in, see runs.h. What is used again while it is on the lists of runs goes to
 * the small queue. What comes back soon is kept as s3fifo keeps it, unless all that is kept is a loop: see
 * get-scan.h.
 */
#include "get-scan.h"
#include "newest.bpf.h"
#include "queues.bpf.h"
#include "runs.h"

/* Lists, beside SMALL and MAIN: what is kept of runs, and what passes through. */
#define SCAN 2
#define PASSING 3
/* Batches that are left for the queues, when the lists of runs do not yield enough. */
#define QUEUES 3
/* And for them, without the one that samples. */
#define RUNS (MEMPOL_CACHE_MAX_BATCHES - QUEUES - 1)

/*
 * Shared by all CPUs without a lock: estimates, where a lost update does no harm. Not static: clang would
 * take the structures apart and leave BTF that the kernel refuses.
 */
struct get_scan_window get_scan_kept;
struct runs get_scan_runs;
/* By slot: memory has been short. */
static bool get_scan_short[MRU_SLOTS];

SEC("struct_ops/added")
s32 BPF_PROG(get_scan_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	u32 thread = bpf_get_current_pid_tgid();

	/* Read in windows of its file, it looks like a run. */
	if (program_has(folio))
		return MAIN;
	if (runs_note(&get_scan_runs, thread, folio->mapping->host->i_ino, folio->index)) {
		if (get_scan_lets_in(&get_scan_kept, ev->distance, ev->nr_governed))
			return SMALL;
		return get_scan_short[mru_slot(ev->cgroup_id, ev->nid)] ? PASSING : SCAN;
	}
	return queues_added_of_file(ev);
}

/*
 * Samples of what is kept, from the old end. What has been used is the main queue's. Of runs the rest stays where
 * it is: a mapped folio's first accessed bit is the fault's own, and the next look will tell.
 */
static void get_scan_sample(struct mempol_cache_evict_ctx *ev, struct newest_round *round, u32 list,
			    u32 pages)
{
	struct mempol_cache_info info;
	int i, nr = mempol_batch(ev, list, pages, MEMPOL_CACHE_TAIL);

	bpf_for(i, 0, nr)
	{
		bool mapped;
		u32 uses;

		if (mempol_look(ev, i, &info) || info.flags & MEMPOL_FOLIO_STUCK)
			continue;
		mapped = info.flags & MEMPOL_FOLIO_MAPPED;
		uses = s3fifo_uses(info.count, mapped);
		get_scan_note(&get_scan_kept, uses);
		if (uses) {
			uses = list == MAIN ? uses - 1 : 0;
			mempol_move(ev, i, MAIN, s3fifo_count(uses, mapped));
		} else if (list == MAIN && !mempol_evict(ev, i)) {
			round->named += info.nr_pages;
		}
	}
}

SEC("struct_ops/evict")
void BPF_PROG(get_scan_evict, struct mempol_cache_evict_ctx *ev)
{
	struct queues_round queues = { .want = ev->nr_to_evict };
	struct newest_round runs = { .want = ev->nr_to_evict, .used = SMALL };
	u64 scan = bpf_mempol_cache_list_pages(ev, SCAN);
	u64 main = bpf_mempol_cache_list_pages(ev, MAIN);
	u32 left = MEMPOL_CACHE_MAX_BATCHES;

	get_scan_short[mru_slot(ev->cgroup_id, ev->nid)] = true;
	if (scan || bpf_mempol_cache_list_pages(ev, PASSING)) {
		runs.others = main + bpf_mempol_cache_list_pages(ev, SMALL);
		if (scan >= main)
			get_scan_sample(ev, &runs, SCAN, runs.want / GET_SCAN_SAMPLE);
		else
			get_scan_sample(ev, &runs, MAIN, runs.want / GET_SCAN_SAMPLE_MAIN);
		left = QUEUES + newest_evict(ev, &runs, SCAN, PASSING, RUNS);
	}
	queues.named = runs.named;
	queues_evict(ev, &queues, left);
}

MEMPOL_CACHE_ENGINE_AS(get_scan, "get-scan");
