// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process that uses its address space in every way while somebody moves its page tables: threads that share each of
 * them write, verify, unmap, remap, protect, page out, fork, collapse, pin, migrate and write-protect; every page holds
 * what follows from its address and its generation, and is looked at again and again. Called in the guest; prints its
 * pid, and at its end (a SIGTERM, or after so many seconds) what it has done and how many pages were wrong.
 *
 *   tables SEED THREADS SECONDS
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096UL
#define WINDOW (2UL << 20)

/* Chunks of 256 KiB, dealt out to the threads in turn: each window is everybody's. */
#define CHUNKS 0x200000000UL
#define CHUNK (256UL << 10)
#define NR_CHUNKS (32 * (WINDOW / CHUNK))
#define CHUNK_PAGES 16
/* Windows of a thread's own, of which there may be huge pages. */
#define WINDOWS 0x280000000UL
#define OWN_WINDOWS 6
#define WINDOW_PAGES 24
/* A file that all threads and a second process map. */
#define SHARED 0x2c0000000UL
#define NR_SHARED 8
#define SCRATCH 0x400000000UL
#define MAX_THREADS 8

static int threads, memory_file;
static unsigned int seed;
static atomic_bool over;
static atomic_int *wrong; /* of children, too */
static uint32_t chunk_gen[NR_CHUNKS][CHUNK_PAGES];
static uint32_t window_gen[MAX_THREADS * OWN_WINDOWS][WINDOW_PAGES];

struct worker {
	int id;
	unsigned int seed;
	int faults; /* a userfaultfd */
	int pipe[2];
	char *buffer;
	unsigned long scratch;
	unsigned int chunk, window; /* of this action */
};

static unsigned int pick(struct worker *w, unsigned int n)
{
	return (unsigned int)rand_r(&w->seed) % n;
}

static unsigned long chunk_at(unsigned int chunk)
{
	return CHUNKS + chunk * CHUNK;
}

static unsigned long window_at(unsigned int window)
{
	return WINDOWS + window * WINDOW;
}

/* Spread over the window, and not in step with anything. */
static unsigned long window_offset(unsigned int i)
{
	return (i * 512UL / WINDOW_PAGES + i % 3) * PAGE;
}

static uint64_t word(unsigned long id, uint32_t gen)
{
	return gen ? (id * 0x9e3779b97f4a7c15ULL ^ (uint64_t)gen << 1 ^ 0x5555) : 0;
}

static void fill_page(unsigned long at, unsigned long id, uint32_t gen)
{
	volatile uint64_t *p = (volatile uint64_t *)at;

	p[0] = word(id, gen);
	p[255] = word(id, gen) + 1;
	p[511] = word(id, gen) + 2;
}

static bool see_page(const char *what, unsigned long at, unsigned long id, uint32_t gen)
{
	volatile uint64_t *p = (volatile uint64_t *)at;
	uint64_t want = word(id, gen);

	if (p[0] == want && p[255] == (gen ? want + 1 : 0) && p[511] == (gen ? want + 2 : 0))
		return true;
	atomic_fetch_add(wrong, 1);
	fprintf(stderr, "# %s at %lx: %llx %llx %llx for %llx\n", what, at,
		(unsigned long long)p[0], (unsigned long long)p[255], (unsigned long long)p[511],
		(unsigned long long)want);
	return false;
}

static void see_chunk(const char *what, unsigned int chunk, unsigned long at)
{
	for (unsigned int i = 0; i < CHUNK_PAGES; i++)
		if (!see_page(what, at + i * PAGE, chunk_at(chunk) + i * PAGE, chunk_gen[chunk][i]))
			return;
}

static void see_window(const char *what, unsigned int window, unsigned long at)
{
	for (unsigned int i = 0; i < WINDOW_PAGES; i++)
		if (!see_page(what, at + window_offset(i), window_at(window) + window_offset(i),
			      window_gen[window][i]))
			return;
}

static bool map_at(unsigned long at, unsigned long size)
{
	return mmap((void *)at, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) != MAP_FAILED;
}

static bool move(unsigned long from, unsigned long size, unsigned long to)
{
	return mremap((void *)from, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)to) !=
	       MAP_FAILED;
}

/* ---- actions: each leaves the worker's chunk and window as the generations say ------------------ */

static void write_chunk(struct worker *w)
{
	for (unsigned int i = 0; i < CHUNK_PAGES; i++)
		fill_page(chunk_at(w->chunk) + i * PAGE, chunk_at(w->chunk) + i * PAGE,
			  ++chunk_gen[w->chunk][i]);
}

static void verify_chunk(struct worker *w)
{
	see_chunk("chunk", w->chunk, chunk_at(w->chunk));
}

static void write_window(struct worker *w)
{
	for (unsigned int i = 0; i < WINDOW_PAGES; i++)
		fill_page(window_at(w->window) + window_offset(i),
			  window_at(w->window) + window_offset(i), ++window_gen[w->window][i]);
}

static void verify_window(struct worker *w)
{
	see_window("window", w->window, window_at(w->window));
}

static void drop_chunk(struct worker *w)
{
	if (!madvise((void *)chunk_at(w->chunk), CHUNK, MADV_DONTNEED))
		memset(chunk_gen[w->chunk], 0, sizeof(chunk_gen[0]));
	if (pick(w, 2))
		see_chunk("dropped", w->chunk, chunk_at(w->chunk));
}

static void drop_window(struct worker *w)
{
	if (!madvise((void *)window_at(w->window), WINDOW, MADV_DONTNEED))
		memset(window_gen[w->window], 0, sizeof(window_gen[0]));
	if (pick(w, 2))
		see_window("dropped window", w->window, window_at(w->window));
}

static void remap_chunk(struct worker *w)
{
	if (munmap((void *)chunk_at(w->chunk), CHUNK) || !map_at(chunk_at(w->chunk), CHUNK))
		return;
	madvise((void *)chunk_at(w->chunk), CHUNK, MADV_NOHUGEPAGE);
	memset(chunk_gen[w->chunk], 0, sizeof(chunk_gen[0]));
	if (pick(w, 2))
		see_chunk("mapped again", w->chunk, chunk_at(w->chunk));
}

static void protect_chunk(struct worker *w)
{
	mprotect((void *)chunk_at(w->chunk), CHUNK, PROT_READ);
	see_chunk("read only", w->chunk, chunk_at(w->chunk));
	mprotect((void *)chunk_at(w->chunk), CHUNK, PROT_READ | PROT_WRITE);
}

static void page_out(struct worker *w)
{
	madvise((void *)chunk_at(w->chunk), CHUNK_PAGES * PAGE, MADV_PAGEOUT);
	if (pick(w, 2))
		see_chunk("paged out", w->chunk, chunk_at(w->chunk));
}

/* By pages and, at the same place in its window, by the boundary of a table. */
static void move_chunk(struct worker *w)
{
	unsigned long at = chunk_at(w->chunk),
		      to = w->scratch + (at & (WINDOW - 1)) + (pick(w, 2) ? 0 : 5 * PAGE);

	if (!move(at, CHUNK, to))
		return;
	see_chunk("moved", w->chunk, to);
	if (!move(to, CHUNK, at)) {
		map_at(at, CHUNK);
		memset(chunk_gen[w->chunk], 0, sizeof(chunk_gen[0]));
	}
	see_chunk("moved back", w->chunk, at);
}

static void move_window(struct worker *w)
{
	unsigned long at = window_at(w->window), to = w->scratch + 32 * WINDOW;

	if (!move(at, WINDOW, to))
		return;
	see_window("window moved", w->window, to);
	if (!move(to, WINDOW, at)) {
		map_at(at, WINDOW);
		memset(window_gen[w->window], 0, sizeof(window_gen[0]));
	}
	see_window("window moved back", w->window, at);
}

static void collapse(struct worker *w)
{
	madvise((void *)window_at(w->window), WINDOW, MADV_COLLAPSE);
	see_window("collapsed", w->window, window_at(w->window));
}

static void split(struct worker *w)
{
	mprotect((void *)(window_at(w->window) + 9 * PAGE), PAGE, PROT_READ);
	mprotect((void *)(window_at(w->window) + 9 * PAGE), PAGE, PROT_READ | PROT_WRITE);
	see_window("split", w->window, window_at(w->window));
}

static void child_writes(struct worker *w)
{
	unsigned int before = (unsigned int)atomic_load(wrong);

	for (unsigned int i = 0; i < 6; i++) {
		unsigned int chunk = w->id + pick(w, NR_CHUNKS / threads) * threads;
		unsigned int window = w->id * OWN_WINDOWS + pick(w, OWN_WINDOWS);

		see_chunk("in a child", chunk, chunk_at(chunk));
		see_window("in a child", window, window_at(window));
		fill_page(chunk_at(chunk) + i * PAGE, chunk_at(chunk) + i * PAGE, 77);
		chunk_gen[chunk][i] = 77;
		see_chunk("written in a child", chunk, chunk_at(chunk));
	}
	_exit((unsigned int)atomic_load(wrong) != before);
}

static void fork_child(struct worker *w)
{
	pid_t child = fork();
	int status;

	if (!child)
		child_writes(w);
	if (child > 0)
		waitpid(child, &status, 0);
}

/* The fast way to pages, without locks. */
static void pin_pages(struct worker *w)
{
	struct iovec iov = { (void *)chunk_at(w->chunk), CHUNK_PAGES * PAGE };
	ssize_t n = vmsplice(w->pipe[1], &iov, 1, 0);

	if (n > 0 && read(w->pipe[0], w->buffer, (size_t)n) != n)
		atomic_fetch_add(wrong, 1);
}

static void read_remotely(struct worker *w)
{
	struct iovec local = { w->buffer, CHUNK_PAGES * PAGE };
	struct iovec remote = { (void *)chunk_at(w->chunk), CHUNK_PAGES * PAGE };

	if (process_vm_readv(getpid(), &local, 1, &remote, 1, 0) != (ssize_t)local.iov_len)
		return;
	for (unsigned int i = 0; i < CHUNK_PAGES; i++)
		see_page("read remotely", (unsigned long)w->buffer + i * PAGE,
			 chunk_at(w->chunk) + i * PAGE, chunk_gen[w->chunk][i]);
}

static void free_lazily(struct worker *w)
{
	/* A page is what it was, or zeros; it is written before it is looked at. */
	if (!madvise((void *)chunk_at(w->chunk), CHUNK_PAGES * PAGE, MADV_FREE))
		write_chunk(w);
}

static void punch_shared(struct worker *w)
{
	fallocate(memory_file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		  (off_t)(pick(w, NR_SHARED) * WINDOW), WINDOW / 2);
}

static void touch_shared(struct worker *w)
{
	for (int i = 0; i < 32; i++)
		*(volatile uint64_t *)(SHARED + pick(w, NR_SHARED * 512) * PAGE +
				       8 * (unsigned int)w->id) = 1;
}

static void collapse_shared(struct worker *w)
{
	madvise((void *)(SHARED + pick(w, NR_SHARED) * WINDOW), WINDOW, MADV_COLLAPSE);
}

static void drop_shared(struct worker *w)
{
	madvise((void *)(SHARED + pick(w, NR_SHARED) * WINDOW), WINDOW, MADV_DONTNEED);
}

static void protect_by_userfaultfd(struct worker *w)
{
	struct uffdio_register reg = { .range = { chunk_at(w->chunk), CHUNK },
				       .mode = UFFDIO_REGISTER_MODE_WP };
	struct uffdio_writeprotect wp = { .range = reg.range, .mode = UFFDIO_WRITEPROTECT_MODE_WP };

	if (w->faults < 0 || ioctl(w->faults, UFFDIO_REGISTER, &reg))
		return;
	if (!ioctl(w->faults, UFFDIO_WRITEPROTECT, &wp)) {
		see_chunk("write-protected", w->chunk, chunk_at(w->chunk));
		write_chunk(w);
		see_chunk("written none the less", w->chunk, chunk_at(w->chunk));
	}
	ioctl(w->faults, UFFDIO_UNREGISTER, &reg.range);
	see_chunk("no longer write-protected", w->chunk, chunk_at(w->chunk));
}

static void migrate(struct worker *w)
{
	int nodes[CHUNK_PAGES], status[CHUNK_PAGES], node = (int)pick(w, 2);
	void *pages[CHUNK_PAGES];

	for (unsigned int i = 0; i < CHUNK_PAGES; i++) {
		pages[i] = (void *)(chunk_at(w->chunk) + i * PAGE);
		nodes[i] = node;
	}
	syscall(SYS_move_pages, 0, CHUNK_PAGES, pages, nodes, status, 2);
	see_chunk("migrated", w->chunk, chunk_at(w->chunk));
}

static void merge(struct worker *w)
{
	madvise((void *)window_at(w->window), WINDOW,
		pick(w, 4) ? MADV_MERGEABLE : MADV_UNMERGEABLE);
	see_window("merged", w->window, window_at(w->window));
}

static void lock_chunk(struct worker *w)
{
	if (!mlock((void *)chunk_at(w->chunk), CHUNK))
		see_chunk("locked", w->chunk, chunk_at(w->chunk));
	munlock((void *)chunk_at(w->chunk), CHUNK);
}

/* One in so many is carried out: some are slow, and slow the others down. */
static const struct action {
	const char *name;
	void (*fn)(struct worker *w);
	unsigned int seldom;
} actions[] = {
	{ "write", write_chunk, 1 },   { "verify", verify_chunk, 1 },
	{ "window", write_window, 1 }, { "look", verify_window, 1 },
	{ "drop", drop_chunk, 1 },     { "empty", drop_window, 2 },
	{ "remap", remap_chunk, 1 },   { "protect", protect_chunk, 1 },
	{ "pageout", page_out, 6 },    { "move", move_chunk, 1 },
	{ "shift", move_window, 1 },   { "collapse", collapse, 3 },
	{ "split", split, 2 },	       { "fork", fork_child, 12 },
	{ "pin", pin_pages, 1 },       { "remote", read_remotely, 1 },
	{ "lazy", free_lazily, 2 },    { "punch", punch_shared, 2 },
	{ "touch", touch_shared, 1 },  { "gather", collapse_shared, 6 },
	{ "forget", drop_shared, 2 },  { "uffd", protect_by_userfaultfd, 2 },
	{ "migrate", migrate, 6 },     { "merge", merge, 6 },
	{ "lock", lock_chunk, 6 },
};
#define NR_ACTIONS (sizeof(actions) / sizeof(actions[0]))

static atomic_ulong carried_out[NR_ACTIONS];

static int open_userfaultfd(void)
{
	struct uffdio_api api = { .api = UFFD_API,
				  .features = UFFD_FEATURE_WP_ASYNC | UFFD_FEATURE_WP_UNPOPULATED };
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);

	if (fd >= 0 && ioctl(fd, UFFDIO_API, &api) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void *work(void *arg)
{
	struct worker *w = arg;

	while (!atomic_load(&over)) {
		unsigned int i = pick(w, NR_ACTIONS);

		if (pick(w, actions[i].seldom))
			continue;
		w->chunk = (unsigned int)w->id +
			   pick(w, NR_CHUNKS / (unsigned int)threads) * (unsigned int)threads;
		w->window = (unsigned int)w->id * OWN_WINDOWS + pick(w, OWN_WINDOWS);
		actions[i].fn(w);
		atomic_fetch_add(&carried_out[i], 1);
	}
	return NULL;
}

/* A second process maps and unmaps the file, whose locks it takes. */
static void neighbour(void)
{
	unsigned int state = seed + 99;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		if (mmap((void *)SHARED, NR_SHARED * WINDOW, PROT_READ, MAP_SHARED | MAP_FIXED,
			 memory_file, 0) == MAP_FAILED)
			_exit(1);
		for (int i = 0; i < 200; i++)
			(void)*(volatile uint64_t *)(SHARED + (unsigned int)rand_r(&state) %
								      (NR_SHARED * 512) * PAGE);
		munmap((void *)SHARED, NR_SHARED * WINDOW);
		usleep(20000);
	}
}

static void end(int sig)
{
	(void)sig;
	atomic_store(&over, true);
}

static void begin(void)
{
	wrong = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memory_file = memfd_create("tables", MFD_CLOEXEC);
	if (wrong == MAP_FAILED || memory_file < 0 ||
	    ftruncate(memory_file, NR_SHARED * WINDOW) < 0 || !map_at(CHUNKS, NR_CHUNKS * CHUNK) ||
	    !map_at(WINDOWS, (unsigned long)threads * OWN_WINDOWS * WINDOW) ||
	    mmap((void *)SHARED, NR_SHARED * WINDOW, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		 memory_file, 0) == MAP_FAILED) {
		perror("tables");
		exit(1);
	}
	madvise((void *)CHUNKS, NR_CHUNKS * CHUNK, MADV_NOHUGEPAGE);
}

int main(int argc, char **argv)
{
	static struct worker workers[MAX_THREADS];
	pthread_t thread[MAX_THREADS];
	pid_t other;
	time_t stop;

	if (argc != 4 || (threads = atoi(argv[2])) < 1 || threads > MAX_THREADS) {
		fprintf(stderr, "Usage: %s SEED THREADS SECONDS\n", argv[0]);
		return 2;
	}
	seed = (unsigned int)strtoul(argv[1], NULL, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGTERM, end);
	setvbuf(stdout, NULL, _IOLBF, 0);
	begin();
	other = fork();
	if (!other)
		neighbour();
	for (int i = 0; i < threads; i++) {
		workers[i] = (struct worker){ .id = i,
					      .seed = seed * 7919 + (unsigned int)i,
					      .faults = open_userfaultfd(),
					      .buffer = malloc(CHUNK_PAGES * PAGE),
					      .scratch = SCRATCH + (unsigned long)i * (1UL << 30) };
		if (!workers[i].buffer || pipe(workers[i].pipe) < 0 ||
		    pthread_create(&thread[i], NULL, work, &workers[i]))
			abort();
	}
	printf("pid %d neighbour %d\n", getpid(), other);
	for (stop = time(NULL) + atoi(argv[3]);
	     time(NULL) < stop && !atomic_load(&over) && !atomic_load(wrong);)
		usleep(100000);
	atomic_store(&over, true);
	for (int i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	for (unsigned int i = 0; i < NR_CHUNKS; i++)
		see_chunk("at the end", i, chunk_at(i));
	for (unsigned int i = 0; i < (unsigned int)threads * OWN_WINDOWS; i++)
		see_window("at the end", i, window_at(i));
	kill(other, SIGKILL);
	printf("done wrong=%d", atomic_load(wrong));
	for (unsigned int i = 0; i < NR_ACTIONS; i++)
		printf(" %s=%lu", actions[i].name, atomic_load(&carried_out[i]));
	printf("\n");
	return atomic_load(wrong) ? 1 : 0;
}
