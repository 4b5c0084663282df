/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What C's own string functions lack. Included wherever it is needed; not called strings.h, because that
 * would hide the system's header of the same name.
 */
#ifndef MP_STRUTIL_H
#define MP_STRUTIL_H

#include <string.h>

#include "macro.h"

/* The empty suffix ends everything. */
static inline bool mp_ends_with(const char *s, const char *suffix)
{
	size_t n = strlen(s), k = strlen(suffix);

	return n >= k && !strcmp(s + n - k, suffix);
}

static inline bool mp_starts_with(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

/* Without the blanks and tabs at both ends; it is cut in place, and what is returned lies within @s. */
static inline char *mp_trim(char *s)
{
	size_t n;

	s += strspn(s, " \t");
	for (n = strlen(s); n && strchr(" \t", s[n - 1]); n--)
		;
	s[n] = '\0';
	return s;
}

#endif
