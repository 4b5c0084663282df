/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace-driven simulation of the page cache of one cgroup: the shipped engines, compiled from the source
 * that is loaded into the kernel, beside textbook policies. Called by `mempolctl simulate` and the unit
 * tests; it needs no privileges, prints nothing and knows neither daemon nor kernel.
 */
#ifndef SIM_H
#define SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SIM_PAGE_SIZE 4096
/*
 * Line numbers, times and objects fit 32 bits with room to spare. A trace at the limit takes a gibibyte. If
 * each of its references is to another object, names take 2 GiB beside it while it is read, and afterwards
 * each simulation that runs takes 3 GiB: sim_source.memory_bytes is a bound for that.
 */
#define SIM_MAX_REFS (1U << 27)
#define SIM_MAX_OBJECTS (1U << 31) /* with those that only readahead brings in */
#define SIM_MAX_PAGES ((1U << 30) - 1) /* of an object */
#define SIM_RECLAIM_DEFAULT 64 /* pages a full cgroup reclaims at a time */
#define SIM_MAX_READAHEAD (1U << 18) /* pages */
#define SIM_DISK_REQUEST 320U /* pages that a disk takes at once: max_sectors_kb of most is 1280 */

enum sim_op {
	SIM_READ,
	SIM_WRITE,
	SIM_REMOVE, /* the object is gone, with all that was known of it */
	SIM_READ_ON, /* the next page of a read that began before; with readahead only */
};

/* Names are interned when the trace is read: objects are numbered from 0 as they appear. */
struct sim_ref {
	uint32_t object;
	uint32_t pages : 30;
	uint32_t op : 2;
};

struct sim_trace {
	struct sim_ref *refs;
	size_t nr_refs;
	uint32_t nr_objects;
	bool sizes_differ; /* there are references of several sizes */
	/* With readahead objects are pages, numbered in the order of the file, neighbours side by side: */
	uint32_t nr_unnamed; /* of the objects those that no reference names and readahead may bring in */
	bool from_start; /* object 0 is the first page of the file */
};

enum sim_format {
	SIM_FORMAT_TEXT, /* the microbenchmark's: examples/microbenchmark/trace.h */
	SIM_FORMAT_CSV, /* columns between commas; see trace-csv.c */
};

#define SIM_MAX_COLUMNS 64

/* In which column of csv, from 1, each part stands; 0: in none. */
struct sim_columns {
	uint8_t time; /* numbers; the order is the file's */
	uint8_t object;
	uint8_t size; /* none: a page each */
	uint8_t op; /* none: all are reads */
};

/*
 * "time=1,object=2,size=4,op=3" in any order, object at least, or the name of a known set of traces.
 * 0, or -EINVAL with the reason in @ret_problem.
 */
int sim_columns_parse(const char *text, struct sim_columns *ret, const char **ret_problem);

struct sim_source {
	const char *path; /* "-": standard input */
	enum sim_format format;
	struct sim_columns columns; /* of csv; all 0: time,object,size,op and no more */
	uint64_t memory_bytes; /* that the trace and one simulation may take; 0: any */
	uint32_t readahead_pages; /* the largest window it will be simulated with; of text only */
};

/*
 * Reads a whole trace. What is wrong is written to @err as "FILE:LINE: message". Returns 0 or -errno;
 * then @ret_trace is untouched.
 */
int sim_trace_load(const struct sim_source *source, FILE *err, struct sim_trace *ret_trace);
void sim_trace_free(struct sim_trace *trace);

/* The trace's working set: the pages of all objects, each at its largest. 0 or -ENOMEM. */
int sim_trace_pages(const struct sim_trace *trace, uint64_t *ret_pages);

/* Of the trace itself, and of the largest of its simulations while it runs beside it. */
uint64_t sim_trace_bytes(const struct sim_trace *trace);
uint64_t sim_run_bytes(const struct sim_trace *trace);

/* MemAvailable in @meminfo, which is /proc/meminfo. 0 or -errno. */
int sim_memory_available(const char *meminfo, uint64_t *ret_bytes);

struct sim_setup {
	uint64_t cache_pages;
	uint32_t reclaim_pages; /* that many at a time; the optimum evicts what it must */
	bool accessed_bits; /* accesses are seen as through mmap: one bit, when it is looked at */
	/*
	 * As read_ahead_kb: 0, or at most what the trace was loaded for. Reads are by read() then, and
	 * accessed_bits must not be set. The optimum reads nothing ahead.
	 */
	uint32_t readahead_pages;
};

struct sim_result {
	uint64_t references;
	uint64_t hits;
	uint64_t misses; /* with readahead: references that waited for the disk */
	uint64_t write_misses; /* of the misses those of writes */
	uint64_t missed_pages; /* of all that was missed, or read ahead */
	uint64_t evicted_pages;
	uint64_t forced_pages; /* of them those the engine withheld */
	uint64_t looks; /* folios the engine looked at */
	uint64_t ejected_at; /* the kernel ejects the engine after so many references; 0: it does not */
	uint64_t cpu_ns; /* of the simulation alone */
};

struct sim_policy {
	const char *name;
	const char *description;
	const void *engine; /* its ops; NULL: a textbook policy */
	int (*run)(const struct sim_policy *policy, const struct sim_setup *setup,
		   const struct sim_trace *trace, struct sim_result *result);
};

extern const struct sim_policy sim_policies[];
extern const size_t sim_policies_count;

const struct sim_policy *sim_policy_find(const char *name);

struct sim_job {
	const struct sim_policy *policy;
	struct sim_setup setup;
	struct sim_result result;
	int error; /* 0 or -errno */
};

/*
 * Runs every job in a process of its own, as engines have globals that must be fresh, @nr_parallel of
 * them at once. Returns 0 when all have succeeded, else the error of one that has not, or -errno.
 */
int sim_run(struct sim_job jobs[], size_t nr_jobs, unsigned int nr_parallel,
	    const struct sim_trace *trace);

#endif
