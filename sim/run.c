// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs simulations side by side, each in a process of its own; see sim_run(). Called by mempolctl and the
 * tests. The only file here that knows processes and a clock.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "widen.h"

#define RECLAIM_PART 16 /* of a sample's cache at most this part at a time */

/* Of this process alone: what else the machine does must not look like a slow engine. */
static uint64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/*
 * A sample of the pages in a cache of so much less behaves as all of them in the whole. What is reclaimed at a time
 * stays as large as it may: engines look at as many pages however small the cache is, and asked for fewer they
 * choose better than they do in the whole.
 */
static struct sim_setup scaled(const struct sim_setup *setup, unsigned int shift)
{
	struct sim_setup result = *setup;

	if (!shift)
		return result;
	result.cache_pages = setup->cache_pages >> shift ?: 1;
	if (result.reclaim_pages > result.cache_pages / RECLAIM_PART)
		result.reclaim_pages = (uint32_t)(result.cache_pages / RECLAIM_PART) ?: 1;
	if (setup->dirty_pages)
		result.dirty_pages = setup->dirty_pages >> shift ?: 1;
	return result;
}

static int run_one(const struct sim_job *job, const struct sim_trace *trace,
		   struct sim_result *ret_result)
{
	const struct sim_setup setup = scaled(&job->setup, trace->sample_shift - trace->widened);
	struct sim_result result = {};
	uint64_t start = cpu_ns();
	int r = job->policy->run(job->policy, &setup, trace, &result);

	result.cpu_ns = cpu_ns() - start;
	sim_narrow(&result, trace->widened);
	*ret_result = result;
	return r;
}

/* A simulation may take minutes: when nobody is left to read its result, it ends. */
static void die_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
}

/* The child leaves result and error in @shared; an error that was never written stays what it was. */
static int start(struct sim_job *shared, const struct sim_trace *trace)
{
	pid_t pid, parent = getpid();

	shared->error = -ECHILD;
	shared->signal = 0;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		die_with(parent);
		shared->error = run_one(shared, trace, &shared->result);
		_exit(0);
	}
	shared->pid = pid;
	return 0;
}

/* One that was killed, or that an engine of a user's has crashed, has left no result. */
static void note_end(struct sim_job *shared, size_t nr_jobs, pid_t pid, int status)
{
	for (size_t i = 0; i < nr_jobs; i++)
		if (shared[i].pid == pid && WIFSIGNALED(status)) {
			shared[i].signal = WTERMSIG(status);
			shared[i].error = -ECHILD;
		}
}

static int run_all(struct sim_job *shared, size_t nr_jobs, unsigned int nr_parallel,
		   const struct sim_trace *trace)
{
	size_t started = 0, running = 0;
	int r = 0, status;
	pid_t pid;

	while (started < nr_jobs || running) {
		if (started < nr_jobs && running < nr_parallel) {
			r = start(&shared[started], trace);
			if (r < 0)
				nr_jobs = started; /* those that run are waited for */
			running += r == 0;
			started += r == 0;
			continue;
		}
		pid = wait(&status);
		if (pid > 0) {
			note_end(shared, started, pid, status);
			running--;
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	for (size_t i = 0; r == 0 && i < nr_jobs; i++)
		r = shared[i].error;
	return r;
}

static int run_shared(struct sim_job jobs[], size_t nr_jobs, unsigned int nr_parallel,
		      const struct sim_trace *trace)
{
	size_t size = nr_jobs * sizeof(*jobs);
	struct sim_job *shared;
	int r;

	if (!nr_jobs)
		return 0;
	shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return -errno;
	memcpy(shared, jobs, size);
	r = run_all(shared, nr_jobs, nr_parallel ? nr_parallel : 1, trace);
	memcpy(jobs, shared, size);
	munmap(shared, size);
	return r;
}

int sim_run(struct sim_job jobs[], size_t nr_jobs, unsigned int nr_parallel,
	    const struct sim_trace *trace)
{
	unsigned int by = sim_widening(trace);
	struct sim_trace wide;
	int r;

	if (!by)
		return run_shared(jobs, nr_jobs, nr_parallel, trace);
	r = sim_widen(trace, by, &wide);
	if (r < 0)
		return r;
	r = run_shared(jobs, nr_jobs, nr_parallel, &wide);
	sim_trace_free(&wide);
	return r;
}
