// SPDX-License-Identifier: GPL-2.0-only
/*
 * Readers that check every byte, and one process a file that changes the file under them. Each word of a file says
 * which file and which place it is of, so that a page that has become another's shows; a byte may be 0 where the file
 * has a hole. Prints `reads=N ring=N bytes=N wrong=N failed=N`, ring by io_uring, then what was wrong. Used by tests/vm only.
 *
 *   rereaders SECONDS SEED READERS FILE...
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ring.h"

#define PAGE 4096UL
/* What collapsing a range moves, contents stay right modulo that. */
#define UNIT 65536UL
#define FILE_SIZE (4UL << 20)
#define MAX_READ UNIT

struct shared {
	unsigned long reads, bytes, wrong, ring;
	unsigned int wrong_file;
	unsigned long wrong_at;
	unsigned int wrong_byte;
};

static struct shared *shared;
static char **files;
static unsigned int nr_files;
static time_t end;
static uint64_t state;

static unsigned long random_below(unsigned long n)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return n ? (state >> 33) % n : 0;
}

static void die(const char *what)
{
	fprintf(stderr, "rereaders: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t word_of(unsigned int file, unsigned long at)
{
	return 0x5eed000000000000ULL | (uint64_t)(file + 1) << 32 | at % UNIT / 8;
}

static void fill(char *buf, unsigned int file, unsigned long at, size_t len)
{
	for (size_t i = 0; i < len; i += 8)
		*(uint64_t *)(buf + i) = word_of(file, at + i);
}

/*
 * Of what was read at @at. Holes are made and filled while it is copied, so that any byte may be 0; what is written
 * again is the same.
 */
static void verify(const char *buf, unsigned int file, unsigned long at, size_t len)
{
	uint64_t word;

	for (size_t i = 0; i < len; i++) {
		word = word_of(file, (at + i) / 8 * 8);
		if (!buf[i] || buf[i] == ((const char *)&word)[(at + i) % 8])
			continue;
		if (!__atomic_fetch_add(&shared->wrong, 1, __ATOMIC_RELAXED)) {
			shared->wrong_file = file;
			shared->wrong_at = at + i;
			shared->wrong_byte = (unsigned char)buf[i];
		}
	}
}

static char *map(size_t size)
{
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		die("mmap");
	return at;
}

/* One read: how, where and into what. */
struct one_read {
	unsigned int how;
	unsigned long at;
	size_t len;
	char *into;
};

/* 4 KiB mostly; 64 KiB, or anything anywhere, without waiting, or by io_uring. */
static struct one_read choose(char *buf, char *registered)
{
	struct one_read r = { (unsigned int)random_below(10), random_below(FILE_SIZE / PAGE) * PAGE,
			      PAGE, buf };

	switch (r.how) {
	case 0:
		r.len = MAX_READ;
		break;
	case 1:
		r.at = random_below(FILE_SIZE);
		r.len = 1 + random_below(MAX_READ);
		break;
	case 3: /* one hot page for all */
		r.at = 0;
		break;
	case 5:
		r.into = registered;
		break;
	}
	return r;
}

static ssize_t do_read(struct ring *ring, int fd, const struct one_read *r)
{
	struct iovec iov = { r->into, r->len };

	switch (r->how) {
	case 2:
		return preadv2(fd, &iov, 1, (off_t)r->at, RWF_NOWAIT);
	case 4:
	case 5:
		return ring_read(ring, fd, r->into, r->len, (off_t)r->at, r->how == 5);
	}
	return pread(fd, r->into, r->len, (off_t)r->at);
}

/* Some once, others often: only a page that has been read before is read by cells. */
static void read_some(struct ring *ring, int fd, unsigned int file, const struct one_read *r)
{
	unsigned long times = random_below(2) ? 1 : 1 + random_below(200);
	ssize_t n;

	while (times--) {
		n = do_read(ring, fd, r);
		if (n <= 0)
			return;
		verify(r->into, file, r->at, (size_t)n);
		__atomic_fetch_add(&shared->reads, 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&shared->bytes, (unsigned long)n, __ATOMIC_RELAXED);
		if (r->how == 4 || r->how == 5)
			__atomic_fetch_add(&shared->ring, 1, __ATOMIC_RELAXED);
	}
}

static void reader(void)
{
	char *buf = map(MAX_READ), *registered = map(PAGE);
	struct one_read one;
	unsigned int file = 0;
	struct ring ring;
	int fd = -1;

	if (ring_open(&ring, registered, PAGE))
		die("io_uring");
	for (unsigned long turn = 0; time(NULL) < end; turn++) {
		if (!(turn % 64)) {
			if (fd >= 0)
				close(fd);
			file = (unsigned int)random_below(nr_files);
			fd = open(files[file], O_RDONLY);
			if (fd < 0 && errno != ENOENT && errno != EBUSY)
				die(files[file]);
		}
		/* So that copies fault, and sleep when there is no memory. */
		if (!(turn % 16))
			madvise(buf, MAX_READ, MADV_DONTNEED);
		if (fd < 0)
			continue;
		one = choose(buf, registered);
		read_some(&ring, fd, file, &one);
	}
}

static void write_all(int fd, char *buf, unsigned int file)
{
	for (unsigned long at = 0; at < FILE_SIZE; at += UNIT) {
		fill(buf, file, at, UNIT);
		if (pwrite(fd, buf, UNIT, (off_t)at) < 0 && errno != ENOSPC)
			die("pwrite");
	}
}

static void change(int fd, int direct, char *buf, unsigned int file)
{
	unsigned long at = random_below(FILE_SIZE / PAGE) * PAGE;
	size_t len = PAGE * (1 + random_below(16));

	if (at + len > FILE_SIZE)
		len = FILE_SIZE - at;
	switch (random_below(10)) {
	case 0:
		if (ftruncate(fd, (off_t)random_below(FILE_SIZE)) || ftruncate(fd, FILE_SIZE))
			die("ftruncate");
		break;
	case 1:
		fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)at, (off_t)len);
		break;
	case 2:
		if (!fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, (off_t)(at / UNIT * UNIT), UNIT) &&
		    ftruncate(fd, FILE_SIZE))
			die("ftruncate");
		break;
	case 3:
		posix_fadvise(fd, (off_t)at, (off_t)len, POSIX_FADV_DONTNEED);
		break;
	case 4:
		fdatasync(fd);
		break;
	case 5:
		fill(buf, file, at, len);
		if (direct >= 0)
			(void)!pwrite(direct, buf, len, (off_t)at);
		break;
	case 6:
		if (!random_below(8))
			write_all(fd, buf, file);
		break;
	default:
		fill(buf, file, at, len);
		(void)!pwrite(fd, buf, len, (off_t)at);
	}
	usleep((useconds_t)random_below(3000));
}

static void writer(unsigned int file)
{
	char *buf = map(UNIT);
	int fd = open(files[file], O_RDWR | O_CREAT, 0600);
	int direct = open(files[file], O_RDWR | O_DIRECT);

	if (fd < 0)
		die(files[file]);
	write_all(fd, buf, file);
	while (time(NULL) < end)
		change(fd, direct, buf, file);
}

static void start(void (*run)(unsigned int), unsigned int which, uint64_t seed)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid)
		return;
	state = seed * 2 + 1;
	run(which);
	exit(0);
}

static void reader_start(unsigned int which)
{
	(void)which;
	reader();
}

int main(int argc, char **argv)
{
	unsigned int readers, failed = 0;
	uint64_t seed;
	int status;

	if (argc < 5) {
		fprintf(stderr, "Usage: rereaders SECONDS SEED READERS FILE...\n");
		return 2;
	}
	end = time(NULL) + strtol(argv[1], NULL, 0);
	seed = strtoul(argv[2], NULL, 0) << 8;
	readers = (unsigned int)strtoul(argv[3], NULL, 0);
	files = argv + 4;
	nr_files = (unsigned int)argc - 4;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		die("mmap");
	for (unsigned int i = 0; i < nr_files; i++)
		start(writer, i, seed + i);
	for (unsigned int i = 0; i < readers; i++)
		start(reader_start, i, seed + nr_files + i);
	while (wait(&status) > 0)
		failed += status != 0;
	printf("reads=%lu ring=%lu bytes=%lu wrong=%lu failed=%u\n", shared->reads, shared->ring,
	       shared->bytes, shared->wrong, failed);
	if (shared->wrong)
		printf("first: %s at %lu: %02x\n", files[shared->wrong_file], shared->wrong_at,
		       shared->wrong_byte);
	return shared->wrong || failed;
}
