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

/* 4 KiB each: the linker keeps them apart, and no two are alike enough to be folded. */
#define F1(n)                                                                                      \
	static __attribute__((noinline, noclone, aligned(4096))) unsigned int f##n(unsigned int x) \
	{                                                                                          \
		return x * 2654435761u + 0x##n;                                                    \
	}
#define F16(n)                                                                                    \
	F1(n##0)                                                                                  \
	F1(n##1) F1(n##2) F1(n##3) F1(n##4) F1(n##5) F1(n##6) F1(n##7) F1(n##8) F1(n##9) F1(n##a) \
		F1(n##b) F1(n##c) F1(n##d) F1(n##e) F1(n##f)
#define F256(n)                                                                                   \
	F16(n##0)                                                                                 \
	F16(n##1) F16(n##2) F16(n##3) F16(n##4) F16(n##5) F16(n##6) F16(n##7) F16(n##8) F16(n##9) \
		F16(n##a) F16(n##b) F16(n##c) F16(n##d) F16(n##e) F16(n##f)
F256(1)
F256(2)
F256(3)
F256(4)

#define P1(n) f##n,
#define P16(n)                                                                                    \
	P1(n##0)                                                                                  \
	P1(n##1) P1(n##2) P1(n##3) P1(n##4) P1(n##5) P1(n##6) P1(n##7) P1(n##8) P1(n##9) P1(n##a) \
		P1(n##b) P1(n##c) P1(n##d) P1(n##e) P1(n##f)
#define P256(n)                                                                                   \
	P16(n##0)                                                                                 \
	P16(n##1) P16(n##2) P16(n##3) P16(n##4) P16(n##5) P16(n##6) P16(n##7) P16(n##8) P16(n##9) \
		P16(n##a) P16(n##b) P16(n##c) P16(n##d) P16(n##e) P16(n##f)
static unsigned int (*functions[PAGES])(unsigned int) = { P256(1) P256(2) P256(3) P256(4) };

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
