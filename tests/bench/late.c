// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program of 4 MiB of text whose functions have a page each; all are called, in an order that is no
 * neighbour's, round after round until a signal ends it. A workload of `make bench`: does code that comes in
 * when the cache is full stay?
 *
 *   late SEED MILLISECONDS     between two rounds; at SIGTERM prints the rounds and its major faults
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#define PAGES 1024

/* The formatter takes lists of names for calls, each time for others. */
/* clang-format off */
#define EACH16(x, n) \
	x(n##0) x(n##1) x(n##2) x(n##3) x(n##4) x(n##5) x(n##6) x(n##7) \
	x(n##8) x(n##9) x(n##a) x(n##b) x(n##c) x(n##d) x(n##e) x(n##f)
#define EACH256(x, n) \
	EACH16(x, n##0) EACH16(x, n##1) EACH16(x, n##2) EACH16(x, n##3) \
	EACH16(x, n##4) EACH16(x, n##5) EACH16(x, n##6) EACH16(x, n##7) \
	EACH16(x, n##8) EACH16(x, n##9) EACH16(x, n##a) EACH16(x, n##b) \
	EACH16(x, n##c) EACH16(x, n##d) EACH16(x, n##e) EACH16(x, n##f)
#define EACH(x) EACH256(x, 1) EACH256(x, 2) EACH256(x, 3) EACH256(x, 4)

/* 4 KiB each, and no two alike, which a compiler could make one. */
#define FUNCTION(n)                                                                                 \
	static __attribute__((noinline, noclone, aligned(4096))) unsigned int f##n(unsigned int x)  \
	{                                                                                           \
		return x * 2654435761u + 0x##n;                                                     \
	}
EACH(FUNCTION)

#define NAME(n) f##n,
static unsigned int (*functions[PAGES])(unsigned int) = { EACH(NAME) };
/* clang-format on */

static volatile sig_atomic_t ended;

static void end(int signal)
{
	ended = 1;
}

static void shuffle(unsigned int seed)
{
	srand(seed);
	for (int i = PAGES - 1; i > 0; i--) {
		int other = rand() % (i + 1);
		unsigned int (*function)(unsigned int) = functions[i];

		functions[i] = functions[other];
		functions[other] = function;
	}
}

int main(int argc, char **argv)
{
	struct timespec pause;
	unsigned int rounds = 0, sum = 0;
	struct rusage usage;

	if (argc != 3) {
		fprintf(stderr, "Usage: %s SEED MILLISECONDS\n", argv[0]);
		return 2;
	}
	pause = (struct timespec){ .tv_nsec = atoi(argv[2]) % 1000 * 1000000L };
	signal(SIGTERM, end);
	shuffle((unsigned int)atoi(argv[1]));
	for (; !ended; rounds++) {
		for (int i = 0; i < PAGES; i++)
			sum = functions[i](sum);
		nanosleep(&pause, NULL);
	}
	getrusage(RUSAGE_SELF, &usage);
	printf("Late major_faults=%ld rounds=%u sum=%u\n", usage.ru_majflt, rounds, sum);
	return 0;
}
