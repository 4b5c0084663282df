// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workers that do to files whatever can be done to them and check every byte they ever read; what they
 * must contain is a function of file, offset and generation. Run by tests/vm/cache/stress.sh in cgroups
 * that are governed, while the rest of the kernel is being shaken. Exit status 1: a byte was wrong, or
 * a call failed that may not. The same seed gives the same calls in the same order.
 *
 *   churn DIRECTORY SEED SECONDS WORKERS [POISON]
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE 101 /* the kernel has it, glibc 2.41 has not */
#endif

/* What one generation number stands for; smaller than a page, so that tails of pages count. */
#define CELL 512
#define FILE_MAX (6 << 20)
#define CELLS (FILE_MAX / CELL)
#define PAGE 4096
#define FILES 3
#define SPAN_MAX (256 << 10)
#define ANON (2 << 20)

struct file {
	char path[256];
	int fd;
	uint64_t id;
	size_t size;
	uint32_t gen[CELLS]; /* 0: never written, or punched: zeros */
};

static struct file files[FILES];
static uint64_t rng, next_id, checked, nr_ops, nr_poisoned;
static uint32_t generation;
static int worker;
static unsigned int poison_every;
static const char *doing = "nothing";
static char *anon;
static uint32_t anon_gen[ANON / PAGE];

static void __attribute__((format(printf, 1, 2), noreturn)) wrong(const char *format, ...)
{
	va_list args;

	printf("churn: worker %d, operation %llu, %s: ", worker, (unsigned long long)nr_ops, doing);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	_exit(1);
}

static void bus_error(int number, siginfo_t *info, void *context)
{
	wrong("SIGBUS at %p, code %d", info->si_addr, info->si_code);
}

static uint64_t mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ULL;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

static uint64_t draw(uint64_t below)
{
	rng += 0x9e3779b97f4a7c15ULL;
	return mix(rng) % below;
}

static uint64_t cell_seed(const struct file *f, size_t cell)
{
	return mix(f->id << 40 ^ (uint64_t)cell << 20 ^ f->gen[cell]);
}

static void fill_cell(const struct file *f, size_t cell, char *to)
{
	uint64_t value = cell_seed(f, cell), words[CELL / 8];

	if (!f->gen[cell]) {
		memset(to, 0, CELL);
		return;
	}
	for (size_t i = 0; i < CELL / 8; i++)
		words[i] = value + i * 0x9e3779b97f4a7c15ULL;
	memcpy(to, words, CELL);
}

static void check_cells(const struct file *f, size_t offset, size_t length, const char *data)
{
	char want[CELL];

	for (size_t at = 0; at < length; at += CELL) {
		fill_cell(f, (offset + at) / CELL, want);
		if (memcmp(want, data + at, CELL)) {
			size_t byte = 0;

			while (want[byte] == data[at + byte])
				byte++;
			wrong("%s differs at offset %zu of %zu, generation %u: %02x, not %02x",
			      f->path, offset + at + byte, f->size, f->gen[(offset + at) / CELL],
			      (unsigned char)data[at + byte], (unsigned char)want[byte]);
		}
	}
	checked += length;
}

static void create(struct file *f, int number, const char *dir)
{
	snprintf(f->path, sizeof(f->path), "%s/churn-%d-%d", dir, worker, number);
	f->fd = open(f->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (f->fd < 0)
		wrong("open %s: %m", f->path);
	f->id = (uint64_t)worker << 20 | ++next_id;
	f->size = 0;
	memset(f->gen, 0, sizeof(f->gen));
}

/* A range of cells inside the file; false: it is empty. */
static bool range(const struct file *f, size_t *offset, size_t *length)
{
	size_t cells = f->size / CELL, n;

	if (!cells)
		return false;
	*offset = draw(cells) * CELL;
	n = 1 + draw(SPAN_MAX / CELL);
	if (n > cells - *offset / CELL)
		n = cells - *offset / CELL;
	*length = n * CELL;
	return true;
}

static void new_generation(struct file *f, size_t offset, size_t length)
{
	generation++;
	for (size_t cell = offset / CELL; cell < (offset + length) / CELL; cell++)
		f->gen[cell] = generation & 0xfffff;
}

static char *map(struct file *f, size_t offset, size_t length, int prot, size_t *start,
		 size_t *size)
{
	char *at;

	*start = offset & ~(size_t)(PAGE - 1);
	*size = offset + length - *start;
	at = mmap(NULL, *size, prot, MAP_SHARED, f->fd, (off_t)*start);
	if (at == MAP_FAILED)
		wrong("mmap: %m");
	return at;
}

static void op_write(struct file *f)
{
	static char buf[SPAN_MAX];
	size_t offset = draw(CELLS - SPAN_MAX / CELL) * CELL;
	size_t length = (1 + draw(SPAN_MAX / CELL)) * CELL;

	new_generation(f, offset, length);
	for (size_t at = 0; at < length; at += CELL)
		fill_cell(f, (offset + at) / CELL, buf + at);
	if (pwrite(f->fd, buf, length, (off_t)offset) != (ssize_t)length)
		wrong("pwrite: %m");
	if (offset + length > f->size)
		f->size = offset + length;
}

static void op_read(struct file *f)
{
	static char buf[SPAN_MAX];
	size_t offset, length;

	if (!range(f, &offset, &length))
		return;
	if (pread(f->fd, buf, length, (off_t)offset) != (ssize_t)length)
		wrong("pread of %zu at %zu of %zu: %m", length, offset, f->size);
	check_cells(f, offset, length, buf);
}

static void op_mapped_read(struct file *f)
{
	size_t offset, length, start, size;
	char *at;

	if (!range(f, &offset, &length))
		return;
	at = map(f, offset, length, PROT_READ, &start, &size);
	check_cells(f, offset, length, at + (offset - start));
	if (draw(4) == 0)
		madvise(at, size, draw(2) ? MADV_COLD : MADV_PAGEOUT);
	munmap(at, size);
}

static void op_mapped_write(struct file *f)
{
	size_t offset, length, start, size;
	char *at;

	if (!range(f, &offset, &length))
		return;
	at = map(f, offset, length, PROT_READ | PROT_WRITE, &start, &size);
	new_generation(f, offset, length);
	for (size_t done = 0; done < length; done += CELL)
		fill_cell(f, (offset + done) / CELL, at + (offset - start) + done);
	if (draw(3) == 0 && msync(at, size, draw(2) ? MS_SYNC : MS_ASYNC))
		wrong("msync: %m");
	munmap(at, size);
}

static void op_truncate(struct file *f)
{
	size_t size = draw(CELLS + 1) * CELL;

	/* Mostly down by little: long files are what the test is about. */
	if (f->size && draw(4))
		size = f->size - draw(f->size / CELL / 8 + 1) * CELL;
	if (ftruncate(f->fd, (off_t)size))
		wrong("ftruncate: %m");
	for (size_t cell = size / CELL; cell < CELLS; cell++)
		f->gen[cell] = 0;
	f->size = size;
}

static void punch(struct file *f, size_t offset, size_t length)
{
	if (fallocate(f->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset,
		      (off_t)length))
		wrong("fallocate: %m");
	memset(f->gen + offset / CELL, 0, length / CELL * sizeof(f->gen[0]));
}

static void op_punch(struct file *f)
{
	size_t offset, length;

	if (range(f, &offset, &length))
		punch(f, offset, length);
}

static void op_sync(struct file *f)
{
	if (draw(2) ? fsync(f->fd) : fdatasync(f->fd))
		wrong("fsync: %m");
}

static void op_advise(struct file *f)
{
	static const int advice[] = { POSIX_FADV_DONTNEED, POSIX_FADV_WILLNEED, POSIX_FADV_RANDOM,
				      POSIX_FADV_NORMAL };

	posix_fadvise(f->fd, 0, 0, advice[draw(4)]);
	if (draw(4) == 0)
		readahead(f->fd, 0, f->size);
}

/* The name goes, the file stays: until it is closed somewhat later. */
static void op_unlink(struct file *f)
{
	char *slash = strrchr(f->path, '/'), dir[256];
	int number = (int)(f - files);

	if (unlink(f->path) && errno != ENOENT)
		wrong("unlink: %m");
	op_read(f);
	op_mapped_write(f);
	op_read(f);
	snprintf(dir, sizeof(dir), "%.*s", (int)(slash - f->path), f->path);
	close(f->fd);
	create(f, number, dir);
}

/* What is mapped is inherited; the child's look and its end must leave it as it is. */
static void op_fork(struct file *f)
{
	size_t offset, length, start, size;
	int status = 0;
	char *at;
	pid_t pid;

	if (!range(f, &offset, &length))
		return;
	at = map(f, offset, length, PROT_READ, &start, &size);
	check_cells(f, offset, length, at + (offset - start));
	pid = fork();
	if (pid < 0)
		wrong("fork: %m");
	if (!pid) {
		check_cells(f, offset, length, at + (offset - start));
		_exit(0);
	}
	if (waitpid(pid, &status, 0) < 0 || status)
		wrong("a child ended with status %#x", status);
	munmap(at, size);
}

/* Anonymous memory has to live beside it, and be swapped. */
static void op_anon(struct file *f)
{
	size_t first = draw(ANON / PAGE), i;

	for (i = first; i < first + 64 && i < ANON / PAGE; i++) {
		uint64_t *page = (uint64_t *)(anon + i * PAGE);

		if (page[0] != anon_gen[i] || page[PAGE / 8 - 1] != anon_gen[i])
			wrong("anonymous page %zu has %llu and %llu, not %u", i,
			      (unsigned long long)page[0], (unsigned long long)page[PAGE / 8 - 1],
			      anon_gen[i]);
		page[0] = page[PAGE / 8 - 1] = ++anon_gen[i];
	}
	if (draw(4) == 0)
		madvise(anon, ANON, MADV_PAGEOUT);
}

/* A clean page goes bad, or is taken out of use: its content must come back from the disk. */
static void op_poison(struct file *f)
{
	size_t offset, length, start, size;
	bool hard = draw(2);
	char *at;

	if (!poison_every || nr_poisoned >= 64 || !range(f, &offset, &length))
		return;
	offset &= ~(size_t)(PAGE - 1);
	if (offset + PAGE > f->size)
		return;
	if (fsync(f->fd))
		wrong("fsync: %m");
	doing = "look at what will be poisoned";
	at = map(f, offset, PAGE, PROT_READ, &start, &size);
	check_cells(f, offset, PAGE, at);
	nr_poisoned++;
	/* One that is isolated just now cannot be handled; then the page has to go by other means. */
	doing = hard ? "look at what was poisoned" : "look at what was taken out of use";
	if (madvise(at, PAGE, hard ? MADV_HWPOISON : MADV_SOFT_OFFLINE) && hard) {
		munmap(at, size);
		punch(f, offset, PAGE);
		return;
	}
	check_cells(f, offset, PAGE, at);
	munmap(at, size);
}

static const struct {
	const char *name;
	void (*run)(struct file *f);
	unsigned int weight;
} operations[] = {
	{ "write", op_write, 30 },
	{ "read", op_read, 30 },
	{ "read through mmap", op_mapped_read, 15 },
	{ "write through mmap", op_mapped_write, 12 },
	{ "truncate", op_truncate, 3 },
	{ "punch a hole", op_punch, 4 },
	{ "sync", op_sync, 5 },
	{ "advise", op_advise, 3 },
	{ "unlink while open", op_unlink, 1 },
	{ "fork", op_fork, 1 },
	{ "anonymous memory", op_anon, 5 },
	{ "poison", op_poison, 1 },
};

static void one_operation(void)
{
	unsigned int sum = 0, at;

	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		sum += operations[i].weight;
	at = (unsigned int)draw(sum);
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		if (at < operations[i].weight) {
			doing = operations[i].name;
			operations[i].run(&files[draw(FILES)]);
			nr_ops++;
			return;
		}
		at -= operations[i].weight;
	}
}

/* Everything, from the disk. */
static void check_all(void)
{
	static char buf[SPAN_MAX];

	doing = "the check at the end";
	for (int i = 0; i < FILES; i++) {
		struct file *f = &files[i];

		if (fsync(f->fd))
			wrong("fsync: %m");
		posix_fadvise(f->fd, 0, 0, POSIX_FADV_DONTNEED);
		for (size_t at = 0; at < f->size;) {
			ssize_t n = pread(f->fd, buf, sizeof(buf), (off_t)at);

			if (n <= 0 || n % CELL)
				wrong("pread of %s at %zu of %zu: %zd, %m", f->path, at, f->size,
				      n);
			check_cells(f, at, (size_t)n, buf);
			at += (size_t)n;
		}
	}
}

static uint64_t ms_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void work(const char *dir, uint64_t seed, uint64_t seconds)
{
	struct sigaction bus = { .sa_sigaction = bus_error, .sa_flags = SA_SIGINFO };
	uint64_t end = ms_now() + seconds * 1000;

	sigaction(SIGBUS, &bus, NULL);
	rng = mix(seed + 1) ^ (uint64_t)worker << 32;
	anon = mmap(NULL, ANON, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (anon == MAP_FAILED)
		wrong("mmap: %m");
	for (int i = 0; i < FILES; i++)
		create(&files[i], i, dir);
	while (ms_now() < end)
		one_operation();
	check_all();
	for (int i = 0; i < FILES; i++)
		unlink(files[i].path);
	printf("churn: worker %d: %llu operations, %llu MiB checked, %llu pages poisoned\n", worker,
	       (unsigned long long)nr_ops, (unsigned long long)(checked >> 20),
	       (unsigned long long)nr_poisoned);
	fflush(stdout);
	_exit(0);
}

int main(int argc, char **argv)
{
	int workers, failed = 0, status;

	if (argc < 5) {
		fprintf(stderr, "Usage: %s DIRECTORY SEED SECONDS WORKERS [POISON]\n", argv[0]);
		return 2;
	}
	workers = atoi(argv[4]);
	poison_every = argc > 5 ? 1 : 0;
	for (worker = 0; worker < workers; worker++) {
		pid_t pid = fork();

		if (pid < 0) {
			perror("fork");
			return 1;
		}
		if (!pid)
			work(argv[1], strtoull(argv[2], NULL, 0), strtoull(argv[3], NULL, 0));
	}
	while (wait(&status) > 0) {
		if (!status)
			continue;
		if (WIFSIGNALED(status))
			printf("churn: a worker was killed by signal %d\n", WTERMSIG(status));
		failed = 1;
	}
	return failed;
}
