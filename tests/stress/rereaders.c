// SPDX-License-Identifier: GPL-2.0-only
/*
 * Readers that check every byte, and one process a file that changes the file under them. Each word of a file says
 * which file and which place it is of, so that a page that has become another's shows; a byte may be 0 where the file
 * has a hole. Prints `reads=N bytes=N wrong=N`, then what was wrong. Used by tests/vm only.
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

#define PAGE 4096UL
/* What collapsing a range moves, contents stay right modulo that. */
#define UNIT 65536UL
#define FILE_SIZE (4UL << 20)
#define MAX_READ UNIT

struct shared {
	unsigned long reads, bytes, wrong;
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

/* 4 KiB mostly; 64 KiB, or anything anywhere, or without waiting. */
static ssize_t read_some(int fd, char *buf, unsigned long *at)
{
	size_t len = PAGE;
	struct iovec iov;

	*at = random_below(FILE_SIZE / PAGE) * PAGE;
	switch (random_below(8)) {
	case 0:
		len = MAX_READ;
		break;
	case 1:
		*at = random_below(FILE_SIZE);
		len = 1 + random_below(MAX_READ);
		break;
	case 2:
		iov = (struct iovec){ buf, len };
		return preadv2(fd, &iov, 1, (off_t)*at, RWF_NOWAIT);
	case 3: /* one hot page for all */
		*at = 0;
		break;
	}
	return pread(fd, buf, len, (off_t)*at);
}

static void reader(void)
{
	char *buf =
		mmap(NULL, MAX_READ, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int file = 0;
	unsigned long at;
	int fd = -1;
	ssize_t n;

	if (buf == MAP_FAILED)
		die("mmap");
	for (unsigned long turn = 0; time(NULL) < end; turn++) {
		if (!(turn % 64)) {
			if (fd >= 0)
				close(fd);
			file = (unsigned int)random_below(nr_files);
			fd = open(files[file], O_RDONLY);
			if (fd < 0 && errno != ENOENT && errno != EBUSY)
				die(files[file]);
			/* So that copies fault, and sleep when there is no memory. */
			madvise(buf, MAX_READ, MADV_DONTNEED);
		}
		if (fd < 0)
			continue;
		n = read_some(fd, buf, &at);
		if (n > 0) {
			verify(buf, file, at, (size_t)n);
			__atomic_fetch_add(&shared->reads, 1, __ATOMIC_RELAXED);
			__atomic_fetch_add(&shared->bytes, (unsigned long)n, __ATOMIC_RELAXED);
		}
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
	char *buf = mmap(NULL, UNIT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = open(files[file], O_RDWR | O_CREAT, 0600);
	int direct = open(files[file], O_RDWR | O_DIRECT);

	if (fd < 0 || buf == MAP_FAILED)
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
	printf("reads=%lu bytes=%lu wrong=%lu failed=%u\n", shared->reads, shared->bytes,
	       shared->wrong, failed);
	if (shared->wrong)
		printf("first: %s at %lu: %02x\n", files[shared->wrong_file], shared->wrong_at,
		       shared->wrong_byte);
	return shared->wrong || failed;
}
