// SPDX-License-Identifier: GPL-2.0-only
/*
 * mru: the newest use goes first. For loops over more than fits, where every other order evicts just what
 * comes next. Loaded for Engine=mru.
 *
 * An access does not move a page: of a loop's pages the ones that came first stay, and the rest passes
 * through what is left. The newest page is not the newest use: readahead brings in pages that are about to
 * be used. They wait on a list of their own, oldest at the tail, until they have been read.
 */
#include "mempol_cache.bpf.h"
#include "mru.h"

/* Batches that look for what has been read among what waits, before something that is kept goes. */
#define MRU_PATIENCE 3
/* It will be some time until this can go. */
#define MRU_WRITTEN (MEMPOL_FOLIO_DIRTY | MEMPOL_FOLIO_WRITEBACK)

/*
 * By slot: memory has been short. Until then all that comes in is kept. Written and read without a lock:
 * an estimate.
 */
static bool mru_short[MRU_SLOTS];

/* Of one callback. */
struct mru_round {
	u32 want, named;
	u32 kept, waiting; /* lists */
	u32 excess; /* pages too many that wait */
	bool turn; /* more wait than a callback sees: what nobody may read must not be in the way */
};

SEC("struct_ops/added")
s32 BPF_PROG(mru_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return mru_short[mru_slot(ev->cgroup_id, ev->nid)];
}

/* It waits: has it been read, or waited for too long? */
static bool mru_may_go(struct mru_round *round, struct mempol_cache_info *info)
{
	if (round->named >= round->want || info->flags & MEMPOL_FOLIO_BUSY)
		return false;
	if (!(info->flags & MEMPOL_FOLIO_UNREAD))
		return true;
	if (!round->excess)
		return false;
	round->excess -= info->nr_pages < round->excess ? info->nr_pages : round->excess;
	return true;
}

/*
 * The oldest of those that wait. Where they belong to one stream, those that have been read come first, and
 * what is behind them waits in its place. What has others that were read behind it lets them pass, and so
 * does all of the batch if @turn.
 */
static void mru_pass_waiting(struct mempol_cache_evict_ctx *ev, struct mru_round *round, int nr,
			     bool turn)
{
	struct mempol_cache_info info;
	u8 stays[MEMPOL_CACHE_BATCH];
	int i, passed = turn ? nr : 0;

	bpf_for(i, 0, nr)
	{
		u32 slot = i & (MEMPOL_CACHE_BATCH - 1);

		stays[slot] = 1;
		if (mempol_look(ev, i, &info))
			continue;
		if (info.flags & MRU_WRITTEN) {
			stays[slot] = 0;
			mempol_move(ev, i, round->waiting, MEMPOL_CACHE_SAME_COUNT);
			continue;
		}
		if (!mru_may_go(round, &info) || mempol_evict(ev, i))
			continue;
		stays[slot] = 0;
		if (!turn)
			passed = i;
		round->named += info.nr_pages;
	}
	bpf_for(i, 0, passed)
	{
		if (stays[i & (MEMPOL_CACHE_BATCH - 1)])
			mempol_move(ev, i, round->waiting, MEMPOL_CACHE_SAME_COUNT);
	}
}

/* The newest of what is kept. What cannot be the newest use waits, behind what came in later. */
static void mru_pass_kept(struct mempol_cache_evict_ctx *ev, struct mru_round *round, int nr)
{
	struct mempol_cache_info info;
	int i;

	bpf_for(i, 0, nr)
	{
		if (mempol_look(ev, i, &info))
			continue;
		if (info.flags & (MEMPOL_FOLIO_BUSY | MEMPOL_FOLIO_UNREAD))
			bpf_mempol_cache_verdict(ev, i, MEMPOL_VERDICT_TAIL, round->waiting,
						 MEMPOL_CACHE_SAME_COUNT);
		else if (round->named < round->want && !mempol_evict(ev, i))
			round->named += info.nr_pages;
	}
}

SEC("struct_ops/evict")
void BPF_PROG(mru_evict, struct mempol_cache_evict_ctx *ev)
{
	u64 first = bpf_mempol_cache_list_pages(ev, 0), second = bpf_mempol_cache_list_pages(ev, 1);
	struct mru_round round = { .want = ev->nr_to_evict, .kept = mru_kept(first, second) };
	u64 most = mru_waiting_max(first + second), waiting = round.kept ? first : second;
	int batch, left = MEMPOL_CACHE_MAX_BATCHES, nr;

	mru_short[mru_slot(ev->cgroup_id, ev->nid)] = true;
	round.waiting = !round.kept;
	round.turn = waiting > MRU_PATIENCE * MEMPOL_CACHE_BATCH;
	if (waiting > most)
		round.excess = waiting - most;

	bpf_for(batch, 0, MRU_PATIENCE)
	{
		if (round.named >= round.want)
			return;
		nr = mempol_batch(ev, round.waiting, batch ? MEMPOL_CACHE_BATCH : round.want,
				  MEMPOL_CACHE_TAIL);
		left--;
		if (nr <= 0)
			break;
		/* What is at the very end keeps its place, so that a stream stays in order. */
		mru_pass_waiting(ev, &round, nr, batch && round.turn);
	}
	bpf_for(batch, 0, left)
	{
		if (round.named >= round.want)
			return;
		nr = mempol_batch(ev, round.kept,
				  batch ? MEMPOL_CACHE_BATCH : round.want - round.named, 0);
		if (nr <= 0)
			return;
		mru_pass_kept(ev, &round, nr);
	}
}

MEMPOL_CACHE_ENGINE(mru);
