// SPDX-License-Identifier: GPL-2.0-only
/*
 * Puts the first page of a file, or one of its own, into a state that keeps it in memory, says "ready" and stays
 * until its standard input ends. Called by tests/vm/refs.sh: hold STATE [FILE [PAGES]].
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "ring.h"

static size_t page_size;
static const char *path;
static size_t n_pages = 1;

static void die(const char *what)
{
	fprintf(stderr, "hold: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_file(int flags)
{
	int fd = path ? open(path, flags) : -1;

	if (fd < 0)
		die("open");
	return fd;
}

/* Each page is touched, in the file or in memory of our own. */
static char *map(bool own)
{
	int fd = own ? -1 : open_file(O_RDONLY);
	char *p = mmap(NULL, n_pages * page_size, own ? PROT_READ | PROT_WRITE : PROT_READ,
		       own ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		die("mmap");
	for (size_t i = 0; i < n_pages; i++) {
		if (own)
			p[i * page_size] = 1;
		else
			(void)*(volatile char *)(p + i * page_size);
	}
	return p;
}

static void mapped(void)
{
	map(false);
}

static void locked_in(void)
{
	if (mlock(map(false), n_pages * page_size) < 0)
		die("mlock");
}

/* In a pipe, and mapped no longer. */
static void spliced(void)
{
	struct iovec iov = { map(false), n_pages * page_size };
	int fds[2];

	if (pipe(fds) < 0 || fcntl(fds[1], F_SETPIPE_SZ, (int)(n_pages * page_size)) < 0)
		die("pipe");
	if (vmsplice(fds[1], &iov, 1, 0) != (ssize_t)iov.iov_len)
		die("vmsplice");
	if (munmap(iov.iov_base, iov.iov_len) < 0)
		die("munmap");
}

/* The frame of a page of our own. */
static uint64_t frame_of(const char *p)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry;

	if (fd < 0 || pread(fd, &entry, sizeof(entry), (uintptr_t)p / page_size * sizeof(entry)) !=
			      sizeof(entry))
		die("pagemap");
	close(fd);
	return entry & ((1ULL << 55) - 1);
}

/* Memory of our own as a buffer of io_uring; says its frame. */
static void registered(void)
{
	char *buf = map(true);
	struct ring ring;

	if (ring_open(&ring, buf, n_pages * page_size))
		die("io_uring");
	printf("%llu\n", (unsigned long long)frame_of(buf));
}

/* One read: what came in by it waits in the batch of this CPU, which the end of any process empties. */
static void batched(void)
{
	char byte;

	if (pread(open_file(O_RDONLY), &byte, 1, 0) != 1)
		die("pread");
}

static char *unready;

static void *read_into_it(void *fd)
{
	if (pread((int)(intptr_t)fd, unready, page_size, 0) < 0)
		die("pread");
	return NULL;
}

/* A reader that sleeps in a fault of its buffer, which nobody handles. */
static void reading(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = open_file(O_RDONLY), uffd = (int)syscall(__NR_userfaultfd, O_CLOEXEC);
	struct uffd_msg message;
	pthread_t reader;

	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api) < 0)
		die("userfaultfd");
	unready = mmap(NULL, page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	range.range.start = (uintptr_t)unready;
	range.range.len = page_size;
	if (unready == MAP_FAILED || ioctl(uffd, UFFDIO_REGISTER, &range) < 0)
		die("UFFDIO_REGISTER");
	/* Often enough that the page is marked as used as much as it can be. */
	for (int i = 0; i < 8; i++) {
		char byte;

		if (pread(fd, &byte, 1, 0) != 1)
			die("pread");
	}
	if (pthread_create(&reader, NULL, read_into_it, (void *)(intptr_t)fd))
		die("pthread_create");
	if (read(uffd, &message, sizeof(message)) != sizeof(message))
		die("no fault");
}

/* What is dirty is on its way to the disk. */
static void writing(void)
{
	if (sync_file_range(open_file(O_WRONLY), 0, 0, SYNC_FILE_RANGE_WRITE) < 0)
		die("sync_file_range");
}

int main(int argc, char *argv[])
{
	static const struct {
		const char *name;
		void (*function)(void);
	} states[] = {
		{ "mapped", mapped },	{ "mlocked", locked_in },     { "spliced", spliced },
		{ "reading", reading }, { "registered", registered }, { "writing", writing },
		{ "batched", batched },
	};
	char byte;

	page_size = (size_t)sysconf(_SC_PAGESIZE);
	path = argc > 2 ? argv[2] : NULL;
	if (argc > 3)
		n_pages = strtoul(argv[3], NULL, 10);
	for (size_t i = 0; argc > 1 && i < sizeof(states) / sizeof(states[0]); i++) {
		if (strcmp(argv[1], states[i].name))
			continue;
		states[i].function();
		printf("ready\n");
		fflush(stdout);
		while (read(STDIN_FILENO, &byte, 1) > 0)
			;
		/* A reader that sleeps is not waited for. */
		_exit(0);
	}
	fprintf(stderr,
		"Usage: hold mapped|mlocked|spliced|reading|registered|writing|batched [FILE [PAGES]]\n");
	return 2;
}
