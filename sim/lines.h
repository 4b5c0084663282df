/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A text file line by line, in large blocks and without a copy of each line. Used by trace.c; it knows no
 * format, and gives up on what is no text before it takes all memory.
 */
#ifndef SIM_LINES_H
#define SIM_LINES_H

#include <stdbool.h>
#include <stddef.h>

#define SIM_LINE_MAX 4095 /* bytes, without the newline */

struct sim_lines {
	int fd;
	bool at_end; /* of the file; what is in the buffer may still come */
	size_t begin, end; /* of what is left in the buffer */
	char buffer[(1 << 16) + SIM_LINE_MAX + 1];
};

void sim_lines_start(struct sim_lines *lines, int fd);

/*
 * The next line, without its newline and carriage return, with a NUL behind it; it may be modified until the
 * next call. 1, 0 at the end, -EMSGSIZE (too long), -EILSEQ (a NUL in it) or the error of read().
 */
int sim_lines_next(struct sim_lines *lines, char **ret_line, size_t *ret_length);

/* Before the first line: the program that unpacks the file to its output, NULL if it is not compressed. */
const char *sim_lines_unpacker(struct sim_lines *lines);

#endif
