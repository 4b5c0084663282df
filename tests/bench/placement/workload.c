// SPDX-License-Identifier: GPL-2.0-only
/*
 * main() of the workloads of `make bench-mosaic`; see workload.h.
 *
 *   NAME make FILE PAGES           build what fills so many pages, and write it to FILE
 *   NAME check PAGES               build it and compare every answer with one that was found without it; "checked N"
 *   NAME run FILE STEPS [SEED]     read it into private memory, page after page, and make so many steps
 *
 * run prints two lines, "filled ..." and "done ...": pages that came from swap and went there since the line before,
 * those that were zero and only noted as such beside them, faults, seconds; of "done" also a checksum of all answers. It then
 * waits for the end of its standard input, so that somebody can look at its memory. Swap is what the whole machine did.
 */
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096ULL
/* Far from whatever else a process has. */
#define WHERE ((void *)0x100000000000ULL)
#define MOST_PAGES (1ULL << 28)

/* The first page of the image. */
struct head {
	char name[16];
	uint64_t pages, used; /* bytes, with the head */
	uint64_t state[32];
};
_Static_assert(sizeof(struct head) <= PAGE, "the head is a page");

static struct head *image;
static uint64_t random_state = 88172645463325252ULL;

_Noreturn void workload_die(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s: %s\n", workload.name, what, why);
	exit(1);
}

_Noreturn void workload_broken(const char *what)
{
	workload_die("broken", what);
}

uint64_t workload_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

uint64_t workload_memory_left(void)
{
	return image->pages * PAGE - image->used;
}

void *workload_memory(uint64_t bytes)
{
	void *got = (uint8_t *)image + image->used;

	bytes = (bytes + 15) & ~15ULL;
	if (bytes > workload_memory_left())
		workload_die("no memory left", "it builds more than it was asked for");
	image->used += bytes;
	return got;
}

void *workload_scratch(uint64_t nr, uint64_t size)
{
	void *got = calloc(nr, size);

	if (!got)
		workload_die("scratch", strerror(errno));
	return got;
}

/* ---- the image ---------------------------------------------------------------------------------------- */

static void map_image(uint64_t pages)
{
	image = mmap(WHERE, pages * PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
	if (image == MAP_FAILED)
		workload_die("mmap", strerror(errno));
	/* A kernel without huge pages refuses, and has none. */
	madvise(image, pages * PAGE, MADV_NOHUGEPAGE);
}

static void build_image(uint64_t pages)
{
	map_image(pages);
	snprintf(image->name, sizeof(image->name), "%s", workload.name);
	image->pages = pages;
	image->used = PAGE;
	workload.build(image->state);
}

static void write_image(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	uint64_t done = 0, size = image->pages * PAGE;
	ssize_t n;

	if (fd < 0)
		workload_die(path, strerror(errno));
	for (; done < size; done += (uint64_t)n) {
		n = write(fd, (const uint8_t *)image + done, size - done);
		if (n <= 0)
			workload_die(path, n < 0 ? strerror(errno) : "no space");
	}
	if (close(fd))
		workload_die(path, strerror(errno));
}

/* In small pieces, through a buffer: so each page is written first by this process, in order, and none is pinned. */
static void read_fully(int fd, const char *path, uint8_t *to, uint64_t size)
{
	static uint8_t buffer[64 * PAGE];
	ssize_t n;

	for (; size; to += n, size -= (uint64_t)n) {
		n = read(fd, buffer, size < sizeof(buffer) ? size : sizeof(buffer));
		if (n <= 0)
			workload_die(path, n < 0 ? strerror(errno) : "it ends too early");
		memcpy(to, buffer, (size_t)n);
	}
}

static void read_image(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	static struct head head;

	if (fd < 0)
		workload_die(path, strerror(errno));
	read_fully(fd, path, (uint8_t *)&head, sizeof(head));
	if (strncmp(head.name, workload.name, sizeof(head.name)) || !head.pages ||
	    head.pages > MOST_PAGES)
		workload_die(path, "no image of this workload: make one with \"make FILE PAGES\"");
	map_image(head.pages);
	memcpy(image, &head, sizeof(head));
	read_fully(fd, path, (uint8_t *)image + sizeof(head), head.pages * PAGE - sizeof(head));
	close(fd);
}

/* ---- what was swapped --------------------------------------------------------------------------------- */

static const char *const counted[] = { "pswpin", "pswpout", "swpin_zero", "swpout_zero" };
#define NR_COUNTED (sizeof(counted) / sizeof(*counted))

struct account {
	uint64_t swap[NR_COUNTED];
	uint64_t minor, major;
	double seconds;
};

/* With system calls alone: what a library would allocate is memory that is placed or reclaimed as well. */
static void read_vmstat(uint64_t swap[])
{
	static char text[32768];
	ssize_t n, size = 0;
	int fd = open("/proc/vmstat", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		workload_die("/proc/vmstat", strerror(errno));
	while ((n = read(fd, text + size, sizeof(text) - 1 - (size_t)size)) > 0)
		size += n;
	close(fd);
	text[size] = 0;
	for (size_t i = 0; i < NR_COUNTED; i++) {
		char key[32];
		const char *line;

		snprintf(key, sizeof(key), "\n%s ", counted[i]);
		line = strstr(text, key);
		/* A kernel that does not know it has none. */
		swap[i] = line ? strtoull(line + strlen(key), NULL, 10) : 0;
	}
}

static struct account account_now(void)
{
	struct account now;
	struct timespec time;
	struct rusage usage;

	read_vmstat(now.swap);
	getrusage(RUSAGE_SELF, &usage);
	clock_gettime(CLOCK_MONOTONIC, &time);
	now.minor = (uint64_t)usage.ru_minflt;
	now.major = (uint64_t)usage.ru_majflt;
	now.seconds = (double)time.tv_sec + (double)time.tv_nsec / 1e9;
	return now;
}

static void print_account(const char *what, const struct account *from, const struct account *to)
{
	printf("%s", what);
	for (size_t i = 0; i < NR_COUNTED; i++)
		printf(" %s=%" PRIu64, counted[i], to->swap[i] - from->swap[i]);
	printf(" minor=%" PRIu64 " major=%" PRIu64 " seconds=%.1f", to->minor - from->minor,
	       to->major - from->major, to->seconds - from->seconds);
}

/* ---- the program -------------------------------------------------------------------------------------- */

static uint64_t number(const char *text, uint64_t most)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || *end || value > most)
		workload_die(text, "no number, or too large");
	return value;
}

static void use_seed(const char *text)
{
	random_state ^= number(text, 1ULL << 40) << 20;
}

static void run(const char *path, uint64_t steps)
{
	struct account start = account_now(), filled, done;
	uint64_t checksum = 0;

	read_image(path);
	filled = account_now();
	print_account("filled", &start, &filled);
	printf(" pages=%" PRIu64 "\n", image->pages);
	fflush(stdout);
	for (uint64_t i = 0; i < steps; i++)
		checksum = checksum * 31 + workload.step(image->state);
	done = account_now();
	print_account("done", &filled, &done);
	printf(" steps=%" PRIu64 " checksum=%016" PRIx64 "\n", steps, checksum);
	if (fflush(stdout))
		workload_die("standard output", strerror(errno));
	while (getchar() != EOF)
		;
}

int main(int argc, char *argv[])
{
	if (workload.state_size > sizeof(image->state))
		workload_die("broken", "its state is larger than an image's head");
	if (argc == 4 && !strcmp(argv[1], "make")) {
		build_image(number(argv[3], MOST_PAGES));
		write_image(argv[2]);
	} else if (argc == 3 && !strcmp(argv[1], "check")) {
		build_image(number(argv[2], MOST_PAGES));
		printf("checked %" PRIu64 "\n", workload.check(image->state));
	} else if ((argc == 4 || argc == 5) && !strcmp(argv[1], "run")) {
		if (argc == 5)
			use_seed(argv[4]);
		run(argv[2], number(argv[3], 1ULL << 60));
	} else {
		fprintf(stderr, "Usage: %s make FILE PAGES | check PAGES | run FILE STEPS [SEED]\n",
			workload.name);
		return 2;
	}
	return fflush(stdout) ? 1 : 0;
}
