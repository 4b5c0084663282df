// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts what one operation costs the CPU: `make bench` runs it under -icount, where a nanosecond of guest time
 * is an instruction. It measures in the cgroup it is started in and prints one line; it judges nothing.
 *
 *   instructions hit FILE [PASSES]    one cached pread of 4 KiB
 *   instructions bulk FILE [PASSES]   one cached pread of 64 KiB
 *   instructions turn FILE [PASSES]   one such pread of a file larger than the limit: a page comes in, another goes
 *   instructions fault                one first touch of an anonymous page, its mmap and munmap shared among 256
 *
 * The timer interrupts a round now and then: the median of many short rounds has none of it, a round that
 * is longer than a tick has all of it.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096
#define BULK (16 * PAGE)
#define MAX_ROUNDS 256
#define FAULTS 256

static char buffer[BULK] __attribute__((aligned(PAGE)));
static double rounds[MAX_ROUNDS];
static int nr_rounds;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Reads the whole file passes times, size bytes at a time, the first warm of them unmeasured. */
static void read_file(const char *path, long size, int warm, int passes, long per_round)
{
	struct stat st;
	int fd = open(path, O_RDONLY);
	long reads;

	if (fd < 0 || fstat(fd, &st) < 0)
		err(1, "%s", path);
	reads = st.st_size / size;
	for (int pass = 0; pass < passes; pass++) {
		for (long first = 0; first + per_round <= reads; first += per_round) {
			double start = now();

			for (long i = first; i < first + per_round; i++)
				if (pread(fd, buffer, size, i * size) != size)
					err(1, "pread %s", path);
			if (pass >= warm && nr_rounds < MAX_ROUNDS)
				rounds[nr_rounds++] = (now() - start) / per_round;
		}
	}
	close(fd);
}

static void fault(void)
{
	for (int round = -16; round < 128; round++) {
		double start = now();
		char *map = mmap(NULL, FAULTS * PAGE, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (map == MAP_FAILED)
			err(1, "mmap");
		for (int i = 0; i < FAULTS; i++)
			*(volatile char *)(map + (size_t)i * PAGE) = 1;
		munmap(map, FAULTS * PAGE);
		if (round >= 0)
			rounds[nr_rounds++] = (now() - start) / FAULTS;
	}
}

int main(int argc, char **argv)
{
	int passes = argc == 4 ? atoi(argv[3]) : 0;

	if ((argc == 3 || passes > 8) && !strcmp(argv[1], "hit")) {
		read_file(argv[2], PAGE, 8, passes ? passes : 40, 256);
	} else if ((argc == 3 || passes > 8) && !strcmp(argv[1], "bulk")) {
		read_file(argv[2], BULK, 8, passes ? passes : 40, 16);
	} else if ((argc == 3 || passes > 1) && !strcmp(argv[1], "turn")) {
		read_file(argv[2], PAGE, 1, passes ? passes : 4, 2048);
	} else if (argc == 2 && !strcmp(argv[1], "fault")) {
		fault();
	} else {
		fprintf(stderr,
			"Usage: %s hit|bulk FILE [PASSES > 8] | turn FILE [PASSES > 1] | fault\n",
			argv[0]);
		return 2;
	}
	qsort(rounds, nr_rounds, sizeof(*rounds), ascending);
	printf("%.2f %.2f %.2f\n", rounds[0], rounds[nr_rounds / 2], rounds[nr_rounds - 1]);
	return 0;
}
