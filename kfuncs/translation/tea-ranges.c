// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which ranges of a process may get TEAs: windows of neighbouring mappings of one kind. Page
 * tables are not looked at.
 */
#include <linux/dax.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/shmem_fs.h>
#include "tea.h"

/* So many mappings are looked at while mmap_lock is held. */
#define MEMPOL_TEA_MAPPINGS 4096

/* Those of drivers, of hugetlb, and of memory that is no page cache are none of it. */
static bool mempol_tea_kind_of(struct vm_area_struct *vma, u32 *kind)
{
	if ((vma->vm_flags & (VM_SPECIAL | VM_HUGETLB)) || vma_is_dax(vma))
		return false;
	if (vma_is_anonymous(vma))
		*kind = MEMPOL_TEA_ANON;
	else if (vma->vm_file && shmem_file(vma->vm_file))
		*kind = MEMPOL_TEA_SHMEM;
	else if (vma->vm_file && S_ISREG(file_inode(vma->vm_file)->i_mode))
		*kind = MEMPOL_TEA_FILE;
	else
		return false;
	return true;
}

static unsigned long mempol_tea_range_end(const struct mempol_tea_range *range)
{
	return range->start + (u64)range->windows * MEMPOL_TEA_WINDOW;
}

/* Of more than there is room for, the largest. */
static void mempol_tea_keep(struct mempol_tea_ranges *ranges, const struct mempol_tea_range *range,
			    u32 min_windows)
{
	unsigned int i, least = 0;

	if (range->windows < min_windows)
		return;
	if (ranges->nr < MEMPOL_TEA_RANGES) {
		ranges->range[ranges->nr++] = *range;
		return;
	}
	for (i = 1; i < ranges->nr; i++)
		if (ranges->range[i].windows < ranges->range[least].windows)
			least = i;
	if (ranges->range[least].windows < range->windows)
		ranges->range[least] = *range;
}

/* A mapping behind @range: a part of it, or false. */
static bool mempol_tea_extend(struct mempol_tea_range *range, unsigned long start,
			      unsigned long end, u32 kind, u32 bubbles)
{
	unsigned long behind = mempol_tea_range_end(range);
	u64 gap = start > behind ? (start - behind) / MEMPOL_TEA_WINDOW : 0;
	u64 windows = (max(end, behind) - range->start) / MEMPOL_TEA_WINDOW;

	if (!range->windows || range->kind != kind ||
	    (range->gap + gap) * 100 > windows * bubbles || windows > U32_MAX)
		return false;
	range->gap += gap;
	range->vmas++;
	range->windows = windows;
	return true;
}

/* Windows at both ends may be shared with neighbours of another kind: the first one has them. */
static void mempol_tea_add(struct mempol_tea_ranges *ranges, struct mempol_tea_range *range,
			   struct vm_area_struct *vma, u32 min_windows, u32 bubbles)
{
	unsigned long start = vma->vm_start & PMD_MASK;
	unsigned long end = ALIGN(vma->vm_end, MEMPOL_TEA_WINDOW);
	u32 kind;

	if (!mempol_tea_kind_of(vma, &kind) || end > TASK_SIZE_MAX ||
	    mempol_tea_extend(range, start, end, kind, bubbles))
		return;
	mempol_tea_keep(ranges, range, min_windows);
	start = max(start, mempol_tea_range_end(range));
	if (start >= end)
		return;
	*range = (struct mempol_tea_range){
		.start = start,
		.windows = (end - start) / MEMPOL_TEA_WINDOW,
		.kind = kind,
		.vmas = 1,
	};
}

/**
 * mempol_tea_ranges - the ranges of a process that may get TEAs
 * @mm: of the process, whose users the caller is one of.
 * @min_windows: that one must have.
 * @bubbles: percent of its windows that may lie between its mappings.
 * @ranges: filled in.
 *
 * Context: process, may sleep, no lock of the mm held.
 * Return: 0; -EAGAIN: somebody holds mmap_lock; -EINTR: the caller is being killed.
 */
int mempol_tea_ranges(struct mm_struct *mm, u32 min_windows, u32 bubbles,
		      struct mempol_tea_ranges *ranges)
{
	struct mempol_tea_range range = {};
	struct vm_area_struct *vma;
	struct vma_iterator vmi;
	unsigned long addr = 0;
	unsigned int nr;
	int err;

	ranges->nr = 0;
	do {
		err = mempol_process_lock(mm);
		if (err)
			return err;
		nr = 0;
		vma_iter_init(&vmi, mm, addr);
		for_each_vma(vmi, vma) {
			mempol_tea_add(ranges, &range, vma, min_windows, bubbles);
			addr = vma->vm_end;
			if (++nr == MEMPOL_TEA_MAPPINGS)
				break;
		}
		mmap_read_unlock(mm);
		cond_resched();
	} while (nr == MEMPOL_TEA_MAPPINGS);
	mempol_tea_keep(ranges, &range, min_windows);
	return 0;
}
