/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An entry for the place of a value; see place.h.
 */
#include "place.h"

int mp_complain(const struct mp_place *place, const char *format, ...)
{
	va_list ap;
	int r;

	va_start(ap, format);
	r = mp_errors_addv(place->errors, place->file, place->line, format, ap);
	va_end(ap);
	return r;
}
