/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the small workloads of `make bench-translation` share: real data structures, whose accesses go through the macros
 * below. Each program is built twice: as it is, for valgrind and for a dump of its page tables, and with
 * WORKLOAD_RECORDS, which writes every access down in the form that sim/walk reads. Both do the same.
 */
#ifndef BENCH_TRANSLATION_WORKLOAD_H
#define BENCH_TRANSLATION_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct workload {
	const char *name;
	/* Builds what takes about so many bytes; nothing of it is recorded. */
	void (*build)(uint64_t bytes);
	/* Some accesses; what it returns depends on what it read. */
	uint64_t (*step)(void);
};

/* Of the program; main() is in workload.c. */
extern const struct workload workload;

/* Memory that is never freed, at the same address in every run. Ends the program if there is none left. */
void *workload_memory(uint64_t bytes);
uint64_t workload_memory_left(void);

/* Ends the program: a structure is not what it was built to be. */
_Noreturn void workload_broken(const char *what);

uint64_t workload_random(void);

static inline uint64_t workload_below(uint64_t n)
{
	return (uint64_t)((unsigned __int128)workload_random() * n >> 64);
}

static inline uint64_t workload_hash(uint64_t x)
{
	x = (x ^ x >> 31) * 0x7fb5d329728ea185ULL;
	x = (x ^ x >> 27) * 0x81dadef4bc2dd44dULL;
	return x ^ x >> 33;
}

#ifdef WORKLOAD_RECORDS
void workload_note(const void *address, bool written);
#else
static inline void workload_note(const void *address, bool written)
{
}
#endif

/* What a structure has in memory, read and written. */
#define GET(lvalue) (workload_note(&(lvalue), false), (lvalue))
#define SET(lvalue, value) (workload_note(&(lvalue), true), (lvalue) = (value))

#endif
