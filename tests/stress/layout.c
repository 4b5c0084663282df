// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process whose page tables have a state that is wanted: layout STATE [FILE] says where the mapping is ("7f0000000000
 * 7f0000800000"), then "ready", and stays until its standard input ends. Called by tests/vm/translation. Between its
 * neighbours the mapping is alone, so that it is never a part of another one. On SIGUSR1 it executes FILE, which is
 * another layout, as "FILE plain".
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB (1UL << 20)
#define WINDOW (2 * MIB)
#define SIZE (16 * MIB)
#define PAGE 4096UL

static const char *path;
static char *region;
static size_t region_size = SIZE;

static void die(const char *what)
{
	fprintf(stderr, "layout: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Room of @size bytes on a multiple of 2 MiB, with a window before and behind that nobody gets. @hint: 0 or an address. */
static char *room(size_t size, uintptr_t hint)
{
	size_t all = size + 3 * WINDOW;
	char *p = mmap((void *)hint, all, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		       -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	return (char *)(((uintptr_t)p + 2 * WINDOW - 1) & ~(WINDOW - 1));
}

static void map_at(char *at, size_t size, int prot, int flags, int fd, off_t offset)
{
	region = mmap(at, size, prot, flags | MAP_FIXED, fd, offset);
	if (region == MAP_FAILED)
		die("mmap");
	region_size = size;
}

static void map(size_t size, int flags)
{
	map_at(room(size, 0), size, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
}

static void map_file(int flags, off_t offset)
{
	int fd = open(path, flags);
	size_t size = SIZE / 4;

	if (fd < 0)
		die(path);
	map_at(room(size, 0), size, PROT_READ, MAP_SHARED, fd, offset);
}

static void advise(int advice)
{
	if (madvise(region, region_size, advice) < 0)
		die("madvise");
}

/* Every @step bytes one is written, or read. */
static void touch(size_t step, int write)
{
	for (size_t i = 0; i < region_size; i += step) {
		if (write)
			region[i] = 1;
		else
			(void)*(volatile char *)(region + i);
	}
}

/* Small pages, in memory where huge ones may be made now. */
static void small_pages(size_t step)
{
	map(SIZE, MAP_PRIVATE);
	advise(MADV_NOHUGEPAGE);
	touch(step, 1);
	advise(MADV_HUGEPAGE);
}

static void huge(void)
{
	map(SIZE, MAP_PRIVATE);
	advise(MADV_HUGEPAGE);
	touch(PAGE, 1);
}

static void plain(void)
{
	map(SIZE, MAP_PRIVATE);
	touch(PAGE, 1);
}

static void high(void)
{
	map_at(room(SIZE, 1UL << 50), SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	       0);
	touch(PAGE, 1);
}

static void nohugepage(void)
{
	map(SIZE, MAP_PRIVATE);
	advise(MADV_NOHUGEPAGE);
	touch(PAGE, 1);
}

static void no_thp(void)
{
	if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) < 0)
		die("prctl");
	plain();
}

static void small(void)
{
	map_at(room(SIZE, 0) + MIB, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	       0);
	touch(PAGE, 1);
}

static void edges(void)
{
	map_at(room(SIZE, 0) + MIB, 4 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
	       -1, 0);
	region[0] = 1;
	region[region_size - 1] = 1;
}

static void misaligned(void)
{
	map_file(O_RDONLY, PAGE);
	touch(PAGE, 0);
}

static void file(void)
{
	map_file(O_RDONLY, 0);
	touch(PAGE, 0);
}

static void writable(void)
{
	map_file(O_RDWR, 0);
	touch(PAGE, 0);
}

static void shmem(void)
{
	map(SIZE, MAP_SHARED);
	touch(PAGE, 1);
}

static void hugetlb(void)
{
	map(4 * WINDOW, MAP_PRIVATE | MAP_HUGETLB);
	touch(WINDOW, 1);
}

static void swapped(void)
{
	small_pages(PAGE);
	advise(MADV_PAGEOUT);
}

static void shared(void)
{
	small_pages(PAGE);
	if (fork() == 0) {
		/* It ends when its parent does. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
}

static void sparse(void)
{
	small_pages(64 * PAGE);
}

static void waiting(void)
{
	small_pages(PAGE);
}

static void emptied(void)
{
	small_pages(PAGE);
	advise(MADV_DONTNEED);
}

static void untouched(void)
{
	map(SIZE, MAP_PRIVATE);
}

/* So many mappings that a walk takes many calls: every other page has other rights. */
static void many(void)
{
	map(120 * MIB, MAP_PRIVATE);
	for (size_t i = 0; i < region_size; i += 2 * PAGE)
		if (mprotect(region + i, PAGE, PROT_READ) < 0)
			die("mprotect");
	touch(PAGE, 0);
}

static void *churn_on(void *arg)
{
	char *at = arg;

	for (unsigned int i = 0;; i++) {
		size_t size = (1 + i % 8) * MIB;

		if (mmap(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
			 -1, 0) == MAP_FAILED)
			die("mmap");
		if (i % 3 == 0)
			madvise(at, size, MADV_NOHUGEPAGE);
		for (size_t k = 0; k < size; k += 16 * PAGE)
			at[k] = 1;
		if (i % 2)
			madvise(at, size, MADV_DONTNEED);
		if (i % 5 == 0)
			mprotect(at, size / 2, PROT_READ);
		munmap(at, size);
	}
	return NULL;
}

/* Memory comes and goes beside some that stays. */
static void churn(void)
{
	pthread_t thread;

	map(256 * MIB, MAP_PRIVATE);
	advise(MADV_NOHUGEPAGE);
	touch(16 * PAGE, 1);
	if (pthread_create(&thread, NULL, churn_on, room(16 * MIB, 0)))
		die("pthread_create");
}

static void *busy_on(void *arg)
{
	uint64_t random = 1;
	char *other = room(MIB, 0);

	(void)arg;
	for (unsigned int i = 0;; i++) {
		/*
		 * An emulated TLB holds more than a processor's, and what it holds sets no accessed bit: it is
		 * emptied now and then.
		 */
		if (i % 20000 == 0) {
			mmap(other, MIB, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
			memset(other, 1, MIB);
			munmap(other, MIB);
		}
		random = random * 6364136223846793005UL + 1442695040888963407UL;
		(void)*(volatile char *)(region + (random >> 20) % region_size);
	}
	return NULL;
}

/* All of it is read at random. */
static void busy(void)
{
	pthread_t thread;

	map(64 * MIB, MAP_PRIVATE);
	advise(MADV_NOHUGEPAGE);
	touch(PAGE, 1);
	if (pthread_create(&thread, NULL, busy_on, NULL))
		die("pthread_create");
}

static void execute(int number)
{
	(void)number;
	execl(path, path, "plain", NULL);
	_exit(127);
}

static const struct {
	const char *name;
	void (*enter)(void);
} states[] = {
	{ "huge", huge },	{ "plain", plain },
	{ "high", high },	{ "nohugepage", nohugepage },
	{ "prctl", no_thp },	{ "small", small },
	{ "edges", edges },	{ "misaligned", misaligned },
	{ "file", file },	{ "writable", writable },
	{ "shmem", shmem },	{ "hugetlb", hugetlb },
	{ "swapped", swapped }, { "shared", shared },
	{ "sparse", sparse },	{ "waiting", waiting },
	{ "emptied", emptied }, { "untouched", untouched },
	{ "many", many },	{ "churn", churn },
	{ "busy", busy },
};

int main(int argc, char *argv[])
{
	char c;

	path = argc > 2 ? argv[2] : NULL;
	signal(SIGUSR1, execute);
	for (size_t i = 0; argc > 1 && i < sizeof(states) / sizeof(*states); i++) {
		if (strcmp(argv[1], states[i].name))
			continue;
		states[i].enter();
		printf("%" PRIxPTR " %" PRIxPTR "\nready\n", (uintptr_t)region,
		       (uintptr_t)region + region_size);
		fflush(stdout);
		while (read(STDIN_FILENO, &c, 1) > 0)
			;
		return 0;
	}
	fprintf(stderr, "Usage: layout STATE [FILE]\n");
	return 2;
}
