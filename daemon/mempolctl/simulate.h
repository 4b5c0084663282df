/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of simulate share: the request that its options make (simulate-options.c), the runs
 * (verb-simulate.c) and what is printed of them (simulate-output.c). Included by nothing else.
 */
#ifndef MP_CTL_SIMULATE_H
#define MP_CTL_SIMULATE_H

#include "../../sim/sim.h"
#include "complain.h"
#include "ctl.h"

#define SIMULATE_LIST_MAX 64
#define SIMULATE_CACHES_MAX 256
#define SIMULATE_STEPS 8 /* of a range, with both ends */

/* Bytes, or a share of the trace's working set. */
struct simulate_amount {
	uint64_t bytes;
	unsigned int percent; /* 0: bytes */
};

enum simulate_size_kind {
	SIMULATE_ONE, /* from */
	SIMULATE_RANGE, /* from, to, and geometric steps between them */
	SIMULATE_AUTO, /* several shares of the working set */
};

/* Of the cache, as it has been written. */
struct simulate_size {
	enum simulate_size_kind kind;
	struct simulate_amount from, to;
};

struct simulate_request {
	const struct sim_policy *policies[SIMULATE_LIST_MAX];
	size_t n_policies;
	const char *settings[SIMULATE_LIST_MAX]; /* KEY=VALUE */
	size_t n_settings;
	struct simulate_size sizes[SIMULATE_LIST_MAX];
	size_t n_sizes;
	uint32_t steps; /* of a range; 0 until all options are known: the default */
	uint32_t reclaim_pages;
	uint32_t readahead_pages;
	uint32_t dirty_pages;
	bool accessed_bits;
	bool verbose;
	bool csv;
	const struct sim_format_name *format; /* NULL: by the trace's name */
	const char *ops; /* of csv: what its words mean */
	const char *plot; /* the picture's file; NULL: none */
	const char *propose; /* the policy's file, or "-"; NULL: none */
	const char *match_key, *match; /* of the policy */
	struct sim_source source; /* the trace */
	struct ctl ctl;
};

/* Caches in bytes, of whole pages. */
struct simulate_caches {
	uint64_t bytes[SIMULATE_CACHES_MAX];
	size_t n;
};

/* What has been simulated, a job for each policy in each cache. */
struct simulate_outcome {
	const struct sim_trace *trace;
	const struct sim_job *jobs;
	size_t n_jobs;
	uint64_t working_set_pages;
	uint64_t referenced_pages;
};

/*
 * Fills the request from the command line; argv[0] is the verb. 0, 1 (there is nothing more to do), -EINVAL with a
 * message on stderr, -ENOMEM.
 */
int simulate_options_take(struct simulate_request *request, int argc, char *argv[]);

#define simulate_complain(...) ctl_complain("simulate", __VA_ARGS__)

/* One word of --size. 0, or -EINVAL with a message. */
int simulate_sizes_add(struct simulate_request *request, const char *word);
bool simulate_sizes_have_range(const struct simulate_request *request);

/* All of them in bytes, each once. 0, or -EINVAL with a message. */
int simulate_sizes_resolve(const struct simulate_request *request, uint64_t working_set_pages,
			   struct simulate_caches *ret_caches);

/* The table, CSV or JSON. 0 or -errno; then nothing is printed. */
int simulate_print(const struct simulate_request *request, const struct simulate_outcome *outcome,
		   enum ctl_exit *ret_exit);

/* Can a picture be drawn to @path? 0, or -EINVAL with a message. Before much work is done for it. */
int simulate_plot_check(const char *path);

/* Miss ratios over the size of the cache. 0, or -errno with a message; then the file is as it was. */
int simulate_plot(const struct simulate_request *request, const struct simulate_outcome *outcome);

/* As what a proposal is made from, one for each job. */
struct ctl_outcome;
void simulate_to_outcomes(const struct simulate_outcome *outcome, struct ctl_outcome *ret);

/* The policy for the best engine, if one is. 0, or -errno with a message. */
int simulate_propose(const struct simulate_request *request,
		     const struct simulate_outcome *outcome);

/* Says of @verb that a cache of so few pages of a sample tells nothing. */
void simulate_warn_of_sample(const char *verb, const struct sim_trace *trace, uint64_t cache_bytes);

/* Bytes that a trace and its simulations may take; 0: not known. */
uint64_t simulate_memory(void);

/* How many simulations at a time: one a CPU, as far as the memory goes. */
unsigned int simulate_parallel(const struct sim_trace *trace);

#endif
