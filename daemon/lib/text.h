/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lowest layer of the reader: bytes become logical lines, each a section or a key with its
 * value. Called by parse.c. It knows no section and no key by name.
 */
#ifndef MP_TEXT_H
#define MP_TEXT_H

#include "errors.h"
#include "macro.h"
#include "utf8.h"

/*
 * What a file must be before its lines mean anything: no NUL, no control character but tab and
 * newline (a carriage return is one: a value with a hidden \r matches nothing), UTF-8 without a
 * byte order mark. Adds one entry for the first offence. Returns 0, -EBADMSG or -ENOMEM.
 */
int mp_text_check(const char *file, const char *text, size_t size, struct mp_errors *errors);

struct mp_line {
	unsigned int number; /* of its first line in the file, from 1 */
	const char *section; /* "Match" of a [Match] line, else NULL */
	const char *key; /* else these two; both trimmed, value may be "" */
	const char *value;
};

/* 0 to go on; anything else ends the walk and is returned. */
typedef int (*mp_line_handler)(const struct mp_line *line, void *userdata);

/*
 * Calls @handler for each logical line of @text, which has passed mp_text_check(). A comment never
 * continues, and one between continued lines is left out, as systemd does. Lines that are neither
 * section nor key, or too long, become entries of @errors and the walk goes on. Returns 0 (also
 * with entries), -ENOMEM, or what the handler said.
 */
int mp_text_walk(const char *file, const char *text, size_t size, struct mp_errors *errors,
		 mp_line_handler handler, void *userdata);

#endif
