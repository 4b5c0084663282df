/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Work in quanta of time, for ftq and stream: how much of it all threads together get done in each. What
 * takes their time away, a balloon at work for one, shows in the lowest percent. Nothing is allocated and
 * nothing printed while it is measured.
 *
 *   PROGRAM ... THREADS QUANTUM_MS QUANTA [FILE]     FILE: the units of each quantum, a line each
 */
#ifndef BENCH_QUANTUM_H
#define BENCH_QUANTUM_H

#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define QUANTUM_THREADS 256
#define QUANTUM_NS_PER_MS 1000000ULL

struct quantum_bench {
	const char *name;
	const char *unit;
	void *(*prepare)(void); /* a thread's own state, all of it touched */
	uint64_t (*work)(void *state); /* some microseconds of it; returns units */
};

struct quantum_run {
	const struct quantum_bench *bench;
	pthread_barrier_t ready;
	uint64_t start_ns; /* the last to come sets it */
	uint64_t quantum_ns;
	size_t quanta;
};

struct quantum_thread {
	pthread_t thread;
	struct quantum_run *run;
	uint64_t *units; /* of each quantum */
};

static inline uint64_t quantum_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 * QUANTUM_NS_PER_MS + (uint64_t)now.tv_nsec;
}

/* Work belongs to the quantum it ends in: while a thread does not run, quanta stay empty. */
static inline void *quantum_thread(void *argument)
{
	struct quantum_thread *self = argument;
	struct quantum_run *run = self->run;
	void *state = run->bench->prepare();

	if (pthread_barrier_wait(&run->ready) == PTHREAD_BARRIER_SERIAL_THREAD)
		run->start_ns = quantum_now_ns();
	pthread_barrier_wait(&run->ready);
	for (;;) {
		uint64_t units = run->bench->work(state);
		uint64_t quantum = (quantum_now_ns() - run->start_ns) / run->quantum_ns;

		if (quantum >= run->quanta)
			return NULL;
		self->units[quantum] += units;
	}
}

static inline int quantum_compare(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

static inline void quantum_write(const char *name, const uint64_t *units, size_t quanta)
{
	FILE *file = fopen(name, "we");

	if (!file)
		err(1, "%s", name);
	for (size_t i = 0; i < quanta; i++)
		fprintf(file, "%llu\n", (unsigned long long)units[i]);
	if (fclose(file))
		err(1, "%s", name);
}

/* The lowest percent is the value that one quantum in a hundred does not exceed. */
static inline void quantum_print(const struct quantum_run *run, uint64_t *units,
				 unsigned int threads)
{
	double sum = 0, p1;

	for (size_t i = 0; i < run->quanta; i++)
		sum += (double)units[i];
	qsort(units, run->quanta, sizeof(*units), quantum_compare);
	p1 = (double)units[(run->quanta - 1) / 100];
	printf("%s threads=%u quantum_ms=%llu quanta=%zu unit=%s mean=%.1f p1=%.0f min=%.0f p1_percent=%.1f\n",
	       run->bench->name, threads, (unsigned long long)(run->quantum_ns / QUANTUM_NS_PER_MS),
	       run->quanta, run->bench->unit, sum / (double)run->quanta, p1, (double)units[0],
	       sum > 0 ? 100 * p1 * (double)run->quanta / sum : 0);
}

static inline int quantum_main(const struct quantum_bench *bench, int argc, char **argv)
{
	int threads = argc > 1 ? atoi(argv[1]) : 0, ms = argc > 2 ? atoi(argv[2]) : 0;
	int quanta = argc > 3 ? atoi(argv[3]) : 0;
	struct quantum_run run = { .bench = bench,
				   .quantum_ns = (uint64_t)ms * QUANTUM_NS_PER_MS,
				   .quanta = (size_t)quanta };
	static struct quantum_thread all[QUANTUM_THREADS];

	if (argc > 5 || threads < 1 || threads > QUANTUM_THREADS || ms < 1 || quanta < 1)
		errx(2, "Usage: ... THREADS QUANTUM_MS QUANTA [FILE]");
	pthread_barrier_init(&run.ready, NULL, (unsigned int)threads);
	for (int i = 0; i < threads; i++) {
		all[i].run = &run;
		all[i].units = malloc(run.quanta * sizeof(uint64_t));
		if (!all[i].units)
			err(1, "%d quanta", quanta);
		/* Touched: zeroed memory of calloc() need not be there yet. */
		memset(all[i].units, 0, run.quanta * sizeof(uint64_t));
		errno = pthread_create(&all[i].thread, NULL, quantum_thread, &all[i]);
		if (errno)
			err(1, "thread %d", i);
	}
	for (int i = 0; i < threads; i++) {
		pthread_join(all[i].thread, NULL);
		for (size_t q = 0; i && q < run.quanta; q++)
			all[0].units[q] += all[i].units[q];
	}
	if (argc > 4)
		quantum_write(argv[4], all[0].units, run.quanta);
	quantum_print(&run, all[0].units, (unsigned int)threads);
	return 0;
}

#endif
