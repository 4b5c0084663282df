/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * simulate: what would each engine miss of a trace? Needs no daemon. It runs sim/, which does the work and
 * knows no user, between options (simulate-options.c) and a table (simulate-output.c).
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "simulate.h"
#include "size.h"

#define MEMINFO "/proc/meminfo"
#define SAMPLE_FEW 128 /* pages; record aims at eight times as many */

/* Every reclaim then empties the cache, and all engines are alike. */
static void warn_of_reclaim(const struct simulate_request *request,
			    const struct simulate_caches *caches)
{
	char text[MP_SIZE_TEXT];

	for (size_t i = 0; i < caches->n; i++) {
		uint64_t pages = caches->bytes[i] / SIM_PAGE_SIZE;

		if (pages < request->reclaim_pages)
			simulate_complain(
				"warning: a cache of %s holds fewer pages (%llu) than are reclaimed "
				"at a time (%u): whenever it is full it is emptied; see --reclaim",
				mp_size_format(caches->bytes[i], text), (unsigned long long)pages,
				request->reclaim_pages);
	}
}

void simulate_warn_of_sample(const char *verb, const struct sim_trace *trace, uint64_t cache_bytes)
{
	uint64_t pages = cache_bytes / SIM_PAGE_SIZE >> trace->sample_shift;
	char text[MP_SIZE_TEXT];

	if (trace->sample_shift && pages < SAMPLE_FEW)
		fprintf(stderr,
			"mempolctl %s: warning: of the sample a cache of %s holds %llu pages, too "
			"few to tell engines apart: record with a smaller --sample\n",
			verb, mp_size_format(cache_bytes, text), (unsigned long long)pages);
}

static void warn_of_ejections(const struct sim_job jobs[], size_t n_jobs)
{
	char text[MP_SIZE_TEXT];

	for (size_t i = 0; i < n_jobs; i++)
		if (jobs[i].result.ejected_at)
			simulate_complain(
				"warning: the kernel ejects %s in a cache of %s after %llu references, because "
				"it withholds pages; the rest is under lru",
				jobs[i].policy->name,
				mp_size_format(jobs[i].setup.cache_pages * SIM_PAGE_SIZE, text),
				(unsigned long long)jobs[i].result.ejected_at);
}

/* The kernel holds writers back long before that: a fifth of the cache may be dirty, by default. */
static void warn_of_waits(const struct sim_job jobs[], size_t n_jobs)
{
	char text[MP_SIZE_TEXT];

	for (size_t i = 0; i < n_jobs; i++)
		if (jobs[i].result.waits)
			simulate_complain(
				"warning: in a cache of %s nothing but dirty pages was left to %s %llu times: "
				"more pages are dirty than the kernel allows; see --dirty",
				mp_size_format(jobs[i].setup.cache_pages * SIM_PAGE_SIZE, text),
				jobs[i].policy->name, (unsigned long long)jobs[i].result.waits);
}

/* Whose engine it is: the others may have done well. */
static int tell_failure(const struct sim_job jobs[], size_t n_jobs, int error)
{
	for (size_t i = 0; i < n_jobs; i++) {
		const char *name = jobs[i].policy->name;

		if (jobs[i].signal == SIGKILL)
			simulate_complain("%s: its process was killed, perhaps for want of memory",
					  name);
		else if (jobs[i].signal)
			simulate_complain("%s: the engine crashed: %s", name,
					  strsignal(jobs[i].signal));
		else if (jobs[i].error == -ECHILD)
			simulate_complain("%s: its process ended without a result", name);
		else if (jobs[i].error == -ENOTSUP)
			simulate_complain(
				"%s: added() returned neither a list from 0 to %d nor one with "
				"MEMPOL_CACHE_TAIL; leaving pages to the kernel is not simulated",
				name, SIM_ENGINE_LISTS - 1);
		else
			continue;
		return -EINVAL;
	}
	return error;
}

/* A quarter of what is free is left to others. */
uint64_t simulate_memory(void)
{
	uint64_t available;

	return sim_memory_available(MEMINFO, &available) < 0 ? 0 : available / 4 * 3;
}

/* A simulation for each CPU, as far as the memory goes. */
unsigned int simulate_parallel(const struct sim_trace *trace)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t share = simulate_memory(), run = sim_run_bytes(trace);
	uint64_t fit = share && run ? share / run : UINT64_MAX;

	if (cpus < 1 || !fit)
		return 1;
	return fit < (uint64_t)cpus ? fit : (unsigned int)cpus;
}

static int print_all(const struct simulate_request *request, const struct simulate_outcome *outcome,
		     enum ctl_exit *ret_exit)
{
	bool policy_alone = request->propose && !strcmp(request->propose, "-");
	int r = 0;

	*ret_exit = CTL_OK;
	if (!policy_alone)
		r = simulate_print(request, outcome, ret_exit);
	if (r == 0 && request->plot && simulate_plot(request, outcome) < 0)
		*ret_exit = CTL_FAILED;
	if (r == 0 && request->propose && simulate_propose(request, outcome) < 0)
		*ret_exit = CTL_FAILED;
	return r;
}

static int simulate(const struct simulate_request *request, const struct simulate_caches *caches,
		    struct simulate_outcome *outcome, enum ctl_exit *ret_exit)
{
	size_t n_jobs = request->n_policies * caches->n;
	_cleanup_free_ struct sim_job *jobs = mp_owned(calloc(n_jobs, sizeof(*jobs)));
	int r;

	if (!jobs)
		return -ENOMEM;
	for (size_t i = 0; i < n_jobs; i++)
		jobs[i] = (struct sim_job){
			.policy = request->policies[i % request->n_policies],
			.setup = {
				.cache_pages = caches->bytes[i / request->n_policies] /
					       SIM_PAGE_SIZE,
				.reclaim_pages = request->reclaim_pages,
				.accessed_bits = request->accessed_bits,
				.readahead_pages = request->readahead_pages,
				.dirty_pages = request->dirty_pages,
			},
		};
	r = sim_run(jobs, n_jobs, simulate_parallel(outcome->trace), outcome->trace);
	if (r < 0)
		return tell_failure(jobs, n_jobs, r);
	warn_of_ejections(jobs, n_jobs);
	warn_of_waits(jobs, n_jobs);
	outcome->jobs = jobs;
	outcome->n_jobs = n_jobs;
	return print_all(request, outcome, ret_exit);
}

static int simulate_trace(const struct simulate_request *request, const struct sim_trace *trace,
			  enum ctl_exit *ret_exit)
{
	struct simulate_outcome outcome = {
		.trace = trace,
		.referenced_pages = sim_trace_referenced_pages(trace),
	};
	struct simulate_caches caches;
	int r = sim_trace_pages(trace, &outcome.working_set_pages);

	if (r < 0)
		return r;
	/* It has said why. */
	if (simulate_sizes_resolve(request, outcome.working_set_pages, &caches) < 0) {
		*ret_exit = CTL_USAGE;
		return 0;
	}
	/* Of a sample it is bounded. */
	if (!trace->sample_shift)
		warn_of_reclaim(request, &caches);
	for (size_t i = 0; i < caches.n; i++)
		simulate_warn_of_sample("simulate", trace, caches.bytes[i]);
	return simulate(request, &caches, &outcome, ret_exit);
}

enum ctl_exit ctl_simulate(const struct ctl *ctl, int argc, char *argv[])
{
	struct simulate_request request = { .ctl = *ctl, .reclaim_pages = SIM_RECLAIM_DEFAULT };
	enum ctl_exit result = CTL_FAILED;
	struct sim_trace trace;
	int r = simulate_options_take(&request, argc + 1, argv - 1);

	if (r)
		return r == 1 ? CTL_OK : r == -EINVAL ? CTL_USAGE : CTL_FAILED;
	request.source.memory_bytes = simulate_memory();
	/* It has said why. */
	if (sim_trace_load(&request.source, stderr, &trace) < 0)
		return CTL_FAILED;
	if (trace.sample_shift)
		simulate_complain(
			"%s is a sample: sizes are those of the cache, counts those of one "
			"page in %u",
			request.source.path, 1U << trace.sample_shift);
	r = simulate_trace(&request, &trace, &result);
	sim_trace_free(&trace);
	if (r < 0 && r != -EINVAL)
		fprintf(stderr, "mempolctl simulate: failed: %s\n", strerror(-r));
	return result;
}
