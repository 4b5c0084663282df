/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * hot's decisions, apart from how they are carried out: do CPUs contend for the count of a page, and has a file
 * that is in become idle? Pure; compiled into the engine and natively into its unit test.
 *
 * What is looked at is the folio, not the file: readers of different pages of one file share no count, readers of
 * one large folio do. Two CPUs that were seen in a second do not contend yet, because a single reader that the
 * scheduler moves is seen on two. So the samples have to alternate, between CPUs and between threads.
 */
#ifndef MEMPOL_HOT_H
#define MEMPOL_HOT_H

#include "mempol_refcount.bpf.h"

#define HOT_PAGES 1024 /* that are watched at a time; a power of two */
#define HOT_WINDOW_NS 1000000000ULL /* reads are counted for so long */
#define HOT_SAMPLES 8 /* fewer in a window say nothing */
#define HOT_SHARED 4 /* one sample in so many is another thread's and CPU's than the one before */
#define HOT_IDLE 4 /* a file goes out below so small a part of what brings a page in */

/* A page and the samples of it in its window. Shared by all CPUs without a lock: an estimate. */
struct hot_page {
	u64 ino;
	u64 index;
	u64 since_ns;
	u64 reads;
	u32 dev;
	u32 cpu; /* of the last one */
	u32 thread; /* likewise */
	u32 samples;
	u32 switches; /* samples of another thread on another CPU than the one before */
};

/* A file that is in. */
struct hot_file {
	u64 idle_ns; /* for so long */
};

static inline u32 hot_slot(const struct mempol_ref_sample *sample)
{
	u64 key = sample->ino * 0x100000001b3ULL + sample->index + ((u64)sample->dev << 40);

	return (u32)(key * 0x9e3779b97f4a7c15ULL >> 40) & (HOT_PAGES - 1);
}

static inline bool hot_is(const struct hot_page *page, const struct mempol_ref_sample *sample)
{
	return page->ino == sample->ino && page->index == sample->index && page->dev == sample->dev;
}

static inline void hot_begin(struct hot_page *page, const struct mempol_ref_sample *sample,
			     u32 thread)
{
	page->ino = sample->ino;
	page->index = sample->index;
	page->dev = sample->dev;
	page->since_ns = sample->time_ns;
	page->cpu = sample->cpu;
	page->thread = thread;
	page->reads = 0;
	page->samples = 0;
	page->switches = 0;
}

/*
 * A sample of @thread falls on the slot of @page, whose page stays until its window is over. Return: is it read on
 * several CPUs at once, @min_reads times a second or more?
 */
static inline bool hot_note(struct hot_page *page, const struct mempol_ref_sample *sample,
			    u32 thread, u64 min_reads)
{
	/* The clocks of two CPUs may differ a little: a window that begins in the future is over. */
	if (sample->time_ns - page->since_ns >= HOT_WINDOW_NS)
		hot_begin(page, sample, thread);
	else if (!hot_is(page, sample))
		return false;
	page->reads += sample->weight;
	page->samples++;
	if (page->cpu != sample->cpu && page->thread != thread)
		page->switches++;
	page->cpu = sample->cpu;
	page->thread = thread;
	return page->reads >= min_reads && page->samples >= HOT_SAMPLES &&
	       (u64)page->switches * HOT_SHARED >= page->samples;
}

/* The review of a file: has it been read little for @limit_ns? Not one that was asked for by name. */
static inline bool hot_is_idle(struct hot_file *state, const struct mempol_refcount_file *file,
			       u64 min_reads, u64 limit_ns)
{
	u64 seconds_ns = file->period_ns, reads = file->reads;

	if (file->cause != MEMPOL_REF_BY_SAMPLE || !seconds_ns)
		return false;
	/* In milliseconds: a file may be read 10^9 times a second, and a period may be a day. */
	if (reads * HOT_IDLE * 1000 >= min_reads * (seconds_ns / 1000000)) {
		state->idle_ns = 0;
		return false;
	}
	state->idle_ns += seconds_ns;
	return state->idle_ns >= limit_ns;
}

#endif
