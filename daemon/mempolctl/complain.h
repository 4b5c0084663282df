/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages on standard error in which a user's words are quoted: what a terminal must not see is cleaned. Called
 * by the verbs; it knows none of them.
 */
#ifndef MP_CTL_COMPLAIN_H
#define MP_CTL_COMPLAIN_H

#include <stdarg.h>

#include "macro.h"

/* The cleaned text, allocated; NULL: out of memory. */
char *ctl_clean_text(const char *format, va_list ap) _printf_(1, 0);

/* "mempolctl VERB: TEXT"; returns -EINVAL. */
int ctl_complain(const char *verb, const char *format, ...) _printf_(2, 3);

#endif
