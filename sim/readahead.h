/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file that is read through the page cache: the kernel's windows of readahead and the loop of read() around
 * them, mm/readahead.c and mm/filemap.c. Used by every policy that reads ahead; how a folio comes in and what
 * an access means is the policy's affair. Each file of the trace is read by one reader. Nothing here reclaims.
 */
#ifndef SIM_READAHEAD_H
#define SIM_READAHEAD_H

#include "cache.h"

/* The last window, as in struct file_ra_state; the page behind the last one read. */
struct sim_window {
	uint64_t start, size, async_size, previous;
};

/* The file that is read now. */
struct sim_file {
	struct sim_cache *cache;
	const struct sim_trace *trace;
	/* Brings a page in, as a folio that is locked and unread. 0, -ENOMEM: there is no room, or -errno. */
	int (*add)(struct sim_file *file, uint32_t page);
	void (*accessed)(struct sim_file *file, uint32_t page);
	/* What is no read. */
	int (*reference)(struct sim_file *file, const struct sim_ref *ref);
	uint64_t start, size, async_size, previous; /* as in struct sim_window */
	uint32_t begin, end; /* objects that are its pages */
	bool from_start; /* the first of them is the first page of the file */
	uint32_t number;
	struct sim_window
		*others; /* of all files, while others are read; NULL as long as there is one */
};

void sim_file_open(struct sim_file *file, struct sim_cache *cache, const struct sim_trace *trace);
void sim_file_close(struct sim_file *file);

/* References from @at on, up to the one in which the engine was ejected. 0 or -errno. */
int sim_file_replay(struct sim_file *file, size_t *at);

/* The rest of the trace under exact LRU, with readahead or without, whatever is on list 0 by now. 0 or -errno. */
int sim_lru_replay(struct sim_file *file, size_t at);

#endif
