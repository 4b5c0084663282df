// SPDX-License-Identifier: GPL-2.0-only
/*
 * STREAM's copy (McCalpin), as hyperalloc-bench measures what a balloon costs the guest's memory bandwidth:
 * each thread copies one array into another, over and over, counted in each quantum.
 *
 *   stream MIB THREADS QUANTUM_MS QUANTA [FILE]     MIB: of both arrays of all threads together
 *
 * A unit is a KiB copied: read once and written once. Arrays should be larger than the processor's caches.
 */
#include "quantum.h"

#define KIB 1024ULL
#define CHUNK (16 * KIB)

struct arrays {
	char *from;
	char *to;
	size_t at;
};

static size_t array_bytes;

static void *prepare(void)
{
	struct arrays *arrays = calloc(1, sizeof(*arrays));

	if (arrays) {
		arrays->from = malloc(array_bytes);
		arrays->to = malloc(array_bytes);
	}
	if (!arrays || !arrays->from || !arrays->to)
		err(1, "2 arrays of %zu bytes", array_bytes);
	memset(arrays->from, 1, array_bytes);
	memset(arrays->to, 2, array_bytes);
	return arrays;
}

static uint64_t work(void *state)
{
	struct arrays *arrays = state;

	memcpy(arrays->to + arrays->at, arrays->from + arrays->at, CHUNK);
	/* What nobody reads might not be copied. */
	__asm__ volatile("" : : "r"(arrays->to) : "memory");
	arrays->at = (arrays->at + CHUNK) % array_bytes;
	return CHUNK / KIB;
}

int main(int argc, char **argv)
{
	static const struct quantum_bench bench = {
		.name = "stream",
		.unit = "KiB",
		.prepare = prepare,
		.work = work,
	};
	int mib = argc > 1 ? atoi(argv[1]) : 0, threads = argc > 2 ? atoi(argv[2]) : 0;

	if (mib < 1 || threads < 1)
		errx(2, "Usage: stream MIB THREADS QUANTUM_MS QUANTA [FILE]");
	array_bytes = (size_t)mib * KIB * KIB / 2 / (size_t)threads / CHUNK * CHUNK;
	if (!array_bytes)
		errx(2, "%d MiB are too little for %d threads", mib, threads);
	return quantum_main(&bench, argc - 1, argv + 1);
}
