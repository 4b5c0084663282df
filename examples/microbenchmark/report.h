/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the benchmark says: lines on stdout, rows of --csv, PagePatrol's fault log. Called by the runner
 * and main.c. Nothing else may write to stdout.
 */
#ifndef MB_REPORT_H
#define MB_REPORT_H

#include "config.h"
#include "counters.h"

struct mb_result {
	struct mb_counters counters;
	u64 scan_sectors; /* GetScan: read by scans, part of counters.sectors_read */
};

struct mb_report {
	FILE *csv; /* NULL: not wanted */
	FILE *log;
	unsigned int log_index;
};

/* Opens both files, so that a wrong name shows before hours of work. */
int mb_report_open(struct mb_report *ret_report, const struct mb_config *config,
		   const char *csv_path, FILE *err);

/* One entry of one iteration, both from 0. */
void mb_report_step(struct mb_report *report, u64 iteration, unsigned int entry,
		    enum mb_pattern pattern, const struct mb_result *result);

/* The line of stdout: one entry, all iterations. */
void mb_report_line(FILE *out, enum mb_pattern pattern, const struct mb_result *sum);

/* 0, or -errno if anything that was written is lost. */
int mb_report_close(struct mb_report *report);

#endif
