/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of simulate share: the request that its options make (simulate-options.c), the runs
 * (verb-simulate.c) and what is printed of them (simulate-output.c). Included by nothing else.
 */
#ifndef MP_CTL_SIMULATE_H
#define MP_CTL_SIMULATE_H

#include "../../sim/sim.h"
#include "ctl.h"

#define SIMULATE_LIST_MAX 64

/* Of the cache: bytes, or a share of the trace's working set. */
struct simulate_size {
	uint64_t bytes;
	unsigned int percent; /* 0: bytes */
};

struct simulate_request {
	const struct sim_policy *policies[SIMULATE_LIST_MAX];
	size_t n_policies;
	struct simulate_size sizes[SIMULATE_LIST_MAX];
	size_t n_sizes;
	uint32_t reclaim_pages;
	uint32_t readahead_pages;
	bool accessed_bits;
	bool verbose;
	const struct sim_format_name *format; /* NULL: by the trace's name */
	const char *ops; /* of csv: what its words mean */
	struct sim_source source; /* the trace */
	struct ctl ctl;
};

/*
 * Fills the request from the command line; argv[0] is the verb. 0, 1 (there is nothing more to do), -EINVAL with a
 * message on stderr, -ENOMEM.
 */
int simulate_options_take(struct simulate_request *request, int argc, char *argv[]);

/* A message on stderr, cleaned; -EINVAL. */
int simulate_complain(const char *format, ...) _printf_(1, 2);

/* The table, or JSON. 0 or -errno; then nothing is printed. */
int simulate_print(const struct simulate_request *request, const struct sim_trace *trace,
		   const struct sim_job jobs[], size_t n_jobs, enum ctl_exit *ret_exit);

#endif
