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
/* A gibibyte of memory; line numbers, times and objects fit 32 bits with room to spare. */
#define SIM_MAX_REFS (1U << 27)
#define SIM_MAX_PAGES ((1U << 30) - 1) /* of an object */
#define SIM_RECLAIM_DEFAULT 64 /* pages a full cgroup reclaims at a time */

enum sim_op {
	SIM_READ,
	SIM_WRITE,
	SIM_REMOVE, /* the object is gone, with all that was known of it */
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
};

enum sim_format {
	SIM_FORMAT_TEXT, /* the microbenchmark's: examples/microbenchmark/trace.h */
	SIM_FORMAT_CSV, /* time,object,size,op */
};

/*
 * Reads a whole trace. What is wrong is written to @err as "FILE:LINE: message". Returns 0 or -errno;
 * then @ret_trace is untouched.
 */
int sim_trace_load(const char *path, enum sim_format format, FILE *err,
		   struct sim_trace *ret_trace);
void sim_trace_free(struct sim_trace *trace);

struct sim_setup {
	uint64_t cache_pages;
	uint32_t reclaim_pages; /* that many at a time; the optimum evicts what it must */
	bool accessed_bits; /* accesses are seen as through mmap: one bit, when it is looked at */
};

struct sim_result {
	uint64_t references;
	uint64_t hits;
	uint64_t misses;
	uint64_t write_misses; /* of the misses those of writes */
	uint64_t evicted_pages;
	uint64_t forced_pages; /* of them those the engine withheld */
	uint64_t looks; /* folios the engine looked at */
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
