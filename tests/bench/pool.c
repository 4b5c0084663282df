// SPDX-License-Identifier: GPL-2.0-only
/*
 * The microbenchmark's gets among scans, by a pool of threads each of which does gets and scans in turn, as the
 * workers of a database do: no thread is the scanning one. A workload of `make bench`; it advises the kernel of
 * nothing.
 *
 *   pool CONFIG THREADS [read|uring]     of CONFIG the file and [GetScan]; the threads share its gets. uring: each
 *                                        thread has an io_uring, over which it reads page by page.
 *
 * Prints page_reads and get_reads as the microbenchmark does; they are what the threads asked the disk for.
 */
#include "../../examples/microbenchmark/patterns.h"
#include "ring.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static struct mb_config config;
static struct mb_stream stream;
static bool over_ring;

struct worker {
	pthread_t thread;
	struct mb_config config;
	struct mb_stream stream;
	struct ring ring;
	int fd;
	u64 blocks, scan_blocks, scan_begin;
};

/* What this thread has had read from disks, in sectors. */
static u64 blocks_read(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return (u64)usage.ru_inblock;
}

static int read_page(void *arg, enum mb_op op, u64 page, u64 count)
{
	static _Thread_local unsigned char buffer[MB_PAGE_SIZE];
	struct worker *worker = arg;
	off_t from = (off_t)(page * MB_PAGE_SIZE);
	ssize_t got = over_ring ?
			      ring_read(&worker->ring, worker->fd, buffer, sizeof(buffer), from) :
			      pread(worker->fd, buffer, sizeof(buffer), from);

	if (got == (ssize_t)sizeof(buffer))
		return 0;
	return got < 0 && !over_ring ? -errno : got < 0 ? (int)got : -ENODATA;
}

static int change_phase(void *arg, enum mb_phase phase)
{
	struct worker *worker = arg;

	if (phase == MB_PHASE_SCAN_BEGIN)
		worker->scan_begin = blocks_read();
	else
		worker->scan_blocks += blocks_read() - worker->scan_begin;
	return 0;
}

/* Opened by each for itself: what readahead remembers of a file is a thread's own then. */
static void *work(void *arg)
{
	struct worker *worker = arg;
	struct mb_sink sink = { .ref = read_page, .phase = change_phase, .arg = worker };
	u64 begin;
	int r;

	worker->fd = open(config.file_name, O_RDONLY | O_CLOEXEC);
	if (worker->fd < 0)
		err(1, "%s", config.file_name);
	if (over_ring)
		ring_open(&worker->ring);
	begin = blocks_read();
	r = mb_stream_run(&worker->stream, MB_GET_SCAN, &sink);
	if (r < 0)
		errx(1, "%s: %s", config.file_name, strerror(-r));
	worker->blocks = blocks_read() - begin;
	close(worker->fd);
	return NULL;
}

/* The tables of popularity are everybody's; random numbers are each thread's own. */
static void start(struct worker *worker, unsigned int number, unsigned int nr)
{
	worker->config = config;
	worker->config.get_scan.gets /= nr;
	worker->stream = stream;
	worker->stream.config = &worker->config;
	mb_rng_seed(&worker->stream.rng, config.seed + number);
	errno = pthread_create(&worker->thread, NULL, work, worker);
	if (errno)
		err(1, "pthread_create");
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	unsigned int nr = argc > 2 ? (unsigned int)atoi(argv[2]) : 0;
	u64 blocks = 0, scan_blocks = 0;
	struct worker *workers;
	double began;

	over_ring = argc == 4 && !strcmp(argv[3], "uring");
	if (argc < 3 || argc > 4 || !nr || (argc == 4 && !over_ring && strcmp(argv[3], "read"))) {
		fprintf(stderr, "Usage: %s CONFIG THREADS [read|uring]\n", argv[0]);
		return 2;
	}
	workers = calloc(nr, sizeof(*workers));
	if (!workers)
		err(1, "%u threads", nr);
	if (mb_config_load(argv[1], stderr, &config) < 0 ||
	    mb_stream_open(&stream, &config, stderr) < 0)
		return 1;
	if (!stream.page_of_rank)
		errx(1, "%s: its execution_sequence is to be GetScan", argv[1]);

	began = now();
	for (unsigned int i = 0; i < nr; i++)
		start(&workers[i], i, nr);
	for (unsigned int i = 0; i < nr; i++) {
		pthread_join(workers[i].thread, NULL);
		blocks += workers[i].blocks;
		scan_blocks += workers[i].scan_blocks;
	}
	printf("Pool page_reads=%llu seconds=%.3f get_reads=%llu\n",
	       (unsigned long long)(blocks / MB_SECTORS_PER_PAGE), now() - began,
	       (unsigned long long)((blocks - scan_blocks) / MB_SECTORS_PER_PAGE));
	return 0;
}
