// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading lines and numbers. See text.h.
 */
#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

int walk_text_refuse(struct walk_text *text, const char *format, ...)
{
	char problem[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(problem, sizeof(problem), format, ap);
	va_end(ap);
	/* It quotes the file, and goes to a terminal. */
	for (unsigned char *c = (unsigned char *)problem; *c; c++)
		if (*c < ' ' || *c >= 0x7f)
			*c = '?';
	fprintf(text->err, "%s:%llu: %s\n", text->path, (unsigned long long)text->line, problem);
	return -EBADMSG;
}

int walk_text_failed(struct walk_text *text, int error)
{
	switch (error) {
	case -EMSGSIZE:
		return walk_text_refuse(text, "longer than %d bytes: is it a text?", SIM_LINE_MAX);
	case -EILSEQ:
		return walk_text_refuse(text, "a NUL byte: is it a text?");
	case -EBADMSG:
		return walk_text_refuse(text, "%s", text->input.problem);
	case -EPROTONOSUPPORT:
		return walk_text_refuse(text, "packed: unpack it with %s", text->input.problem);
	default:
		fprintf(text->err, "%s: %s\n", text->path, strerror(-error));
		return error;
	}
}

int walk_text_start(struct walk_text *text, const char *path, int fd, FILE *err)
{
	int r;

	text->path = path;
	text->err = err;
	text->line = 1;
	r = sim_input_start(&text->input, fd);
	if (r < 0)
		return walk_text_failed(text, r);
	sim_lines_start(&text->lines, &text->input);
	text->line = 0;
	return 0;
}

void walk_text_done(struct walk_text *text)
{
	sim_input_done(&text->input);
}

int walk_text_next(struct walk_text *text, char **ret_line)
{
	size_t length;
	int r;

	text->line++;
	r = sim_lines_next(&text->lines, ret_line, &length);
	return r < 0 ? walk_text_failed(text, r) : r;
}

unsigned int walk_text_split(char *line, char *words[WALK_MAX_WORDS])
{
	unsigned int nr = 0;

	for (;;) {
		line += strspn(line, " \t");
		if (!*line)
			return nr;
		words[nr++] = line;
		if (nr == WALK_MAX_WORDS)
			return nr;
		line += strcspn(line, " \t");
		if (*line)
			*line++ = '\0';
	}
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

bool walk_text_number(const char *word, int base, uint64_t *ret)
{
	uint64_t value = 0;

	if (base == 16 && word[0] == '0' && (word[1] == 'x' || word[1] == 'X'))
		word += 2;
	if (!*word)
		return false;
	for (; *word; word++) {
		int digit = digit_of(*word);

		if (digit >= base || __builtin_mul_overflow(value, (uint64_t)base, &value) ||
		    __builtin_add_overflow(value, (uint64_t)digit, &value))
			return false;
	}
	*ret = value;
	return true;
}
