// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines out of blocks; see lines.h. Called by trace.c.
 */
#include "lines.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *magic;
	size_t length;
	const char *unpacker;
} packers[] = {
	{ "\x1f\x8b", 2, "zcat" },	     { "\x28\xb5\x2f\xfd", 4, "zstdcat" },
	{ "\xfd\x37zXZ", 5, "xzcat" },	     { "BZh91AY&SY", 10, "bzcat" },
	{ "\x04\x22\x4d\x18", 4, "lz4cat" },
};

enum { MAGIC_MAX = 10 };

void sim_lines_start(struct sim_lines *lines, int fd)
{
	lines->fd = fd;
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
	do
		n = read(lines->fd, lines->buffer + lines->end,
			 sizeof(lines->buffer) - 1 - lines->end);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	lines->at_end = !n;
	lines->end += n;
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

const char *sim_lines_unpacker(struct sim_lines *lines)
{
	/* A pipe may come in pieces; an error comes again with the first line. */
	while (!lines->at_end && lines->end < MAGIC_MAX)
		if (fill(lines) < 0)
			return NULL;
	for (size_t i = 0; i < sizeof(packers) / sizeof(packers[0]); i++)
		if (lines->end >= packers[i].length &&
		    !memcmp(lines->buffer, packers[i].magic, packers[i].length))
			return packers[i].unpacker;
	return NULL;
}
