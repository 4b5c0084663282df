/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs the programs of counters.bpf.o from user space; shared by the test and the measurement.
 */
#ifndef TESTS_COUNTERS_RUN_H
#define TESTS_COUNTERS_RUN_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include <mempol/counter.h>
#include "counters.h"

struct counters {
	struct bpf_object *obj;
	int fd; /* of counter_do, and of the others */
	int pairs_fd;
	int query_fd;
	int fill_fd;
};

static inline int counters_program(const struct counters *counters, const char *name)
{
	return bpf_program__fd(bpf_object__find_program_by_name(counters->obj, name));
}

/* 0 or -errno. */
static inline int counters_open(struct counters *counters, const char *path)
{
	int r;

	counters->obj = bpf_object__open_file(path, NULL);
	r = counters->obj ? bpf_object__load(counters->obj) : -errno;
	if (r)
		return r;
	counters->fd = counters_program(counters, "counter_do");
	counters->pairs_fd = counters_program(counters, "counter_pairs");
	counters->query_fd = counters_program(counters, "counter_query");
	counters->fill_fd = counters_program(counters, "counter_fill");
	return 0;
}

static inline long long counters_run(int fd, struct counter_request *request)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = request, .ctx_size_in = sizeof(*request));
	int r = bpf_prog_test_run_opts(fd, &opts);

	return r < 0 ? r : request->result;
}

static inline int be_on(unsigned int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	return sched_setaffinity(0, sizeof(cpus), &cpus);
}

#endif
