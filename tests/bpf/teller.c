// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tells the kernel what will become of ranges of the page cache, as a program with the library would, for
 * tests/vm/test_cache_verbs: runs the agent's program mempol_hint, which the loader has pinned (`hints PATH`).
 * Commands come on stdin, one a line, and each is answered by one line on stdout; or one command in the arguments.
 * It decides nothing.
 *
 *   session                        a session; `session close` ends it, `session none` forgets it
 *   file VERB PATH [START LENGTH]  all of it, call by call; with open flags: PATH,r PATH,w PATH,path PATH,d
 *   fd VERB NUMBER [START LENGTH]  one call, any number
 *   map PATH shared|private        maps a file and reads a byte of each page; `map anon BYTES`
 *   write OFFSET                   writes to the mapping
 *   range VERB OFFSET LENGTH       of the mapping
 *   sum                            of the mapping's bytes
 *   many VERB PATH COUNT           every other page, COUNT ranges, and the error of the last
 *   cached PATH                    pages of it that are in the page cache, and those of its first half
 *   residency PATH                 where its pages are, by the program pinned beside
 *   behalf ID                      of which cgroup, from now on
 *   flags N                        beside those of each call, from now on
 *   nobody                         without privileges from now on
 *   cost VERB OTHER PATH PAGES     nanoseconds a page of VERB, told of so many at once; OTHER undoes it in between.
 *                                  Under -icount they are instructions: the median, and the longest call
 *   fork                           a child that holds the session too, and its pid
 *   quit
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <mempol/abi.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define COST_ROUNDS 33

static int program, residency_program;
static int session = -1;
static __u64 on_behalf;
static __u32 more_flags; /* in each call beside its own */
static unsigned char *mapping;
static size_t mapped;

static unsigned int verb_of(const char *name)
{
	static const char *const names[] = { "activate", "deactivate", "pin",
					     "unpin",	 "evict",      "prefetch" };

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return i + 1;
	return (unsigned int)atoi(name);
}

static int run(struct mempol_hint *hint)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = hint, .ctx_size_in = sizeof(*hint));
	int r;

	hint->version = MEMPOL_HINT_VERSION;
	hint->flags |= more_flags;
	r = bpf_prog_test_run_opts(program, &opts);
	return r < 0 ? r : (int)opts.retval;
}

static void add(struct mempol_hint_range *sum, const struct mempol_hint_range *range)
{
	sum->done += range->done;
	sum->applied += range->applied;
	sum->already += range->already;
	sum->absent += range->absent;
	sum->foreign += range->foreign;
	sum->capped += range->capped;
	sum->unevictable += range->unevictable;
	sum->busy += range->busy;
	sum->other += range->other;
}

/* Call by call until there is no more; -EDQUOT and the like are remembered. */
static int tell(unsigned int verb, int fd, __u64 start, __u64 length, bool once,
		struct mempol_hint_range *sum, unsigned int *calls)
{
	int r, error = 0;

	do {
		struct mempol_hint hint = { .nr = 1, .session = session, .on_behalf = on_behalf };

		hint.range[0] = (struct mempol_hint_range){
			.fd = fd, .verb = verb, .start = start, .length = length
		};
		r = run(&hint);
		if (r < 0)
			return r;
		(*calls)++;
		add(sum, &hint.range[0]);
		start += hint.range[0].done;
		length -= hint.range[0].done;
		r = hint.range[0].error;
		if (r && r != -EAGAIN)
			error = r;
	} while (r == -EAGAIN && !once && *calls < 100000);
	return error ?: r;
}

static void answer(const char *what, int error, const struct mempol_hint_range *sum,
		   unsigned int calls)
{
	printf("%s error=%d done=%llu applied=%u already=%u absent=%u foreign=%u capped=%u unevictable=%u busy=%u other=%u calls=%u\n",
	       what, error, sum->done, sum->applied, sum->already, sum->absent, sum->foreign,
	       sum->capped, sum->unevictable, sum->busy, sum->other, calls);
}

static int open_as(char *path)
{
	char *how = strchr(path, ',');
	int flags = O_RDONLY;

	if (how) {
		*how++ = 0;
		if (!strcmp(how, "w"))
			flags = O_WRONLY;
		if (!strcmp(how, "path"))
			flags = O_PATH;
		if (!strcmp(how, "d"))
			flags = O_DIRECTORY;
	}
	return open(path, flags | O_CLOEXEC | O_NONBLOCK);
}

static void tell_file(char *args, bool by_number)
{
	char verb[32], path[256];
	unsigned long long start = 0, length = 0;
	struct mempol_hint_range sum = {};
	unsigned int calls = 0;
	struct stat st;
	int n, fd, r;

	n = sscanf(args, "%31s %255s %llu %llu", verb, path, &start, &length);
	fd = by_number ? atoi(path) : open_as(path);
	if (n < 2 || (!by_number && fd < 0)) {
		printf("file error=usage %d\n", errno);
		return;
	}
	if (n < 4)
		length = !fstat(fd, &st) && S_ISREG(st.st_mode) && (__u64)st.st_size > start ?
				 (__u64)st.st_size - start :
				 4096;
	r = tell(verb_of(verb), fd, start, length, by_number, &sum, &calls);
	answer("file", r, &sum, calls);
	if (!by_number)
		close(fd);
}

static void tell_many(char *args)
{
	char verb[32], path[256];
	struct mempol_hint_range sum = {};
	unsigned int calls = 0, count, i;
	int fd, r = 0;

	if (sscanf(args, "%31s %255s %u", verb, path, &count) != 3 || (fd = open_as(path)) < 0) {
		printf("many error=usage\n");
		return;
	}
	for (i = 0; i < count; i++)
		r = tell(verb_of(verb), fd, 2ULL * i * 4096, 4096, false, &sum, &calls);
	answer("many", r, &sum, calls);
	close(fd);
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void cost(char *args)
{
	struct mempol_hint hint = { .nr = 1, .session = session, .on_behalf = on_behalf };
	char verb[32], other[32], path[256];
	double rounds[COST_ROUNDS], longest = 0, took;
	struct timespec before, after;
	unsigned int pages, applied = 0;
	int fd, r = 0;

	if (sscanf(args, "%31s %31s %255s %u", verb, other, path, &pages) != 4 ||
	    (fd = open_as(path)) < 0) {
		printf("cost error=usage\n");
		return;
	}
	for (int i = 0; i < 2 * COST_ROUNDS && !r; i++) {
		hint.range[0] = (struct mempol_hint_range){ .fd = fd,
							    .verb = verb_of(i % 2 ? verb : other),
							    .length = pages * 4096ULL };
		clock_gettime(CLOCK_MONOTONIC, &before);
		r = run(&hint);
		clock_gettime(CLOCK_MONOTONIC, &after);
		if (!(i % 2))
			continue;
		took = (double)(after.tv_sec - before.tv_sec) * 1e9 +
		       (double)(after.tv_nsec - before.tv_nsec);
		rounds[i / 2] = took / pages;
		longest = took > longest ? took : longest;
		applied = hint.range[0].applied;
	}
	close(fd);
	qsort(rounds, COST_ROUNDS, sizeof(*rounds), ascending);
	printf("cost error=%d applied=%u each=%.0f longest=%.0f\n", r ?: hint.range[0].error,
	       applied, rounds[COST_ROUNDS / 2], longest);
}

static void map_file(char *args)
{
	char path[256], how[32];
	struct stat st;
	bool anon;
	int fd;

	if (sscanf(args, "%255s %31s", path, how) != 2) {
		printf("map error=usage\n");
		return;
	}
	anon = !strcmp(path, "anon");
	fd = anon ? -1 : open(path, O_RDWR | O_CLOEXEC);
	mapped = anon ? strtoull(how, NULL, 0) : !fstat(fd, &st) ? (size_t)st.st_size : 0;
	mapping = mmap(NULL, mapped, PROT_READ | PROT_WRITE,
		       (!strcmp(how, "shared") ? MAP_SHARED : MAP_PRIVATE) |
			       (anon ? MAP_ANONYMOUS : 0),
		       fd, 0);
	if (mapping == MAP_FAILED) {
		printf("map error=%d\n", errno);
		return;
	}
	for (size_t i = 0; i < mapped; i += 4096)
		(void)*(volatile unsigned char *)(mapping + i);
	printf("map error=0 pages=%zu\n", mapped / 4096);
	close(fd);
}

static void tell_range(char *args)
{
	unsigned long long offset, length;
	struct mempol_hint_range sum = {};
	unsigned int calls = 0;
	char verb[32];
	int r;

	if (sscanf(args, "%31s %llu %llu", verb, &offset, &length) != 3) {
		printf("range error=usage\n");
		return;
	}
	r = tell(verb_of(verb), -1, (__u64)(uintptr_t)mapping + offset, length, false, &sum,
		 &calls);
	answer("range", r, &sum, calls);
}

static void print_cached(char *path)
{
	int fd = open_as(path);
	struct stat st;
	size_t pages, cached = 0, first = 0;
	unsigned char *vec;
	void *map;

	if (fd < 0 || fstat(fd, &st) < 0) {
		printf("cached error=%d\n", errno);
		return;
	}
	pages = ((size_t)st.st_size + 4095) / 4096;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	vec = calloc(pages, 1);
	if (map == MAP_FAILED || !vec || mincore(map, (size_t)st.st_size, vec) < 0) {
		printf("cached error=%d\n", errno);
		return;
	}
	for (size_t i = 0; i < pages; i++) {
		cached += vec[i] & 1;
		first += i < pages / 2 ? vec[i] & 1 : 0;
	}
	printf("cached=%zu first=%zu pages=%zu\n", cached, first, pages);
	munmap(map, (size_t)st.st_size);
	free(vec);
	close(fd);
}

static int residency_of(int fd, __u64 first, __u32 nr, struct mempol_residency *map)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = map, .ctx_size_in = sizeof(*map));
	int r;

	map->version = MEMPOL_HINT_VERSION;
	map->fd = fd;
	map->first = first;
	map->nr = nr;
	r = bpf_prog_test_run_opts(residency_program, &opts);
	return r < 0 ? r : (int)opts.retval;
}

static void print_residency(char *path)
{
	static struct mempol_residency map;
	unsigned int places[MEMPOL_RESIDENCY_PLACE + 1] = {}, list = 0, dirty = 0, writeback = 0;
	int fd = open_as(path), r = 0;
	struct stat st;
	__u64 pages;

	if (fd < 0 || fstat(fd, &st) < 0) {
		printf("residency error=usage\n");
		return;
	}
	pages = ((__u64)st.st_size + 4095) / 4096;
	for (__u64 first = 0; first < pages && !r; first += MEMPOL_RESIDENCY_PAGES) {
		__u32 nr = pages - first < MEMPOL_RESIDENCY_PAGES ? (__u32)(pages - first) :
								    MEMPOL_RESIDENCY_PAGES;

		r = residency_of(fd, first, nr, &map);
		for (__u32 i = 0; i < nr && !r; i++) {
			places[map.page[i] & MEMPOL_RESIDENCY_PLACE]++;
			dirty += !!(map.page[i] & MEMPOL_RESIDENCY_DIRTY);
			writeback += !!(map.page[i] & MEMPOL_RESIDENCY_WRITEBACK);
		}
	}
	close(fd);
	for (int i = MEMPOL_RESIDENCY_LIST; i <= MEMPOL_RESIDENCY_PLACE; i++)
		list += places[i];
	printf("residency error=%d absent=%u inactive=%u active=%u unevictable=%u cold=%u pinned=%u rejected=%u list=%u dirty=%u writeback=%u\n",
	       r, places[MEMPOL_RESIDENCY_ABSENT], places[MEMPOL_RESIDENCY_INACTIVE],
	       places[MEMPOL_RESIDENCY_ACTIVE], places[MEMPOL_RESIDENCY_UNEVICTABLE],
	       places[MEMPOL_RESIDENCY_COLD], places[MEMPOL_RESIDENCY_PINNED],
	       places[MEMPOL_RESIDENCY_REJECTED], list, dirty, writeback);
}

static void open_session(void)
{
	struct mempol_hint hint = { .flags = MEMPOL_HINT_OPEN, .session = -1 };
	int r = run(&hint);

	if (!r)
		session = hint.session;
	printf("session error=%d fd=%d\n", r, session);
}

static void fork_holder(void)
{
	int pipefd[2];
	pid_t pid;
	char byte;

	if (pipe(pipefd) < 0)
		return;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, 0);
		close(STDIN_FILENO);
		close(STDOUT_FILENO);
		(void)!write(pipefd[1], "", 1);
		for (;;)
			pause();
	}
	(void)!read(pipefd[0], &byte, 1);
	close(pipefd[0]);
	close(pipefd[1]);
	printf("fork pid=%d\n", pid);
}

static void sum_mapping(void)
{
	unsigned long sum = 0;

	for (size_t i = 0; i < mapped; i++)
		sum = sum * 31 + mapping[i];
	printf("sum=%lx\n", sum);
}

static void write_mapping(char *args)
{
	size_t offset = strtoull(args, NULL, 0);

	if (offset < mapped)
		mapping[offset] ^= 0xff;
	printf("write %s\n", offset < mapped ? "ok" : "error");
}

static bool obey(char *line)
{
	char *args = strchr(line, ' ');
	size_t len = args ? (size_t)(args - line) : strlen(line);

	args = args ? args + 1 : line + len;
	if (!strncmp(line, "file ", 5)) {
		tell_file(args, false);
	} else if (!strncmp(line, "fd ", 3)) {
		tell_file(args, true);
	} else if (!strncmp(line, "many ", 5)) {
		tell_many(args);
	} else if (!strncmp(line, "cost ", 5)) {
		cost(args);
	} else if (!strncmp(line, "map ", 4)) {
		map_file(args);
	} else if (!strncmp(line, "range ", 6)) {
		tell_range(args);
	} else if (!strncmp(line, "write ", 6)) {
		write_mapping(args);
	} else if (!strncmp(line, "cached ", 7)) {
		print_cached(args);
	} else if (!strncmp(line, "residency ", 10)) {
		print_residency(args);
	} else if (!strncmp(line, "flags ", 6)) {
		more_flags = (__u32)strtoul(args, NULL, 0);
		printf("flags ok\n");
	} else if (!strncmp(line, "behalf ", 7)) {
		on_behalf = strtoull(args, NULL, 0);
		printf("behalf ok\n");
	} else if (!strcmp(line, "sum")) {
		sum_mapping();
	} else if (!strcmp(line, "session close")) {
		printf("session close=%d\n", close(session));
		session = -1;
	} else if (!strcmp(line, "session none")) {
		session = -1;
		printf("session none\n");
	} else if (!strcmp(line, "session")) {
		open_session();
	} else if (!strcmp(line, "nobody")) {
		printf("nobody %s\n", !setgid(65534) && !setuid(65534) ? "ok" : "error");
	} else if (!strcmp(line, "fork")) {
		fork_holder();
	} else if (!strcmp(line, "quit")) {
		return false;
	} else {
		printf("error=no such command\n");
	}
	return true;
}

int main(int argc, char **argv)
{
	char line[1024] = "";

	if (argc < 2) {
		fprintf(stderr, "Usage: %s PINNED-PROGRAM [COMMAND...]\n", argv[0]);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	program = bpf_obj_get(argv[1]);
	if (program < 0) {
		printf("%s: error=%d\n", argv[1], errno);
		return 1;
	}
	snprintf(line, sizeof(line), "%s-residency", argv[1]);
	residency_program = bpf_obj_get(line);
	line[0] = 0;
	for (int i = 2; i < argc; i++) {
		strncat(line, argv[i], sizeof(line) - strlen(line) - 2);
		if (i + 1 < argc)
			strcat(line, " ");
	}
	if (argc > 2)
		return obey(line) ? 0 : 1;
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = 0;
		if (!obey(line))
			break;
	}
	return 0;
}
