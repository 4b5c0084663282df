// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many processes that tell the kernel at random what will become of ranges of files, by descriptor and by their own
 * addresses, in sessions that come, go, are inherited and end with their owner; for the tests of verbs, which do
 * things to the files meanwhile. What may be answered is known, and anything else ends it with status 1; whether it
 * had the right effect is not. The same seed makes the same calls. Who is killed by SIGKILL gets a successor.
 *
 *   chatter PINNED-PROGRAM SECONDS SEED PROCESSES FILE...
 *
 * They read some of the files in between, unless CHATTER_READS=0: of a file that does not answer, nobody would return.
 * Prints calls=N, the ranges told by answer, pages applied, and the most CPU time of a call in nanoseconds.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <mempol/abi.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096UL
#define MAX_FILES 16
#define MAX_RANGES 8
#define MAX_MAPPED (4UL << 20)
/* A range counts folios whole, and one may have become larger meanwhile. */
#define SLACK 512

static const int answers[] = { 0,	-EAGAIN, -EDQUOT, -ENOLINK,    -EHOSTDOWN, -ENOSPC,
			       -ENOMEM, -ENXIO,	 -EBADF,  -EOPNOTSUPP, -EINTR };
#define NR_ANSWERS (sizeof(answers) / sizeof(answers[0]))

struct tally {
	uint64_t calls, applied, longest, sessions, answers[NR_ANSWERS];
	int wrong;
};

struct file {
	int fd;
	unsigned char *at;
	size_t mapped;
};

static struct file files[MAX_FILES];
static int nr_files, program, session = -1;
static uint64_t rng;
static struct tally *tallies, *tally;

static uint64_t below(uint64_t limit)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng % limit;
}

static uint64_t clock_of(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static uint64_t now(void)
{
	return clock_of(CLOCK_MONOTONIC);
}

static int run(struct mempol_hint *hint)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = hint, .ctx_size_in = sizeof(*hint));
	uint64_t start = clock_of(CLOCK_THREAD_CPUTIME_ID), took;
	int r;

	hint->version = MEMPOL_HINT_VERSION;
	r = bpf_prog_test_run_opts(program, &opts);
	took = clock_of(CLOCK_THREAD_CPUTIME_ID) - start;
	if (took > tally->longest)
		tally->longest = took;
	tally->calls++;
	return r < 0 ? r : (int)opts.retval;
}

static void change_session(void)
{
	struct mempol_hint hint = { .flags = MEMPOL_HINT_OPEN, .session = -1 };
	int r;

	if (session >= 0) {
		close(session);
		session = -1;
		if (below(2))
			return;
	}
	r = run(&hint);
	if (!r) {
		session = hint.session;
		tally->sessions++;
	} else if (r != -EMFILE && r != -ENOMEM) {
		printf("chatter: a session: %d\n", r);
		tally->wrong = 1;
	}
}

static void map_again(struct file *file)
{
	struct stat st;

	if (file->at)
		munmap(file->at, file->mapped);
	file->at = NULL;
	if (fstat(file->fd, &st) < 0 || !st.st_size)
		return;
	file->mapped = (size_t)st.st_size < MAX_MAPPED ? (size_t)st.st_size : MAX_MAPPED;
	file->at = mmap(NULL, file->mapped, PROT_READ, below(2) ? MAP_SHARED : MAP_PRIVATE,
			file->fd, 0);
	if (file->at == MAP_FAILED)
		file->at = NULL;
}

static void choose(struct mempol_hint_range *range)
{
	struct file *file = &files[below((uint64_t)nr_files)];
	struct stat st;
	uint64_t size;

	if (!below(8))
		map_again(file);
	size = fstat(file->fd, &st) < 0 ? 0 : (uint64_t)st.st_size;
	*range = (struct mempol_hint_range){ .fd = file->fd, .verb = (unsigned int)below(6) + 1 };
	if (file->at && !below(3)) {
		range->fd = -1;
		range->start = (uintptr_t)file->at + below(file->mapped);
		range->length = below((uintptr_t)file->at + file->mapped - range->start) + 1;
		return;
	}
	if (!below(4)) {
		range->length = size + below(PAGE * 64);
		return;
	}
	range->start = below(size + 1);
	range->length = below(64 * PAGE);
}

static bool is_right(const struct mempol_hint_range *range, size_t nr)
{
	uint64_t pages = (uint64_t)range->applied + range->already + range->absent +
			 range->foreign + range->capped + range->unevictable + range->busy +
			 range->other;
	size_t i;

	for (i = 0; i < NR_ANSWERS && range->error != answers[i]; i++)
		;
	if (i < NR_ANSWERS)
		tally->answers[i]++;
	tally->applied += range->applied;
	if (i < NR_ANSWERS && range->done <= range->length && pages <= range->done / PAGE + SLACK)
		return true;
	printf("chatter: range %zu fd=%d verb=%u start=%llu length=%llu: error=%d done=%llu pages=%llu\n",
	       nr, range->fd, range->verb, range->start, range->length, range->error, range->done,
	       (unsigned long long)pages);
	return false;
}

static void tell(void)
{
	struct mempol_hint hint = { .nr = (unsigned int)below(MAX_RANGES) + 1, .session = session };
	int r;

	for (unsigned int i = 0; i < hint.nr; i++)
		choose(&hint.range[i]);
	r = run(&hint);
	if (r == -ENOMEM)
		return;
	if (r) {
		printf("chatter: a call: %d\n", r);
		tally->wrong = 1;
		return;
	}
	for (unsigned int i = 0; i < hint.nr; i++)
		tally->wrong |= !is_right(&hint.range[i], i);
}

/* A child that has the session, for a moment longer than its parent perhaps. */
static void inherit(void)
{
	if (fork())
		return;
	usleep((useconds_t)below(20000));
	_exit(0);
}

static void read_some(void)
{
	static char buf[16 * PAGE];
	struct file *file = &files[below((uint64_t)nr_files)];
	const char *reads = getenv("CHATTER_READS");
	struct stat st;

	if ((reads && !strcmp(reads, "0")) || fstat(file->fd, &st) < 0)
		return;
	(void)!pread(file->fd, buf, sizeof(buf), (off_t)below((uint64_t)st.st_size + 1));
}

static int work(uint64_t end)
{
	signal(SIGCHLD, SIG_IGN);
	while (now() < end && !tally->wrong) {
		switch (below(16)) {
		case 0:
			change_session();
			break;
		case 1:
			if (session >= 0 && !below(4))
				inherit();
			break;
		case 2:
		case 3:
			read_some();
			break;
		default:
			tell();
		}
	}
	fflush(stdout);
	return tally->wrong;
}

static pid_t start(int nr, uint64_t seed, uint64_t end)
{
	pid_t pid;

	tally = &tallies[nr];
	rng = seed * 0x9e3779b97f4a7c15ULL + (uint64_t)nr * 7919 + 1;
	pid = fork();
	if (!pid)
		_exit(work(end));
	return pid;
}

static void print_sum(int processes, unsigned int killed, bool bad)
{
	struct tally sum = {};

	for (int i = 0; i < processes; i++) {
		sum.calls += tallies[i].calls;
		sum.applied += tallies[i].applied;
		sum.sessions += tallies[i].sessions;
		if (tallies[i].longest > sum.longest)
			sum.longest = tallies[i].longest;
		for (size_t j = 0; j < NR_ANSWERS; j++)
			sum.answers[j] += tallies[i].answers[j];
	}
	printf("calls=%llu applied=%llu sessions=%llu killed=%u longest=%llu bad=%d",
	       (unsigned long long)sum.calls, (unsigned long long)sum.applied,
	       (unsigned long long)sum.sessions, killed, (unsigned long long)sum.longest, bad);
	for (size_t j = 0; j < NR_ANSWERS; j++)
		printf(" answer%d=%llu", answers[j], (unsigned long long)sum.answers[j]);
	printf("\n");
}

int main(int argc, char **argv)
{
	int processes, status;
	unsigned int killed = 0;
	uint64_t end, seed;
	bool bad = false;
	pid_t *pids, pid;

	if (argc < 6 || argc - 5 > MAX_FILES) {
		fprintf(stderr, "Usage: %s PINNED-PROGRAM SECONDS SEED PROCESSES FILE...\n",
			argv[0]);
		return 2;
	}
	program = bpf_obj_get(argv[1]);
	if (program < 0) {
		printf("%s: error=%d\n", argv[1], errno);
		return 1;
	}
	end = now() + strtoull(argv[2], NULL, 0) * 1000000000;
	seed = strtoull(argv[3], NULL, 0) + 1;
	processes = atoi(argv[4]);
	tallies = mmap(NULL, (size_t)processes * sizeof(*tallies), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pids = calloc((size_t)processes, sizeof(*pids));
	if (tallies == MAP_FAILED || !pids)
		return 1;
	for (int i = 5; i < argc; i++) {
		files[nr_files].fd = open(argv[i], O_RDONLY | O_CLOEXEC);
		if (files[nr_files].fd < 0) {
			printf("%s: error=%d\n", argv[i], errno);
			return 1;
		}
		nr_files++;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 0; i < processes; i++)
		pids[i] = start(i, seed, end);
	while ((pid = wait(&status)) >= 0) {
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
			killed++;
			for (int i = 0; i < processes && now() < end; i++)
				if (pids[i] == pid)
					pids[i] = start(i, seed + killed, end);
		} else {
			bad |= status != 0;
		}
	}
	print_sum(processes, killed, bad);
	return bad ? 1 : 0;
}
