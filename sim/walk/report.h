/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Simulates what a request asks for and says what came out: designs side by side, their gain over the plain walk of the
 * same environment, and geometric means. The library's front door; whoever has a command line needs nothing else but the
 * request. Identical requests give identical bytes.
 */
#ifndef SIM_WALK_REPORT_H
#define SIM_WALK_REPORT_H

#include "request.h"

/* All of these: 0, or an error that has been told to the request's @err in one line. */

/* Workloads, both sizes of pages, walk caches on and off, all designs of an environment ("native", "virt", "nested"). */
int walk_report(struct walk_request *request, const char *environment, FILE *out);

/* One workload, or FORMAT:TRACE, and some designs of whatever environments. */
int walk_report_one(struct walk_request *request, const char *what, const char *designs, FILE *out);

/* A trace into its binary form. */
int walk_report_convert(const struct walk_request *request, const char *format, const char *path,
			const char *binary);

#endif
