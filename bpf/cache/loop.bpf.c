// SPDX-License-Identifier: GPL-2.0-only
/*
 * loop: mru that does not freeze what it has found. For loops over more than fits that change, or that have
 * something else beside them. Loaded for Engine=loop.
 *
 * A part of what is wanted is looked for at the old end: what was not used since it came in or was looked at
 * last goes, and newer pages take its place. The rest is the newest, see newest.bpf.h. The text of programs has a list of
 * its own, see text.bpf.h.
 */
#include "loop.h"
#include "newest.bpf.h"
#include "text.bpf.h"

/* Lists: what is kept, what passes through, and what was used when the old end was looked at. */
#define KEPT 0
#define PASSING 1
#define USED 2
#define TEXT 3
/* The old end is one batch. */
#define BATCHES (MEMPOL_CACHE_MAX_BATCHES - 1)

/* By slot: memory has been short; as in mru. */
static bool loop_short[MRU_SLOTS];
/* Shared by all CPUs without a lock. */
static u32 loop_turn;

SEC("struct_ops/added")
s32 BPF_PROG(loop_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	if (program_has(folio))
		return TEXT;
	return loop_short[mru_slot(ev->cgroup_id, ev->nid)] ? PASSING : KEPT;
}

SEC("struct_ops/evict")
void BPF_PROG(loop_evict, struct mempol_cache_evict_ctx *ev)
{
	u64 kept = bpf_mempol_cache_list_pages(ev, KEPT),
	    used = bpf_mempol_cache_list_pages(ev, USED);
	struct newest_round round = { .want = ev->nr_to_evict, .used = NEWEST_NO_LIST };
	struct text_round text = { .list = TEXT, .want = ev->nr_to_evict };
	u32 turn = loop_turn++, left = BATCHES, rest, batch;
	int i, nr;

	loop_short[mru_slot(ev->cgroup_id, ev->nid)] = true;
	left -= text_turn(ev, &text, kept + used + bpf_mempol_cache_list_pages(ev, PASSING));
	round.named = text.named;
	newest_renew(ev, &round, loop_second(turn, kept, used) ? USED : KEPT, USED,
		     loop_old_pages(round.want, turn));
	left = newest_evict(ev, &round, KEPT, PASSING, left);
	rest = left;
	/* Nearly all has been used. */
	bpf_for(batch, 0, left)
	{
		if (round.named >= round.want)
			break;
		nr = mempol_batch(ev, USED, round.want - round.named, MEMPOL_CACHE_TAIL);
		rest--;
		if (nr <= 0)
			break;
		bpf_for(i, 0, nr)
		{
			struct mempol_cache_info info;

			if (mempol_look(ev, i, &info) ||
			    info.flags & (MEMPOL_FOLIO_HELD | MEMPOL_FOLIO_PINNED))
				continue;
			if (!mempol_evict(ev, i))
				round.named += info.nr_pages;
		}
	}
	text.named = round.named;
	text_rest(ev, &text, rest);
}

MEMPOL_CACHE_ENGINE(loop);
