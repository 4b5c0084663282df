// SPDX-License-Identifier: GPL-2.0-only
/*
 * Touches private memory and checks on every touch that each page holds what was put there: its own address and a
 * generation, or zeroes if it has never been written or was thrown away. For tests of placement in tests/vm; it knows
 * nothing of pools.
 *
 *   placed fill MIB ROUNDS           pages in order, again and again
 *   placed zero MIB                  pages that have to be zero, on every way in
 *   placed mix MIB THREADS SECONDS SEED   each thread its own region, random operations, and forks
 *   placed keep MIB                  fills, says so, and checks for each line of stdin; ends with it
 *   placed grab MIB SECONDS          takes memory and keeps touching it
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096UL
#define WORDS (PAGE / 8)

static const unsigned short spots[] = { 0, 1, 63, 64, 200, 255, 256, 400, 511 };
#define SPOTS (sizeof(spots) / sizeof(*spots))

static unsigned long wrong, touches;
static volatile bool stop;

static uint64_t mark(const uint64_t *page, uint32_t generation, unsigned int word)
{
	uint64_t x = (uintptr_t)page + ((uint64_t)generation << 48) + word * 0x9e3779b97f4a7c15ULL;

	x ^= x >> 29;
	return x * 0xbf58476d1ce4e5b9ULL;
}

static void put(uint64_t *page, uint32_t generation)
{
	for (unsigned int i = 0; i < SPOTS; i++)
		page[spots[i]] = mark(page, generation, spots[i]);
}

/* A page of generation 0 is all zeroes. */
static bool is_good(const uint64_t *page, uint32_t generation)
{
	for (unsigned int i = 0; generation && i < SPOTS; i++)
		if (page[spots[i]] != mark(page, generation, spots[i]))
			return false;
	for (unsigned int i = 0; !generation && i < WORDS; i++)
		if (page[i])
			return false;
	return true;
}

static void check(const char *who, const uint64_t *page, uint32_t generation)
{
	__atomic_add_fetch(&touches, 1, __ATOMIC_RELAXED);
	if (is_good(page, generation))
		return;
	if (__atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED) <= 20)
		fprintf(stderr,
			"wrong: %s, process %d, page %p of generation %u has %016lx %016lx .. %016lx\n",
			who, getpid(), (const void *)page, generation, page[0], page[1], page[511]);
}

static uint64_t draw(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static char *map(void *at, size_t length)
{
	char *p = mmap(at, length, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (at ? MAP_FIXED : 0), -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	madvise(p, length, MADV_NOHUGEPAGE);
	return p;
}

static uint64_t *page_of(char *base, unsigned long i)
{
	return (uint64_t *)(base + i * PAGE);
}

/*
 * What is locked is not thrown away: MADV_DONTNEED refuses it. A test that forgets this finds old content where it
 * expects zeroes, on any kernel.
 */
static void throw_away(char *at, size_t length)
{
	munlock(at, length);
	if (madvise(at, length, MADV_DONTNEED) < 0)
		die("MADV_DONTNEED");
}

/* ---- in order ---------------------------------------------------------------------------------------- */

static void fill(unsigned long pages, unsigned long rounds)
{
	char *base = map(NULL, pages * PAGE);

	for (uint32_t round = 0; round <= rounds; round++)
		for (unsigned long i = 0; i < pages; i++) {
			check("fill", page_of(base, i), round);
			put(page_of(base, i), round + 1);
		}
}

static void all_zero(const char *who, char *base, unsigned long pages)
{
	for (unsigned long i = 0; i < pages; i++) {
		/* The first touch writes: a read would map the zero page. */
		page_of(base, i)[WORDS - 2] = 0;
		check(who, page_of(base, i), 0);
		memset(page_of(base, i), 0x5a, PAGE);
	}
}

static void await(pid_t child, const char *who)
{
	int status;

	if (child < 0)
		die("fork");
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status)) {
		fprintf(stderr, "wrong: %s\n", who);
		__atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
	}
}

/* Pages that are zeroes come by: first touch, thrown away, mapped anew, in a child, after the zero page. */
static void zero(unsigned long pages)
{
	char *base = map(NULL, pages * PAGE);
	pid_t child;

	all_zero("first touch", base, pages);
	throw_away(base, pages * PAGE);
	all_zero("thrown away", base, pages);
	munmap(base, pages * PAGE);
	map(base, pages * PAGE);
	all_zero("mapped anew", base, pages);
	madvise(base, pages * PAGE, MADV_PAGEOUT);
	throw_away(base, pages * PAGE);
	all_zero("thrown away while in swap", base, pages);
	throw_away(base, pages * PAGE);
	for (unsigned long i = 0; i < pages; i++)
		check("zero page", page_of(base, i), 0);
	all_zero("copy of the zero page", base, pages);
	child = fork();
	if (!child) {
		wrong = 0;
		throw_away(base, pages * PAGE);
		all_zero("thrown away in a child", base, pages);
		base = map(NULL, pages * PAGE);
		all_zero("first touch in a child", base, pages);
		_exit(wrong != 0);
	}
	await(child, "a child");
	for (unsigned long i = 0; i < pages; i++)
		for (unsigned int k = 0; k < WORDS; k++)
			if (page_of(base, i)[k] != 0x5a5a5a5a5a5a5a5aULL) {
				check("kept by the parent", page_of(base, i), 1);
				break;
			}
}

static void keep(unsigned long pages)
{
	char *base = map(NULL, pages * PAGE), line[32];

	for (unsigned long i = 0; i < pages; i++)
		put(page_of(base, i), 1);
	printf("kept\n");
	while (fgets(line, sizeof(line), stdin)) {
		if (!strcmp(line, "drop\n")) {
			throw_away(base, pages * PAGE);
		} else if (!strcmp(line, "fill\n")) {
			for (unsigned long i = 0; i < pages; i++)
				put(page_of(base, i), 1);
		} else {
			for (unsigned long i = 0; i < pages; i++)
				check("keep", page_of(base, i), 1);
		}
		printf("checked wrong=%lu\n", wrong);
	}
}

static void grab(unsigned long pages, double seconds)
{
	struct timespec begin, now;
	char *base = map(NULL, pages * PAGE);
	uint64_t state = 42;

	for (unsigned long i = 0; i < pages; i++)
		put(page_of(base, i), 1);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	do {
		for (unsigned int i = 0; i < 1000; i++)
			check("grab", page_of(base, draw(&state) % pages), 1);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((double)(now.tv_sec - begin.tv_sec) < seconds);
}

/* ---- at random --------------------------------------------------------------------------------------- */

struct worker {
	pthread_t thread;
	char *base;
	unsigned long pages;
	uint16_t *generations;
	uint64_t state;
	int pipe[2];
	pid_t child;
};

static void touch(struct worker *w, unsigned long i, const char *who)
{
	uint64_t *page = page_of(w->base, i);

	check(who, page, w->generations[i]);
	if (draw(&w->state) & 1 || !w->generations[i]) {
		w->generations[i] = w->generations[i] == UINT16_MAX ? 1 : w->generations[i] + 1;
		put(page, w->generations[i]);
	}
}

static void do_touch(struct worker *w, unsigned long i, unsigned long n)
{
	bool in_order = draw(&w->state) & 1;

	for (unsigned long k = 0; k < n; k++)
		touch(w, in_order ? i + k : draw(&w->state) % w->pages, "touch");
}

static void do_throw_away(struct worker *w, unsigned long i, unsigned long n)
{
	throw_away(w->base + i * PAGE, n * PAGE);
	memset(w->generations + i, 0, n * sizeof(*w->generations));
}

static void do_remap(struct worker *w, unsigned long i, unsigned long n)
{
	munmap(w->base + i * PAGE, n * PAGE);
	map(w->base + i * PAGE, n * PAGE);
	memset(w->generations + i, 0, n * sizeof(*w->generations));
}

static void do_page_out(struct worker *w, unsigned long i, unsigned long n)
{
	madvise(w->base + i * PAGE, n * PAGE, draw(&w->state) & 1 ? MADV_PAGEOUT : MADV_COLD);
}

static void do_lock(struct worker *w, unsigned long i, unsigned long n)
{
	if (mlock(w->base + i * PAGE, n * PAGE) < 0)
		return;
	for (unsigned long k = 0; k < n; k++)
		touch(w, i + k, "locked");
	if (draw(&w->state) & 3)
		munlock(w->base + i * PAGE, n * PAGE);
}

static void do_unlock(struct worker *w, unsigned long i, unsigned long n)
{
	(void)i;
	(void)n;
	munlock(w->base, w->pages * PAGE);
}

/* References that stay for a while: what is in the pipe does not change, and cannot be evicted. */
static void do_splice(struct worker *w, unsigned long i, unsigned long n)
{
	struct iovec iov = { w->base + i * PAGE, PAGE * (n > 8 ? 8 : n) };
	uint64_t buffer[WORDS];
	ssize_t got;

	for (unsigned long k = 0; k < iov.iov_len / PAGE; k++)
		touch(w, i + k, "splice");
	got = vmsplice(w->pipe[1], &iov, 1, SPLICE_F_NONBLOCK);
	for (unsigned int k = 0; k < 200 && !stop; k++) {
		unsigned long other = draw(&w->state) % w->pages;

		if (other < i || other >= i + 8)
			touch(w, other, "touch");
	}
	for (; got >= (ssize_t)PAGE && read(w->pipe[0], buffer, PAGE) == (ssize_t)PAGE;
	     got -= PAGE, i++)
		if (buffer[0] != mark(page_of(w->base, i), w->generations[i], 0))
			check("pipe", buffer, w->generations[i]);
}

static void reap(struct worker *w)
{
	int status;

	if (w->child > 0 && waitpid(w->child, &status, 0) == w->child && WIFEXITED(status) &&
	    WEXITSTATUS(status)) {
		fprintf(stderr, "wrong: a child\n");
		__atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
	}
	w->child = -1;
}

static void do_fork(struct worker *w, unsigned long i, unsigned long n)
{
	reap(w);
	w->child = fork();
	if (w->child)
		return;
	wrong = 0;
	for (unsigned long k = 0; k < 16 * n; k++)
		touch(w, (i + 3 * k) % w->pages, "child");
	if (draw(&w->state) & 1)
		kill(getpid(), SIGKILL);
	_exit(wrong != 0);
}

static const struct {
	unsigned int weight; /* of 256 */
	void (*fn)(struct worker *w, unsigned long first, unsigned long pages);
} operations[] = {
	{ 220, do_touch }, { 8, do_throw_away }, { 4, do_remap },  { 6, do_page_out },
	{ 4, do_lock },	   { 2, do_unlock },	 { 4, do_splice }, { 8, do_fork },
};

static void *work(void *arg)
{
	struct worker *w = arg;

	while (!stop) {
		unsigned long i = draw(&w->state) % w->pages, n = 1 + draw(&w->state) % 64;
		unsigned int lot = draw(&w->state) % 256, o = 0;

		if (i + n > w->pages)
			n = w->pages - i;
		while (lot >= operations[o].weight)
			lot -= operations[o++].weight;
		operations[o].fn(w, i, n);
	}
	reap(w);
	munlock(w->base, w->pages * PAGE);
	for (unsigned long i = 0; i < w->pages; i++)
		touch(w, i, "last");
	return NULL;
}

static void mix(unsigned long pages, unsigned int threads, unsigned int seconds, uint64_t seed)
{
	struct worker *w = calloc(threads, sizeof(*w));

	if (!w || !threads)
		die("threads");
	for (unsigned int t = 0; t < threads; t++) {
		w[t].pages = pages / threads;
		w[t].base = map(NULL, w[t].pages * PAGE);
		w[t].generations = calloc(w[t].pages, sizeof(*w[t].generations));
		w[t].state = (seed + 1) * 0x9e3779b97f4a7c15ULL + t;
		w[t].child = -1;
		if (!w[t].generations || pipe(w[t].pipe) < 0 ||
		    pthread_create(&w[t].thread, NULL, work, &w[t]))
			die("thread");
	}
	sleep(seconds);
	stop = true;
	for (unsigned int t = 0; t < threads; t++) {
		pthread_join(w[t].thread, NULL);
		free(w[t].generations);
	}
	free(w);
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	unsigned long pages = argc > 2 ? strtoul(argv[2], NULL, 0) * 256 : 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!strcmp(what, "fill") && argc == 4) {
		fill(pages, strtoul(argv[3], NULL, 0));
	} else if (!strcmp(what, "zero") && argc == 3) {
		zero(pages);
	} else if (!strcmp(what, "mix") && argc == 6) {
		mix(pages, (unsigned int)atoi(argv[3]), (unsigned int)atoi(argv[4]),
		    strtoull(argv[5], NULL, 0));
	} else if (!strcmp(what, "keep") && argc == 3) {
		keep(pages);
	} else if (!strcmp(what, "grab") && argc == 4) {
		grab(pages, strtod(argv[3], NULL));
	} else {
		fprintf(stderr,
			"Usage: %s fill MIB ROUNDS|zero MIB|mix MIB THREADS SECONDS SEED|keep MIB|grab MIB SECONDS\n",
			argv[0]);
		return 2;
	}
	printf("%s: touches %lu wrong %lu\n", what, touches, wrong);
	return wrong != 0;
}
