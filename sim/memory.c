// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a simulation takes of the machine's memory, and what there is. Called by the readers of traces and by
 * mempolctl, so that a trace that is too large is refused and not killed.
 */
#include <errno.h>
#include <stdlib.h>

#include "cache.h"
#include "widen.h"

uint64_t sim_trace_bytes(const struct sim_trace *trace)
{
	uint64_t object = (trace->index ? sizeof(*trace->index) : 0) +
			  (trace->files ? sizeof(*trace->files) : 0);

	return (uint64_t)trace->nr_refs *
		       (sizeof(*trace->refs) + (trace->threads ? sizeof(*trace->threads) : 0)) +
	       trace->nr_objects * object;
}

uint64_t sim_run_bytes(const struct sim_trace *trace)
{
	unsigned int by = sim_widening(trace);
	uint64_t objects = (uint64_t)trace->nr_objects << by, refs = (uint64_t)trace->nr_refs << by;
	/* Folio, shadow, number of the write. */
	uint64_t engine =
		objects * (sizeof(struct sim_folio) + sizeof(uint64_t) + sizeof(uint32_t));
	/* Next uses; pages, and next uses again; two sets of bits. */
	uint64_t belady =
		refs * sizeof(uint32_t) + objects * 2 * sizeof(uint32_t) + (refs + objects) / 4;
	/* All simulations share it, so this is more than it takes. */
	uint64_t wide = by ? sim_trace_bytes(trace) << by : 0;

	return wide + (engine > belady ? engine : belady);
}

int sim_memory_available(const char *meminfo, uint64_t *ret_bytes)
{
	FILE *file = fopen(meminfo, "re");
	unsigned long long kib;
	char line[256];
	int r = -ENODATA;

	if (!file)
		return -errno;
	while (r < 0 && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
			r = 0;
	fclose(file);
	if (r == 0)
		*ret_bytes = kib * 1024;
	return r;
}
