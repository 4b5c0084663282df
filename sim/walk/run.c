// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a reference does: the TLBs are asked, a miss walks and fills them, then the datum is read through the same caches.
 * This is the loop that takes the time; see designs.h.
 */
#include <string.h>

#include "designs.h"

/* The published TLB: what was used least often goes. */
static bool lfu_touch(struct walk_lru *tlb, uint64_t key)
{
	uint64_t *tags = walk_lru_set(tlb, key);
	uint32_t *uses = tlb->uses + (tags - tlb->tags), least = 0;

	for (uint32_t i = 0; i < tlb->ways; i++) {
		if (tags[i] == key) {
			uses[i]++;
			return true;
		}
		if (uses[i] < uses[least])
			least = i;
	}
	if (tlb->ways) {
		tags[least] = key;
		uses[least] = 1;
	}
	return false;
}

static inline __attribute__((always_inline)) bool tlb_touch(struct walk_machine *m,
							    struct walk_lru *tlb, uint64_t key)
{
	if (__builtin_expect(m->config.defects & WALK_DEFECT_LFU, 0))
		return lfu_touch(tlb, key);
	return walk_lru_touch(tlb, key);
}

/* Of a TLB entry: a guest's huge page on small ones of the host is small. */
static unsigned int leaf_of(const struct walk_machine *m, uint64_t va)
{
	unsigned int leaf = walk_space_leaf(&m->guest, va), host;

	if (!leaf || m->environment == WALK_NATIVE)
		return leaf;
	host = walk_host_leaf(m, walk_space_data_of(&m->guest, va, leaf));
	return host < leaf ? host : leaf;
}

static __attribute__((noinline)) void remember(struct walk_machine *m, struct walk_memo *memo,
					       uint64_t va)
{
	m->remembered++;
	memo->page = va >> WALK_PAGE_SHIFT;
	memo->leaf = leaf_of(m, va);
	memo->frame = 0;
	if (memo->leaf)
		memo->frame = walk_host_address(m, walk_space_data(&m->guest, va)) &
			      ~((1ULL << WALK_PAGE_SHIFT) - 1);
}

static inline __attribute__((always_inline)) struct walk_memo *memo_of(struct walk_machine *m,
								       uint64_t va)
{
	uint64_t page = va >> WALK_PAGE_SHIFT;
	/* Arrays of one size are often as far from each other as would make their pages share a memo. */
	struct walk_memo *memo = &m->memos[page * 0x9e3779b97f4a7c15ULL >> (64 - WALK_MEMO_BITS)];

	if (__builtin_expect(memo->page != page, 0))
		remember(m, memo, va);
	return memo;
}

static inline __attribute__((always_inline)) void translate(struct walk_machine *m,
							    const struct walk_design *design,
							    uint64_t va, unsigned int leaf,
							    bool fetch)
{
	uint64_t key = va >> walk_shift(leaf);
	struct walk_lru *first = &m->dtlb[leaf];

	if (fetch) {
		/* One array for all sizes. */
		first = &m->itlb;
		key |= (uint64_t)leaf << 60;
	}
	if (tlb_touch(m, first, key))
		return;
	m->count.l1_misses[leaf]++;
	/* Entries of a gibibyte have no second level. */
	if (leaf < 3 && tlb_touch(m, &m->stlb, va >> walk_shift(leaf) | (uint64_t)leaf << 60))
		return;
	m->count.walks[leaf]++;
	m->count.walk_cycles += design->walk(m, va);
}

static inline __attribute__((always_inline)) void
refer(struct walk_machine *m, const struct walk_design *design, uint64_t reference)
{
	uint64_t va = reference & WALK_ADDRESS_MASK;
	bool fetch = (reference >> WALK_TYPE_SHIFT & 7) == WALK_FETCH;
	struct walk_memo *memo = memo_of(m, va);
	uint64_t physical = memo->frame | (va & ((1U << WALK_PAGE_SHIFT) - 1));

	if (__builtin_expect(!memo->leaf, 0)) {
		m->count.unmapped++;
		return;
	}
	m->count.references++;
	translate(m, design, va, memo->leaf, fetch);
	m->count.data_cycles +=
		m->config.latency[walk_find(m, fetch ? &m->l1i : &m->l1d, physical)];
}

void walk_run_references(struct walk_run *run, const uint64_t *references, size_t nr)
{
	struct walk_machine *m = &run->machine;

	for (size_t i = 0; i < nr; i++)
		refer(m, run->design, references[i]);
}

void walk_run_warm(struct walk_run *run)
{
	memset(&run->machine.count, 0, sizeof(run->machine.count));
}
