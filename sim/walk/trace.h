/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * References of a program, out of the texts that tracers write, or out of the project's own binary form, which is those
 * texts converted once. They are read piece by piece: a trace may be larger than memory. An access that goes across the
 * end of a page is two references, and so is one that reads and writes.
 *
 * text         r|w|i ADDRESS [SIZE], in hex and decimal; # begins a comment
 * lackey       what valgrind --tool=lackey --trace-mem=yes --log-file=FILE writes
 * drmemtrace   what DynamoRIO's drmemtrace view tool prints
 * binary       "mpwalk1\n", the number of references as 64 bits, then each as 64 bits, the lowest byte first: 57 bits of
 *              address, 3 of type (0 read, 1 written, 2 fetched as an instruction), 4 of thread
 */
#ifndef SIM_WALK_TRACE_H
#define SIM_WALK_TRACE_H

#include <stdio.h>
#include <sys/types.h>

#include "designs.h"
#include "text.h"

enum walk_format {
	WALK_FORMAT_TEXT,
	WALK_FORMAT_LACKEY,
	WALK_FORMAT_DRMEMTRACE,
	WALK_FORMAT_BINARY,
	WALK_FORMATS,
};

extern const char *const walk_format_names[WALK_FORMATS];

enum {
	WALK_TRACE_LEAST = 4, /* references that one line may be */
};

struct walk_trace {
	enum walk_format format;
	struct walk_text text;
	uint64_t threads[WALK_MAX_THREADS];
	unsigned int nr_threads;
	uint64_t nr, announced; /* references so far; binary: that there are to be */
	uint64_t *to; /* where the next goes */
	size_t at, size;
};

/* 0, or an error that has been told to @err in one line. */
int walk_trace_start(struct walk_trace *trace, const char *path, int fd, enum walk_format format,
		     FILE *err);
void walk_trace_done(struct walk_trace *trace);

/* At least WALK_TRACE_LEAST must fit in. How many came, 0 at the end, or an error that has been told. */
ssize_t walk_trace_next(struct walk_trace *trace, uint64_t *references, size_t size);

/* The binary form of a header. */
void walk_trace_header(uint64_t nr, uint8_t ret[16]);

#endif
