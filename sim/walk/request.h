/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is to be simulated: the machine, the address spaces, how many references, and what is to be said of it, from words
 * KEY=VALUE. Used by whoever has a command line; report.c does what it asks.
 */
#ifndef SIM_WALK_REQUEST_H
#define SIM_WALK_REQUEST_H

#include <stdio.h>

#include "designs.h"
#include "dump.h"
#include "trace.h"

enum walk_output {
	WALK_OUTPUT_TABLE, /* the most wanted figures, a design a line, between tabs */
	WALK_OUTPUT_CSV, /* all of them but the histogram */
	WALK_OUTPUT_LEVELS, /* the histogram of radix walks as CSV: a level of guest and host a line */
	WALK_OUTPUT_JSON, /* everything */
	WALK_OUTPUTS,
};

/* Bits of what a report compares. */
enum {
	WALK_PAGES_SMALL = 1,
	WALK_PAGES_HUGE = 2,
	WALK_CACHES_OFF = 1,
	WALK_CACHES_ON = 2,
};

struct walk_request {
	FILE *err; /* gets one line of what is wrong */
	const char *program; /* that the line begins with; NULL: none */
	struct walk_config config;
	struct walk_world world;
	uint64_t n, skip; /* references that count, and those before them */
	uint64_t published; /* 1: also the published arithmetic over the plain walk */
	double scale; /* of the paper's footprints */
	double walk_share; /* of a program's time, per cent; 0: not known */
	const char *designs; /* a list of names; NULL: all of the environment */
	const char *workloads; /* of a report: likewise; NULL: the paper's six */
	uint32_t pages, caches; /* of a report */
	bool host_fixed; /* the host's pages are not the guest's, in a report either */
	enum walk_output output;
	struct walk_dump dump, host_dump;
};

void walk_request_init(struct walk_request *request, const char *program, FILE *err);
void walk_request_done(struct walk_request *request);

/* A word KEY=VALUE, --json, --csv or --levels; it must stay where it is. 0, or an error that has been told. */
int walk_request_set(struct walk_request *request, const char *word);

/* The first @length characters of a word are a format's name. Likewise. */
int walk_request_format(const struct walk_request *request, const char *word, size_t length,
			enum walk_format *ret);

/* The next name of a list of designs: 1, 0 at the end, or an error that has been told. */
int walk_request_design(const struct walk_request *request, const char **list,
			const struct walk_design **ret);

/* -EINVAL, and a line. */
int walk_request_refuse(const struct walk_request *request, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The keys that are not of the machine, a line each. */
void walk_request_help(FILE *out);

#endif
