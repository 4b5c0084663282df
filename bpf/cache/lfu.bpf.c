// SPDX-License-Identifier: GPL-2.0-only
/*
 * lfu: of each batch looked at the least used go. For reads with a skew that
 * lasts, which scans must not flush. Loaded for Engine=lfu.
 *
 * A clock over one list: batches come from the tail, survivors return to the
 * head, and now and then one's count is halved: slowly, because accesses
 * through mmap are seen once a look only, and ageing as fast as they come in
 * would forget them. The text of programs has a list of its own, see
 * text.bpf.h.
 */
#include "text.bpf.h"
#include "lfu.h"

#define LIST 0
#define TEXT 1

/* Not an access count: cannot go now. */
#define LFU_BUSY 0xff

/* Shared by all CPUs without a lock: an estimate, where a lost update does no harm. */
static struct lfu_window lfu_window;
static u64 lfu_survivors;

SEC("struct_ops/added")
s32 BPF_PROG(lfu_added, struct folio *folio, struct mempol_cache_added_ctx *ev)
{
	return program_has(folio) ? TEXT : LIST;
}

/* Look at the batch: how often has each been used? What is still to be read for the first time can wait. */
static void lfu_look(struct mempol_cache_evict_ctx *ev, int nr, u8 *counts, u16 *pages,
		     bool patient)
{
	u32 busy = MEMPOL_FOLIO_BUSY | (patient ? MEMPOL_FOLIO_UNREAD : 0);
	struct mempol_cache_info info;
	u32 uses;
	int i;

	bpf_for(i, 0, nr)
	{
		u32 slot = i & (MEMPOL_CACHE_BATCH - 1);

		counts[slot] = LFU_BUSY;
		if (mempol_look(ev, i, &info))
			continue;
		uses = lfu_uses(info.count, info.flags & MEMPOL_FOLIO_UNREAD);
		/* Dirty ones are in the window too: when the cold ones are, hot ones must not go. */
		lfu_note(&lfu_window, uses);
		if (info.flags & busy)
			continue;
		counts[slot] = uses & MEMPOL_CACHE_MAX_COUNT;
		pages[slot] = info.nr_pages;
	}
}

SEC("struct_ops/evict")
void BPF_PROG(lfu_evict, struct mempol_cache_evict_ctx *ev)
{
	u32 named = 0, want = ev->nr_to_evict, threshold, left;
	struct text_round text = { .list = TEXT, .want = ev->nr_to_evict };
	int rounds = MEMPOL_CACHE_MAX_BATCHES, round, i, nr = 0;
	u8 counts[MEMPOL_CACHE_BATCH];
	u16 pages[MEMPOL_CACHE_BATCH];
	bool behind;

	rounds -= text_turn(ev, &text, bpf_mempol_cache_list_pages(ev, LIST));
	named = text.named;
	bpf_for(round, 0, rounds)
	{
		nr = mempol_batch(ev, LIST, MEMPOL_CACHE_BATCH, MEMPOL_CACHE_TAIL);
		if (nr <= 0) {
			text.named = named;
			text_rest(ev, &text, rounds - round - 1);
			break;
		}
		behind = named * 2 * MEMPOL_CACHE_MAX_BATCHES < want * round;
		lfu_look(ev, nr, counts, pages, !behind);
		threshold = lfu_threshold(&lfu_window, behind ? LFU_QUANTILE_BEHIND : LFU_QUANTILE);
		left = LFU_VICTIMS;

		bpf_for(i, 0, nr)
		{
			u32 slot = i & (MEMPOL_CACHE_BATCH - 1), count = counts[slot];
			bool age;

			if (count <= threshold && left && named < want) {
				mempol_evict(ev, i);
				named += pages[slot];
				left--;
				continue;
			}
			age = count != LFU_BUSY && ++lfu_survivors % LFU_AGE_INTERVAL == 0;
			mempol_move(ev, i, LIST, age ? count / 2 : MEMPOL_CACHE_SAME_COUNT);
		}
	}
}

MEMPOL_CACHE_ENGINE(lfu);
