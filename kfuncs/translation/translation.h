/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files about page tables share that work on any kernel: a walk of one process,
 * which is one call of bpf_mempol_call(). Who is walked is process.c's, what is found on
 * the way walk.c's, what a mapping is ranges.c's. Policies are in tea.h.
 */
#ifndef _MEMPOL_TRANSLATION_H
#define _MEMPOL_TRANSLATION_H

#include <linux/mm.h>
#include "../core/core.h"

/*
 * One call looks at so many tables, and takes so many steps from window to window:
 * a millisecond under mmap_lock, about.
 */
#define MEMPOL_WALK_MAX_TABLES 256
#define MEMPOL_WALK_MAX_STEPS 16384

/**
 * struct mempol_walker - a call on its way
 * @mm: whose tables; mmap_lock is held for reading, and a reference to its users.
 * @walk: the call.
 * @range: what counts what is found, or NULL:
 *	it is told of in entries.
 * @tables: that have been looked at.
 * @steps: that have been taken.
 * @full: the answer has no more room, and @stop is where to go on.
 * @stop: if @full.
 * @empty: the last table without an entry; only to be compared with.
 * @path: by level, the table of the last window; physical address.
 */
struct mempol_walker {
	struct mm_struct *mm;
	struct mempol_walk *walk;
	struct mempol_walk_range *range;
	unsigned int tables;
	unsigned int steps;
	bool full;
	unsigned long stop;
	const void *empty;
	u64 path[MEMPOL_WALK_LEVELS];
};

/* calls.c: a row of the module's table. */
extern const struct mempol_answerer mempol_translation_answerer;

/* process.c */
struct mm_struct *mempol_process_open(struct mempol_process *process);
struct mm_struct *mempol_process_mm(struct task_struct *task);
int mempol_process_lock(struct mm_struct *mm);

/* walk.c */
unsigned long mempol_walk_mapping(struct mempol_walker *w, struct vm_area_struct *vma,
				  unsigned long addr, unsigned long end);

/* ranges.c */
void mempol_walk_describe(struct mempol_walk_range *range, struct vm_area_struct *vma);

#endif /* _MEMPOL_TRANSLATION_H */
