/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counter objects as counting.c has them measured: compiled natively, or in the kernel, by BPF programs.
 */
#ifndef BENCH_COUNTING_H
#define BENCH_COUNTING_H

/* All of this is called with the thread on @cpu. */
struct counting {
	const char *name;
	/* A counter in place @at, or of @from once more; 0 or below. */
	long long (*create)(unsigned int at, unsigned int kind);
	long long (*share)(unsigned int from, unsigned int at);
	void (*drop)(unsigned int at);
	/* How many of the pairs went wrong. */
	long long (*pairs)(unsigned int cpu, unsigned int at, unsigned int count);
	/* How many of @count places from 0 on are at zero. */
	long long (*query)(unsigned int count, unsigned int *lines);
};

extern const struct counting counting_native;
void counting_native_begin(unsigned int cpus);
void counting_native_is(unsigned int cpu);

#define COUNTING_PLACES 512

#endif
