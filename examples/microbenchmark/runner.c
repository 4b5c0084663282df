// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sink that turns references into system calls and memory accesses, and the counting around it.
 * Called by main.c. It must never advise the kernel (no madvise, no fadvise): what the kernel and a
 * policy make of the plain accesses is the measurement. PagePatrol = 1 measures hints (hints.h) and nothing else.
 */
#include "hints.h"
#include "runner.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

struct runner {
	const struct mb_config *config;
	int fd;
	const struct mb_probe *probe;
	FILE *err;
	unsigned char *map; /* NULL: no entry needs it */
	size_t map_bytes;
	unsigned char *buffer;
	size_t buffer_bytes;
	struct mb_hints hints;
	/* of the entry that runs */
	struct mb_counters begin;
	u64 scan_begin, scan_sectors;
};

static int transfer(struct runner *run, bool write, u64 from, u64 bytes)
{
	while (bytes) {
		size_t n = bytes < run->buffer_bytes ? (size_t)bytes : run->buffer_bytes;
		ssize_t done = write ? pwrite(run->fd, run->buffer, n, (off_t)from) :
				       pread(run->fd, run->buffer, n, (off_t)from);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) {
			int r = done < 0 ? -errno : -ENODATA;

			fprintf(run->err, "%s: cannot %s byte %llu: %s\n", run->config->file_name,
				write ? "write" : "read", (unsigned long long)from,
				done < 0 ? strerror(-r) :
					   "the file was cut while the benchmark ran");
			return r;
		}
		from += (u64)done;
		bytes -= (u64)done;
	}
	return 0;
}

static int touch(void *arg, enum mb_op op, u64 page, u64 count)
{
	struct runner *run = arg;

	if (op != MB_OP_MAPPED)
		return transfer(run, op == MB_OP_WRITE, page * MB_PAGE_SIZE, count * MB_PAGE_SIZE);
	for (u64 i = page; i < page + count; i++) {
		volatile unsigned char *x = run->map + i * MB_PAGE_SIZE;

		*x = (unsigned char)((*x + 1) % 256);
		mb_hints_accessed(&run->hints, i);
	}
	return 0;
}

/*
 * Scans are few and gets are many: reading diskstats around each scan costs nothing that shows, reading
 * it around each get would take longer than the gets.
 */
static int change_phase(void *arg, enum mb_phase phase)
{
	struct runner *run = arg;
	u64 sectors;
	int r;

	if (phase == MB_PHASE_MEASURE) {
		run->scan_sectors = 0;
		return mb_counters_begin(run->probe, &run->begin);
	}
	r = mb_diskstats_read(run->probe->diskstats, run->probe->major, run->probe->minor,
			      &sectors);
	if (r < 0)
		return r;
	if (phase == MB_PHASE_SCAN_BEGIN)
		run->scan_begin = sectors;
	else
		run->scan_sectors += sectors - run->scan_begin;
	return 0;
}

static int run_entry(struct runner *run, struct mb_stream *stream, enum mb_pattern pattern,
		     struct mb_result *ret_result)
{
	struct mb_sink sink = { .ref = touch, .phase = change_phase, .arg = run };
	struct mb_result result = { 0 };
	struct mb_counters end;
	int r;

	r = change_phase(run, MB_PHASE_MEASURE);
	if (r < 0)
		return r;
	r = mb_stream_run(stream, pattern, &sink);
	mb_hints_end(&run->hints);
	if (r < 0)
		return r;
	r = mb_counters_end(run->probe, &end);
	if (r < 0)
		return r;
	mb_counters_add(&result.counters, &run->begin, &end);
	result.scan_sectors = run->scan_sectors;
	*ret_result = result;
	return 0;
}

static bool needs_map(const struct mb_config *config, const struct mb_stream *stream)
{
	for (unsigned int i = 0; i < config->nr_entries; i++)
		if (config->sequence[i] <= MB_SMALL_REGION)
			return true;
	for (size_t i = 0; i < stream->trace.nr_refs; i++)
		if (stream->trace.refs[i].op == MB_OP_MAPPED)
			return true;
	return false;
}

static int prepare(struct runner *run, const struct mb_stream *stream)
{
	const struct mb_config *config = run->config;

	run->buffer_bytes = config->cyclic.block_bytes > 1 << 20 ? config->cyclic.block_bytes :
								   1 << 20;
	run->buffer = malloc(run->buffer_bytes);
	if (!run->buffer) {
		fprintf(run->err, MB_NAME ": out of memory for a block of %zu bytes\n",
			run->buffer_bytes);
		return -ENOMEM;
	}
	/* Faulted in now, not within the first measured read. */
	memset(run->buffer, 0x5a, run->buffer_bytes);
	if (!needs_map(config, stream))
		return 0;
	run->map_bytes = mb_config_pages(config) * MB_PAGE_SIZE;
	run->map = mmap(NULL, run->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, run->fd, 0);
	if (run->map == MAP_FAILED) {
		run->map = NULL;
		fprintf(run->err, "%s: cannot map %zu bytes: %m\n", config->file_name,
			run->map_bytes);
		return -ENOMEM;
	}
	if (!config->page_patrol)
		return 0;
	return mb_hints_open(&run->hints, mb_config_pages(config), run->map, run->err);
}

static int run_all(struct runner *run, struct mb_stream *stream, struct mb_report *report,
		   struct mb_result *results)
{
	const struct mb_config *config = run->config;

	for (u64 iteration = 0; iteration < config->iterations; iteration++) {
		for (unsigned int entry = 0; entry < config->nr_entries; entry++) {
			enum mb_pattern pattern = config->sequence[entry];
			struct mb_counters zero = { 0 };
			struct mb_result result;
			int r;

			mb_hints_begin(&run->hints, config, pattern, iteration);
			r = run_entry(run, stream, pattern, &result);
			if (r < 0) {
				fprintf(run->err, MB_NAME ": %s failed: %s\n",
					mb_pattern_names[pattern], strerror(-r));
				return r;
			}
			mb_counters_add(&results[entry].counters, &zero, &result.counters);
			results[entry].scan_sectors += result.scan_sectors;
			mb_report_step(report, iteration, entry, pattern, &result);
		}
	}
	return 0;
}

int mb_run(const struct mb_config *config, int fd, struct mb_stream *stream,
	   const struct mb_probe *probe, struct mb_report *report, FILE *err,
	   struct mb_result *results)
{
	struct runner run = { .config = config, .fd = fd, .probe = probe, .err = err };
	int r;

	r = prepare(&run, stream);
	if (r >= 0)
		r = run_all(&run, stream, report, results);
	mb_hints_close(&run.hints, err);
	if (run.map)
		munmap(run.map, run.map_bytes);
	free(run.buffer);
	return r;
}
