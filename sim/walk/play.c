// SPDX-License-Identifier: GPL-2.0-only
/*
 * Some designs side by side. See play.h.
 */
#include "play.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "generate.h"
#include "trace.h"

static bool is_trace(const char *what)
{
	return strchr(what, ':');
}

/* ---- addresses of a trace without a dump -------------------------------------------------------------- */

#define SQUEEZE_SLOTS (sizeof(((struct walk_squeeze *)0)->gibs) / sizeof(uint64_t))

static bool place_of(struct walk_squeeze *squeeze, uint64_t gib, uint64_t *ret)
{
	size_t at = walk_mix(gib, 1) % SQUEEZE_SLOTS;

	while (squeeze->gibs[at] && squeeze->gibs[at] != gib + 1)
		at = (at + 1) % SQUEEZE_SLOTS;
	if (!squeeze->gibs[at]) {
		if (squeeze->nr == WALK_SQUEEZE_MOST)
			return false;
		squeeze->gibs[at] = gib + 1;
		squeeze->places[at] = squeeze->nr++;
	}
	*ret = squeeze->places[at];
	return true;
}

bool walk_squeeze(struct walk_squeeze *squeeze, uint64_t *references, size_t nr)
{
	const uint64_t within = (1ULL << WALK_GIB_SHIFT) - 1;

	for (size_t i = 0; i < nr; i++) {
		uint64_t address = references[i] & WALK_ADDRESS_MASK, place;

		if (!place_of(squeeze, address >> WALK_GIB_SHIFT, &place))
			return false;
		references[i] = (references[i] & ~WALK_ADDRESS_MASK) | place << WALK_GIB_SHIFT |
				(address & within);
	}
	return true;
}

/* ---- designs ------------------------------------------------------------------------------------------ */

int walk_play_start(struct walk_play *play, struct walk_request *request, const char *what)
{
	const struct walk_workload *workload;
	struct walk_generator *generator;

	memset(play, 0, sizeof(*play));
	if (is_trace(what)) {
		request->world.bits = WALK_SQUEEZE_BITS;
		return 0;
	}
	workload = walk_workload_find(what);
	if (!workload)
		return walk_request_refuse(request, "no such workload: %s", what);
	generator = malloc(sizeof(*generator));
	if (!generator)
		return walk_request_refuse(request, "out of memory at %s", what);
	request->world.bits =
		walk_generator_start(generator, workload, request->scale, request->world.seed);
	free(generator);
	return 0;
}

int walk_play_add(struct walk_play *play, const struct walk_request *request,
		  const struct walk_design *design)
{
	const char *problem = walk_config_problem(&request->config);
	int r;

	if (play->nr_runs == WALK_PLAY_MAX)
		return walk_request_refuse(request, "too many designs at %s", design->name);
	r = walk_run_init(&play->runs[play->nr_runs], design, &request->config, &request->world);
	if (r == -EINVAL && problem)
		return walk_request_refuse(request, "no such machine: %s", problem);
	if (r == -EINVAL)
		return walk_request_refuse(
			request, "this size, or a dump of the host, cannot be had with %s",
			design->name);
	if (r < 0)
		return walk_request_refuse(request, "out of memory at %s", design->name);
	play->nr_runs++;
	return 0;
}

void walk_play_done(struct walk_play *play)
{
	while (play->nr_runs)
		walk_run_done(&play->runs[--play->nr_runs]);
}

/* ---- references --------------------------------------------------------------------------------------- */

/* All designs see each piece, whose first references may be the last of the warm-up. */
static void see(struct walk_play *play, const struct walk_request *request,
		const uint64_t *references, size_t nr)
{
	size_t cold = 0;

	if (play->done < request->skip)
		cold = request->skip - play->done < nr ? request->skip - play->done : nr;
	for (size_t i = 0; i < play->nr_runs; i++) {
		struct walk_run *run = &play->runs[i];

		if (cold) {
			walk_run_references(run, references, cold);
			walk_run_warm(run);
		}
		walk_run_references(run, references + cold, nr - cold);
	}
	play->done += nr;
}

static int generate(struct walk_play *play, const struct walk_request *request, const char *what)
{
	const uint64_t all = request->n + request->skip;
	struct walk_generator *generator = malloc(sizeof(*generator));

	if (!generator)
		return walk_request_refuse(request, "out of memory at %s", what);
	walk_generator_start(generator, walk_workload_find(what), request->scale,
			     request->world.seed);
	while (play->done < all) {
		uint64_t left = all - play->done;

		walk_generator_next(generator);
		see(play, request, generator->batch,
		    left < generator->nr ? (size_t)left : generator->nr);
	}
	free(generator);
	return 0;
}

static int replay_next(struct walk_play *play, const struct walk_request *request,
		       struct walk_trace *trace, struct walk_squeeze *squeeze)
{
	uint64_t references[WALK_BATCH];
	ssize_t n = walk_trace_next(trace, references, WALK_BATCH);

	if (n <= 0)
		return (int)n;
	if (!request->world.tree && !walk_squeeze(squeeze, references, (size_t)n))
		return walk_request_refuse(
			request,
			"the trace touches more than %d gibibytes: give the process' tables, dump=FILE",
			WALK_SQUEEZE_MOST);
	see(play, request, references, (size_t)n);
	return 1;
}

static int replay(struct walk_play *play, const struct walk_request *request, const char *what)
{
	const char *path = strchr(what, ':') + 1;
	struct walk_trace *trace = calloc(1, sizeof(*trace));
	struct walk_squeeze *squeeze = calloc(1, sizeof(*squeeze));
	enum walk_format format;
	int r, fd = -1;

	r = trace && squeeze ? 0 : walk_request_refuse(request, "out of memory at %s", what);
	r = r ? r : walk_request_format(request, what, (size_t)(path - what) - 1, &format);
	if (r == 0) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		r = fd < 0 ? walk_request_refuse(request, "%s: %s", path, strerror(errno)) : 0;
	}
	r = r ? r : walk_trace_start(trace, path, fd, format, request->err);
	if (r == 0) {
		do
			r = replay_next(play, request, trace, squeeze);
		while (r > 0);
		walk_trace_done(trace);
	}
	if (r == 0 && play->done <= request->skip)
		r = walk_request_refuse(
			request, "all references are warm-up: name fewer with skip= for %s", path);
	if (fd >= 0)
		close(fd);
	free(squeeze);
	free(trace);
	return r;
}

int walk_play_run(struct walk_play *play, const struct walk_request *request, const char *what)
{
	return is_trace(what) ? replay(play, request, what) : generate(play, request, what);
}
