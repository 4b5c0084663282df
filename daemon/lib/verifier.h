/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel's verifier said, for people: the last words, the source line they are about, and what to
 * change. Called by the daemon's loader and by `mempolctl check --load`. It reads text and nothing else.
 */
#ifndef MP_VERIFIER_H
#define MP_VERIFIER_H

#include "macro.h"

/* All but advice may be NULL, and are allocated. */
struct mp_verdict {
	char *reason; /* the last line that is about the program, not about the verifier's work */
	char *source; /* "idx = info.count;" */
	char *file; /* "mine.bpf.c" */
	unsigned int line; /* 0: not known */
	const char *advice; /* one sentence from the table; NULL: it is not in it */
};

/* Reads a log of level 1 or 2, and of libbpf. Returns 0 or -ENOMEM. */
int mp_verifier_read(const char *log, struct mp_verdict *ret);

void mp_verdict_done(struct mp_verdict *verdict);
#define _cleanup_verdict_ _cleanup_(mp_verdict_done)

/* The table: words of the verifier and the advice, NULL past the last. docs/writing-an-engine.md has it too. */
const char *mp_verifier_advice_at(size_t index, const char **ret_words);

#endif
