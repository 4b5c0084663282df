// SPDX-License-Identifier: GPL-2.0-only
/*
 * mine: an engine to start your own from. First in, first out, but a page that was used gets a few more turns:
 * how many is a tunable, how many pages got one is a counter.
 */
#include <mempol/bpf/mempol_cache.bpf.h>

/* In a policy file: Chances=2. The verifier folds it. */
MEMPOL_TUNABLE(u32, chances, 1, "0..3", "turns that a page gets for having been used");

/* Pages that had another turn: bpftool map dump name mine.bss */
u64 spared;

/* A page comes into the cache: on which list, 0 to 7, is it to begin? */
SEC("struct_ops/added")
s32 BPF_PROG(mine_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return 0;
}

/* Uses since it was read in: read() counts the one that brought it in, too. */
static u32 mine_uses(const struct mempol_cache_info *info)
{
	bool mapped = info->flags & MEMPOL_FOLIO_MAPPED;

	return !mapped && info->count ? info->count - 1 : info->count;
}

/* Somebody holds it, or it is pinned for a device: to name it would be in vain. The kernel counts those, as held and pinned. */
static bool mine_stuck(const struct mempol_cache_info *info)
{
	return info->flags & MEMPOL_FOLIO_STUCK;
}

/* To the head again, with one use less. */
static void mine_spare(struct mempol_cache_evict_ctx *ev, int i, u32 uses)
{
	u32 turns = uses < chances ? uses : chances;

	mempol_move(ev, i, 0, turns);
	spared++;
}

/* Memory is short: name ev->nr_to_evict pages. */
SEC("struct_ops/evict")
void BPF_PROG(mine_evict, struct mempol_cache_evict_ctx *ev)
{
	struct mempol_cache_info info;
	int round, i, nr;

	bpf_for(round, 0, MEMPOL_CACHE_MAX_BATCHES)
	{
		/* From the tail, the oldest first. What gets no verdict returns to where it was. */
		nr = mempol_batch(ev, 0, ev->nr_to_evict, MEMPOL_CACHE_TAIL);
		if (nr <= 0)
			break;
		bpf_for(i, 0, nr)
		{
			bool last = round == MEMPOL_CACHE_MAX_BATCHES - 1;

			if (mempol_look(ev, i, &info))
				continue;
			if (mine_stuck(&info))
				mempol_move(ev, i, 0, MEMPOL_CACHE_SAME_COUNT);
			else if (!last && chances && mine_uses(&info))
				mine_spare(ev, i, mine_uses(&info));
			else
				mempol_evict(ev, i);
		}
	}
}

MEMPOL_CACHE_ENGINE(mine);
