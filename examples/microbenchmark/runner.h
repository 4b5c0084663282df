/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs a whole configuration against its file and counts. Called by main.c once.
 */
#ifndef MB_RUNNER_H
#define MB_RUNNER_H

#include "counters.h"
#include "patterns.h"
#include "report.h"

/*
 * @results: one per entry of the sequence, zeroed by the caller. Returns 0, or -errno after a message
 * to @err.
 */
int mb_run(const struct mb_config *config, int fd, struct mb_stream *stream,
	   const struct mb_probe *probe, struct mb_report *report, FILE *err,
	   struct mb_result *results);

#endif
