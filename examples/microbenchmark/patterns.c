// SPDX-License-Identifier: GPL-2.0-only
/*
 * The seven access patterns. Called by the runner, once per entry and iteration, and by the unit test's
 * cache simulations. A change here changes every published figure: it must never happen in passing.
 */
#include "patterns.h"

#include <errno.h>
#include <stdbool.h>

/* Every gap-th page once, in order. gap 1 touches every page. */
static int run_sequential(struct mb_stream *stream, const struct mb_sink *sink)
{
	int r;

	for (u64 page = 0; page < stream->nr_pages; page += stream->config->sequential.gap) {
		r = sink->ref(sink->arg, MB_OP_MAPPED, page, 1);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Every stride pages, window pages in order. window > stride: the windows overlap. */
static int run_bursts(struct mb_stream *stream, const struct mb_sink *sink)
{
	u64 window = stream->config->bursts.window, stride = stream->config->bursts.stride;
	int r;

	for (u64 start = 0; start < stream->nr_pages; start += stride) {
		for (u64 page = start; page < start + window && page < stream->nr_pages; page++) {
			r = sink->ref(sink->arg, MB_OP_MAPPED, page, 1);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* Uniform over the first percent of the file: always the same pages, as in the original. */
static int run_region(struct mb_stream *stream, u64 repeats, u64 percent,
		      const struct mb_sink *sink)
{
	u64 region = stream->nr_pages * percent / 100;
	int r;

	for (u64 i = 0; i < repeats; i++) {
		r = sink->ref(sink->arg, MB_OP_MAPPED, mb_rng_below(&stream->rng, region), 1);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The whole file in blocks, prime + passes times; the last block may be shorter. */
static int run_cyclic_scan(struct mb_stream *stream, const struct mb_sink *sink)
{
	u64 block = stream->config->cyclic.block_bytes / MB_PAGE_SIZE;
	u64 prime = stream->config->cyclic.prime, passes = prime + stream->config->cyclic.passes;
	int r;

	for (u64 pass = 0; pass < passes; pass++) {
		if (pass == prime) {
			r = sink->phase(sink->arg, MB_PHASE_MEASURE);
			if (r < 0)
				return r;
		}
		for (u64 page = 0; page < stream->nr_pages; page += block) {
			u64 left = stream->nr_pages - page;

			r = sink->ref(sink->arg, MB_OP_READ, page, left < block ? left : block);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* From a start that leaves room, so that every scan has the same length. */
static int run_one_scan(struct mb_stream *stream, const struct mb_sink *sink)
{
	u64 length = stream->config->get_scan.scan_length;
	u64 start = mb_rng_below(&stream->rng, stream->nr_pages - length + 1);
	int r;

	r = sink->phase(sink->arg, MB_PHASE_SCAN_BEGIN);
	if (r < 0)
		return r;
	for (u64 page = start; page < start + length; page++) {
		r = sink->ref(sink->arg, MB_OP_READ, page, 1);
		if (r < 0)
			return r;
	}
	return sink->phase(sink->arg, MB_PHASE_SCAN_END);
}

static int run_get_scan(struct mb_stream *stream, const struct mb_sink *sink)
{
	double probability = stream->config->get_scan.scan_probability;
	int r;

	for (u64 i = 0; i < stream->config->get_scan.gets; i++) {
		u64 rank = mb_zipf_draw(&stream->zipf, &stream->rng);

		r = sink->ref(sink->arg, MB_OP_READ, stream->page_of_rank[rank], 1);
		if (r < 0)
			return r;
		if (mb_rng_unit(&stream->rng) >= probability)
			continue;
		r = run_one_scan(stream, sink);
		if (r < 0)
			return r;
	}
	return 0;
}

static int run_trace(struct mb_stream *stream, const struct mb_sink *sink)
{
	int r;

	for (size_t i = 0; i < stream->trace.nr_refs; i++) {
		const struct mb_trace_ref *ref = &stream->trace.refs[i];

		r = sink->ref(sink->arg, ref->op, ref->page, ref->count);
		if (r < 0)
			return r;
	}
	return 0;
}

int mb_stream_run(struct mb_stream *stream, enum mb_pattern pattern, const struct mb_sink *sink)
{
	const struct mb_config *config = stream->config;

	switch (pattern) {
	case MB_SEQUENTIAL_GAPS:
		return run_sequential(stream, sink);
	case MB_CYCLIC_BURSTS:
		return run_bursts(stream, sink);
	case MB_RANDOM_OLDER:
		return run_region(stream, config->older.repeats, config->older.range_percent, sink);
	case MB_SMALL_REGION:
		return run_region(stream, config->region.repeats, config->region.region_percent,
				  sink);
	case MB_CYCLIC_SCAN:
		return run_cyclic_scan(stream, sink);
	case MB_GET_SCAN:
		return run_get_scan(stream, sink);
	case MB_TRACE:
		return run_trace(stream, sink);
	case MB_NR_PATTERNS:
		break;
	}
	return -EINVAL;
}

/*
 * Which page has which popularity: a random permutation (Fisher-Yates), because neighbours of a popular
 * page would otherwise be popular too, and readahead or a large folio would look like a good policy.
 * Its own generator, so that it depends on nothing but seed and file size.
 */
static int scramble_ranks(struct mb_stream *stream)
{
	struct mb_rng rng;
	u32 *pages;

	pages = calloc(stream->nr_pages, sizeof(*pages));
	if (!pages)
		return -ENOMEM;
	mb_rng_seed(&rng, ~stream->config->seed);
	for (u64 i = 0; i < stream->nr_pages; i++) {
		u64 other = mb_rng_below(&rng, i + 1);

		pages[i] = pages[other];
		pages[other] = (u32)i;
	}
	stream->page_of_rank = pages;
	return 0;
}

static bool sequence_has(const struct mb_config *config, enum mb_pattern pattern)
{
	for (unsigned int i = 0; i < config->nr_entries; i++)
		if (config->sequence[i] == pattern)
			return true;
	return false;
}

int mb_stream_open(struct mb_stream *ret_stream, const struct mb_config *config, FILE *err)
{
	struct mb_stream stream = { .config = config, .nr_pages = mb_config_pages(config) };
	int r = 0;

	mb_rng_seed(&stream.rng, config->seed);
	if (sequence_has(config, MB_GET_SCAN)) {
		r = mb_zipf_init(&stream.zipf, stream.nr_pages, config->get_scan.theta);
		if (r >= 0)
			r = scramble_ranks(&stream);
		if (r < 0)
			fprintf(err,
				"GetScan: out of memory: it needs 12 bytes a page of the file\n");
	}
	if (r >= 0 && sequence_has(config, MB_TRACE))
		r = mb_trace_load(config->trace.file, stream.nr_pages, err, &stream.trace);
	if (r < 0) {
		mb_stream_close(&stream);
		return r;
	}
	*ret_stream = stream;
	return 0;
}

void mb_stream_close(struct mb_stream *stream)
{
	mb_zipf_free(&stream->zipf);
	free(stream->page_of_rank);
	mb_trace_free(&stream->trace);
	*stream = (struct mb_stream){ 0 };
}
