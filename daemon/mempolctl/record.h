/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One recording from its options to its end. Called by the verbs record and advise, which differ in what they do
 * with it. Messages begin with the verb and end with the remedy.
 */
#ifndef MP_CTL_RECORD_H
#define MP_CTL_RECORD_H

#include "complain.h"
#include "ctl.h"
#include "recorder.h"
#include "sample.h"

#define RECORD_MAX_SECONDS (24 * 3600)

struct record_request {
	const char *verb;
	const char *cgroup; /* one of these two */
	const char *unit;
	uint64_t ms;
	int shift; /* of the sample; -1: by the size of the cache */
	const char *output; /* NULL: not named */
};

struct recording {
	struct sample sample;
	char *cgroup; /* its path below the root */
	double seconds;
	uint64_t lost, added;
	uint64_t limit_bytes; /* the least memory.max of it and those above; UINT64_MAX: none */
	uint64_t file_bytes; /* of page cache at the end */
	uint64_t cache_bytes; /* that it may have: what the limit leaves for it, or file_bytes */
	bool gone; /* the cgroup went away meanwhile */
	bool interrupted;
	bool governed; /* some of its page cache was, when it began or in the end */
	unsigned int gaps; /* in what policies told; see recorder.h */
	bool by_policies; /* they told of its uses, to the end */
	uint32_t first_shift; /* of the sample when it began */
	struct recorder_cost cost;
	uint64_t own_ns; /* CPU time of this process meanwhile */
};

/* --cgroup, --unit, --seconds, --sample and --output, which both verbs have. 0, or -EINVAL with a message. */
int record_option(struct record_request *request, const char *name, const char *value);
int record_check(const struct record_request *request);

/* Records until the time is over, the cgroup is gone or somebody presses Ctrl-C. It has said what is wrong. */
enum ctl_exit record_run(const struct record_request *request, struct recording *ret);

/* What was recorded, and what it has cost. */
void record_report(const struct record_request *request, const struct recording *recording);

/* To @path, which must not exist, whole or not at all; "-": standard output. It has said what is wrong. */
enum ctl_exit record_save(const struct record_request *request, struct recording *recording,
			  const char *path);

/* The trace into a file that is open. 0 or -errno. */
int record_write(const struct recording *recording, int fd);

void recording_done(struct recording *recording);

/* In the name of the verb that records. */
#define record_complain(request, ...) ctl_complain((request)->verb, __VA_ARGS__)

#endif
