/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which pages of a sample belong to a run, told while all pages are seen: a sample has lost its runs. Pure; compiled
 * into record.bpf.c and natively into its unit test.
 *
 * What comes into the cache is seen whole, and a run is learned from it as get-scan learns it. Uses are known for
 * the sample only: one that is near the front of its thread's run belongs to it, and moves the front on if it is
 * beyond, because a run may go on among pages that are cached.
 */
#ifndef MEMPOL_SAMPLED_RUNS_H
#define MEMPOL_SAMPLED_RUNS_H

#define SAMPLED_RUNS_SLOTS 256 /* threads whose runs are known, by a hash of their number */
#define SAMPLED_RUNS_NEAR 16 /* pages: a step no larger than this goes on with a run */
#define SAMPLED_RUNS_LEARNED 32 /* pages until a run is one */
/* How far behind the front its reader may be: readahead and large reads. */
#define SAMPLED_RUNS_BEHIND 1024

struct sampled_run {
	unsigned long long ino;
	unsigned long long front; /* the last page that came in, or was used further on */
	unsigned int thread;
	unsigned int length; /* pages that came in, up to SAMPLED_RUNS_LEARNED or a little more */
};

/* Without a lock: a thread has its slot to itself, but for those of the same hash. */
struct sampled_runs {
	struct sampled_run of_thread[SAMPLED_RUNS_SLOTS];
};

static inline struct sampled_run *sampled_run_of(struct sampled_runs *runs, unsigned int thread)
{
	return &runs->of_thread[(thread * 0x9E3779B1u >> 24) & (SAMPLED_RUNS_SLOTS - 1)];
}

/* So many pages come in: near those before, or at the beginning of another file? */
static inline _Bool sampled_runs_added(struct sampled_runs *runs, unsigned int thread,
				       unsigned long long ino, unsigned long long index,
				       unsigned int pages)
{
	struct sampled_run *run = sampled_run_of(runs, thread);
	_Bool goes_on = run->thread == thread &&
			(run->ino == ino ? index + SAMPLED_RUNS_NEAR >= run->front &&
						   index <= run->front + SAMPLED_RUNS_NEAR :
					   index < SAMPLED_RUNS_NEAR);

	if (!goes_on)
		run->length = 0;
	run->thread = thread;
	run->ino = ino;
	run->front = index + pages - 1;
	if (run->length < SAMPLED_RUNS_LEARNED)
		run->length += pages;
	return run->length >= SAMPLED_RUNS_LEARNED;
}

/* A page of the sample, which is one in 2^shift, is used. */
static inline _Bool sampled_runs_used(struct sampled_runs *runs, unsigned int thread,
				      unsigned long long ino, unsigned long long index,
				      unsigned int shift)
{
	struct sampled_run *run = sampled_run_of(runs, thread);
	/* The next page of the run that is in the sample is so much further on. */
	unsigned long long reach = (unsigned long long)SAMPLED_RUNS_NEAR << (shift & 31);

	if (run->thread != thread || run->length < SAMPLED_RUNS_LEARNED || run->ino != ino)
		return 0;
	if (index + SAMPLED_RUNS_BEHIND < run->front || index > run->front + reach)
		return 0;
	if (index > run->front)
		run->front = index;
	return 1;
}

#endif
