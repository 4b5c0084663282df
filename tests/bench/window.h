/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a guest's program tells the plugin lines.so what to count: by instructions that change nothing. Without
 * the plugin they have no effect. Programs of the benchmarks include it; see lines.c for what is counted.
 */
#pragma once

/* From here on count this vCPU's accesses and instructions; an interrupt before the close discards both. */
static inline void window_open(void)
{
	__asm__ volatile("xchg %%bx, %%bx" ::: "memory");
}

/* From here on count instructions only; interrupts and other tasks are left out. For what takes long. */
static inline void window_open_long(void)
{
	__asm__ volatile("xchg %%si, %%si" ::: "memory");
}

static inline void window_close(void)
{
	__asm__ volatile("xchg %%cx, %%cx" ::: "memory");
}

/* What all vCPUs have counted is one run: write it down, and begin anew. No window may be open. */
static inline void window_end_run(void)
{
	__asm__ volatile("xchg %%dx, %%dx" ::: "memory");
}
