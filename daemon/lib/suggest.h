/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The nearest valid word to a wrong one, for messages of the reader and of mempolctl. It never
 * accepts the near word in place of the wrong one: only the user may.
 */
#ifndef MP_SUGGEST_H
#define MP_SUGGEST_H

#include "macro.h"

/* Longer words are compared by their first MP_SUGGEST_MAX bytes. */
#define MP_SUGGEST_MAX 63

/* Edits between two words: 2 for a letter too many, missing, wrong or swapped, 1 for its case. */
unsigned int mp_edit_distance(const char *a, const char *b);

/* The nearest of @words (the first of equals), NULL when there are none. */
const char *mp_nearest(const char *word, const char *const words[], size_t n_words);

#endif
