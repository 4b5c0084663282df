// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process whose memory does what it is told, for tests of its page tables. Called in the guest; commands come on
 * stdin, one a line, each answered by "ok" or "error=ERRNO" on stdout. Addresses are hexadecimal, lengths in windows of
 * 2 MiB, and STEP is in pages.
 *
 *   map anon|shared|private|file START WINDOWS  a new mapping; the middle two of a memfd
 *   unmap START WINDOWS
 *   write START WINDOWS STEP                 a word that follows from its address into every STEPth page
 *   verify START WINDOWS STEP [FROM]         is it there still? Written when the range began at FROM
 *   zero START WINDOWS STEP                  is there none?
 *   advise START WINDOWS ADVICE              madvise(), by its number
 *   protect START WINDOWS PROT               of the range's 3rd to 7th page in each window
 *   move START WINDOWS TO                    mremap()
 *   fork START WINDOWS STEP                  a child verifies, and writes
 *   race START WINDOWS                       four threads touch each window at the same time
 *   shred START WINDOWS                      a mapping of its own for each 8 pages
 *   time START WINDOWS STEP                  as write, and its answer is "ok ns=NANOSECONDS"
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096UL
#define WINDOW (2UL << 20)
#define RACERS 4

struct command {
	char word[16];
	char kind[16];
	unsigned long start, windows, more, from;
};

static uint64_t word_at(unsigned long addr)
{
	return addr * 0x9e3779b97f4a7c15ULL ^ 0x5555;
}

static int map(const struct command *c)
{
	int flags = MAP_FIXED, fd = -1;
	void *at;

	if (!strcmp(c->kind, "anon")) {
		flags |= MAP_PRIVATE | MAP_ANONYMOUS;
	} else {
		flags |= strcmp(c->kind, "private") ? MAP_SHARED : MAP_PRIVATE;
		fd = strcmp(c->kind, "file") ?
			     memfd_create("puppet", MFD_CLOEXEC) :
			     open("/mnt/data", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		if (fd < 0 || ftruncate(fd, (off_t)(c->windows * WINDOW)) < 0)
			return -errno;
	}
	at = mmap((void *)c->start, c->windows * WINDOW, PROT_READ | PROT_WRITE, flags, fd, 0);
	if (fd >= 0)
		close(fd);
	return at == MAP_FAILED ? -errno : 0;
}

static int each(const struct command *c, int (*fn)(uint64_t *word, unsigned long was))
{
	unsigned long end = c->start + c->windows * WINDOW;

	for (unsigned long p = c->start; p < end; p += c->more * PAGE) {
		int r = fn((uint64_t *)p, p - c->start + (c->from ? c->from : c->start));

		if (r)
			return r;
	}
	return 0;
}

static int write_word(uint64_t *word, unsigned long was)
{
	*(volatile uint64_t *)word = word_at(was);
	return 0;
}

static int verify_word(uint64_t *word, unsigned long was)
{
	return *(volatile uint64_t *)word == word_at(was) ? 0 : -EILSEQ;
}

static int zero_word(uint64_t *word, unsigned long was)
{
	(void)was;
	return *(volatile uint64_t *)word ? -EILSEQ : 0;
}

static int protect(const struct command *c)
{
	for (unsigned long i = 0; i < c->windows; i++)
		if (mprotect((void *)(c->start + i * WINDOW + 3 * PAGE), 5 * PAGE, (int)c->more) <
		    0)
			return -errno;
	return 0;
}

static int fork_child(const struct command *c)
{
	int status;
	pid_t child = fork();

	if (!child) {
		if (each(c, verify_word))
			_exit(1);
		for (unsigned long p = c->start; p < c->start + c->windows * WINDOW;
		     p += c->more * PAGE)
			*(volatile uint64_t *)p = 7;
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return -errno;
	return status ? -EILSEQ : 0;
}

static pthread_barrier_t starting_line;
static const struct command *racing;

static void *racer(void *arg)
{
	unsigned long lane = (unsigned long)arg;

	for (unsigned long i = 0; i < racing->windows; i++) {
		unsigned long p = racing->start + i * WINDOW + lane * PAGE;

		pthread_barrier_wait(&starting_line);
		*(volatile uint64_t *)p = word_at(p);
	}
	return NULL;
}

static int race(const struct command *c)
{
	pthread_t threads[RACERS];

	racing = c;
	pthread_barrier_init(&starting_line, NULL, RACERS);
	for (unsigned long i = 0; i < RACERS; i++)
		if (pthread_create(&threads[i], NULL, racer, (void *)i))
			abort();
	for (int i = 0; i < RACERS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&starting_line);
	return 0;
}

static int shred(const struct command *c)
{
	unsigned long end = c->start + c->windows * WINDOW;

	for (unsigned long p = c->start; p < end; p += 16 * PAGE)
		if (mprotect((void *)p, 8 * PAGE, PROT_READ) < 0)
			return -errno;
	return 0;
}

static int time_writes(const struct command *c)
{
	struct timespec a, b;

	clock_gettime(CLOCK_MONOTONIC, &a);
	each(c, write_word);
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("ok ns=%lld\n", (b.tv_sec - a.tv_sec) * 1000000000LL + b.tv_nsec - a.tv_nsec);
	return 1;
}

static int carry_out(const struct command *c)
{
	void *start = (void *)c->start;
	size_t size = c->windows * WINDOW;

	if (!strcmp(c->word, "map"))
		return map(c);
	if (!strcmp(c->word, "unmap"))
		return munmap(start, size) ? -errno : 0;
	if (!strcmp(c->word, "advise"))
		return madvise(start, size, (int)c->more) ? -errno : 0;
	if (!strcmp(c->word, "protect"))
		return protect(c);
	if (!strcmp(c->word, "move"))
		return mremap(start, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)c->more) ==
				       MAP_FAILED ?
			       -errno :
			       0;
	if (!strcmp(c->word, "race"))
		return race(c);
	if (!strcmp(c->word, "shred"))
		return shred(c);
	if (!c->more)
		return -EINVAL;
	if (!strcmp(c->word, "write"))
		return each(c, write_word);
	if (!strcmp(c->word, "time"))
		return time_writes(c);
	if (!strcmp(c->word, "verify"))
		return each(c, verify_word);
	if (!strcmp(c->word, "zero"))
		return each(c, zero_word);
	if (!strcmp(c->word, "fork"))
		return fork_child(c);
	return -EINVAL;
}

static int read_command(const char *line, struct command *c)
{
	*c = (struct command){};
	if (!strncmp(line, "map ", 4))
		return sscanf(line, "%15s %15s %lx %lu", c->word, c->kind, &c->start,
			      &c->windows) == 4;
	if (!strncmp(line, "move ", 5))
		return sscanf(line, "%15s %lx %lu %lx", c->word, &c->start, &c->windows,
			      &c->more) == 4;
	return sscanf(line, "%15s %lx %lu %lu %lx", c->word, &c->start, &c->windows, &c->more,
		      &c->from) >= 3;
}

int main(void)
{
	struct command c;
	char line[256];
	int r;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("pid %d\n", getpid());
	while (fgets(line, sizeof(line), stdin)) {
		r = read_command(line, &c) ? carry_out(&c) : -EINVAL;
		if (r < 0)
			printf("error=%d\n", -r);
		else if (!r)
			printf("ok\n");
	}
	return 0;
}
