// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads one cached block of 4 KiB again and again, one process a CPU, each with an open of its own: after
 * fxmark's data block benchmarks. tests/bench/refcount-pages.sh runs it in the guest, with or without the
 * plugin lines.so, for which each read is a window. It judges nothing.
 *
 *   drb low|medium|high FILE CPUS READS
 *
 * low: each process reads block 0 of a file of its own, FILE.CPU. medium: each its own block of FILE. high:
 * all of them block 0 of FILE. Before that each reads its block 128 times, so that the kernel has no mark to
 * set on its page any more. Prints what one read took, in nanoseconds, of all processes together.
 *
 * READS 0: no windows, no process on CPU 0, until it is killed: readers beside something else that is measured.
 */
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "window.h"

#define BLOCK 4096
#define WARM 128

static char buffer[BLOCK] __attribute__((aligned(BLOCK)));

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static void read_block(int fd, off_t offset)
{
	if (pread(fd, buffer, BLOCK, offset) != BLOCK)
		err(1, "pread");
}

/* Says so when its block is warm, and begins when there is nobody left to write into go. */
static void reader(const char *mode, const char *file, int cpu, long reads, int ready, int go)
{
	off_t offset = strcmp(mode, "medium") == 0 ? (off_t)cpu * BLOCK : 0;
	cpu_set_t cpus;
	char own[4096], byte;
	int fd;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus) < 0)
		err(1, "CPU %d", cpu);
	if (strcmp(mode, "low") == 0) {
		snprintf(own, sizeof(own), "%s.%d", file, cpu);
		file = own;
	}
	fd = open(file, O_RDONLY);
	if (fd < 0)
		err(1, "%s", file);
	for (int i = 0; i < WARM; i++)
		read_block(fd, offset);
	if (write(ready, "", 1) != 1 || read(go, &byte, 1) != 0)
		err(1, "start");
	while (!reads)
		read_block(fd, offset);
	for (long i = 0; i < reads; i++) {
		window_open();
		read_block(fd, offset);
		window_close();
	}
	exit(0);
}

int main(int argc, char **argv)
{
	int cpus = argc == 5 ? atoi(argv[3]) : 0, ready[2], go[2], status, failed = 0;
	long reads = argc == 5 ? atol(argv[4]) : -1;
	double start;
	char byte;

	if (cpus < 1 || reads < 0 ||
	    (strcmp(argv[1], "low") != 0 && strcmp(argv[1], "medium") != 0 &&
	     strcmp(argv[1], "high") != 0)) {
		fprintf(stderr, "Usage: %s low|medium|high FILE CPUS READS\n", argv[0]);
		return 2;
	}
	if (pipe(ready) < 0 || pipe(go) < 0)
		err(1, "pipe");
	for (int cpu = reads ? 0 : 1; cpu < cpus; cpu++) {
		pid_t pid = fork();

		if (pid < 0)
			err(1, "fork");
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			close(ready[0]);
			close(go[1]);
			reader(argv[1], argv[2], cpu, reads, ready[1], go[0]);
		}
	}
	close(ready[1]);
	for (int cpu = reads ? 0 : 1; cpu < cpus; cpu++)
		if (read(ready[0], &byte, 1) != 1)
			errx(1, "a reader did not start");
	start = now_ns();
	close(go[1]);
	while (wait(&status) > 0)
		failed |= status;
	if (failed)
		return 1;
	printf("%.1f\n", (now_ns() - start) / (double)(reads * cpus));
	window_end_run();
	return 0;
}
