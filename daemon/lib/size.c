// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sizes, times and percentages from text, sizes to text (size.h).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "size.h"

#define BLANK " \t"
#define DIGITS "0123456789"

static const char suffixes[] = "KMGT";

/* @digits of them. */
static int parse_number(const char *text, size_t digits, uint64_t *ret)
{
	if (!digits)
		return -EINVAL;
	errno = 0;
	*ret = strtoull(text, NULL, 10);
	return errno ? -ERANGE : 0;
}

/*
 * "5" of "1.5" in @unit, rounded down; @digits may be any number. From the last digit to the first, so that
 * nothing overflows and nothing is rounded twice.
 */
static uint64_t fraction_of(const char *text, size_t digits, uint64_t unit)
{
	uint64_t part = 0;

	while (digits--)
		part = ((text[digits] - '0') * unit + part) / 10;
	return part;
}

/* An unsigned number, "1" or "1.5". */
struct number {
	uint64_t whole;
	const char *fraction; /* its digits */
	size_t n_fraction;
};

/* Returns the length, or an error. */
static ssize_t take_number(const char *text, struct number *ret)
{
	size_t digits = strspn(text, DIGITS), n = 0;
	int r = parse_number(text, digits, &ret->whole);

	if (r < 0)
		return r;
	if (text[digits] == '.') {
		n = strspn(text + digits + 1, DIGITS);
		if (!n)
			return -EINVAL;
		ret->fraction = text + digits + 1;
	}
	ret->n_fraction = n;
	return digits + (n ? n + 1 : 0);
}

static int scale(const struct number *number, uint64_t unit, uint64_t *ret)
{
	uint64_t part = fraction_of(number->fraction, number->n_fraction, unit);

	if (number->whole > (UINT64_MAX - part) / unit)
		return -ERANGE;
	*ret = number->whole * unit + part;
	return 0;
}

int mp_size_parse(const char *text, uint64_t *ret_bytes)
{
	struct number number = {};
	ssize_t n = take_number(text, &number);
	const char *suffix;

	if (n < 0)
		return n;
	text += n;
	if (!*text)
		return number.n_fraction ? -EINVAL : scale(&number, 1, ret_bytes);
	suffix = strchr(suffixes, *text);
	if (!suffix || text[1])
		return -EINVAL;
	return scale(&number, 1ULL << 10 * (suffix - suffixes + 1), ret_bytes);
}

/* As systemd.time(7) has them. */
static uint64_t unit_ms(const char *name, size_t length)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = {
		{ "ms", 1 },	     { "msec", 1 },	   { "s", 1000 },    { "sec", 1000 },
		{ "second", 1000 },  { "seconds", 1000 },  { "m", 60000 },   { "min", 60000 },
		{ "minute", 60000 }, { "minutes", 60000 }, { "h", 3600000 }, { "hr", 3600000 },
		{ "hour", 3600000 }, { "hours", 3600000 },
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (strlen(units[i].name) == length && !strncmp(units[i].name, name, length))
			return units[i].ms;
	return 0;
}

/* One "5min" of "1h 5min". Returns the length, or an error. */
static ssize_t take_span(const char *text, uint64_t *ret_ms)
{
	struct number number = {};
	ssize_t n = take_number(text, &number);
	size_t length;
	uint64_t unit;
	int r;

	if (n < 0)
		return n;
	n += strspn(text + n, BLANK);
	length = strspn(text + n, "abcdefghijklmnopqrstuvwxyz");
	unit = unit_ms(text + n, length);
	if (!unit)
		return -EINVAL;
	r = scale(&number, unit, ret_ms);
	return r < 0 ? r : n + (ssize_t)length;
}

int mp_time_parse(const char *text, uint64_t *ret_ms)
{
	uint64_t sum = 0, ms;

	do {
		ssize_t n = take_span(text, &ms);

		if (n < 0)
			return n;
		if (ms > UINT64_MAX - sum)
			return -ERANGE;
		sum += ms;
		text += n;
		text += strspn(text, BLANK);
	} while (*text);
	*ret_ms = sum;
	return 0;
}

int mp_percent_parse(const char *text, unsigned int *ret_percent)
{
	size_t digits = strspn(text, DIGITS);
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
