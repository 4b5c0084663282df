// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sizes, times and percentages from text, sizes to text (size.h).
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

static int parse_number(const char *text, size_t digits, uint64_t *ret)
{
	if (!digits)
		return -EINVAL;
	errno = 0;
	*ret = strtoull(text, NULL, 10);
	return errno ? -ERANGE : 0;
}

int mp_time_parse(const char *text, uint64_t *ret_ms)
{
	static const struct {
		const char *suffix;
		uint64_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "min", 60 * 1000 }, { "h", 60 * 60 * 1000 } };
	size_t digits = strspn(text, "0123456789");
	uint64_t n;
	int r;

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (strcmp(text + digits, units[i].suffix))
			continue;
		r = parse_number(text, digits, &n);
		if (r < 0)
			return r;
		if (n > UINT64_MAX / units[i].ms)
			return -ERANGE;
		*ret_ms = n * units[i].ms;
		return 0;
	}
	return -EINVAL;
}

int mp_percent_parse(const char *text, unsigned int *ret_percent)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t n;
	int r;

	if (strcmp(text + digits, "%"))
		return -EINVAL;
	r = parse_number(text, digits, &n);
	if (r < 0)
		return r;
	if (n > 100)
		return -ERANGE;
	*ret_percent = n;
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
