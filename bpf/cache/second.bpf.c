// SPDX-License-Identifier: GPL-2.0-only
/*
 * second: second chance. One list; what was used since it came in or was looked at last has another turn, the
 * rest goes, the oldest first. Nearest to LRU of all engines: for what LRU is good at, and where nothing may
 * be worse than it. Loaded for Engine=second. The text of programs has a list of its own, see text.bpf.h.
 */
#include "text.bpf.h"

#define LIST 0
#define TEXT 1

/* Batches in which what cannot go now is passed over, before it is named all the same. */
#define PATIENCE (MEMPOL_CACHE_MAX_BATCHES / 2)

/* An estimate, without a lock. */
static bool second_mapped_lately;

/* Of one callback. */
struct second_round {
	u32 want, named;
	bool patient;
	bool last; /* what is wanted must come from this batch, used or not */
};

SEC("struct_ops/added")
s32 BPF_PROG(second_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return program_has(folio) ? TEXT : LIST;
}

/* The accessed bit of the fault that brought a mapped folio in is no use: see queues.bpf.h. */
static void second_see_newest(struct mempol_cache_evict_ctx *ev)
{
	struct mempol_cache_info info;
	int i, nr;

	nr = mempol_batch(ev, LIST, MEMPOL_CACHE_BATCH, 0);
	bpf_for(i, 0, nr) mempol_look(ev, i, &info);
}

static void second_judge(struct mempol_cache_evict_ctx *ev, struct second_round *round, int i)
{
	struct mempol_cache_info info;
	bool mapped, used;

	if (mempol_look(ev, i, &info))
		return;
	mapped = info.flags & MEMPOL_FOLIO_MAPPED;
	second_mapped_lately = mapped;
	used = s3fifo_uses(info.count, mapped);
	if (used && !(round->last && round->named < s3fifo_enough(round->want))) {
		mempol_move(ev, i, LIST, s3fifo_count(0, mapped));
		return;
	}
	if (round->named >= round->want)
		return;
	if (info.flags & MEMPOL_FOLIO_BUSY && round->patient) {
		mempol_move(ev, i, LIST, MEMPOL_CACHE_SAME_COUNT);
		return;
	}
	if (!mempol_evict(ev, i))
		round->named += info.nr_pages;
}

SEC("struct_ops/evict")
void BPF_PROG(second_evict, struct mempol_cache_evict_ctx *ev)
{
	struct second_round round = { .want = ev->nr_to_evict };
	struct text_round text = { .list = TEXT, .want = ev->nr_to_evict };
	int batch, left = MEMPOL_CACHE_MAX_BATCHES, i, nr;

	left -= text_turn(ev, &text, bpf_mempol_cache_list_pages(ev, LIST));
	round.named = text.named;
	if (second_mapped_lately) {
		second_see_newest(ev);
		left--;
	}
	bpf_for(batch, 0, left)
	{
		if (round.named >= round.want)
			break;
		round.patient = batch < PATIENCE || round.named * 2 >= round.want;
		round.last = batch == left - 1;
		nr = mempol_batch(ev, LIST, batch ? MEMPOL_CACHE_BATCH : round.want,
				  MEMPOL_CACHE_TAIL);
		if (nr <= 0) {
			text.named = round.named;
			text_rest(ev, &text, left - batch - 1);
			break;
		}
		bpf_for(i, 0, nr) second_judge(ev, &round, i);
	}
}

MEMPOL_CACHE_ENGINE(second);
