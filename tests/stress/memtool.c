// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the tests of the kernel do to pages of files and to memory as a whole, and no program of the
 * guest can do: ask for nodes, migrate, poison, take offline, lock, and use memory up. Each command prints
 * one line of NAME=NUMBER words; the judging is the script's. Used by tests/vm only.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE 101 /* the kernel has it, glibc 2.41 has not */
#endif

#define PAGE 4096UL
#define MPOL_BIND 2
#define MPOL_MF_MOVE_ALL (1 << 2)
#define NODES 8

static char *at;
static size_t pages;

static int die(const char *what)
{
	fprintf(stderr, "memtool: %s: %s\n", what, strerror(errno));
	exit(1);
}

static long number(const char *text)
{
	return strtol(text, NULL, 0);
}

/* The whole file at @at, every page of it in memory. */
static int map_file(const char *path, int prot)
{
	int fd = open(path, prot & PROT_WRITE ? O_RDWR : O_RDONLY);
	volatile char sum = 0;
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		die(path);
	pages = ((size_t)st.st_size + PAGE - 1) / PAGE;
	at = mmap(NULL, pages * PAGE, prot, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		die("mmap");
	for (size_t i = 0; i < pages; i++)
		sum += at[i * PAGE];
	return fd;
}

static void **page_addresses(void)
{
	void **list = calloc(pages, sizeof(*list));

	for (size_t i = 0; list && i < pages; i++)
		list[i] = at + i * PAGE;
	return list;
}

/* nodes FILE: how many of its pages are where; node0=N node1=N */
static int do_nodes(char **args)
{
	unsigned long count[NODES] = {};
	int *status;

	map_file(args[0], PROT_READ);
	status = calloc(pages, sizeof(*status));
	if (syscall(SYS_move_pages, 0, pages, page_addresses(), NULL, status, 0))
		die("move_pages");
	for (size_t i = 0; i < pages; i++)
		if (status[i] >= 0 && status[i] < NODES)
			count[status[i]]++;
	for (int i = 0; i < NODES; i++)
		printf("node%d=%lu ", i, count[i]);
	printf("\n");
	return 0;
}

/* move FILE NODE: migrates every page of it; moved=N left=N */
static int do_move(char **args)
{
	unsigned long moved = 0;
	int *status, *nodes;

	map_file(args[0], PROT_READ);
	status = calloc(pages, sizeof(*status));
	nodes = calloc(pages, sizeof(*nodes));
	for (size_t i = 0; i < pages; i++)
		nodes[i] = (int)number(args[1]);
	if (syscall(SYS_move_pages, 0, pages, page_addresses(), nodes, status, MPOL_MF_MOVE_ALL) <
	    0)
		die("move_pages");
	for (size_t i = 0; i < pages; i++)
		moved += status[i] == nodes[i];
	printf("moved=%lu left=%lu\n", moved, pages - moved);
	return 0;
}

/* migrate PID FROM TO: all of a process; left=N */
static int do_migrate(char **args)
{
	unsigned long from = 1UL << number(args[1]), to = 1UL << number(args[2]);
	long left = syscall(SYS_migrate_pages, number(args[0]), 8 * sizeof(from) + 1, &from, &to);

	printf("left=%ld\n", left);
	return left < 0;
}

/* on-node NODE COMMAND...: with its memory, page cache included, from that node */
static int do_on_node(char **args)
{
	unsigned long mask = 1UL << number(args[0]);

	if (syscall(SYS_set_mempolicy, MPOL_BIND, &mask, 8 * sizeof(mask) + 1))
		die("set_mempolicy");
	execvp(args[1], args + 1);
	return die(args[1]);
}

/* resident FILE: what mincore() and cachestat() say; mincore=N cache=N dirty=N writeback=N */
static int do_resident(char **args)
{
	struct {
		uint64_t off, len;
	} whole = {};
	struct {
		uint64_t cache, dirty, writeback, evicted, recently;
	} stat = {};
	int fd = open(args[0], O_RDONLY);
	unsigned long in = 0;
	unsigned char *vec;
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		die(args[0]);
	pages = ((size_t)st.st_size + PAGE - 1) / PAGE;
	at = mmap(NULL, pages * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	vec = malloc(pages);
	if (at == MAP_FAILED || mincore(at, pages * PAGE, vec))
		die("mincore");
	for (size_t i = 0; i < pages; i++)
		in += vec[i] & 1;
	if (syscall(SYS_cachestat, fd, &whole, &stat, 0))
		die("cachestat");
	printf("mincore=%lu cache=%lu dirty=%lu writeback=%lu\n", in, (unsigned long)stat.cache,
	       (unsigned long)stat.dirty, (unsigned long)stat.writeback);
	return 0;
}

static sigjmp_buf bus;

static void bus_error(int signo)
{
	siglongjmp(bus, 1);
}

/* poison FILE PAGE clean|dirty: MADV_HWPOISON; error=N touch=ok|bus|other read=ok|errno */
static int do_poison(char **args)
{
	size_t page = (size_t)number(args[1]);
	int fd = map_file(args[0], PROT_READ | PROT_WRITE);
	volatile int error = 0;
	const char *volatile touch = "ok";
	char was[PAGE], is[PAGE];
	ssize_t n;

	signal(SIGBUS, bus_error);
	memcpy(was, at + page * PAGE, PAGE);
	if (!strcmp(args[2], "dirty"))
		at[page * PAGE] ^= 1;
	/* The signal may come from within madvise() already. */
	if (sigsetjmp(bus, 1)) {
		touch = "bus";
	} else {
		error = madvise(at + page * PAGE, PAGE, MADV_HWPOISON) ? errno : 0;
		if (memcmp(was, at + page * PAGE, PAGE))
			touch = "other";
	}
	n = pread(fd, is, PAGE, (off_t)(page * PAGE));
	printf("error=%d touch=%s read=%s same=%d\n", error, touch,
	       n == (ssize_t)PAGE ? "ok" : strerror(errno),
	       n == (ssize_t)PAGE && !memcmp(was, is, PAGE));
	return 0;
}

/* soft-offline FILE PAGE N: of N pages; offlined=N wrong=N */
static int do_soft_offline(char **args)
{
	size_t first = (size_t)number(args[1]), count = (size_t)number(args[2]);
	unsigned long done = 0, bad = 0;
	char was[PAGE];

	map_file(args[0], PROT_READ);
	for (size_t i = first; i < first + count; i++) {
		memcpy(was, at + i * PAGE, PAGE);
		done += !madvise(at + i * PAGE, PAGE, MADV_SOFT_OFFLINE);
		bad += !!memcmp(was, at + i * PAGE, PAGE);
	}
	printf("offlined=%lu wrong=%lu\n", done, bad);
	return 0;
}

/* pfn FILE PAGE: for the hwpoison injector; pfn=N */
static int do_pfn(char **args)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry = 0;

	map_file(args[0], PROT_READ);
	if (fd < 0 || pread(fd, &entry, 8,
			    (off_t)(((uintptr_t)at / PAGE + (size_t)number(args[1])) * 8)) != 8)
		die("pagemap");
	printf("pfn=%llu\n", (unsigned long long)(entry & ((1ULL << 55) - 1)));
	return 0;
}

static uint64_t page_word(const char *path, unsigned long pfn)
{
	int fd = open(path, O_RDONLY);
	uint64_t word = 0;

	if (fd < 0 || pread(fd, &word, 8, (off_t)(pfn * 8)) != 8)
		die(path);
	close(fd);
	return word;
}

/* frame PFN: what is there; cgroup=N is the inode of the cgroup that it is charged to, flags=N those of kpageflags */
static int do_frame(char **args)
{
	unsigned long pfn = strtoul(args[0], NULL, 0);

	printf("cgroup=%llu flags=%llu\n", (unsigned long long)page_word("/proc/kpagecgroup", pfn),
	       (unsigned long long)page_word("/proc/kpageflags", pfn));
	return 0;
}

/*
 * charged INO: pages of files that are charged to that cgroup and that nobody maps; pages=N flags=N, of one of them.
 * Anonymous ones stay in the swap cache until they are reclaimed, when their process is long gone. A page that has gone
 * bad while something held it is the kernel's for good. Memory of the kernel itself has no content that is up to date.
 */
static int do_charged(char **args)
{
	static uint64_t groups[8192], flags[8192];
	/* slab, mapped, anonymous, poisoned, page table */
	const uint64_t other = 1ULL << 7 | 1ULL << 11 | 1ULL << 12 | 1ULL << 19 | 1ULL << 26;
	/* up to date, on an LRU list */
	const uint64_t content = 1ULL << 3 | 1ULL << 5;
	uint64_t ino = strtoull(args[0], NULL, 0);
	int group_fd = open("/proc/kpagecgroup", O_RDONLY);
	int flags_fd = open("/proc/kpageflags", O_RDONLY);
	unsigned long count = 0;
	uint64_t some = 0;
	ssize_t n;

	if (group_fd < 0 || flags_fd < 0)
		die("kpagecgroup");
	for (off_t from = 0; (n = pread(group_fd, groups, sizeof(groups), from)) > 0; from += n) {
		if (pread(flags_fd, flags, (size_t)n, from) != n)
			die("kpageflags");
		for (ssize_t i = 0; i < n / 8; i++) {
			if (groups[i] != ino || flags[i] & other || !(flags[i] & content))
				continue;
			count++;
			some = flags[i];
		}
	}
	printf("pages=%lu flags=%llx\n", count, (unsigned long long)some);
	return 0;
}

/* hold FILE COMMAND...: with the whole file mapped */
static int do_hold(char **args)
{
	char line[4096] = "";

	if (!at)
		map_file(args[0], PROT_READ);
	for (int i = 1; args[i]; i++) {
		strncat(line, args[i], sizeof(line) - strlen(line) - 2);
		strcat(line, " ");
	}
	return system(line) ? 1 : 0;
}

/* lock FILE COMMAND...: likewise, and locked in memory */
static int do_lock(char **args)
{
	map_file(args[0], PROT_READ);
	if (mlock(at, pages * PAGE))
		die("mlock");
	return do_hold(args);
}

/* scribble FILE: writes to every page of it through mmap, and syncs */
static int do_scribble(char **args)
{
	map_file(args[0], PROT_READ | PROT_WRITE);
	for (size_t i = 0; i < pages; i++)
		at[i * PAGE] = (char)(i + 1);
	return msync(at, pages * PAGE, MS_SYNC) ? die("msync") : 0;
}

/* hog MIB TIMES: uses so much anonymous memory, over and over; wrong=N */
static int do_hog(char **args)
{
	size_t size = (size_t)number(args[0]) << 20;
	long wrong = 0, times = number(args[1]);

	at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		die("mmap");
	for (long turn = 1; turn <= times; turn++)
		for (size_t i = 0; i < size; i += PAGE) {
			long *word = (long *)(at + i);

			wrong += word[1] != turn - 1 || (turn > 1 && word[0] != (long)i);
			word[0] = (long)i;
			word[1] = turn;
		}
	printf("wrong=%ld\n", wrong);
	return wrong != 0;
}

/*
 * pipes MIB: memory of the zones that the kernel itself lives in, which a movable one is no help for. Of larger pipes the
 * kernel's array of buffers is beyond what it reclaims for.
 */
static int do_pipes(char **args)
{
	static char buf[1 << 20];
	struct rlimit limit;
	int ends[2];

	if (getrlimit(RLIMIT_NOFILE, &limit))
		die("getrlimit");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		die("setrlimit");
	for (long mib = number(args[0]); mib > 0; mib--) {
		if (pipe(ends) || fcntl(ends[1], F_SETPIPE_SZ, sizeof(buf)) < 0)
			die("pipe");
		if (write(ends[1], buf, sizeof(buf)) != sizeof(buf))
			die("write");
	}
	return 0;
}

/* collapse FILE: huge pages in place of its small ones, as for a program's text; huge=N is MiB of them */
static int do_collapse(char **args)
{
	const size_t huge = 2UL << 20;
	int fd = open(args[0], O_RDONLY);
	unsigned long done = 0;
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		die(args[0]);
	at = mmap(NULL, (size_t)st.st_size + huge, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		die("mmap");
	at += huge - (uintptr_t)at % huge;
	at = mmap(at, (size_t)st.st_size, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, fd, 0);
	if (at == MAP_FAILED)
		die("mmap");
	for (size_t i = 0; i + huge <= (size_t)st.st_size; i += huge)
		done += !madvise(at + i, huge, MADV_COLLAPSE);
	printf("huge=%lu\n", done * huge >> 20);
	return 0;
}

static const struct {
	const char *name;
	int args;
	int (*run)(char **args);
} commands[] = {
	{ "nodes", 1, do_nodes },	{ "move", 2, do_move },
	{ "migrate", 3, do_migrate },	{ "on-node", 2, do_on_node },
	{ "resident", 1, do_resident }, { "poison", 3, do_poison },
	{ "pfn", 2, do_pfn },		{ "soft-offline", 3, do_soft_offline },
	{ "lock", 2, do_lock },		{ "hog", 2, do_hog },
	{ "hold", 2, do_hold },		{ "scribble", 1, do_scribble },
	{ "pipes", 1, do_pipes },	{ "collapse", 1, do_collapse },
	{ "frame", 1, do_frame },	{ "charged", 1, do_charged },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name) && argc - 2 >= commands[i].args)
			return commands[i].run(argv + 2);
	fprintf(stderr, "Usage: %s COMMAND ARG...\n", argv[0]);
	return 2;
}
