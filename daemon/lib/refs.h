/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a page cannot go from memory, or cannot move in it: what the kernel says of a page's references
 * (struct mempol_ref_page) as a word, a sentence and names of flags. Called by the daemon, and by the tests
 * on records of their own. It asks nobody: what it is given was true for a moment.
 */
#ifndef MP_REFS_H
#define MP_REFS_H

#include <stdint.h>

#include "macro.h"
#include "mempol/abi.h"

/* X(enumerator, word of the interface, words for people; of MAPPED and HELD a number follows). */
#define MP_REF_REASONS(X)                            \
	X(SLAB, slab, "slab")                        \
	X(TABLE, table, "page table")                \
	X(OFFLINE, offline, "offline")               \
	X(POISONED, poisoned, "poisoned")            \
	X(KERNEL, kernel, "the kernel's own")        \
	X(FROZEN, frozen, "frozen")                  \
	X(LOCKED, locked, "locked")                  \
	X(WRITEBACK, writeback, "writeback")         \
	X(DIRTY, dirty, "dirty")                     \
	X(UNEVICTABLE, unevictable, "unevictable")   \
	X(MAPPED, mapped, "mapped")                  \
	X(PINNED, pinned, "pinned")                  \
	X(HELD, held, "held")                        \
	X(BATCH, batch, "held 1 or in an LRU batch") \
	X(READ, read, "being read")                  \
	X(FREE, free, "free")                        \
	X(GO, go, "can go")                          \
	X(MOVE, move, "can move")

enum mp_ref_reason {
#define MP_X(upper, lower, text) MP_REF_##upper,
	MP_REF_REASONS(MP_X)
#undef MP_X
		_MP_REF_REASON_MAX,
};

/* What is asked of a page. */
enum mp_ref_question {
	MP_REF_GOES, /* can it be taken out of the page cache? */
	MP_REF_MOVES, /* can its contents be somewhere else, as compaction, CMA and hot unplug want? */
};

/*
 * The first reason that holds, in an order that is part of the interface. @drained: no page waits in a CPU's
 * batch for the LRU lists, so that a single reference is somebody's.
 */
enum mp_ref_reason mp_ref_why(const struct mempol_ref_page *page, enum mp_ref_question question,
			      bool drained);

/* The word of a reason, and what people call it. NULL past the last one. */
const char *mp_ref_reason_word(enum mp_ref_reason reason);
const char *mp_ref_reason_text(enum mp_ref_reason reason);

/* Long enough for any sentence. */
#define MP_REF_TEXT 48

/* The reason of @page in words, in @buffer. */
const char *mp_ref_why_text(const struct mempol_ref_page *page, enum mp_ref_reason reason,
			    char buffer[static MP_REF_TEXT]);

/* The name of flag number @bit of mempol_ref_page.flags; NULL: it has none. */
const char *mp_ref_flag_name(unsigned int bit);

/* Whether references of the page can be accounted for: those of kernel memory cannot. */
bool mp_ref_is_accounted(const struct mempol_ref_page *page);

/* Folios that are alike, one behind the other. */
struct mp_ref_run {
	struct mempol_ref_page page; /* the first one */
	uint64_t folios;
};

/*
 * Makes @page a part of @run if it comes right behind and is like its folios in all that is told. False: it is
 * another run's.
 */
bool mp_ref_run_append(struct mp_ref_run *run, const struct mempol_ref_page *page);

#endif
