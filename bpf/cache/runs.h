/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * Is a page that comes in part of a run, of a file that is read from one end to the other or of one file after
 * the other? Pure; compiled into get-scan and natively into its unit test.
 *
 * A run is learned in two ways at once. By thread: each page is a few pages behind the last one of the same
 * file, or at the beginning of another file. By place: each page is a few pages behind one that came in before,
 * whoever read it, so that a pool of threads that take turns at a file, and read other things between, is seen
 * as what it is. Beginnings of files do not count: one that reads files of a single page, by popularity or one
 * after the other, is in no run.
 */
#ifndef MEMPOL_RUNS_H
#define MEMPOL_RUNS_H

#define RUNS_SLOTS 256 /* a power of two */
#define RUNS_NEAR 16 /* pages: a step no larger than this goes on with a run */
#define RUNS_LEARNED 32 /* steps until a run is one */
#define RUNS_MOST 96 /* more steps than this are not remembered */
#define RUNS_PLACE_SHIFT 6 /* a run is found again by the 64 pages that it is at */

/* The last page of a run, and how many steps brought it there. */
struct run {
	unsigned long long ino;
	unsigned long long next; /* page behind the last one */
	unsigned int thread;
	unsigned int steps;
};

/* Shared by all CPUs without a lock: estimates, where a lost update does no harm. */
struct runs {
	struct run of_thread[RUNS_SLOTS];
	struct run at_place[RUNS_SLOTS];
};

static inline unsigned int runs_slot(unsigned long long key)
{
	return (unsigned int)(key * 0x9e3779b97f4a7c15ULL >> 40) & (RUNS_SLOTS - 1);
}

static inline _Bool run_goes_on(const struct run *run, unsigned long long ino,
				unsigned long long index)
{
	return run->ino == ino && index - run->next < RUNS_NEAR;
}

static inline void run_step(struct run *run, unsigned long long index)
{
	run->next = index + 1;
	if (run->steps < RUNS_MOST)
		run->steps++;
}

/* What a thread reads: the pages of a file in order, or the next file. */
static inline _Bool runs_note_thread(struct run *run, unsigned int thread, unsigned long long ino,
				     unsigned long long index)
{
	if (run->thread == thread && run_goes_on(run, ino, index)) {
		run_step(run, index);
		return run->steps >= RUNS_LEARNED;
	}
	if (run->thread != thread || run->ino == ino || index >= RUNS_NEAR)
		run->steps = 0;
	run->thread = thread;
	run->ino = ino;
	run->next = index + 1;
	return run->steps >= RUNS_LEARNED;
}

/*
 * What is read at a place of a file, whoever reads it. A run moves on with its place. What comes in at random
 * wears out the runs that it shares a slot with, and does not end them.
 */
static inline _Bool runs_note_place(struct run *here, struct run *before, unsigned long long ino,
				    unsigned long long index)
{
	if (run_goes_on(here, ino, index)) {
		run_step(here, index);
		return here->steps >= RUNS_LEARNED;
	}
	if (before != here && run_goes_on(before, ino, index)) {
		*here = *before;
		before->steps = 0;
		run_step(here, index);
		return here->steps >= RUNS_LEARNED;
	}
	if (here->steps > 1) {
		here->steps--;
		return 0;
	}
	here->ino = ino;
	here->next = index + 1;
	here->steps = 0;
	return 0;
}

/* A page comes in: is it one of a run? */
static inline _Bool runs_note(struct runs *runs, unsigned int thread, unsigned long long ino,
			      unsigned long long index)
{
	unsigned long long place = ino * 0x100000000ULL + (index >> RUNS_PLACE_SHIFT);
	struct run *here = &runs->at_place[runs_slot(place)], *before = here;
	_Bool by_thread, by_place;

	if ((index & ((1 << RUNS_PLACE_SHIFT) - 1)) < RUNS_NEAR)
		before = &runs->at_place[runs_slot(place - 1)];
	by_thread = runs_note_thread(&runs->of_thread[runs_slot(thread)], thread, ino, index);
	by_place = runs_note_place(here, before, ino, index);
	return by_thread || by_place;
}

#endif
