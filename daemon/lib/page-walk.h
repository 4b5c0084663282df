/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What maps a process' memory, in words: what the module tells of a mapping (struct mempol_walk_range), and why
 * it has no huge pages, which takes the machine's settings as well. Called by the daemon, and by the tests on
 * records of their own. It asks nobody.
 */
#ifndef MP_PAGE_WALK_H
#define MP_PAGE_WALK_H

#include <stdint.h>

#include "macro.h"
#include "mempol/abi.h"

#define MP_WALK_WINDOW (2ULL << 20)
#define MP_WALK_TABLE 4096ULL

/* X(enumerator, word of the interface, sentence), in the order in which they are looked for. */
#define MP_WALK_REASONS(X)                                                                         \
	X(UNTOUCHED, untouched, "nothing of it is in memory")                                      \
	X(HUGETLB, hugetlb, "it has pages of hugetlbfs, of the size that was asked for")           \
	X(SPECIAL, special, "it is a driver's or the kernel's, where huge pages are not made")     \
	X(PRCTL, prctl, "its process has switched huge pages off (PR_SET_THP_DISABLE)")            \
	X(NOHUGEPAGE, nohugepage, "its process wants none there (MADV_NOHUGEPAGE)")                \
	X(SMALL, small, "it has no whole window: 2 MiB from a multiple of 2 MiB on")               \
	X(MISALIGNED, misaligned,                                                                  \
	  "its addresses and its offsets in the file are not multiples of 2 MiB together")         \
	X(FILE, file,                                                                              \
	  "khugepaged makes huge pages of regular files only, if the kernel has that at all")      \
	X(SHMEM, shmem,                                                                            \
	  "huge pages are off for shared memory (shmem_enabled, or huge= of the tmpfs)")           \
	X(NEVER, never, "transparent huge pages are off (transparent_hugepage/enabled)")           \
	X(MADVISE, madvise, "nobody asked for them there (MADV_HUGEPAGE), and enabled is madvise") \
	X(WRITABLE, writable,                                                                      \
	  "its file is open for writing, and khugepaged leaves such files alone")                  \
	X(HUGE, huge, "what can be huge is")                                                       \
	X(EMPTIED, emptied, "leaf tables whose pages have gone remain")                            \
	X(EDGES, edges, "its pages lie in windows that are its own in part")                       \
	X(SWAPPED, swapped, "windows have more pages in swap space than max_ptes_swap")            \
	X(SHARED, shared, "windows have more pages of other processes too than max_ptes_shared")   \
	X(SPARSE, sparse, "windows have more holes than max_ptes_none")                            \
	X(STOPPED, stopped, "khugepaged is stopped (khugepaged/defrag), and the faults are past")  \
	X(WAITING, waiting, "khugepaged has not come by, or found no free huge page")

enum mp_walk_reason {
#define MP_X(upper, lower, text) MP_WALK_##upper,
	MP_WALK_REASONS(MP_X)
#undef MP_X
		_MP_WALK_REASON_MAX,
};

/* The word of a reason, and the sentence. NULL past the last one. */
const char *mp_walk_reason_word(enum mp_walk_reason reason);
const char *mp_walk_reason_text(enum mp_walk_reason reason);

/* Of a word: _MP_WALK_REASON_MAX when it is none. */
enum mp_walk_reason mp_walk_reason_of(const char *word);

enum mp_thp_mode {
	MP_THP_NEVER,
	MP_THP_MADVISE,
	MP_THP_ALWAYS,
	MP_THP_INHERIT, /* as for all sizes */
	MP_THP_WITHIN_SIZE,
	MP_THP_ADVISE,
	MP_THP_DENY,
	MP_THP_FORCE,
	_MP_THP_MODE_MAX,
};

/* The machine's settings, below /sys/kernel/mm/transparent_hugepage. */
struct mp_thp {
	enum mp_thp_mode enabled, shmem; /* of all sizes */
	enum mp_thp_mode enabled_2m, shmem_2m; /* of 2 MiB */
	uint64_t defrag; /* 1: khugepaged works */
	uint64_t max_none, max_swap, max_shared;
};

/* What 6.12 has when nobody has set anything: for a kernel that lacks a file. */
extern const struct mp_thp mp_thp_defaults;

/* A file of the settings and what it says; NULL past the last. */
const char *mp_thp_file(unsigned int index);

/* Takes what file @index holds: "always [madvise] never", or a number. False: nonsense, and nothing is changed. */
bool mp_thp_set(struct mp_thp *thp, unsigned int index, const char *text);

/* The word of a mode. */
const char *mp_thp_mode_word(enum mp_thp_mode mode);

/* The first reason that holds. */
enum mp_walk_reason mp_walk_why(const struct mempol_walk_range *range, const struct mp_thp *thp);

/* May its windows become huge pages, as far as settings and kind go? */
bool mp_walk_allows_huge(const struct mempol_walk_range *range, const struct mp_thp *thp);

/* "heap", "stack", "anon", "shmem", "file", "hugetlb", "dax" or "special". */
const char *mp_walk_kind(const struct mempol_walk_range *range);

/* "rwxs" with - for what it has not: as /proc/PID/maps has it. */
const char *mp_walk_rights(const struct mempol_walk_range *range, char buffer[static 5]);

/* Adds the next piece of the same mapping to @range; false: it is another mapping's, or there is a gap. */
bool mp_walk_join(struct mempol_walk_range *range, const struct mempol_walk_range *more);

/* Tables by level, each counted once though neighbours share them; zero-initialised is empty. */
struct mp_walk_tables {
	uint64_t nr[MEMPOL_WALK_LEVELS];
	uint64_t last[MEMPOL_WALK_LEVELS];
	uint64_t spare;
};

/* Pieces come in the order of their addresses. */
void mp_walk_tables_add(struct mp_walk_tables *tables, const struct mempol_walk_range *range);
/* @range is what lies before the first piece: its tables have been counted. */
void mp_walk_tables_after(struct mp_walk_tables *tables, const struct mempol_walk_range *range);

/* As the kernel counts VmPTE: three levels, and what is kept to split huge pages. */
uint64_t mp_walk_tables_bytes(const struct mp_walk_tables *tables);

/*
 * Bytes of leaf tables that there would not be: with huge pages of 2 MiB as transparent ones (of anonymous memory
 * the kernel keeps a table for each, so that these save nothing), or of hugetlbfs; and those without a page now.
 */
struct mp_walk_savings {
	uint64_t huge, hugetlb, empty;
};

void mp_walk_savings_add(struct mp_walk_savings *savings, const struct mempol_walk_range *range);

#endif
