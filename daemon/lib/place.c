/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An entry for the place of a value; see place.h.
 */
#include <errno.h>
#include <stdarg.h>

#include "place.h"

int mp_complain(const struct mp_place *place, const char *format, ...)
{
	_cleanup_free_ char *message = NULL;
	va_list ap;
	int r;

	va_start(ap, format);
	r = vasprintf(&message, format, ap);
	va_end(ap);
	if (r < 0) {
		message = NULL;
		return -ENOMEM;
	}
	return mp_errors_add(place->errors, place->file, place->line, "%s", message);
}
