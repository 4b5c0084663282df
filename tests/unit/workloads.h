/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The published workloads as traces of the simulator: the microbenchmark's own generators write them, so
 * that what is simulated is what is measured in a virtual machine. Included by tests only.
 */
#ifndef TEST_WORKLOADS_H
#define TEST_WORKLOADS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../examples/microbenchmark/patterns.h"
#include "../../sim/sim.h"

/* What a memory limit of @pages leaves for the file: some 3 % hold other things. */
#define USABLE(pages) ((pages) * 97 / 100)

#define WORKLOAD_CYCLIC                                                      \
	"file_name = /f\nfile_size = 80M\nexecution_sequence = CyclicScan\n" \
	"[CyclicScan]\nprime = 1\npasses = 6\nblock_size = 1M\n"
#define WORKLOAD_CYCLIC_FIRST_PASS 20480

#define WORKLOAD_GETSCAN                                                   \
	"file_name = /f\nfile_size = 256M\nexecution_sequence = GetScan\n" \
	"[GetScan]\ngets = 600000\ntheta = 0.99\nscan_probability = 0.0005\nscan_length = 2000\n"

#define WORKLOAD_CONFIG1                                                             \
	"file_name = /f\nfile_size = 256M\niterations = 5\nexecution_sequence = "    \
	"SmallRegionRandomAccess SmallRegionRandomAccess SequentialAccessWithGaps\n" \
	"[SequentialAccessWithGaps]\ngap = 1\n"                                      \
	"[SmallRegionRandomAccess]\nrepeats = 250000\nregion_size = 30\n"

struct recording {
	struct sim_trace trace;
	size_t capacity;
	bool in_scan;
};

/* References of scans are recorded as writes, too, so that misses of the gets can be told apart. */
static inline int record_ref(void *arg, enum mb_op op, u64 page, u64 count)
{
	struct recording *recording = arg;
	struct sim_trace *trace = &recording->trace;

	for (; count--; page++) {
		if (trace->nr_refs == recording->capacity) {
			recording->capacity = recording->capacity ? recording->capacity * 2 : 1024;
			trace->refs =
				realloc(trace->refs, recording->capacity * sizeof(*trace->refs));
			if (!trace->refs)
				abort();
		}
		trace->refs[trace->nr_refs++] = (struct sim_ref){
			.object = (uint32_t)page,
			.pages = 1,
			.op = recording->in_scan || op != MB_OP_READ ? SIM_WRITE : SIM_READ,
		};
	}
	return 0;
}

static inline int record_phase(void *arg, enum mb_phase phase)
{
	((struct recording *)arg)->in_scan = phase == MB_PHASE_SCAN_BEGIN;
	return 0;
}

/* Aborts on anything unexpected: the texts above are the only ones. */
static inline struct sim_trace workload_record(const char *text)
{
	struct recording recording = {};
	struct mb_sink sink = { .ref = record_ref, .phase = record_phase, .arg = &recording };
	struct mb_config config;
	struct mb_stream stream;

	if (mb_config_parse("c", text, strlen(text), stderr, &config) < 0 ||
	    mb_stream_open(&stream, &config, stderr) < 0)
		abort();
	for (u64 i = 0; i < config.iterations; i++)
		for (unsigned int entry = 0; entry < config.nr_entries; entry++)
			if (mb_stream_run(&stream, config.sequence[entry], &sink) < 0)
				abort();
	recording.trace.nr_objects = (uint32_t)mb_config_pages(&config);
	mb_stream_close(&stream);
	mb_config_free(&config);
	return recording.trace;
}

#endif
