// SPDX-License-Identifier: GPL-2.0-only
/*
 * What kernel.h only declares: the number of CPUs, which of them a thread is, and memory.
 */
#include <string.h>

#include "kernel.h"

unsigned int nr_cpu_ids = 8;
__thread unsigned int native_cpu;
__thread bool native_in_interrupt;
int native_allocations = -1;
struct native_machine native_machine;

/* Aligned as kmalloc() aligns what is a power of two. */
void *native_alloc(size_t size)
{
	void *p;

	if (!native_allocations)
		return NULL;
	if (native_allocations > 0)
		native_allocations--;
	size = (size + 63) & ~63UL;
	p = aligned_alloc(64, size);
	return p ? memset(p, 0, size) : NULL;
}
