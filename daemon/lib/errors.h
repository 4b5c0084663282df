/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The list of what is wrong with policy files, each entry a finished line "FILE:LINE: message".
 * Filled by the reader and the engine check, printed by mempolctl and the journal, sent in the
 * Varlink error InvalidPolicies. It never prints anything and never holds a line that is not UTF-8.
 */
#ifndef MP_ERRORS_H
#define MP_ERRORS_H

#include <stdarg.h>

#include "macro.h"

/* A file of 64 KiB can hold 32,768 bad lines; nobody reads more than these. */
#define MP_ERRORS_MAX 100

/* Zero-initialised is empty. A list of warnings is the same thing. */
struct mp_errors {
	char **items;
	size_t count;
	size_t total; /* ever added, those past the limit too */
	/* Where goes what is wrong for the daemon only; NULL (the daemon): it is an entry here. */
	struct mp_errors *warnings;
};

/*
 * Adds one entry. A line of 0 means the file as a whole and is written as 1, so that the form
 * never changes. Bytes that are no UTF-8 and control characters become '?': a file name may hold
 * them, a terminal and JSON must not. Entries after the first MP_ERRORS_MAX are replaced by one
 * that says so. Returns 0 or -ENOMEM.
 */
int mp_errors_add(struct mp_errors *errors, const char *file, unsigned int line, const char *format,
		  ...) _printf_(4, 5);
int mp_errors_addv(struct mp_errors *errors, const char *file, unsigned int line,
		   const char *format, va_list ap) _printf_(4, 0);

/* Moves all entries of @from to the end of @to. Returns 0 or -ENOMEM (then nothing moved). */
int mp_errors_move(struct mp_errors *to, struct mp_errors *from);

/* Frees the entries (not those of the warnings) and leaves an empty list. */
void mp_errors_done(struct mp_errors *errors);

/* printf to an allocated text. 0 or -ENOMEM. */
int mp_format(char **ret, const char *format, va_list ap) _printf_(2, 0);

/* Fails with a sentence: returns @error, or -ENOMEM. */
int mp_problem(char **ret_problem, int error, const char *format, ...) _printf_(3, 4);

#define _cleanup_errors_ _cleanup_(mp_errors_done)

#endif
