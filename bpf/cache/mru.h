/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * mru's decisions, apart from how they are carried out: which list is which, and how much may wait to be
 * read. Pure; compiled into the engine and natively into its unit test.
 */
#ifndef MEMPOL_MRU_H
#define MEMPOL_MRU_H

#define MRU_LISTS 2
#define MRU_WAITING_PART 8 /* this part of all pages may wait to be read, */
#define MRU_WAITING_PAGES 4096 /* or two windows of 8 MiB, */
#define MRU_WAITING_MOST 3 /* as long as this part of both lists is not exceeded */
#define MRU_KEPT_PART \
	6 /* the list of what is kept has at least this part of all pages, if it is not the first */
#define MRU_SLOTS 256 /* a power of two */

/*
 * Where new folios go is decided for all cgroups by one number. In one that fills up when another has been
 * short of memory before they go where the other's wait; so what is kept is on the larger of the lists. Where
 * both are few among @others, as many as may wait are no sign of that: a window of readahead would be evicted
 * from its newest page on, before it is read.
 */
static inline unsigned int mru_kept(unsigned long long first, unsigned long long second,
				    unsigned long long others)
{
	return second > first && second * MRU_KEPT_PART > first + second + others;
}

/*
 * Pages that may wait, of @total on both lists and @others. Beyond that they are readahead that nobody will read.
 * A window of readahead is as large where the lists are short, so the part is one of all pages.
 */
static inline unsigned long long mru_waiting_max(unsigned long long total,
						 unsigned long long others)
{
	unsigned long long part = (total + others) / MRU_WAITING_PART;
	unsigned long long most = total / MRU_WAITING_MOST;
	unsigned long long pages = MRU_WAITING_PAGES < most ? MRU_WAITING_PAGES : most;

	return part > pages ? part : pages;
}

/* By cgroup and node. Two that share a slot find their new folios among those that are kept. */
static inline unsigned int mru_slot(unsigned long long cgroup_id, unsigned int nid)
{
	return (cgroup_id * 8 + nid) & (MRU_SLOTS - 1);
}

#endif
