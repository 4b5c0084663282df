/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines of a dump or a trace, where they are and what is wrong with one. Packed files are unpacked on the way. Used by the
 * readers.
 */
#ifndef SIM_WALK_TEXT_H
#define SIM_WALK_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "../lines.h"

enum {
	WALK_MAX_WORDS = 8,
};

struct walk_text {
	const char *path;
	FILE *err; /* gets one line if something is wrong */
	struct sim_input input;
	struct sim_lines lines;
	uint64_t line;
};

/* 0, or an error that has been told. */
int walk_text_start(struct walk_text *text, const char *path, int fd, FILE *err);
void walk_text_done(struct walk_text *text);

/* 1, 0 at the end, or an error that has been told. */
int walk_text_next(struct walk_text *text, char **ret_line);

/* Tells what is wrong with the line, with its file and number. -EBADMSG. */
int walk_text_refuse(struct walk_text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* What a failed read means; others are told as they are. The error. */
int walk_text_failed(struct walk_text *text, int error);

/* Splits a line at blanks: how many words, at most WALK_MAX_WORDS; what is beyond belongs to the last. */
unsigned int walk_text_split(char *line, char *words[WALK_MAX_WORDS]);

/* A whole word: digits of a base, 10 or 16 with or without 0x. */
bool walk_text_number(const char *word, int base, uint64_t *ret);

#endif
