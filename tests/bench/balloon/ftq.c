// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fixed time quanta (Sottile and Minnich, 2004), as hyperalloc-bench measures what a balloon costs the
 * guest's processors: arithmetic that touches no memory, counted in each quantum.
 *
 *   ftq THREADS QUANTUM_MS QUANTA [FILE]
 */
#include "quantum.h"

/* Some microseconds: reading the clock is a hundredth of it. */
#define STEPS 4096

static void *prepare(void)
{
	return NULL;
}

static uint64_t work(void *state)
{
	uint64_t value = 1;

	for (int i = 0; i < STEPS; i++) {
		value = value * 6364136223846793005ULL + 1442695040888963407ULL;
		/* The compiler must not do it in its head. */
		__asm__ volatile("" : "+r"(value));
	}
	return STEPS;
}

int main(int argc, char **argv)
{
	static const struct quantum_bench bench = {
		.name = "ftq",
		.unit = "steps",
		.prepare = prepare,
		.work = work,
	};

	return quantum_main(&bench, argc, argv);
}
