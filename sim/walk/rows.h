/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a report says, a row a design, and the forms in which it can be said. Between report.c, which has the rows, and the
 * writers, which simulate nothing.
 */
#ifndef SIM_WALK_ROWS_H
#define SIM_WALK_ROWS_H

#include "request.h"

/* What is compared with what: rows with the same case. */
struct walk_case {
	const char *workload;
	const char *pages; /* 4K, THP, mixed; dump: as the process has them */
	bool caches; /* walk caches are asked */
};

struct walk_row {
	struct walk_case where;
	const struct walk_design *design;
	const struct walk_run *run; /* NULL: the published arithmetic */
	double cycles; /* a walk */
	double gain; /* over the plain walk; 0: nothing walks, or there is none */
	double application; /* likewise, of a program's time; 0: the share of walks is not known */
};

/* Of a design over some workloads; @where has no workload. */
struct walk_mean {
	struct walk_case where;
	const struct walk_design *design;
	bool published;
	double paper; /* 0: the paper has none */
	double gain, application;
	uint32_t nr;
};

struct walk_writing {
	FILE *out;
	const struct walk_request *request;
	bool single; /* no report: there are no means */
	uint64_t nr; /* rows and means so far */
};

struct walk_writer {
	void (*begin)(struct walk_writing *w);
	void (*row)(struct walk_writing *w, const struct walk_row *row);
	void (*mean)(struct walk_writing *w, const struct walk_mean *mean);
	void (*end)(struct walk_writing *w);
};

extern const struct walk_writer walk_write_table, walk_write_csv, walk_write_levels,
	walk_write_json;

/* ---- figures, as every form has them ------------------------------------------------------------------ */

double walk_per(uint64_t part, uint64_t whole);
uint64_t walk_walks(const struct walk_counts *count);
/* The share of a set's look-ups that hit first at a level. */
double walk_pwc_rate(const struct walk_counts *count, unsigned int set, unsigned int level);
unsigned int walk_registers(const struct walk_counts *count);

#endif
