// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a mapping is, as far as huge pages are concerned. These are facts; what follows
 * from them, with the settings of the machine, user space says.
 */
#include <linux/dax.h>
#include <linux/fs.h>
#include <linux/hugetlb.h>
#include <linux/sched/coredump.h>
#include <linux/shmem_fs.h>
#include "translation.h"

static u32 mempol_walk_rights(const struct vm_area_struct *vma)
{
	static const struct {
		unsigned long vm;
		u32 told;
	} rows[] = {
		{ VM_READ, MEMPOL_WALK_READ },
		{ VM_WRITE, MEMPOL_WALK_WRITE },
		{ VM_EXEC, MEMPOL_WALK_EXEC },
		{ VM_MAYSHARE, MEMPOL_WALK_SHARED },
		{ VM_SPECIAL, MEMPOL_WALK_SPECIAL },
		{ VM_HUGEPAGE, MEMPOL_WALK_HUGEPAGE },
		{ VM_NOHUGEPAGE, MEMPOL_WALK_NOHUGEPAGE },
		{ VM_LOCKED, MEMPOL_WALK_LOCKED },
	};
	u32 flags = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (vma->vm_flags & rows[i].vm)
			flags |= rows[i].told;
	return flags;
}

static void mempol_walk_describe_file(struct mempol_walk_range *range, struct vm_area_struct *vma)
{
	struct inode *inode = file_inode(vma->vm_file);

	if (shmem_file(vma->vm_file)) {
		range->flags |= MEMPOL_WALK_SHMEM;
		if (IS_PRIVATE(inode))
			range->flags |= MEMPOL_WALK_PRIVATE_SHMEM;
		range->shmem_huge = ((struct shmem_sb_info *)inode->i_sb->s_fs_info)->huge;
		return;
	}
	if (IS_ENABLED(CONFIG_READ_ONLY_THP_FOR_FS) && S_ISREG(inode->i_mode))
		range->flags |= MEMPOL_WALK_REGULAR;
	if (inode_is_open_for_write(inode))
		range->flags |= MEMPOL_WALK_WRITERS;
}

/**
 * mempol_walk_describe - say what @vma is
 * @range: zeroed; start, end, offset, flags and what belongs to a kind are filled in.
 * @vma: a mapping of an mm whose mmap_lock is held.
 */
void mempol_walk_describe(struct mempol_walk_range *range, struct vm_area_struct *vma)
{
	range->start = vma->vm_start;
	range->end = vma->vm_end;
	range->pgoff = vma->vm_pgoff;
	range->page_shift = PAGE_SHIFT;
	range->flags = mempol_walk_rights(vma);
	if (test_bit(MMF_DISABLE_THP, &vma->vm_mm->flags))
		range->flags |= MEMPOL_WALK_PRCTL;
	if (vma_is_initial_stack(vma))
		range->flags |= MEMPOL_WALK_STACK;
	if (vma_is_initial_heap(vma))
		range->flags |= MEMPOL_WALK_HEAP;
	/* What vma_needs_copy() looks at, without userfaultfd's write protection. */
	if (vma->anon_vma || (vma->vm_flags & (VM_PFNMAP | VM_MIXEDMAP)))
		range->flags |= MEMPOL_WALK_COPIED;

	if (is_vm_hugetlb_page(vma)) {
		range->flags |= MEMPOL_WALK_HUGETLB;
		range->page_shift = huge_page_shift(hstate_vma(vma));
	} else if (vma_is_dax(vma)) {
		range->flags |= MEMPOL_WALK_DAX;
	} else if (vma_is_anonymous(vma)) {
		/* Without operations; the kernel's own (vsyscall, vdso) have some. */
		range->flags |= MEMPOL_WALK_ANON;
	} else if (vma->vm_file) {
		mempol_walk_describe_file(range, vma);
	} else {
		range->flags |= MEMPOL_WALK_SPECIAL;
	}
}
