/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Edit distance with swapped neighbours (optimal string alignment) over short words. Bounded by
 * MP_SUGGEST_MAX, so a hostile file cannot make it slow.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "suggest.h"

static unsigned int letter_cost(char a, char b)
{
	if (a == b)
		return 0;
	return tolower((unsigned char)a) == tolower((unsigned char)b) ? 1 : 2;
}

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

unsigned int mp_edit_distance(const char *a, const char *b)
{
	unsigned int rows[3][MP_SUGGEST_MAX + 1];
	size_t la = strnlen(a, MP_SUGGEST_MAX), lb = strnlen(b, MP_SUGGEST_MAX);

	for (size_t j = 0; j <= lb; j++)
		rows[0][j] = 2 * j;

	for (size_t i = 1; i <= la; i++) {
		unsigned int *now = rows[i % 3], *before = rows[(i + 2) % 3];
		const unsigned int *two = rows[(i + 1) % 3];

		now[0] = 2 * i;
		for (size_t j = 1; j <= lb; j++) {
			now[j] = before[j - 1] + letter_cost(a[i - 1], b[j - 1]);
			now[j] = least(now[j], before[j] + 2);
			now[j] = least(now[j], now[j - 1] + 2);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = least(now[j], two[j - 2] + 2);
		}
	}
	return rows[la % 3][lb];
}

const char *mp_nearest(const char *word, const char *const words[], size_t n_words)
{
	unsigned int best = UINT_MAX;
	const char *nearest = NULL;

	for (size_t i = 0; i < n_words; i++) {
		unsigned int distance = mp_edit_distance(word, words[i]);

		if (distance < best) {
			best = distance;
			nearest = words[i];
		}
	}
	return nearest;
}

bool mp_is_near(const char *word, const char *candidate)
{
	size_t length = strnlen(word, MP_SUGGEST_MAX);

	/* One edit counts 2: a single letter wrong is always near. */
	return mp_edit_distance(word, candidate) <= (length > 2 ? length : 2);
}

int mp_list_words(const char *const words[], size_t n_words, const char *before, const char *after,
		  char **ret_text)
{
	_cleanup_free_ char *text = strdup("");

	for (size_t i = 0; text && i < n_words; i++) {
		const char *between = !i ? "" : i + 1 < n_words ? ", " : " and ";
		char *longer;

		if (asprintf(&longer, "%s%s%s%s%s", text, between, before, words[i], after) < 0)
			longer = NULL;
		free(text);
		text = longer;
	}
	if (!text)
		return -ENOMEM;
	*ret_text = TAKE_PTR(text);
	return 0;
}

int mp_suggest(const char *word, const char *const words[], size_t n_words, const char *before,
	       const char *after, char **ret_text)
{
	const char *nearest = mp_nearest(word, words, n_words);
	_cleanup_free_ char *list = NULL;
	int r;

	if (nearest && mp_is_near(word, nearest)) {
		r = asprintf(ret_text, "did you mean %s%s%s?", before, nearest, after);
		return r < 0 ? -ENOMEM : 0;
	}
	r = mp_list_words(words, n_words, before, after, &list);
	if (r < 0)
		return r;
	r = asprintf(ret_text, "there %s %s", n_words == 1 ? "is" : "are",
		     n_words ? list : "none in this version");
	return r < 0 ? -ENOMEM : 0;
}
