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
#define SIM_MAX_SAMPLE_SHIFT 20
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

/* With readahead: the objects of a file, side by side. */
struct sim_extent {
	uint32_t begin, end;
	bool from_start; /* the first is the first page of the file */
};

enum sim_mapped {
	SIM_MAPPED = 1,
	SIM_MAPPED_TO_RUN, /* a program, or a library */
};

struct sim_trace {
	struct sim_ref *refs;
	size_t nr_refs;
	uint32_t nr_objects;
	bool sizes_differ; /* there are references of several sizes */
	/* With readahead objects are pages, numbered in the order of the files, neighbours side by side: */
	uint32_t nr_unnamed; /* of the objects those that no reference names and readahead may bring in */
	struct sim_extent *extents; /* by file; NULL: there is one */
	/*
	 * What engines are told of an object: its file and its page there. Without @files all are of one,
	 * without @index an object's page is its number. With @are_files each is the first page of its own.
	 */
	bool are_files;
	uint32_t *files; /* by object */
	uint64_t *index; /* by object */
	uint32_t nr_files;
	uint16_t *threads; /* by reference, which thread it is of; without: all of one */
	bool from_start; /* object 0 is the first page of the file */
	/*
	 * Of a recording: one page in 2^sample_shift is in it, and what was in a run, a bit for each reference; NULL:
	 * not known.
	 */
	unsigned int sample_shift;
	unsigned int widened; /* 2^widened pages stand for each of the sample; see widen.h */
	uint8_t *in_run;
	/* What is used through mappings alone, by object: enum sim_mapped; NULL: accessed_bits says it of all. */
	const uint8_t *mapped;
};

enum sim_format {
	SIM_FORMAT_TEXT, /* the microbenchmark's: examples/microbenchmark/trace.h */
	SIM_FORMAT_CSV, /* columns between commas; see trace-csv.c */
	SIM_FORMAT_BLKPARSE, /* see trace-blkparse.c */
	SIM_FORMAT_FIO, /* see trace-fio.c */
	SIM_FORMAT_LIRS, /* a page number a line */
	SIM_FORMAT_ORACLE, /* oracleGeneral, in binary; see trace-oracle.c */
	SIM_FORMAT_RECORD, /* of mempolctl record; see trace-record.c */
};

#define SIM_MAX_COLUMNS 64
#define SIM_MAX_OP_WORDS 32
#define SIM_MAX_OP_WORD 16

/* In which column of csv, from 1, each part stands; 0: in none. */
struct sim_columns {
	uint8_t time; /* numbers; the order is the file's */
	uint8_t object;
	uint8_t object2; /* two columns name the object together */
	uint8_t size; /* none: a page each */
	uint8_t op; /* none: all are reads */
	/* With one of these a line is a request to the object, which is a file or disk, and each page of it counts. */
	uint8_t offset; /* in bytes */
	uint8_t sector; /* in 512 bytes */
	bool are_set;
	bool by_title; /* some have to be looked up in the trace's titles first: */
	const char *text; /* what the user wrote; it must stay */
};

/* What words of the op column mean. */
struct sim_op_words {
	struct {
		char word[SIM_MAX_OP_WORD + 1];
		int8_t op; /* enum sim_op, or SIM_SKIP */
	} items[SIM_MAX_OP_WORDS];
	unsigned int nr;
	bool alone; /* other words are unknown; else csv knows some */
};

#define SIM_SKIP (-1) /* no reference */

/*
 * "time=1,object=2,size=4,op=3" in any order, with the number or the title of the column; or the name of a known
 * set of traces, which may bring words of its own. 0, or -EINVAL with the reason in @ret_problem.
 */
int sim_columns_parse(const char *text, struct sim_columns *ret, struct sim_op_words *ret_words,
		      const char **ret_problem);

/* "28=read,2a=write,2=remove,3=skip", before the words that are there. 0, or -EINVAL with the reason. */
int sim_op_words_parse(const char *text, struct sim_op_words *words, const char **ret_problem);

/* A format as users name it. */
struct sim_format_name {
	const char *name;
	const char *description;
	enum sim_format format;
	const char *columns; /* the set of csv */
	char action; /* of blkparse */
};

extern const struct sim_format_name sim_formats[];
extern const size_t sim_formats_count;

/* By its name; NULL: there is none. */
const struct sim_format_name *sim_format_find(const char *name);

/* By what @path ends in, before .gz and the like. */
enum sim_format sim_format_guess(const char *path);

struct sim_source {
	const char *path; /* "-": standard input */
	enum sim_format format;
	bool format_is_guess; /* a first line that says otherwise is believed: fio's and record's */
	struct sim_columns
		columns; /* of csv; not set: time,object,size,op and no more, or by the titles */
	struct sim_op_words words; /* of csv */
	char action; /* of blkparse: Q, D or C */
	uint64_t memory_bytes; /* that the trace and one simulation may take; 0: any */
	uint32_t readahead_pages; /* the largest window it will be simulated with; of pages only */
};

/*
 * Reads a whole trace. What is wrong is written to @err as "FILE:LINE: message". Returns 0 or -errno;
 * then @ret_trace is untouched.
 */
int sim_trace_load(const struct sim_source *source, FILE *err, struct sim_trace *ret_trace);
/* The same from a file that is open; the path is for messages. */
int sim_trace_read(const struct sim_source *source, int fd, FILE *err, struct sim_trace *ret_trace);
void sim_trace_free(struct sim_trace *trace);

/* Are its objects pages of files, so that readahead can be simulated? */
bool sim_source_has_pages(const struct sim_source *source);

/* All that is referenced, in pages: what a cache of no page would read. */
uint64_t sim_trace_referenced_pages(const struct sim_trace *trace);

/*
 * The trace's working set: the pages of all objects, each at its largest; of a sample what the whole would have.
 * 0 or -ENOMEM.
 */
int sim_trace_pages(const struct sim_trace *trace, uint64_t *ret_pages);

/* Of the trace itself, and of the largest of its simulations while it runs beside it. */
uint64_t sim_trace_bytes(const struct sim_trace *trace);
uint64_t sim_run_bytes(const struct sim_trace *trace);

/* MemAvailable in @meminfo, which is /proc/meminfo. 0 or -errno. */
int sim_memory_available(const char *meminfo, uint64_t *ret_bytes);

/* In real sizes: sim_run() makes them smaller for a sample. */
struct sim_setup {
	uint64_t cache_pages;
	uint32_t reclaim_pages; /* that many at a time; the optimum evicts what it must */
	bool accessed_bits; /* accesses are seen as through mmap: one bit, when it is looked at */
	/*
	 * As read_ahead_kb: 0, or at most what the trace was loaded for. Reads are by read() then, and
	 * accessed_bits must not be set. The optimum reads nothing ahead.
	 */
	uint32_t readahead_pages;
	/*
	 * A write leaves its page dirty until so many others were dirtied, and what is dirty cannot be freed; 0:
	 * none is dirty. Textbook policies know no dirty pages.
	 */
	uint32_t dirty_pages;
};

/* Of a sample's own references. */
struct sim_result {
	uint64_t references;
	uint64_t hits;
	uint64_t misses; /* with readahead: references that waited for the disk */
	uint64_t write_misses; /* of the misses those of writes */
	uint64_t missed_pages; /* of all that was missed, or read ahead */
	uint64_t evicted_pages;
	uint64_t forced_pages; /* of them those the engine withheld */
	uint64_t looks; /* folios the engine looked at */
	uint64_t waits; /* for pages to become clean, because nothing else could be freed */
	uint64_t refused; /* calls of the engine that the kernel refuses */
	uint64_t calls; /* callbacks that asked for pages when enough were there */
	uint64_t short_calls; /* of them those that named less than a quarter */
	uint64_t ejected_at; /* the kernel ejects the engine after so many references; 0: it does not */
	uint64_t cpu_ns; /* of the simulation alone */
};

struct mempol_native;

struct sim_policy {
	const char *name;
	const char *description;
	const void *engine; /* its ops; NULL: a textbook policy */
	const struct mempol_native *native; /* who the engine is; may be NULL */
	int (*run)(const struct sim_policy *policy, const struct sim_setup *setup,
		   const struct sim_trace *trace, struct sim_result *result);
};

#define SIM_ENGINE_LISTS 8

/* Whether the ops of an engine have what a simulation calls. */
bool sim_engine_is_whole(const void *ops);

extern const struct sim_policy sim_policies[];
extern const size_t sim_policies_count;

const struct sim_policy *sim_policy_find(const char *name);

struct sim_job {
	const struct sim_policy *policy;
	struct sim_setup setup;
	struct sim_result result;
	int error; /* 0 or -errno; -ECHILD: its process died */
	int signal; /* of what, if it was a signal */
	int pid; /* while it runs */
};

/*
 * Runs every job in a process of its own, as engines have globals that must be fresh, @nr_parallel of
 * them at once. Returns 0 when all have succeeded, else the error of one that has not, or -errno.
 */
int sim_run(struct sim_job jobs[], size_t nr_jobs, unsigned int nr_parallel,
	    const struct sim_trace *trace);

#endif
