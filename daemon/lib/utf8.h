/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Characters of UTF-8 text: their bounds, and which of them a terminal, JSON or a name must not hold.
 * The lowest file of the library: errors.c and text.c stand on it, and it knows neither.
 */
#ifndef MP_UTF8_H
#define MP_UTF8_H

#include <stdint.h>

#include "macro.h"

/*
 * Length in bytes of the well-formed UTF-8 character at @s (of @size bytes), 0 if there is none.
 * Overlong forms, surrogates and code points above U+10FFFF are not well-formed.
 */
size_t mp_utf8_char(const char *s, size_t size, uint32_t *ret_code);

/* C0, DEL and C1: a terminal may obey them. */
bool mp_utf8_is_control(uint32_t code);

/*
 * The first character of @s that nobody can see or tell from a space: of zero width, a direction mark or
 * a space beyond ASCII. 0 when there is none. @s is well-formed.
 */
uint32_t mp_utf8_find_invisible(const char *s);

/* Replaces in place what a terminal or JSON must not see: bad UTF-8, control characters. */
void mp_text_clean(char *s);

#endif
