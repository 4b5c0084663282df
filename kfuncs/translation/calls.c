// SPDX-License-Identifier: GPL-2.0-only
/*
 * MEMPOL_CALL_WALK_RANGES and _ENTRIES: what maps a process' memory. They belong to no
 * policy and work on a kernel with any of the mechanisms or none. One call is one piece of
 * the walk: mmap_lock is taken, a bounded number of tables looked at, and the lock is let
 * go, so that the process waits for a moment only. What is told was true for that moment.
 */
#include <linux/mmap_lock.h>
#include <linux/sched/mm.h>
#include "translation.h"

static void mempol_walk_head(struct mempol_walk *walk, struct mm_struct *mm)
{
	static const int members[] = { MM_ANONPAGES, MM_FILEPAGES, MM_SHMEMPAGES, MM_SWAPENTS };
	int i;

	walk->levels = mm_p4d_folded(mm) ? 4 : 5;
	walk->root = __pa(mm->pgd);
	walk->table_bytes = mm_pgtables_bytes(mm);
	for (i = 0; i < ARRAY_SIZE(members); i++)
		walk->pages[i] = get_mm_counter(mm, members[i]);
}

/* A piece of the mapping, in a range of its own; false: there is no room for one. */
static bool mempol_walk_range(struct mempol_walker *w, struct vm_area_struct *vma,
			      unsigned long *addr, unsigned long end)
{
	struct mempol_walk *walk = w->walk;

	if (walk->nr == MEMPOL_WALK_RANGES)
		return false;
	w->range = &walk->out.ranges[walk->nr++];
	memset(w->range, 0, sizeof(*w->range));
	memset(w->path, 0, sizeof(w->path));
	mempol_walk_describe(w->range, vma);
	w->range->from = *addr;
	*addr = mempol_walk_mapping(w, vma, *addr, end);
	w->range->to = *addr;
	return true;
}

/* mmap_lock is held. @ranges: mappings are told of, else tables and pages. */
static void mempol_walk_from(struct mempol_walk *walk, struct mm_struct *mm, bool ranges)
{
	struct mempol_walker w = { .mm = mm, .walk = walk };
	unsigned long addr = walk->next, limit = walk->end ?: TASK_SIZE_MAX, end = 0;
	struct vm_area_struct *vma;
	struct vma_iterator vmi;

	vma_iter_init(&vmi, mm, addr);
	for_each_vma(vmi, vma) {
		addr = max(addr, vma->vm_start);
		end = min(limit, vma->vm_end);
		if (addr >= end)
			break;
		w.steps++;
		if (!ranges)
			addr = mempol_walk_mapping(&w, vma, addr, end);
		else if (!mempol_walk_range(&w, vma, &addr, end))
			break;
		if (addr != end)
			break;
	}
	walk->next = vma && addr < limit ? addr : MEMPOL_WALK_END;
}

/*
 * See struct mempol_walk. -ESRCH: there is no such process, it has ended, or it is another
 * one than before; -ESTALE: it has executed another program; -EINVAL: a thread of the
 * kernel's, which has no tables of its own, or no address to begin at; -EAGAIN: somebody
 * holds the process' mmap_lock, or it is in the midst of exec(); -EINTR: the caller is
 * being killed.
 */
static s64 mempol_walk(struct mempol_call *call, bool ranges)
{
	struct mempol_walk *walk = &call->body.walk;
	struct mempol_process process = {
		.pid = walk->pid,
		.start_ns = walk->start_ns,
		.program = walk->program,
	};
	struct mm_struct *mm;
	int err;

	walk->nr = 0;
	if (!PAGE_ALIGNED(walk->next) || !PAGE_ALIGNED(walk->end))
		return -EINVAL;
	mm = mempol_process_open(&process);
	if (IS_ERR(mm))
		return PTR_ERR(mm);
	walk->start_ns = process.start_ns;
	walk->program = process.program;
	walk->owner = process.owner;
	err = mempol_process_lock(mm);
	if (!err) {
		mempol_walk_head(walk, mm);
		mempol_walk_from(walk, mm, ranges);
		mmap_read_unlock(mm);
	}
	/* The last user takes the address space apart, which is nothing to wait for here. */
	mmput_async(mm);
	return err;
}

static s64 mempol_call_walk_ranges(struct mempol_call *call)
{
	return mempol_walk(call, true);
}

static s64 mempol_call_walk_entries(struct mempol_call *call)
{
	return mempol_walk(call, false);
}

static const struct mempol_call_row mempol_translation_rows[] = {
	{ MEMPOL_CALL_WALK_RANGES, mempol_call_walk_ranges },
	{ MEMPOL_CALL_WALK_ENTRIES, mempol_call_walk_entries },
};

const struct mempol_answerer mempol_translation_answerer = {
	.calls = mempol_translation_rows,
	.nr_calls = ARRAY_SIZE(mempol_translation_rows),
};
