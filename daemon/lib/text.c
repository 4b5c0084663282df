/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes of a policy file to logical lines (text.h). Everything about encoding, length, comments
 * and continuation is decided here, so that the parser above sees clean words only.
 */
#include <errno.h>
#include <string.h>

#include "policy.h"
#include "strutil.h"
#include "text.h"
#include "utf8.h"

#define BLANK " \t"

int mp_text_check(const char *file, const char *text, size_t size, struct mp_errors *errors)
{
	unsigned int line = 1;
	uint32_t code;
	size_t n;
	int r;

	for (size_t at = 0; at < size; at += n) {
		n = mp_utf8_char(text + at, size - at, &code);
		if (n && code == '\n')
			line++;
		else if (!n)
			break;
		else if (code == 0xfeff && at == 0)
			break;
		else if (mp_utf8_is_control(code) && code != '\t')
			break;
		if (at + n == size)
			return 0;
	}
	if (!size)
		return 0;

	if (!n)
		r = mp_errors_add(errors, file, line, "this is not UTF-8 text");
	else if (code == 0)
		r = mp_errors_add(errors, file, line, "there is a NUL byte in the file");
	else if (code == 0xfeff)
		r = mp_errors_add(errors, file, line, "the file begins with a byte order mark");
	else if (code == '\r')
		r = mp_errors_add(errors, file, line,
				  "there is a carriage return; a line ends in a newline only");
	else
		r = mp_errors_add(errors, file, line, "there is a control character (0x%02x)",
				  code);
	return r < 0 ? r : -EBADMSG;
}

/* A logical line that is being put together. */
struct walk {
	const char *file;
	struct mp_errors *errors;
	mp_line_handler handler;
	void *userdata;
	char *joined; /* NULL: nothing begun */
	size_t length;
	unsigned int number;
};

static int dispatch_section(struct walk *w, char *text)
{
	char *end = strchr(text, ']');

	if (!end || end[1])
		return mp_errors_add(
			w->errors, w->file, w->number,
			"a section line is [Section] and nothing else%s",
			end && strpbrk(end, "#;") ? ": a comment has a line of its own" : "");
	*end = '\0';
	return w->handler(&(struct mp_line){ .number = w->number, .section = text + 1 },
			  w->userdata);
}

static int dispatch_key(struct walk *w, char *text)
{
	char *equals = strchr(text, '=');

	if (!equals)
		return mp_errors_add(w->errors, w->file, w->number,
				     "'%.60s' is neither [Section] nor Key=value nor a comment",
				     text);
	*equals = '\0';
	text = mp_trim(text);
	if (!*text)
		return mp_errors_add(w->errors, w->file, w->number,
				     "there is no key before the '='");
	return w->handler(
		&(struct mp_line){ .number = w->number, .key = text, .value = mp_trim(equals + 1) },
		w->userdata);
}

static int dispatch(struct walk *w)
{
	_cleanup_free_ char *joined = mp_owned(TAKE_PTR(w->joined));
	char *text;

	w->length = 0;
	if (!joined)
		return 0;
	text = mp_trim(joined);
	if (!*text)
		return 0;
	return *text == '[' ? dispatch_section(w, text) : dispatch_key(w, text);
}

static int join(struct walk *w, const char *text, size_t size)
{
	char *joined;

	joined = realloc(w->joined, w->length + size + 1);
	if (!joined)
		return -ENOMEM;
	memcpy(joined + w->length, text, size);
	w->length += size;
	joined[w->length] = '\0';
	w->joined = joined;
	return 0;
}

static bool is_comment(const char *text, size_t size)
{
	while (size && strchr(BLANK, *text)) {
		text++;
		size--;
	}
	return size && (*text == '#' || *text == ';');
}

/* One line of the file, without its newline. */
static int take_line(struct walk *w, unsigned int number, const char *text, size_t size)
{
	bool continues;
	int r;

	if (size > MP_POLICY_LINE_MAX)
		return mp_errors_add(w->errors, w->file, number,
				     "the line has %zu bytes, more than %d", size,
				     MP_POLICY_LINE_MAX);
	if (is_comment(text, size))
		return 0;

	if (!w->joined)
		w->number = number;
	continues = size && text[size - 1] == '\\';
	r = join(w, text, continues ? size - 1 : size);
	if (r < 0)
		return r;
	return continues ? join(w, " ", 1) : dispatch(w);
}

static int walk_lines(struct walk *w, const char *text, size_t size)
{
	unsigned int number = 1;
	int r;

	for (size_t at = 0; at < size; number++) {
		const char *newline = memchr(text + at, '\n', size - at);
		size_t n = newline ? (size_t)(newline - text) - at : size - at;

		r = take_line(w, number, text + at, n);
		if (r != 0)
			return r;
		at += n + 1;
	}
	if (w->joined) {
		r = mp_errors_add(w->errors, w->file, number - 1,
				  "the file ends in a backslash: the next line is missing");
		if (r < 0)
			return r;
	}
	return dispatch(w);
}

int mp_text_walk(const char *file, const char *text, size_t size, struct mp_errors *errors,
		 mp_line_handler handler, void *userdata)
{
	struct walk w = {
		.file = file,
		.errors = errors,
		.handler = handler,
		.userdata = userdata,
	};
	int r = walk_lines(&w, text, size);

	free(w.joined);
	return r;
}
