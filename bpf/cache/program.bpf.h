/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * Is a page that comes in one of a program, or of a library? Included by engines that keep those as the kernel's own
 * policy does: without them nobody gets anything done, and one that is missed is read with 31 of its neighbours.
 *
 * The kernel does not say so of a page but of a mapping, as VM_EXEC. Of the file's mappings the last one that begins
 * at or before the page is looked at: each segment of a program is a mapping of its own. Nothing is locked: what goes away
 * meanwhile reads as nothing, and a wrong answer puts a page on another list, no more.
 */
#ifndef MEMPOL_PROGRAM_BPF_H
#define MEMPOL_PROGRAM_BPF_H

#include "mempol_cache.bpf.h"
#include <bpf/bpf_core_read.h>

#define PROGRAM_VM_EXEC 4UL
/* Of the tree of mappings, which is balanced: so deep are those of some fifty processes. */
#define PROGRAM_DEPTH 8

/* By number, not by pointer: it is read as it is found. */
static __noinline bool program_is_run_at(u64 node, u64 index)
{
	const u64 place = bpf_core_field_offset(struct vm_area_struct, shared.rb);
	unsigned long flags = 0, begins, next;
	struct vm_area_struct *vma;
	struct rb_node *children;

	for (int i = 0; i < PROGRAM_DEPTH && node; i++) {
		vma = (void *)(node - place);
		children = (void *)node;
		if (bpf_probe_read_kernel(&begins, sizeof(begins), &vma->vm_pgoff))
			return false;
		next = 0;
		if (begins <= index) {
			bpf_probe_read_kernel(&flags, sizeof(flags), &vma->vm_flags);
			bpf_probe_read_kernel(&next, sizeof(next), &children->rb_right);
		} else {
			bpf_probe_read_kernel(&next, sizeof(next), &children->rb_left);
		}
		node = next;
	}
	return flags & PROGRAM_VM_EXEC;
}

static inline bool program_has(struct folio *folio)
{
	struct rb_node *root = folio->mapping->i_mmap.rb_root.rb_node;

	return root && program_is_run_at((u64)root, folio->index);
}

#endif
