/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages of simulate, in which a user's words are quoted. Called by all its parts; it calls none of them.
 */
#include <errno.h>
#include <stdarg.h>

#include "simulate.h"
#include "text.h"

int simulate_complain(const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		text = NULL;
	va_end(ap);
	if (text)
		mp_text_clean(text);
	fprintf(stderr, "mempolctl simulate: %s\n", text ? text : "out of memory");
	return -EINVAL;
}
