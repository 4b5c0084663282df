// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the first page of files again and again, a process on each CPU that is named, as the kernel sees it who
 * shares hot files; and looks whether what is read stays the same. It prints how often it read and how often it was
 * wrong. Used by tests/vm only.
 *
 *   reread MILLISECONDS|xTIMES|oTIMES CPU[,CPU...] FILE...
 *
 * TIMES: of each file, by each process; with o it is opened for each read. The kernel takes a read of the folio
 * that was read last through the same open file for no new access.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096
#define CPUS 64

struct result {
	unsigned long reads;
	unsigned long wrong;
};

static int die(const char *what)
{
	fprintf(stderr, "reread: %s: %s\n", what, strerror(errno));
	exit(1);
}

static unsigned long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000UL + now.tv_nsec / 1000000;
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

/* Each file is what it was at the first read, by its first bytes and its last. */
static struct result read_all(char **files, int nr, unsigned long ms, unsigned long times,
			      bool anew)
{
	unsigned long end = now_ms() + ms, turn;
	char *first = malloc((size_t)nr * PAGE), page[PAGE];
	int *fds = malloc(nr * sizeof(*fds));
	struct result result = {};

	if (!first || !fds)
		die("malloc");
	for (int i = 0; i < nr; i++) {
		fds[i] = open(files[i], O_RDONLY);
		if (fds[i] < 0 || pread(fds[i], first + (size_t)i * PAGE, PAGE, 0) != PAGE)
			die(files[i]);
	}
	for (turn = 0; times ? turn < times : turn % 64 || now_ms() < end; turn++) {
		for (int i = 0; i < nr; i++) {
			const char *was = first + (size_t)i * PAGE;

			if (anew) {
				close(fds[i]);
				fds[i] = open(files[i], O_RDONLY);
			}
			if (pread(fds[i], page, PAGE, 0) != PAGE || memcmp(page, was, 64) ||
			    memcmp(page + PAGE - 64, was + PAGE - 64, 64))
				result.wrong++;
			result.reads++;
		}
	}
	return result;
}

static void child(char **argv, int argc, int cpu, int to)
{
	bool anew = argv[1][0] == 'o', counted = anew || argv[1][0] == 'x';
	unsigned long number = strtoul(argv[1] + counted, NULL, 0);
	struct result result;

	pin(cpu);
	result = read_all(argv + 3, argc - 3, counted ? 0 : number, counted ? number : 0, anew);
	exit(write(to, &result, sizeof(result)) != sizeof(result));
}

int main(int argc, char **argv)
{
	struct result result, sum = {};
	int pipefd[2], nr = 0, status, failed = 0;
	char *cpu;

	if (argc < 4 || pipe(pipefd)) {
		fprintf(stderr, "Usage: reread MILLISECONDS|xTIMES|oTIMES CPU[,CPU...] FILE...\n");
		return 2;
	}
	for (cpu = strtok(argv[2], ","); cpu && nr < CPUS; cpu = strtok(NULL, ","), nr++)
		if (!fork())
			child(argv, argc, atoi(cpu), pipefd[1]);
	close(pipefd[1]);
	while (read(pipefd[0], &result, sizeof(result)) == sizeof(result)) {
		sum.reads += result.reads;
		sum.wrong += result.wrong;
	}
	while (wait(&status) > 0)
		failed |= status;
	printf("reads=%lu wrong=%lu\n", sum.reads, sum.wrong);
	return failed || sum.wrong;
}
