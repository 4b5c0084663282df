// SPDX-License-Identifier: GPL-2.0-only
/*
 * mru: the newest use goes first. For loops over more than fits, where every other order evicts just what
 * comes next. Loaded for Engine=mru.
 *
 * An access does not move a page: of a loop's pages the ones that came first stay, and the rest passes
 * through what is left; newest.bpf.h says how. The text of programs has a list of its own, see text.bpf.h.
 */
#include "newest.bpf.h"
#include "text.bpf.h"

#define FIRST 0
#define SECOND 1
#define TEXT 2

/*
 * By slot: memory has been short. Until then all that comes in is kept. Written and read without a lock:
 * an estimate.
 */
static bool mru_short[MRU_SLOTS];

SEC("struct_ops/added")
s32 BPF_PROG(mru_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	if (program_has(folio))
		return TEXT;
	return mru_short[mru_slot(ev->cgroup_id, ev->nid)] ? SECOND : FIRST;
}

SEC("struct_ops/evict")
void BPF_PROG(mru_evict, struct mempol_cache_evict_ctx *ev)
{
	struct newest_round round = { .want = ev->nr_to_evict, .used = NEWEST_NO_LIST };
	struct text_round text = { .list = TEXT, .want = ev->nr_to_evict };
	int left = MEMPOL_CACHE_MAX_BATCHES;

	mru_short[mru_slot(ev->cgroup_id, ev->nid)] = true;
	left -= text_turn(ev, &text,
			  bpf_mempol_cache_list_pages(ev, FIRST) +
				  bpf_mempol_cache_list_pages(ev, SECOND));
	round.named = text.named;
	round.others = bpf_mempol_cache_list_pages(ev, TEXT);
	left = newest_evict(ev, &round, FIRST, SECOND, left);
	text.named = round.named;
	text_rest(ev, &text, left);
}

MEMPOL_CACHE_ENGINE(mru);
