// SPDX-License-Identifier: GPL-2.0-only
/*
 * MEMPOL_CALL_REFS: the references of pages, by file or by page frame number, for whoever
 * wants to know why a page cannot go or cannot move. It looks and changes nothing: no folio
 * is locked or waited for, so what is told was true for a moment. It belongs to no
 * mechanism, and works on a kernel that has none of them.
 */
#include <linux/file.h>
#include <linux/memcontrol.h>
#include <linux/memory_hotplug.h>
#include <linux/mempol_ref.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/pagevec.h>
#include <linux/sched.h>
#include <linux/swap.h>
#include "core.h"

/* Steps of one call by page frame number: what is empty is told together. */
#define MEMPOL_REFS_STEPS 4096

/* Kinds whose references can be accounted for. */
#define MEMPOL_REF_ACCOUNTED (MEMPOL_REF_ANON | MEMPOL_REF_FILE)

/* Is @folio on a list of a cache policy? */
static bool mempol_refs_governed(struct folio *folio)
{
#ifdef CONFIG_MEMPOL_CACHE
	return READ_ONCE(folio->memcg_data) & MEMCG_DATA_MEMPOL;
#else
	return false;
#endif
}

/*
 * What is @folio? Of what has a type, hugetlb aside, mapping and map count are something
 * else. What is on an LRU list and in no file any more has been truncated.
 */
static u32 mempol_refs_kind(struct folio *folio)
{
	u32 movable;

	if (folio_test_slab(folio))
		return MEMPOL_REF_SLAB;
	if (PageTable(&folio->page))
		return MEMPOL_REF_TABLE;
	movable = __folio_test_movable(folio) ? MEMPOL_REF_MOVABLE : 0;
	if (PageOffline(&folio->page))
		return movable | MEMPOL_REF_OFFLINE;
	if (movable || (page_has_type(&folio->page) && !folio_test_hugetlb(folio)))
		return movable | MEMPOL_REF_OTHER;
	if (folio_test_anon(folio))
		return MEMPOL_REF_ANON;
	return folio->mapping || folio_test_lru(folio) ? MEMPOL_REF_FILE : MEMPOL_REF_OTHER;
}

static u32 mempol_refs_state(struct folio *folio)
{
	u32 flags = 0;

	if (folio_test_locked(folio))
		flags |= MEMPOL_REF_LOCKED;
	if (folio_test_writeback(folio))
		flags |= MEMPOL_REF_WRITEBACK;
	if (folio_test_dirty(folio))
		flags |= MEMPOL_REF_DIRTY;
	if (folio_test_unevictable(folio) || folio_test_mlocked(folio))
		flags |= MEMPOL_REF_UNEVICTABLE;
	if (folio_maybe_dma_pinned(folio))
		flags |= MEMPOL_REF_PINNED;
	if (folio_test_lru(folio))
		flags |= MEMPOL_REF_LRU;
	if (mempol_refs_governed(folio))
		flags |= MEMPOL_REF_GOVERNED;
	return flags;
}

/* Tell of @folio; the caller's own reference to it is left out. */
static void mempol_refs_fill(struct mempol_ref_page *page, struct folio *folio, u64 index)
{
	u32 kind = mempol_refs_kind(folio);

	*page = (struct mempol_ref_page){
		.index = index,
		.refs = folio_ref_count(folio) - 1,
		.nr_pages = folio_nr_pages(folio),
		.flags = kind,
		.nid = folio_nid(folio),
		.zone = folio_zonenum(folio),
	};
	if (folio_contain_hwpoisoned_page(folio))
		page->flags |= MEMPOL_REF_POISONED;
	if (!(kind & MEMPOL_REF_ACCOUNTED))
		return;
	page->flags |= mempol_refs_state(folio);
	page->mapped = folio_mapcount(folio);
	page->expected = folio_expected_ref_count(folio);
	page->extra = page->refs - page->expected;
	if (kind & MEMPOL_REF_FILE)
		page->hidden = mempol_ref_hidden(folio);
}

/*
 * Where the pages of @file are: overlayfs shows a file of its own and keeps them in that of
 * another file system. Whoever may not read the file is not told.
 */
static struct address_space *mempol_refs_mapping(struct file *file)
{
	struct inode *inode = file_inode(file);

	if (!(file->f_mode & FMODE_READ))
		return ERR_PTR(-EBADF);
	if (S_ISBLK(inode->i_mode))
		return file->f_mapping;
	if (!S_ISREG(inode->i_mode))
		return ERR_PTR(-EINVAL);
	if (file->f_path.dentry->d_flags & DCACHE_OP_REAL)
		inode = d_real_inode(file->f_path.dentry);
	return inode ? inode->i_mapping : ERR_PTR(-EINVAL);
}

/* Up to a full answer; @call->body.refs.first is where to go on. */
static void mempol_refs_batch(struct address_space *mapping, struct mempol_call *call)
{
	struct mempol_ref_page *pages = call->body.refs.pages;
	pgoff_t next = call->body.refs.first;
	struct folio_batch fbatch;
	unsigned int i;

	folio_batch_init(&fbatch);
	filemap_get_folios(mapping, &next, call->body.refs.last, &fbatch);
	for (i = 0; i < folio_batch_count(&fbatch); i++) {
		struct folio *folio = fbatch.folios[i];

		if (call->body.refs.nr == MEMPOL_REF_PAGES) {
			next = folio->index;
			break;
		}
		/* Truncated since, it may be in another file by now. */
		if (READ_ONCE(folio->mapping) == mapping)
			mempol_refs_fill(&pages[call->body.refs.nr++], folio, folio->index);
	}
	folio_batch_release(&fbatch);
	call->body.refs.first = next;
}

static s64 mempol_refs_of_file(struct mempol_call *call)
{
	struct address_space *mapping;
	struct file *file;
	s64 err = 0;

	file = fget(call->body.refs.fd);
	if (!file)
		return -EBADF;
	/* One less than there could be: it has to be passed. */
	call->body.refs.last = min_t(u64, call->body.refs.last, ULONG_MAX - 1);
	mapping = mempol_refs_mapping(file);
	if (IS_ERR(mapping))
		err = PTR_ERR(mapping);
	while (!err && call->body.refs.nr < MEMPOL_REF_PAGES &&
	       call->body.refs.first <= call->body.refs.last)
		mempol_refs_batch(mapping, call);
	fput(file);
	return err;
}

/* @page is free: how many pages are up to the end of its block? 0: it is in none. */
static unsigned long mempol_refs_free(struct page *page, unsigned long pfn)
{
	unsigned int order, block;

	for (order = 0; order < NR_PAGE_ORDERS; order++) {
		unsigned long offset = pfn & ((1UL << order) - 1);

		if (!PageBuddy(page - offset))
			continue;
		block = READ_ONCE((page - offset)->private);
		if (block >= order && block <= MAX_PAGE_ORDER)
			return (1UL << block) - offset;
	}
	return 0;
}

/*
 * Nobody has a reference to @page: it is free, in the buddy allocator or on a list of a
 * CPU's, or somebody has frozen its count for a moment.
 */
static void mempol_refs_unreferenced(struct mempol_ref_page *told, struct page *page,
				     unsigned long pfn)
{
	unsigned long nr = mempol_refs_free(page, pfn);

	*told = (struct mempol_ref_page){
		.index = pfn,
		.nr_pages = nr ?: 1,
		.nid = page_to_nid(page),
		.zone = page_zonenum(page),
	};
	if (nr)
		told->flags = MEMPOL_REF_FREE;
	else if (page_has_type(page))
		told->flags = MEMPOL_REF_OTHER;
	else
		told->flags = READ_ONCE(page_folio(page)->mapping) ? MEMPOL_REF_FROZEN :
								     MEMPOL_REF_FREE;
}

/* There is no memory, or none that the kernel uses: it comes and goes by page blocks. */
static void mempol_refs_absent(struct mempol_ref_page *told, unsigned long pfn)
{
	*told = (struct mempol_ref_page){
		.index = pfn,
		.nr_pages = ALIGN(pfn + 1, pageblock_nr_pages) - pfn,
		.flags = MEMPOL_REF_OFFLINE,
		.nid = MEMPOL_REF_NOWHERE,
		.zone = MEMPOL_REF_NOWHERE,
	};
}

/* Tell of the folio at @pfn; false: it has just become part of another one. */
static bool mempol_refs_at(struct mempol_ref_page *told, unsigned long pfn)
{
	struct page *page = pfn_to_online_page(pfn);
	struct folio *folio;
	bool same;

	if (!page) {
		mempol_refs_absent(told, pfn);
		return true;
	}
	folio = page_folio(page);
	if (!folio_try_get(folio)) {
		mempol_refs_unreferenced(told, page, pfn);
		return true;
	}
	same = page_folio(page) == folio;
	if (same)
		mempol_refs_fill(told, folio, folio_pfn(folio));
	folio_put(folio);
	return same;
}

/* Pages without references that are alike are told as one. */
static bool mempol_refs_append(struct mempol_ref_page *last, const struct mempol_ref_page *more)
{
	if (last->refs || more->refs || last->flags != more->flags || last->zone != more->zone ||
	    last->nid != more->nid || last->index + last->nr_pages != more->index ||
	    last->nr_pages > U32_MAX - more->nr_pages)
		return false;
	last->nr_pages += more->nr_pages;
	return true;
}

static s64 mempol_refs_of_memory(struct mempol_call *call)
{
	u64 pfn = call->body.refs.first, last = min_t(u64, call->body.refs.last, ULONG_MAX - 1);
	struct mempol_ref_page *pages = call->body.refs.pages, told;
	unsigned int steps, nr = 0;

	for (steps = 0; pfn <= last && steps < MEMPOL_REFS_STEPS; steps++) {
		cond_resched();
		if (!mempol_refs_at(&told, pfn))
			continue;
		if (!nr || !mempol_refs_append(&pages[nr - 1], &told)) {
			if (nr == MEMPOL_REF_PAGES)
				break;
			pages[nr++] = told;
		}
		pfn = told.index + told.nr_pages;
	}
	call->body.refs.nr = nr;
	call->body.refs.first = pfn;
	call->body.refs.last = last;
	return 0;
}

/*
 * See struct mempol_call. -EBADF: no such descriptor, or not open for reading; -EINVAL: not
 * a regular file nor a block device.
 */
s64 mempol_call_refs(struct mempol_call *call)
{
	call->body.refs.nr = 0;
	if (call->body.refs.drain)
		lru_add_drain_all();
	if (call->body.refs.fd >= 0)
		return mempol_refs_of_file(call);
	return call->body.refs.fd == -1 ? mempol_refs_of_memory(call) : -EBADF;
}
