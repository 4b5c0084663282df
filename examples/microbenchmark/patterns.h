/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The access patterns as streams of page references, handed to a sink one by one. The runner's sink
 * touches a file, a simulator's sink counts: both see the same stream. Nothing here may do I/O or know
 * a clock once a stream is open.
 */
#ifndef MB_PATTERNS_H
#define MB_PATTERNS_H

#include "config.h"
#include "rng.h"
#include "trace.h"
#include "zipf.h"

enum mb_phase {
	MB_PHASE_MEASURE, /* what came before was a warm-up: count from here */
	MB_PHASE_SCAN_BEGIN, /* GetScan: the references up to the end belong to a scan, not to gets */
	MB_PHASE_SCAN_END,
};

/* Both return 0, or -errno, which ends the stream. */
struct mb_sink {
	int (*ref)(void *arg, enum mb_op op, u64 page, u64 count);
	int (*phase)(void *arg, enum mb_phase phase);
	void *arg;
};

/* Lives as long as the run: an entry that comes again goes on in the same random stream. */
struct mb_stream {
	const struct mb_config *config;
	u64 nr_pages;
	struct mb_rng rng;
	struct mb_zipf zipf;
	u32 *page_of_rank;
	struct mb_trace trace;
};

int mb_stream_open(struct mb_stream *ret_stream, const struct mb_config *config, FILE *err);
void mb_stream_close(struct mb_stream *stream);

/* Runs one entry of the execution sequence once. Returns 0 or the sink's error. */
int mb_stream_run(struct mb_stream *stream, enum mb_pattern pattern, const struct mb_sink *sink);

#endif
