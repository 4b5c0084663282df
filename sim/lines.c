// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines out of blocks; see lines.h. Called by trace.c.
 */
#include "lines.h"

#include <errno.h>
#include <string.h>

void sim_lines_start(struct sim_lines *lines, struct sim_input *input)
{
	lines->input = input;
	lines->at_end = false;
	lines->begin = lines->end = 0;
}

/* What is left moves to the front, a block comes behind it. Less than a line is left: there is room. */
static int fill(struct sim_lines *lines)
{
	ssize_t n;

	memmove(lines->buffer, lines->buffer + lines->begin, lines->end - lines->begin);
	lines->end -= lines->begin;
	lines->begin = 0;
	n = sim_input_read(lines->input, lines->buffer + lines->end,
			   sizeof(lines->buffer) - 1 - lines->end);
	if (n < 0)
		return (int)n;
	lines->at_end = !n;
	lines->end += (size_t)n;
	return 0;
}

static int take(struct sim_lines *lines, size_t length, char **ret_line, size_t *ret_length)
{
	char *line = lines->buffer + lines->begin;

	lines->begin += length + 1;
	if (lines->begin > lines->end)
		lines->begin = lines->end;
	if (length > SIM_LINE_MAX)
		return -EMSGSIZE;
	if (memchr(line, '\0', length))
		return -EILSEQ;
	if (length && line[length - 1] == '\r')
		length--;
	line[length] = '\0';
	*ret_line = line;
	*ret_length = length;
	return 1;
}

int sim_lines_next(struct sim_lines *lines, char **ret_line, size_t *ret_length)
{
	for (;;) {
		size_t left = lines->end - lines->begin;
		char *line = lines->buffer + lines->begin, *newline = memchr(line, '\n', left);
		int r;

		if (newline)
			return take(lines, newline - line, ret_line, ret_length);
		if (left > SIM_LINE_MAX || (lines->at_end && left))
			return take(lines, left, ret_line, ret_length);
		if (lines->at_end)
			return 0;
		r = fill(lines);
		if (r < 0)
			return r;
	}
}

bool sim_lines_begin_with(struct sim_lines *lines, const char *text)
{
	size_t length = strlen(text);

	/* An error comes again with the first line. */
	while (!lines->at_end && lines->end < length)
		if (fill(lines) < 0)
			return false;
	return lines->end >= length && !memcmp(lines->buffer, text, length);
}
