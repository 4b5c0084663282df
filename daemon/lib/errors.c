/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Collects "FILE:LINE: message" entries (errors.h). It formats and cleans text and nothing else;
 * it never prints.
 */
#include <errno.h>
#include <string.h>

#include "errors.h"
#include "utf8.h"

static int append(struct mp_errors *errors, char *entry)
{
	char **items;

	items = reallocarray(errors->items, errors->count + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	items[errors->count++] = entry;
	errors->items = items;
	errors->total++;
	return 0;
}

int mp_format(char **ret, const char *format, va_list ap)
{
	char *text;

	if (vasprintf(&text, format, ap) < 0)
		return -ENOMEM;
	*ret = text;
	return 0;
}

int mp_problem(char **ret_problem, int error, const char *format, ...)
{
	va_list ap;
	int r;

	va_start(ap, format);
	r = mp_format(ret_problem, format, ap);
	va_end(ap);
	return r < 0 ? r : error;
}

int mp_errors_addv(struct mp_errors *errors, const char *file, unsigned int line,
		   const char *format, va_list ap)
{
	_cleanup_free_ char *message = NULL, *entry = NULL;
	int r;

	if (errors->count > MP_ERRORS_MAX) {
		errors->total++;
		return 0;
	}

	r = mp_format(&message, format, ap);
	if (r < 0)
		return r;
	if (errors->count == MP_ERRORS_MAX)
		r = asprintf(&entry, "%s:%u: more errors follow, they are not listed", file,
			     line ? line : 1);
	else
		r = asprintf(&entry, "%s:%u: %s", file, line ? line : 1, message);
	if (r < 0) {
		entry = NULL;
		return -ENOMEM;
	}

	mp_text_clean(entry);
	r = append(errors, entry);
	if (r < 0)
		return r;
	TAKE_PTR(entry);
	return 0;
}

int mp_errors_add(struct mp_errors *errors, const char *file, unsigned int line, const char *format,
		  ...)
{
	va_list ap;
	int r;

	va_start(ap, format);
	r = mp_errors_addv(errors, file, line, format, ap);
	va_end(ap);
	return r;
}

int mp_errors_move(struct mp_errors *to, struct mp_errors *from)
{
	char **items;

	if (!from->count)
		return 0;

	items = reallocarray(to->items, to->count + from->count, sizeof(*items));
	if (!items)
		return -ENOMEM;
	memcpy(items + to->count, from->items, from->count * sizeof(*items));
	to->items = items;
	to->count += from->count;
	to->total += from->total;

	free(from->items);
	*from = (struct mp_errors){};
	return 0;
}

void mp_errors_done(struct mp_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		free(errors->items[i]);
	free(errors->items);
	*errors = (struct mp_errors){};
}
