/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What to answer to a wrong word: the nearest valid one, or all there are when none is near. For messages
 * of the reader and of mempolctl. It never accepts the near word in place of the wrong one: only the user
 * may.
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

/* True when @candidate may have been meant: at most half of the letters of @word are wrong. */
bool mp_is_near(const char *word, const char *candidate);

/* "'fifo', 'lfu' and 'mru'", each between @before and @after. 0 or -ENOMEM. */
int mp_list_words(const char *const words[], size_t n_words, const char *before, const char *after,
		  char **ret_text);

/* "did you mean 'mru'?", or "there are 'fifo', 'lfu' and 'mru'" when none is near. 0 or -ENOMEM. */
int mp_suggest(const char *word, const char *const words[], size_t n_words, const char *before,
	       const char *after, char **ret_text);

#endif
