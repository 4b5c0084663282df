// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads one cached block of 4 KiB again and again, one process a CPU, each with an open of its own: after
 * fxmark's data block benchmarks. tests/bench/refcount-pages.sh runs it in the guest, with or without the
 * plugin lines.so, for which each read is a window. It judges nothing.
 *
 *   drb low|medium|high FILE CPUS READS [CONDITION]
 *
 * low: each process reads block 0 of a file of its own, FILE.CPU. medium: each its own block of FILE. high:
 * all of them block 0 of FILE. Before that each reads its block 128 times, so that the kernel has no mark to
 * set on its page any more. Prints what one read took, in nanoseconds, of all processes together.
 *
 * CONDITION, what users have beside that: threads, of one process, each with an open of its own; descriptor, threads
 * that share one; mapped, a process beside them that maps the block, touches it and unmaps it all the time; scan, each
 * reads the file from its start to its end, a block after the other, again and again; bulk, blocks are of 64 KiB.
 *
 * READS 0: no windows, no process on CPU 0, until it is killed: readers beside something else that is measured.
 */
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "window.h"

#define BLOCK 4096
#define BULK (16 * BLOCK)
#define WARM 128
#define MAX_CPUS 64

enum condition { PROCESSES, THREADS, DESCRIPTOR, MAPPED, SCAN, LARGE, NR_CONDITIONS };

static const char *const conditions[] = { "processes", "threads", "descriptor",
					  "mapped",    "scan",	  "bulk" };

struct run {
	const char *mode;
	const char *file;
	int cpus;
	long reads;
	enum condition condition;
	int fd; /* DESCRIPTOR: of all threads */
	int ready[2];
	int go[2];
};

static struct run run;

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static bool is_mode(const char *mode)
{
	return strcmp(run.mode, mode) == 0;
}

static size_t block_size(void)
{
	return run.condition == LARGE ? BULK : BLOCK;
}

static void be_on(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus) < 0)
		err(1, "CPU %d", cpu);
}

static int open_file(int cpu)
{
	char own[4096];
	const char *file = run.file;
	int fd;

	if (is_mode("low")) {
		snprintf(own, sizeof(own), "%s.%d", file, cpu);
		file = own;
	}
	fd = open(file, O_RDONLY);
	if (fd < 0)
		err(1, "%s", file);
	return fd;
}

static void read_block(int fd, void *buffer, off_t offset)
{
	if (pread(fd, buffer, block_size(), offset) != (ssize_t)block_size())
		err(1, "pread");
}

/* The block that follows: the same one, or the file's next. */
static off_t next(off_t offset, off_t size)
{
	if (run.condition != SCAN)
		return offset;
	offset += BLOCK;
	return offset + BLOCK <= size ? offset : 0;
}

static long warm_reads(off_t size)
{
	return run.condition == SCAN ? WARM * (size / BLOCK) : WARM;
}

/* Says so when its block is warm, and begins when there is nobody left to write into go. */
static void reader(int cpu)
{
	off_t offset = is_mode("medium") ? (off_t)cpu * BLOCK : 0;
	void *buffer = aligned_alloc(BLOCK, block_size());
	struct stat st;
	char byte;
	int fd;

	if (!buffer)
		errx(1, "out of memory");
	/* Its pages are no matter of the first window. */
	memset(buffer, 0, block_size());
	be_on(cpu);
	fd = run.condition == DESCRIPTOR ? run.fd : open_file(cpu);
	if (fstat(fd, &st) < 0)
		err(1, "%s", run.file);
	for (long i = warm_reads(st.st_size); i > 0; i--, offset = next(offset, st.st_size))
		read_block(fd, buffer, offset);
	if (write(run.ready[1], "", 1) != 1 || read(run.go[0], &byte, 1) != 0)
		err(1, "start");
	for (; !run.reads; offset = next(offset, st.st_size))
		read_block(fd, buffer, offset);
	for (long i = 0; i < run.reads; i++, offset = next(offset, st.st_size)) {
		window_open();
		read_block(fd, buffer, offset);
		window_close();
	}
	free(buffer);
}

static void *reader_thread(void *cpu)
{
	reader((int)(long)cpu);
	return NULL;
}

static void map_again_and_again(void)
{
	int fd = open_file(0);

	for (;;) {
		char *page = mmap(NULL, BLOCK, PROT_READ, MAP_SHARED, fd, 0);

		if (page == MAP_FAILED)
			err(1, "mmap");
		*(volatile char *)page;
		munmap(page, BLOCK);
	}
}

static pid_t in_a_process(void)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(run.ready[0]);
		close(run.go[1]);
	}
	return pid;
}

/* Starts the readers; they wait. */
static void start_readers(pthread_t threads[])
{
	bool processes = run.condition != THREADS && run.condition != DESCRIPTOR;
	int first = run.reads ? 0 : 1;
	char byte;

	if (run.condition == DESCRIPTOR)
		run.fd = open_file(0);
	for (int cpu = first; cpu < run.cpus; cpu++) {
		if (!processes) {
			if (pthread_create(&threads[cpu], NULL, reader_thread, (void *)(long)cpu))
				errx(1, "thread");
		} else if (in_a_process() == 0) {
			reader(cpu);
			exit(0);
		}
	}
	/* If a process dies, nobody else can say anything. */
	if (processes)
		close(run.ready[1]);
	for (int cpu = first; cpu < run.cpus; cpu++)
		if (read(run.ready[0], &byte, 1) != 1)
			errx(1, "a reader did not start");
}

static int wait_for_readers(pthread_t threads[], pid_t mapper)
{
	int status, failed = 0;
	pid_t pid;

	if (run.condition == THREADS || run.condition == DESCRIPTOR) {
		for (int cpu = run.reads ? 0 : 1; cpu < run.cpus; cpu++)
			pthread_join(threads[cpu], NULL);
		return 0;
	}
	for (int left = run.reads ? run.cpus : run.cpus - 1; left > 0; left -= pid != mapper) {
		pid = wait(&status);
		if (pid < 0 || pid == mapper)
			return 1;
		failed |= status;
	}
	return failed;
}

static int parse(int argc, char **argv)
{
	if (argc < 5 || argc > 6)
		return -1;
	run = (struct run){
		.mode = argv[1], .file = argv[2], .cpus = atoi(argv[3]), .reads = atol(argv[4])
	};
	if (!is_mode("low") && !is_mode("medium") && !is_mode("high"))
		return -1;
	while (argc == 6 && run.condition < NR_CONDITIONS &&
	       strcmp(argv[5], conditions[run.condition]) != 0)
		run.condition++;
	return run.cpus < 1 || run.cpus > MAX_CPUS || run.reads < 0 ||
			       run.condition == NR_CONDITIONS ?
		       -1 :
		       0;
}

int main(int argc, char **argv)
{
	pthread_t threads[MAX_CPUS];
	pid_t mapper = 0;
	double start;

	if (parse(argc, argv) < 0) {
		fprintf(stderr,
			"Usage: %s low|medium|high FILE CPUS READS [threads|descriptor|mapped|scan|bulk]\n",
			argv[0]);
		return 2;
	}
	if (pipe(run.ready) < 0 || pipe(run.go) < 0)
		err(1, "pipe");
	if (run.condition == MAPPED) {
		mapper = in_a_process();
		if (mapper == 0)
			map_again_and_again();
	}
	start_readers(threads);
	start = now_ns();
	close(run.go[1]);
	if (wait_for_readers(threads, mapper))
		return 1;
	if (mapper)
		kill(mapper, SIGKILL);
	if (run.reads) {
		printf("%.1f\n", (now_ns() - start) / (double)(run.reads * run.cpus));
		window_end_run();
	}
	return 0;
}
