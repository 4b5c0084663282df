// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sizes to and from text (size.h).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "size.h"

static const char suffixes[] = "KMG";

int mp_size_parse(const char *text, uint64_t *ret_bytes)
{
	size_t digits = strspn(text, "0123456789");
	const char *suffix = text[digits] ? strchr(suffixes, text[digits]) : NULL;
	unsigned int shift = suffix ? 10 * (suffix - suffixes + 1) : 0;
	uint64_t n;

	if (!digits || (text[digits] && (!suffix || text[digits + 1])))
		return -EINVAL;
	errno = 0;
	n = strtoull(text, NULL, 10);
	if (errno || n > UINT64_MAX >> shift)
		return -ERANGE;
	*ret_bytes = n << shift;
	return 0;
}

const char *mp_size_format(uint64_t bytes, char buffer[static MP_SIZE_TEXT])
{
	unsigned int i = 0;

	while (bytes && bytes % 1024 == 0 && suffixes[i]) {
		bytes /= 1024;
		i++;
	}
	snprintf(buffer, MP_SIZE_TEXT, "%" PRIu64 "%.1s", bytes, i ? &suffixes[i - 1] : "");
	return buffer;
}
