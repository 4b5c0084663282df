// SPDX-License-Identifier: GPL-2.0-only
/*
 * From entry to entry of one mapping. It writes nothing, and stands on locks alone:
 *
 * - mmap_lock is held for reading and the mm has users, so tables above the leaves stay
 *   as long as the mapping is there: free_pgtables() needs the lock for writing, or works
 *   on what lies between mappings after a downgrade.
 * - Leaf tables may go meanwhile, to khugepaged or to whoever truncates a file, but not
 *   before a grace period of RCU (pte_free_defer()). pte_offset_map_lock() is not exported
 *   by 6.12; what it does is done here: the entry above is read under RCU, the table's lock
 *   is taken, and the entry is read again. Nothing is mended: what is bad is passed over.
 * - Middle tables of hugetlb may be shared, and go with the last of those that share them
 *   (huge_pmd_unshare()), which takes the file's i_mmap_rwsem for writing.
 *
 * Everything is read once, so that what is looked at cannot change into something else.
 */
#include <linux/fs.h>
#include <linux/hugetlb.h>
#include <linux/memory_hotplug.h>
#include <linux/pagemap.h>
#include <linux/pgtable.h>
#include <linux/sched.h>
#include <linux/swapops.h>
#include "translation.h"

/* The window whose entries one leaf table has. */
#define MEMPOL_WINDOW_END(addr) (((addr) & PMD_MASK) + PMD_SIZE)

/* Where the next entry of a level begins; the last one of all ends at 0. */
static unsigned long mempol_walk_next(unsigned long addr, unsigned long mask, unsigned long size,
				      unsigned long end)
{
	unsigned long next = (addr & mask) + size;

	return next - 1 < end - 1 ? next : end;
}

/* One entry more of the answer; false: there is no room, and it has to be told from @addr on. */
static struct mempol_walk_entry *mempol_walk_entry(struct mempol_walker *w, unsigned long addr)
{
	if (w->walk->nr < MEMPOL_WALK_ENTRIES)
		return &w->walk->out.entries[w->walk->nr++];
	w->full = true;
	w->stop = addr;
	return NULL;
}

/* Pages whose frames follow those of the last entry are told with them. */
static bool mempol_walk_pages(struct mempol_walker *w, unsigned long addr, u64 pa,
			      unsigned int level, u8 flags)
{
	unsigned long size = level == 3 ? PUD_SIZE : level == 2 ? PMD_SIZE : PAGE_SIZE;
	struct mempol_walk_entry *last = NULL;

	if (w->walk->nr)
		last = &w->walk->out.entries[w->walk->nr - 1];
	if (last && last->level == level && last->flags == flags &&
	    last->va + (u64)last->count * size == addr &&
	    last->pa + (u64)last->count * size == pa) {
		last->count++;
		return true;
	}
	last = mempol_walk_entry(w, addr);
	if (last)
		*last = (struct mempol_walk_entry){
			.va = addr, .pa = pa, .count = 1, .level = level, .flags = flags
		};
	return last;
}

/*
 * The walk goes through a table at @entry, whose level is @level. Return: false if there
 * is no room to tell of it.
 */
static bool mempol_walk_table(struct mempol_walker *w, const void *entry, unsigned int level,
			      unsigned long addr, unsigned int count)
{
	struct mempol_walk_level *told;
	unsigned long size = level == 4 ? PGDIR_SIZE :
			     level == 3 ? P4D_SIZE :
			     level == 2 ? PUD_SIZE :
					  PMD_SIZE;
	u64 table = __pa((unsigned long)entry & PAGE_MASK);

	if (w->path[level - 1] == table)
		return true;
	if (!w->range) {
		struct mempol_walk_entry *e = mempol_walk_entry(w, addr);

		if (!e)
			return false;
		*e = (struct mempol_walk_entry){ .va = addr & ~(size - 1),
						 .pa = table,
						 .count = count,
						 .node = page_to_nid(virt_to_page(entry)),
						 .level = level,
						 .flags = MEMPOL_WALK_TABLE };
	}
	w->path[level - 1] = table;
	w->tables++;
	if (!w->range)
		return true;
	told = &w->range->levels[level - 1];
	if (!told->nr++)
		told->first = table;
	told->last = table;
	return true;
}

static u8 mempol_walk_pte_flags(pte_t pte)
{
	return (pte_young(pte) ? MEMPOL_WALK_ACCESSED : 0) |
	       (pte_dirty(pte) ? MEMPOL_WALK_DIRTY : 0) |
	       (pte_write(pte) ? MEMPOL_WALK_WRITABLE : 0);
}

/*
 * Does somebody else map the anonymous page as well? What is mapped stays while the
 * table's lock is held, so that no reference is needed.
 */
static bool mempol_walk_is_shared(pte_t pte)
{
	struct page *page;
	struct folio *folio;

	if (pte_special(pte) || pte_devmap(pte))
		return false;
	page = pfn_to_online_page(pte_pfn(pte));
	if (!page)
		return false;
	folio = page_folio(page);
	return folio_test_anon(folio) && folio_likely_mapped_shared(folio);
}

/* What the entries of a window have, as far as they belong to one mapping. */
struct mempol_window {
	unsigned int present;
	unsigned int zero; /* of these, with the page of zeros: khugepaged counts them as none */
	unsigned int swapped;
	unsigned int shared;
};

static void mempol_walk_look(struct mempol_window *window, const pte_t *pte, unsigned int nr,
			     bool anon)
{
	for (; nr; nr--, pte++) {
		pte_t entry = ptep_get((pte_t *)pte);

		if (pte_none(entry))
			continue;
		if (!pte_present(entry)) {
			window->swapped += is_swap_pte(entry) &&
					   !non_swap_entry(pte_to_swp_entry(entry));
			continue;
		}
		window->present++;
		if (is_zero_pfn(pte_pfn(entry)))
			window->zero++;
		else if (anon)
			window->shared += mempol_walk_is_shared(entry);
	}
}

/* The limits are khugepaged's; one that goes beyond none is ready to become a huge page. */
static void mempol_walk_judge(struct mempol_walker *w, const struct mempol_window *window)
{
	unsigned int none = PTRS_PER_PTE - window->present - window->swapped + window->zero;
	const struct mempol_walk *walk = w->walk;

	if (window->swapped > walk->max_swap)
		w->range->over_swap++;
	else if (window->shared > walk->max_shared)
		w->range->over_shared++;
	else if (none > walk->max_none)
		w->range->over_none++;
	else
		w->range->ready++;
}

static void mempol_walk_count(struct mempol_walker *w, const struct mempol_window *window,
			      unsigned int nr)
{
	struct mempol_walk_range *range = w->range;

	range->present += window->present;
	range->swapped += window->swapped;
	range->shared += window->shared;
	if (window->present == nr)
		range->full++;
	else if (window->present || window->swapped)
		range->partial++;
	if (nr == PTRS_PER_PTE && (window->present || window->swapped))
		mempol_walk_judge(w, window);
}

static void mempol_walk_tell_pages(struct mempol_walker *w, const pte_t *pte, unsigned long addr,
				   unsigned long end)
{
	for (; addr != end; addr += PAGE_SIZE, pte++) {
		pte_t entry = ptep_get((pte_t *)pte);

		if (pte_present(entry) &&
		    !mempol_walk_pages(w, addr, (u64)pte_pfn(entry) << PAGE_SHIFT, 1,
				       mempol_walk_pte_flags(entry)))
			return;
	}
}

/* Tell of the table of @pte, and of what it has from @addr on. */
static void mempol_walk_tell(struct mempol_walker *w, const pte_t *table, unsigned long addr,
			     unsigned long end)
{
	struct mempol_window all = {};

	mempol_walk_look(&all, table, PTRS_PER_PTE, false);
	if (mempol_walk_table(w, table, 1, addr, all.present))
		mempol_walk_tell_pages(w, table + pte_index(addr), addr, end);
}

/*
 * Has the table no entry at all, and has that not been told of the mapping before? A part of
 * a window without pages may have neighbours that have some.
 */
static bool mempol_walk_is_empty(struct mempol_walker *w, const pte_t *table)
{
	unsigned int i;

	if (w->empty == table)
		return false;
	for (i = 0; i < PTRS_PER_PTE; i++)
		if (!pte_none(ptep_get((pte_t *)table + i)))
			return false;
	w->empty = table;
	return true;
}

/* A leaf table, locked. @end: in the same window, or the end of it. */
static void mempol_walk_entries(struct mempol_walker *w, struct vm_area_struct *vma,
				const pte_t *table, unsigned long addr, unsigned long end)
{
	unsigned int nr = (end - addr) >> PAGE_SHIFT;
	struct mempol_window window = {};

	if (!w->range) {
		mempol_walk_tell(w, table, addr, end);
		return;
	}
	mempol_walk_table(w, table, 1, addr, 0);
	mempol_walk_look(&window, table + pte_index(addr), nr, vma->anon_vma);
	mempol_walk_count(w, &window, nr);
	if (!window.present && !window.swapped && mempol_walk_is_empty(w, table))
		w->range->empty++;
}

/*
 * A huge page, or one that is on its way to another place. Of anonymous memory the kernel
 * keeps a leaf table beside it, see zap_huge_pmd().
 */
static void mempol_walk_huge(struct mempol_walker *w, struct vm_area_struct *vma, pmd_t pmd,
			     unsigned long addr)
{
	u8 flags;

	if (w->range) {
		w->range->huge++;
		w->range->spare += vma_is_anonymous(vma);
		return;
	}
	if (!pmd_present(pmd))
		return;
	flags = (pmd_young(pmd) ? MEMPOL_WALK_ACCESSED : 0) |
		(pmd_dirty(pmd) ? MEMPOL_WALK_DIRTY : 0) |
		(pmd_write(pmd) ? MEMPOL_WALK_WRITABLE : 0);
	mempol_walk_pages(w, addr & PMD_MASK, (u64)pmd_pfn(pmd) << PAGE_SHIFT, 2, flags);
}

static bool mempol_walk_is_table(pmd_t pmd)
{
	return pmd_present(pmd) && !pmd_leaf(pmd) && !pmd_devmap(pmd) && !pmd_bad(pmd);
}

/* What pte_offset_map_lock() does; see above. Return: false if it has to be looked at again. */
static bool mempol_walk_leaf(struct mempol_walker *w, struct vm_area_struct *vma, pmd_t *pmd,
			     unsigned long addr, unsigned long end)
{
	bool same = true;
	pmd_t value;

	rcu_read_lock();
	value = pmdp_get_lockless(pmd);
	if (mempol_walk_is_table(value)) {
		spinlock_t *ptl = pte_lockptr(w->mm, &value);

		spin_lock(ptl);
		same = pmd_same(value, pmdp_get_lockless(pmd));
		if (same)
			mempol_walk_entries(w, vma, (pte_t *)pmd_page_vaddr(value), addr, end);
		spin_unlock(ptl);
	} else if (!pmd_none(value) && (pmd_leaf(value) || !pmd_present(value))) {
		mempol_walk_huge(w, vma, value, addr);
	}
	rcu_read_unlock();
	return same;
}

static void mempol_walk_giant(struct mempol_walker *w, pud_t pud, unsigned long addr)
{
	u8 flags = (pud_young(pud) ? MEMPOL_WALK_ACCESSED : 0) |
		   (pud_dirty(pud) ? MEMPOL_WALK_DIRTY : 0) |
		   (pud_write(pud) ? MEMPOL_WALK_WRITABLE : 0);

	if (w->range)
		w->range->giant++;
	else
		mempol_walk_pages(w, addr & PUD_MASK, (u64)pud_pfn(pud) << PAGE_SHIFT, 3, flags);
}

static unsigned long mempol_walk_pud(struct mempol_walker *w, struct vm_area_struct *vma,
				     pud_t *pud, unsigned long addr, unsigned long end)
{
	unsigned long window = mempol_walk_next(addr, PMD_MASK, PMD_SIZE, end);
	pud_t value = READ_ONCE(*pud);
	pmd_t *pmd;

	if (pud_present(value) && pud_leaf(value))
		mempol_walk_giant(w, value, addr);
	if (!pud_present(value) || pud_leaf(value) || pud_bad(value))
		return mempol_walk_next(addr, PUD_MASK, PUD_SIZE, end);
	pmd = (pmd_t *)pud_pgtable(value) + pmd_index(addr);
	if (!mempol_walk_table(w, pmd, 2, addr, 0))
		return addr;
	while (!mempol_walk_leaf(w, vma, pmd, addr, window))
		cpu_relax();
	return window;
}

/*
 * A step: the window at @addr, or what the highest table without an entry for it leaves
 * out. Return: where the next one begins.
 */
static unsigned long mempol_walk_step(struct mempol_walker *w, struct vm_area_struct *vma,
				      unsigned long addr, unsigned long end)
{
	pgd_t *pgd = pgd_offset(w->mm, addr);
	p4d_t *p4d, p4d_value;
	pud_t *pud;

	if (pgd_none(READ_ONCE(*pgd)) || pgd_bad(READ_ONCE(*pgd)))
		return mempol_walk_next(addr, PGDIR_MASK, PGDIR_SIZE, end);
	p4d = p4d_offset(pgd, addr);
	/* With four levels that is the root. */
	if (!mm_p4d_folded(w->mm) && !mempol_walk_table(w, p4d, 4, addr, 0))
		return addr;
	p4d_value = READ_ONCE(*p4d);
	if (p4d_none(p4d_value) || p4d_bad(p4d_value))
		return mempol_walk_next(addr, P4D_MASK, P4D_SIZE, end);
	pud = p4d_pgtable(p4d_value) + pud_index(addr);
	if (!mempol_walk_table(w, pud, 3, addr, 0))
		return addr;
	return mempol_walk_pud(w, vma, pud, addr, end);
}

/**
 * mempol_walk_mapping - walk the tables that map @vma from @addr on
 * @w: the walk.
 * @vma: a mapping of its mm.
 * @addr: in it, on the boundary of a page.
 * @end: likewise, or its end.
 *
 * Context: mmap_lock is held for reading. May sleep.
 * Return: how far it came; @end unless a bound was met, or there was no
 * more room.
 */
unsigned long mempol_walk_mapping(struct mempol_walker *w, struct vm_area_struct *vma,
				  unsigned long addr, unsigned long end)
{
	struct address_space *shared = NULL;

	if (is_vm_hugetlb_page(vma) && vma->vm_file)
		shared = vma->vm_file->f_mapping;
	if (shared)
		i_mmap_lock_read(shared);
	while (addr != end && !w->full && w->tables < MEMPOL_WALK_MAX_TABLES &&
	       w->steps < MEMPOL_WALK_MAX_STEPS) {
		unsigned long next = mempol_walk_step(w, vma, addr, end);

		addr = w->full ? w->stop : next;
		w->steps++;
		cond_resched();
	}
	if (shared)
		i_mmap_unlock_read(shared);
	return addr;
}
