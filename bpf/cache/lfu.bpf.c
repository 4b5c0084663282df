// SPDX-License-Identifier: GPL-2.0-only
/*
 * lfu: of each batch looked at the least used go. For reads with a skew that
 * lasts, which scans must not flush. Loaded for Engine=lfu.
 *
 * A clock over one list: batches come from the tail, survivors return to the
 * head, and counts are aged by the hand, slowly: accesses through mmap are seen
 * once a look only, and ageing as fast as they come in would forget them.
 */
#include "mempol_cache.bpf.h"
#include "lfu.h"

#define LFU_BUCKETS (MEMPOL_CACHE_MAX_COUNT + 1)
/* Not an access count: cannot go now. */
#define LFU_BUSY 0xff

static u64 lfu_looks;

SEC("struct_ops/added")
s32 BPF_PROG(lfu_added, struct folio *folio, u32 reason, u64 distance)
{
	return 0;
}

/* Look at the batch: how often each has been used, and how many have how often. */
static void lfu_look(struct mempol_cache_evict_ctx *ctx, int nr, u8 *counts, u8 *histogram)
{
	struct mempol_cache_info info;
	int i;

	bpf_for(i, 0, nr) {
		u8 count = LFU_BUSY;

		if (!mempol_look(ctx, i, &info) && !(info.flags & MEMPOL_FOLIO_BUSY)) {
			count = info.count & MEMPOL_CACHE_MAX_COUNT;
			histogram[count]++;
		}
		counts[i & (MEMPOL_CACHE_BATCH - 1)] = count;
	}
}

SEC("struct_ops/evict")
void BPF_PROG(lfu_evict, struct mempol_cache_evict_ctx *ev)
{
	u8 counts[MEMPOL_CACHE_BATCH], histogram[LFU_BUCKETS];
	struct lfu_choice choice;
	int round, i, nr;

	bpf_for(round, 0, MEMPOL_CACHE_MAX_BATCHES) {
		nr = mempol_batch(ev, 0, MEMPOL_CACHE_TAIL);
		if (nr <= 0)
			break;
		if (nr > MEMPOL_CACHE_BATCH)
			nr = MEMPOL_CACHE_BATCH;

		__builtin_memset(histogram, 0, sizeof(histogram));
		lfu_look(ev, nr, counts, histogram);
		choice = lfu_choose(histogram, LFU_BUCKETS);

		bpf_for(i, 0, nr) {
			u32 count = counts[i & (MEMPOL_CACHE_BATCH - 1)];

			if (count < choice.threshold) {
				mempol_evict(ev, i);
			} else if (count == choice.threshold && choice.at) {
				choice.at--;
				mempol_evict(ev, i);
			} else {
				bool age = count != LFU_BUSY && !(++lfu_looks % LFU_AGE_INTERVAL);

				mempol_move(ev, i, 0, age ? count / 2 : MEMPOL_CACHE_SAME_COUNT);
			}
		}
	}
}

MEMPOL_CACHE_ENGINE(lfu);
