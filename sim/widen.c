// SPDX-License-Identifier: GPL-2.0-only
/*
 * Some pages for one; see widen.h.
 */
#include "widen.h"

#include <errno.h>
#include <stdlib.h>

static bool allocate(const struct sim_trace *trace, struct sim_trace *ret)
{
	size_t refs = ret->nr_refs + 1, objects = (size_t)ret->nr_objects + 1;

	ret->refs = calloc(refs, sizeof(*ret->refs));
	ret->threads = trace->threads ? calloc(refs, sizeof(*ret->threads)) : NULL;
	ret->in_run = trace->in_run ? calloc(refs / 8 + 1, 1) : NULL;
	ret->files = trace->files ? calloc(objects, sizeof(*ret->files)) : NULL;
	ret->index = trace->index ? calloc(objects, sizeof(*ret->index)) : NULL;
	return ret->refs && (ret->threads || !trace->threads) && (ret->in_run || !trace->in_run) &&
	       (ret->files || !trace->files) && (ret->index || !trace->index);
}

static void widen_refs(const struct sim_trace *trace, unsigned int by, struct sim_trace *ret)
{
	for (size_t at = 0; at < ret->nr_refs; at++) {
		size_t from = at >> by;

		ret->refs[at] = trace->refs[from];
		ret->refs[at].object = trace->refs[from].object << by | (at & ((1U << by) - 1));
		if (ret->threads)
			ret->threads[at] = trace->threads[from];
		if (ret->in_run && trace->in_run[from / 8] >> from % 8 & 1)
			ret->in_run[at / 8] |= (uint8_t)(1U << at % 8);
	}
}

static void widen_objects(const struct sim_trace *trace, unsigned int by, struct sim_trace *ret)
{
	for (uint32_t object = 0; object < ret->nr_objects; object++) {
		if (ret->files)
			ret->files[object] = trace->files[object >> by];
		if (ret->index)
			ret->index[object] = trace->index[object >> by] << by |
					     (object & ((1U << by) - 1));
	}
}

int sim_widen(const struct sim_trace *trace, unsigned int by, struct sim_trace *ret)
{
	struct sim_trace wide = {
		.nr_refs = trace->nr_refs << by,
		.nr_objects = trace->nr_objects << by,
		.sizes_differ = trace->sizes_differ,
		.are_files = trace->are_files,
		.nr_files = trace->nr_files,
		.from_start = trace->from_start,
		.sample_shift = trace->sample_shift,
		.widened = by,
	};

	if (!allocate(trace, &wide)) {
		sim_trace_free(&wide);
		return -ENOMEM;
	}
	widen_refs(trace, by, &wide);
	widen_objects(trace, by, &wide);
	*ret = wide;
	return 0;
}

static uint64_t narrow(uint64_t value, unsigned int by)
{
	return (value + ((1ULL << by) >> 1)) >> by;
}

void sim_narrow(struct sim_result *result, unsigned int by)
{
	result->references = narrow(result->references, by);
	result->misses = narrow(result->misses, by);
	result->hits = result->references - result->misses;
	result->write_misses = narrow(result->write_misses, by);
	result->missed_pages = narrow(result->missed_pages, by);
	result->evicted_pages = narrow(result->evicted_pages, by);
	result->forced_pages = narrow(result->forced_pages, by);
	result->looks = narrow(result->looks, by);
	result->ejected_at = (result->ejected_at + (1ULL << by) - 1) >> by;
}
