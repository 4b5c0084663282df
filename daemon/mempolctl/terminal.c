/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text in columns of a terminal (terminal.h). A character may take none, one or two, and one that
 * cannot be printed is counted as libsmartcols escapes it.
 */
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "terminal.h"

#define DOTS "..."

/* Width of the character at @text, and its bytes. */
static size_t char_width(const char *text, size_t *ret_bytes)
{
	mbstate_t state = {};
	wchar_t c;
	size_t n = mbrtowc(&c, text, strlen(text), &state);

	if (n == (size_t)-1 || n == (size_t)-2 || !n) {
		*ret_bytes = 1;
		return strlen("\\xff");
	}
	*ret_bytes = n;
	/* It prints this one as it is, and still counts it as if it were escaped. */
	if (text[0] == '\\' && text[1] == 'x')
		return strlen("\\x5cx");
	return iswprint(c) ? (size_t)wcwidth(c) : n * strlen("\\xff");
}

size_t ctl_text_width(const char *text)
{
	size_t width = 0, bytes;

	for (; *text; text += bytes)
		width += char_width(text, &bytes);
	return width;
}

/* Bytes of the longest beginning that is not wider than @width. */
static size_t head_bytes(const char *text, size_t width)
{
	size_t n = 0, used = 0, bytes;

	while (text[n]) {
		used += char_width(text + n, &bytes);
		if (used > width)
			break;
		n += bytes;
	}
	return n;
}

char *ctl_text_shorten(const char *text, size_t width)
{
	size_t full = ctl_text_width(text), room, bytes;
	const char *tail = text;
	char *cut;

	if (full <= width || width <= strlen(DOTS))
		return strdup(text);
	room = width - strlen(DOTS);
	for (; full > room - room / 2; tail += bytes)
		full -= char_width(tail, &bytes);
	if (asprintf(&cut, "%.*s" DOTS "%s", (int)head_bytes(text, room / 2), text, tail) < 0)
		return NULL;
	return cut;
}

void ctl_fill(struct ctl_filler *filler, const char *word, size_t gap)
{
	size_t width = ctl_text_width(word);

	if (filler->column && filler->column + gap + width > filler->width)
		ctl_fill_end(filler);
	if (!filler->column)
		gap = filler->indent;
	printf("%*s%s", (int)gap, "", word);
	filler->column += gap + width;
}

void ctl_fill_end(struct ctl_filler *filler)
{
	if (filler->column)
		putchar('\n');
	filler->column = 0;
}

void ctl_print_filled(const char *text, size_t indent, size_t width)
{
	struct ctl_filler filler = { .indent = indent, .width = width };
	_cleanup_free_ char *copy = mp_owned(strdup(text));
	char *rest = copy, *word;

	while ((word = strsep(&rest, " ")))
		if (*word)
			ctl_fill(&filler, word, 1);
	ctl_fill_end(&filler);
}
