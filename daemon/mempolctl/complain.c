// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages in which a user's words are quoted, see complain.h.
 */
#include "complain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "text.h"

char *ctl_clean_text(const char *format, va_list ap)
{
	char *text;

	if (vasprintf(&text, format, ap) < 0)
		return NULL;
	mp_text_clean(text);
	return text;
}

int ctl_complain(const char *verb, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, format);
	text = mp_owned(ctl_clean_text(format, ap));
	va_end(ap);
	fprintf(stderr, "mempolctl %s: %s\n", verb, text ? text : "out of memory");
	return -EINVAL;
}
