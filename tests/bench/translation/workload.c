// SPDX-License-Identifier: GPL-2.0-only
/*
 * main() of the small workloads of `make bench-translation`; see workload.h.
 *
 *   NAME MIB STEPS [--wait] [--seed N] [--huge] [--trace FILE REFERENCES]
 *
 * It builds what takes so many MiB and prints "ready PID"; with --wait it goes on when a line comes on standard input, so
 * that somebody can look at its page tables. Then it makes so many steps and prints "done STEPS CHECKSUM". --huge asks for
 * huge pages, and without it there are none. --trace, of the programs that record: the trace, which ends the program
 * after so many references.
 */
#include "workload.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MIB (1ULL << 20)
/* Aligned for the largest pages, and far from whatever else a process has. */
#define WHERE 0x100000000000ULL

static uint8_t *memory;
static uint64_t memory_size, memory_used;
static uint64_t random_state = 88172645463325252ULL;

static _Noreturn void die(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s: %s\n", workload.name, what, why);
	exit(1);
}

void workload_broken(const char *what)
{
	die("broken", what);
}

uint64_t workload_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static void reserve(uint64_t bytes, bool huge)
{
	/* Two MiB, so that it also ends with whole huge pages. */
	memory_size = (bytes + 2 * MIB - 1) / (2 * MIB) * 2 * MIB;
	memory = mmap((void *)WHERE, memory_size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
	if (memory == MAP_FAILED)
		die("mmap", strerror(errno));
	/* A kernel without huge pages refuses, and has none. */
	madvise(memory, memory_size, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
}

uint64_t workload_memory_left(void)
{
	return memory_size - memory_used;
}

void *workload_memory(uint64_t bytes)
{
	void *got = memory + memory_used;

	bytes = (bytes + 15) & ~15ULL;
	if (bytes > workload_memory_left())
		die("no memory left", "it builds more than it was asked for");
	memory_used += bytes;
	return got;
}

/* ---- recording ---------------------------------------------------------------------------------------- */

#ifdef WORKLOAD_RECORDS
enum { ROOM = 4096, WRITTEN_SHIFT = 57 };

static FILE *trace;
static uint64_t wanted, noted, room[ROOM];

static void write_out(const void *bytes, size_t size)
{
	if (fwrite(bytes, 1, size, trace) != size)
		die("the trace", strerror(errno));
}

/* As sim/walk/trace.h has it. */
static void write_header(uint64_t nr)
{
	nr = htole64(nr);
	rewind(trace);
	write_out("mpwalk1\n", 8);
	write_out(&nr, sizeof(nr));
}

static void trace_start(const char *path)
{
	trace = fopen(path, "wbe");
	if (!trace)
		die(path, strerror(errno));
	write_header(0);
}

static bool trace_is_full(void)
{
	return trace && noted >= wanted;
}

static void trace_end(void)
{
	uint64_t rest = noted % ROOM;

	if (!trace)
		return;
	write_out(room, rest * sizeof(*room));
	write_header(noted);
	if (fclose(trace))
		die("the trace", strerror(errno));
}

void workload_note(const void *address, bool written)
{
	if (!trace || noted >= wanted)
		return;
	room[noted++ % ROOM] = htole64((uint64_t)address | (uint64_t)written << WRITTEN_SHIFT);
	if (noted % ROOM == 0)
		write_out(room, sizeof(room));
}
#endif

/* ---- the program -------------------------------------------------------------------------------------- */

struct options {
	uint64_t mib, steps;
	bool wait, huge;
	const char *trace;
};

static uint64_t number(const char *text, uint64_t most)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || *end || value > most)
		die(text, "no number, or too large");
	return value;
}

static void usage(void)
{
	fprintf(stderr, "Usage: %s MIB STEPS [--wait] [--seed N] [--huge]%s\n", workload.name,
#ifdef WORKLOAD_RECORDS
		" [--trace FILE REFERENCES]"
#else
		""
#endif
	);
	exit(2);
}

static void parse(struct options *o, int argc, char *argv[])
{
	if (argc < 3)
		usage();
	o->mib = number(argv[1], 1 << 24);
	o->steps = number(argv[2], 1ULL << 60);
	if (!o->mib)
		die(argv[1], "one MiB at least");
	for (int i = 3; i < argc; i++) {
		if (!strcmp(argv[i], "--wait")) {
			o->wait = true;
		} else if (!strcmp(argv[i], "--huge")) {
			o->huge = true;
		} else if (!strcmp(argv[i], "--seed") && i + 1 < argc) {
			random_state ^= number(argv[++i], 1ULL << 40) << 20;
#ifdef WORKLOAD_RECORDS
		} else if (!strcmp(argv[i], "--trace") && i + 2 < argc) {
			o->trace = argv[++i];
			wanted = number(argv[++i], 1ULL << 40);
#endif
		} else {
			usage();
		}
	}
}

static void wait_for_line(void)
{
	int c;

	do
		c = getchar();
	while (c != '\n' && c != EOF);
}

int main(int argc, char *argv[])
{
	struct options o = {};
	uint64_t checksum = 0, steps;

	parse(&o, argc, argv);
	reserve(o.mib * MIB, o.huge);
	workload.build(o.mib * MIB);
	printf("ready %d\n", (int)getpid());
	fflush(stdout);
	if (o.wait)
		wait_for_line();
#ifdef WORKLOAD_RECORDS
	if (o.trace)
		trace_start(o.trace);
#endif
	for (steps = 0; steps < o.steps; steps++) {
		checksum = checksum * 31 + workload.step();
#ifdef WORKLOAD_RECORDS
		if (trace_is_full()) {
			steps++;
			break;
		}
#endif
	}
#ifdef WORKLOAD_RECORDS
	trace_end();
#endif
	printf("done %" PRIu64 " %016" PRIx64 "\n", steps, checksum);
	return fflush(stdout) ? 1 : 0;
}
