/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Some designs side by side, all of which see the same references, out of a workload or a trace. Used by report.c; it
 * prints nothing but what is wrong.
 */
#ifndef SIM_WALK_PLAY_H
#define SIM_WALK_PLAY_H

#include "request.h"

enum {
	WALK_PLAY_MAX = 32,
};

struct walk_play {
	struct walk_run runs[WALK_PLAY_MAX];
	size_t nr_runs;
	uint64_t done; /* references, those of the warm-up too */
};

/* All of these: 0, or an error that has been told to the request's @err in one line. */

/* The world is that of the request, but for its size, which start() sets: it comes first. */
int walk_play_start(struct walk_play *play, struct walk_request *request, const char *what);
int walk_play_add(struct walk_play *play, const struct walk_request *request,
		  const struct walk_design *design);
/* @what: the name of a workload, or FORMAT:TRACE. */
int walk_play_run(struct walk_play *play, const struct walk_request *request, const char *what);
void walk_play_done(struct walk_play *play);

/*
 * Without a dump tables are functions of a small space, and a process has its memory at both ends of a large one: each
 * gibibyte that a trace touches is put behind those before it.
 */
struct walk_squeeze {
	uint64_t gibs[1024]; /* one more than the number; 0: free */
	uint32_t places[1024]; /* where it has been put */
	uint32_t nr;
};

enum {
	WALK_SQUEEZE_MOST = 512, /* gibibytes; a table half full */
	WALK_SQUEEZE_BITS = 39,
};

/* False: there are too many. */
bool walk_squeeze(struct walk_squeeze *squeeze, uint64_t *references, size_t nr);

#endif
