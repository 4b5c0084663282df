// SPDX-License-Identifier: GPL-2.0-only
/*
 * s3fifo: new pages have a tenth of the memory to be used once more in, else they go; the rest belongs to
 * those that were. For reads with a skew, also one that moves, among pages that are read once. Loaded for
 * Engine=s3fifo.
 *
 * Two queues: from the end of the small one folios are evicted or, if used since they came in, moved to
 * the main one; at its end they have another turn for each use. Folios that come back soon enter the main
 * queue at once.
 */
#include "mempol_cache.bpf.h"
#include "s3fifo.h"

#define SMALL 0
#define MAIN 1
/* Batches in which what cannot go now is passed over, before it is named all the same. */
#define PATIENCE (MEMPOL_CACHE_MAX_BATCHES / 2)

/*
 * Shared by all CPUs without a lock: estimates, where a lost update does no harm. Not static: clang would
 * take the structure apart and leave BTF that the kernel refuses.
 */
struct s3fifo_window s3fifo_window;
static bool mapped_lately;

/* Of one callback. */
struct s3fifo_round {
	/*
	 * Of the queues, as far as it is known. Sums of 32 bits wrap, so that the verifier's bounds of them
	 * are all or nothing; those of 64 bits would be others after each turn of a loop.
	 */
	u32 small_pages, main_pages;
	u32 want, named;
	bool small; /* where the batch is from */
	bool patient;
};

SEC("struct_ops/added")
s32 BPF_PROG(s3fifo_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return s3fifo_admit(&s3fifo_window, ev->distance, ev->nr_governed) ? MAIN : SMALL;
}

/*
 * All that is known of a mapped folio is its accessed bit, and the fault that brought the folio in has set it.
 * The bit is read, and so cleared, while the folio is new. If it is set again at the end of the queue, the
 * folio really was used.
 */
static void s3fifo_see_newest(struct mempol_cache_evict_ctx *ev)
{
	struct mempol_cache_info info;
	int i, nr;

	nr = mempol_batch(ev, SMALL, MEMPOL_CACHE_BATCH, 0);
	bpf_for(i, 0, nr) mempol_look(ev, i, &info);
}

/* It leaves the end of its queue, for the main one or for good. */
static void s3fifo_leave(struct s3fifo_round *round, u32 pages, bool stays)
{
	if (round->small)
		round->small_pages -= pages;
	else
		round->main_pages -= pages;
	if (stays)
		round->main_pages += pages;
	else
		round->named += pages;
}

static void s3fifo_judge(struct mempol_cache_evict_ctx *ev, struct s3fifo_round *round, int i)
{
	struct mempol_cache_info info;
	bool mapped;
	u32 uses;

	if (mempol_look(ev, i, &info))
		return;
	mapped = info.flags & MEMPOL_FOLIO_MAPPED;
	mapped_lately = mapped;
	uses = s3fifo_uses(info.count, mapped);
	if (!round->small)
		s3fifo_note(&s3fifo_window, uses);

	if (uses) {
		uses = round->small ? 0 : uses - 1;
		mempol_move(ev, i, MAIN, s3fifo_count(uses, mapped));
		s3fifo_leave(round, info.nr_pages, true);
		return;
	}
	if (round->named >= round->want)
		return;
	/* In the end it is named: the kernel writes it back, and keeps it elsewhere until then. */
	if (info.flags & MEMPOL_FOLIO_BUSY && round->patient) {
		mempol_move(ev, i, round->small ? SMALL : MAIN, MEMPOL_CACHE_SAME_COUNT);
		return;
	}
	mempol_evict(ev, i);
	s3fifo_leave(round, info.nr_pages, false);
}

/*
 * All that was met has been used: a warm cache under a scan. Of the last batch the least used go, no more
 * than the kernel wants to see before it takes pages by force.
 */
static void s3fifo_judge_last(struct mempol_cache_evict_ctx *ev, struct s3fifo_round *round, int nr)
{
	u32 least = S3FIFO_USES, enough = s3fifo_enough(round->want);
	struct mempol_cache_info info;
	u8 uses[MEMPOL_CACHE_BATCH];
	u16 pages[MEMPOL_CACHE_BATCH];
	int i;

	bpf_for(i, 0, nr)
	{
		u32 slot = i & (MEMPOL_CACHE_BATCH - 1);

		uses[slot] = S3FIFO_NONE;
		if (mempol_look(ev, i, &info) || info.flags & MEMPOL_FOLIO_BUSY)
			continue;
		uses[slot] = s3fifo_uses(info.count, info.flags & MEMPOL_FOLIO_MAPPED);
		pages[slot] = info.nr_pages;
		if (uses[slot] < least)
			least = uses[slot];
	}
	bpf_for(i, 0, nr)
	{
		u32 slot = i & (MEMPOL_CACHE_BATCH - 1);

		if (uses[slot] == least && round->named < enough) {
			mempol_evict(ev, i);
			s3fifo_leave(round, pages[slot], false);
			continue;
		}
		s3fifo_judge(ev, round, i);
	}
}

SEC("struct_ops/evict")
void BPF_PROG(s3fifo_evict, struct mempol_cache_evict_ctx *ev)
{
	struct s3fifo_round round = { .want = ev->nr_to_evict };
	int batch, left = MEMPOL_CACHE_MAX_BATCHES, i, nr;

	round.small_pages = bpf_mempol_cache_list_pages(ev, SMALL);
	round.main_pages = bpf_mempol_cache_list_pages(ev, MAIN);
	if (mapped_lately) {
		s3fifo_see_newest(ev);
		left--;
	}

	bpf_for(batch, 0, left)
	{
		if (round.named >= round.want)
			break;
		round.small = s3fifo_from_small(round.small_pages, round.main_pages);
		round.patient = batch < PATIENCE || round.named * 2 >= round.want;
		/*
		 * What is wanted, if all of it goes; then whole batches: where most have been used, less would
		 * withhold so much that the kernel takes pages by force.
		 */
		nr = mempol_batch(ev, round.small ? SMALL : MAIN,
				  batch ? MEMPOL_CACHE_BATCH : round.want, MEMPOL_CACHE_TAIL);
		if (nr <= 0)
			break;
		if (batch == left - 1 && round.named < s3fifo_enough(round.want)) {
			s3fifo_judge_last(ev, &round, nr);
			break;
		}
		bpf_for(i, 0, nr) s3fifo_judge(ev, &round, i);
	}
}

MEMPOL_CACHE_ENGINE(s3fifo);
