/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A recording as it grows: the uses of the pages in a sample, kept in memory of a bounded size, and the trace
 * they become. Called by record.c. Pure: it knows neither BPF nor cgroups nor time.
 */
#ifndef MP_CTL_SAMPLE_H
#define MP_CTL_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../../bpf/record/record.h"

#define SAMPLE_PAGE 4096
/* So many pages of the sample fit the cache: enough to tell engines apart. */
#define SAMPLE_PAGES 1024
/* Uses kept; 16 bytes each. When there are more, every other page leaves the sample. */
#define SAMPLE_MAX_USES (1U << 23)
/* Likewise of their pages, each of which is a reference to the simulator, and of the files that it takes. */
#define SAMPLE_MAX_PAGES (1U << 26)
#define SAMPLE_MAX_FILES (1U << 19)

struct sample_use {
	uint64_t index : 44;
	uint64_t op : 3; /* enum mempol_record_op */
	uint64_t in_run : 1;
	uint64_t order : 5;
	uint32_t file; /* numbered from 0 as they appear */
	uint32_t thread;
};

struct sample_file {
	uint64_t ino;
	uint32_t dev;
};

/* Zero-initialised, with max_uses set, is empty and holds every page. */
struct sample {
	struct sample_use *uses;
	size_t nr_uses, capacity, max_uses;
	uint64_t nr_pages; /* of the uses */
	struct sample_file *files;
	uint32_t *slots; /* of a hash: 1 + the file's number */
	uint32_t nr_files, nr_slots;
	unsigned int shift; /* one page in 2^shift */
};

/* What a trace says of itself beside its uses. */
struct sample_header {
	const char *cgroup;
	double seconds;
	uint64_t lost; /* records */
	uint64_t added; /* pages that came in, of all */
	uint64_t limit_bytes; /* memory.max; UINT64_MAX: none */
	uint64_t file_bytes; /* of page cache, when it ended */
};

/* How many of each kind the sample holds, in pages. */
struct sample_count {
	uint64_t of[MEMPOL_RECORD_NR_OPS];
	uint64_t uses; /* reads, faults and writes */
	uint64_t mapped; /* of them those through mappings */
};

/* The sample of a cache of so many pages, as a shift. */
unsigned int sample_shift_for(uint64_t cache_pages);

/* Is the page in a sample of one in 2^shift? */
bool sample_has(uint64_t ino, uint64_t index, unsigned int shift);

/*
 * 0; 1 when there are max_uses, or as many pages or files as there may be: the caller then makes the sample finer;
 * -EBADMSG: the record is none of ours; -ENOMEM. Pages that a finer sample has not are passed over.
 */
int sample_add(struct sample *sample, const struct mempol_record *record);

/* One page in 2^shift; what the finer sample has not is forgotten. A coarser one changes nothing. */
void sample_refine(struct sample *sample, unsigned int shift);

void sample_count(const struct sample *sample, struct sample_count *ret);

/* The trace, as sim/trace-record.c reads it. 0 or -errno of the stream. */
int sample_write(const struct sample *sample, const struct sample_header *header, FILE *f);

void sample_done(struct sample *sample);

#endif
