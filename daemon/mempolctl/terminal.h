/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text in columns of a terminal: how wide it is, cut in the middle, filled word by word. Called by
 * what draws tables; it knows no table and no reply.
 */
#ifndef MP_CTL_TERMINAL_H
#define MP_CTL_TERMINAL_H

#include "macro.h"

/* How many columns @text takes when libsmartcols prints it. */
size_t ctl_text_width(const char *text);

/* Cuts @text in the middle to @width. Allocated; NULL when memory is short. */
char *ctl_text_shorten(const char *text, size_t width);

/* Fills lines word by word. The caller sets indent and width and leaves column 0. */
struct ctl_filler {
	size_t indent;
	size_t width;
	size_t column; /* 0: the line is empty */
};

/* @gap blanks stand before @word, unless it begins a line. It is never broken. */
void ctl_fill(struct ctl_filler *filler, const char *word, size_t gap);
void ctl_fill_end(struct ctl_filler *filler);

/* A sentence, broken at its blanks. */
void ctl_print_filled(const char *text, size_t indent, size_t width);

#endif
