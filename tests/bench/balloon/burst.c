// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest whose demand comes and goes, as a build machine's: allocates and touches memory, works on it,
 * frees it, does nothing. Beside the host's view of the footprint it says what the guest got done: a balloon
 * that is slow to return memory shows in the time to touch, one that takes what is used in the work.
 *
 *   burst MIB BUSY_SECONDS IDLE_SECONDS ROUNDS [MIB_PER_SECOND]
 *
 * It allocates no faster than it is told to. A line a round: milliseconds to touch all, and units of work, which
 * are pages written while it is busy: each once, then at random. Then their sums.
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#define PAGE 4096UL
#define MIB (1UL << 20)
#define NS_PER_S 1000000000ULL
#define AT_A_TIME 256

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static void sleep_ns(uint64_t ns)
{
	struct timespec left = { .tv_sec = (time_t)(ns / NS_PER_S),
				 .tv_nsec = (long)(ns % NS_PER_S) };

	while (nanosleep(&left, &left))
		;
}

/* A page is read and written as a whole, so that it costs about what using it costs. */
static void write_page(char *page)
{
	uint64_t *words = (uint64_t *)page;

	for (size_t i = 0; i < PAGE / sizeof(*words); i++)
		words[i] = words[i] * 3 + 1;
}

static uint64_t work_until(char *memory, size_t pages, uint64_t end_ns)
{
	uint64_t units = 0, seed = 1;

	while (now_ns() < end_ns) {
		for (int i = 0; i < AT_A_TIME; i++) {
			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			write_page(memory + (seed >> 20) % pages * PAGE);
		}
		units += AT_A_TIME;
	}
	return units;
}

/* @rate: bytes a second; 0: as fast as it goes */
static uint64_t burst(size_t bytes, uint64_t busy_ns, uint64_t rate, uint64_t *touch_ns)
{
	uint64_t start = now_ns(), units;
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		err(1, "%zu bytes", bytes);
	for (size_t at = 0; at < bytes; at += PAGE) {
		memory[at] = 1;
		if (rate && at % MIB == 0) {
			uint64_t due = start + at * (NS_PER_S / MIB) / (rate / MIB), now = now_ns();

			if (due > now)
				sleep_ns(due - now);
		}
	}
	*touch_ns = now_ns() - start;
	units = bytes / PAGE + work_until(memory, bytes / PAGE, start + busy_ns);
	munmap(memory, bytes);
	return units;
}

int main(int argc, char **argv)
{
	long values[5] = {};
	uint64_t touch_sum = 0, sum = 0;

	for (int i = 1; i < argc && i <= 5; i++)
		values[i - 1] = atol(argv[i]);
	if (argc < 5 || argc > 6 || values[0] < 1 || values[1] < 1 || values[2] < 0 ||
	    values[3] < 1 || values[4] < 0)
		errx(2, "Usage: burst MIB BUSY_SECONDS IDLE_SECONDS ROUNDS [MIB_PER_SECOND]");
	for (long round = 0; round < values[3]; round++) {
		uint64_t touch_ns;
		uint64_t units = burst((size_t)values[0] * MIB, (uint64_t)values[1] * NS_PER_S,
				       (uint64_t)values[4] * MIB, &touch_ns);

		printf("burst round=%ld touch_ms=%llu units=%llu\n", round,
		       (unsigned long long)(touch_ns / 1000000), (unsigned long long)units);
		fflush(stdout);
		touch_sum += touch_ns;
		sum += units;
		sleep_ns((uint64_t)values[2] * NS_PER_S);
	}
	printf("burst rounds=%ld mib=%ld touch_ms=%llu units=%llu\n", values[3], values[0],
	       (unsigned long long)(touch_sum / 1000000), (unsigned long long)sum);
	return 0;
}
