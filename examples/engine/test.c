// SPDX-License-Identifier: GPL-2.0-only
/*
 * A unit test of the engine: its own source, natively, over functions of the kernel that are the test's. What the
 * whole does over traces is `make sim`, whether it keeps the kernel's rules is `mempolctl test-engine`; both are
 * in `make test`.
 */
#include <assert.h>
#include <stdio.h>

#include "mine.bpf.c"

#define PAGES 10

/* A list of ten pages, the oldest first, and what the engine said of each. */
static u32 count[PAGES], held[PAGES], verdict[PAGES], taken;

int bpf_mempol_cache_batch(struct mempol_cache_evict_ctx *ctx, u32 list, u32 nr, u32 flags)
{
	u32 left = PAGES - taken;

	assert(list == 0 && flags == MEMPOL_CACHE_TAIL);
	nr = nr < left ? nr : left;
	taken += nr;
	return nr;
}

int bpf_mempol_cache_look(struct mempol_cache_evict_ctx *ctx, u32 index, void *to, u32 size)
{
	struct mempol_cache_info *info = to;

	*info = (struct mempol_cache_info){ .count = count[index],
					    .flags = held[index],
					    .nr_pages = 1 };
	return 0;
}

int bpf_mempol_cache_verdict(struct mempol_cache_evict_ctx *ctx, u32 index, u32 what, u32 list,
			     u32 new_count)
{
	assert(!verdict[index]);
	verdict[index] = what;
	return 0;
}

s64 bpf_mempol_cache_list_pages(struct mempol_cache_evict_ctx *ctx, u32 list)
{
	return PAGES - taken;
}

int main(void)
{
	struct mempol_cache_evict_ctx ev = { .nr_to_evict = PAGES };

	/* Read once; only the third was used since. The fifth is held, the sixth pinned. */
	for (int i = 0; i < PAGES; i++)
		count[i] = 1;
	count[2] = 4;
	held[4] = MEMPOL_FOLIO_HELD;
	held[5] = MEMPOL_FOLIO_HELD | MEMPOL_FOLIO_PINNED;
	mine_evict(&ev);
	for (int i = 0; i < PAGES; i++) {
		bool stays = i == 2 || i == 4 || i == 5;

		assert(verdict[i] == (stays ? MEMPOL_VERDICT_HEAD : MEMPOL_VERDICT_EVICT));
	}
	assert(spared == 1);
	puts("test.c: what was used is spared, what is held is passed over, all else goes");
	return 0;
}
