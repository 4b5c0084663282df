// SPDX-License-Identifier: GPL-2.0-only
/*
 * A buffered read that falls asleep in the fault of its own buffer, so that a test can do something to the page
 * it reads meanwhile. Prints `asleep pfn=N` when the copy waits; `wake` on stdin, or its end, lets it go on, and
 * `read=N errno=N bytes=old|zero|new|other` says what came of it. Used by tests/vm only; it judges nothing.
 *
 *   sleeper FILE PAGE [PAGES [CPU]]
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096UL
/* So many reads leave every mark that a read can leave. */
#define MARKS 16
#define DEADLINE_MS 60000
#define POLL_MS 100

static int fd;
static off_t where;
static size_t size;
static char *buf;
static volatile int done;
static ssize_t got;
static int got_errno;

static int die(const char *what)
{
	fprintf(stderr, "sleeper: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void run_on(long cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	if (cpu >= 0)
		CPU_SET(cpu, &set);
	for (long i = 0; cpu < 0 && i < sysconf(_SC_NPROCESSORS_CONF); i++)
		CPU_SET(i, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

static unsigned long long pfn_of(void)
{
	char *at = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, where);
	int pagemap = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry = 0;
	volatile char c;

	if (at == MAP_FAILED || pagemap < 0)
		die("mmap");
	c = *at;
	(void)c;
	if (pread(pagemap, &entry, 8, (off_t)((uintptr_t)at / PAGE * 8)) != 8)
		die("pagemap");
	munmap(at, PAGE);
	close(pagemap);
	return entry & ((1ULL << 55) - 1);
}

static void *do_read(void *cpu)
{
	run_on((long)(intptr_t)cpu);
	got = pread(fd, buf, size, where);
	got_errno = got < 0 ? errno : 0;
	done = 1;
	return NULL;
}

/* The buffer: what is touched of it waits for us. */
static int make_buffer(void)
{
	int uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	buf = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (uffd < 0 || buf == MAP_FAILED || ioctl(uffd, UFFDIO_API, &api))
		die("userfaultfd");
	reg.range.start = (uintptr_t)buf;
	reg.range.len = size;
	if (ioctl(uffd, UFFDIO_REGISTER, &reg))
		die("UFFDIO_REGISTER");
	return uffd;
}

/* A read of a file that has become shorter does not come to its buffer. */
static void wait_for_fault(int uffd)
{
	struct pollfd poll_fd = { .fd = uffd, .events = POLLIN };
	struct uffd_msg msg;
	int n = 0;

	for (int ms = 0; !n && !done && ms < DEADLINE_MS; ms += POLL_MS)
		n = poll(&poll_fd, 1, POLL_MS);
	if (n != 1 || read(uffd, &msg, sizeof(msg)) != sizeof(msg)) {
		fprintf(stderr, "sleeper: the read did not fall asleep\n");
		exit(1);
	}
}

static void let_go(int uffd)
{
	struct uffdio_zeropage zero = { .range = { (uintptr_t)buf, size } };

	if (ioctl(uffd, UFFDIO_ZEROPAGE, &zero))
		die("UFFDIO_ZEROPAGE");
}

/* Each byte as it was, or 0 where it is allowed to have been cleared meanwhile. */
static const char *compare(const char *was, const char *is, ssize_t len)
{
	int old = 1, zero = 1, new = is != NULL;

	for (ssize_t i = 0; i < len; i++) {
		old = old && buf[i] == was[i];
		zero = zero && !buf[i];
		new = new && buf[i] == is[i];
	}
	return len <= 0 ? "none" : old ? "old" : zero ? "zero" : new ? "new" : "other";
}

int main(int argc, char **argv)
{
	long cpu = argc > 4 ? strtol(argv[4], NULL, 0) : -1;
	unsigned long long pfn;
	pthread_t thread;
	char line[16];
	char *was, *is;
	int uffd;

	if (argc < 3) {
		fprintf(stderr, "Usage: sleeper FILE PAGE [PAGES [CPU]]\n");
		return 2;
	}
	where = (off_t)strtol(argv[2], NULL, 0) * (off_t)PAGE;
	size = (argc > 3 ? strtoul(argv[3], NULL, 0) : 1) * PAGE;
	fd = open(argv[1], O_RDONLY);
	was = malloc(size);
	is = malloc(size);
	if (fd < 0 || !was || !is)
		die(argv[1]);
	pfn = pfn_of();
	for (int i = 0; i < MARKS; i++)
		if (pread(fd, was, size, where) != (ssize_t)size)
			die("pread");
	uffd = make_buffer();
	if (pthread_create(&thread, NULL, do_read, (void *)(intptr_t)cpu))
		die("pthread_create");
	wait_for_fault(uffd);
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("asleep pfn=%llu\n", pfn);
	if (!fgets(line, sizeof(line), stdin))
		line[0] = 0;
	/* Its CPU may be gone, or have been: it goes on wherever it can. */
	let_go(uffd);
	pthread_join(thread, NULL);
	if (pread(fd, is, size, where) < got)
		is = NULL;
	printf("read=%zd errno=%d bytes=%s\n", got, got_errno, compare(was, is, got));
	return 0;
}
