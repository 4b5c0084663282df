/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A text line by line, in large blocks and without a copy of each line. Used by trace.c; it knows no
 * format, and gives up on what is no text before it takes all memory.
 */
#ifndef SIM_LINES_H
#define SIM_LINES_H

#include "input.h"

#define SIM_LINE_MAX 4095 /* bytes, without the newline */

struct sim_lines {
	struct sim_input *input;
	bool at_end; /* of the input; what is in the buffer may still come */
	size_t begin, end; /* of what is left in the buffer */
	char buffer[(1 << 16) + SIM_LINE_MAX + 1];
};

void sim_lines_start(struct sim_lines *lines, struct sim_input *input);

/*
 * The next line, without its newline and carriage return, with a NUL behind it; it may be modified until the
 * next call. 1, 0 at the end, -EMSGSIZE (too long), -EILSEQ (a NUL in it) or an
 * error of sim_input_read().
 */
int sim_lines_next(struct sim_lines *lines, char **ret_line, size_t *ret_length);

/* Before the first line. */
bool sim_lines_begin_with(struct sim_lines *lines, const char *text);

#endif
