/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decoding and judging single characters (utf8.h). It never allocates and depends on no locale.
 */
#include <string.h>

#include "utf8.h"

size_t mp_utf8_char(const char *s, size_t size, uint32_t *ret_code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *u = (const unsigned char *)s;
	uint32_t code;
	size_t n;

	if (!size)
		return 0;

	if (u[0] < 0x80) {
		n = 1;
		code = u[0];
	} else if ((u[0] & 0xe0) == 0xc0) {
		n = 2;
		code = u[0] & 0x1f;
	} else if ((u[0] & 0xf0) == 0xe0) {
		n = 3;
		code = u[0] & 0x0f;
	} else if ((u[0] & 0xf8) == 0xf0) {
		n = 4;
		code = u[0] & 0x07;
	} else {
		return 0;
	}

	if (n > size)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (u[i] & 0x3f);
	}
	if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;

	*ret_code = code;
	return n;
}

bool mp_utf8_is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/* Unicode's categories Cf, Zs, Zl and Zp, without the ASCII space; and the fillers, which look like them. */
static bool is_invisible(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0xa0, 0xa0 },	      { 0xad, 0xad },	    { 0x34f, 0x34f },
		{ 0x600, 0x605 },     { 0x61c, 0x61c },	    { 0x6dd, 0x6dd },
		{ 0x70f, 0x70f },     { 0x890, 0x891 },	    { 0x8e2, 0x8e2 },
		{ 0x115f, 0x1160 },   { 0x1680, 0x1680 },   { 0x180e, 0x180e },
		{ 0x2000, 0x200f },   { 0x2028, 0x202f },   { 0x205f, 0x206f },
		{ 0x2800, 0x2800 },   { 0x3000, 0x3000 },   { 0x3164, 0x3164 },
		{ 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },
		{ 0xfff9, 0xfffb },   { 0x110bd, 0x110bd }, { 0x110cd, 0x110cd },
		{ 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
		{ 0xe0000, 0xe0fff },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return false;
}

uint32_t mp_utf8_find_invisible(const char *s)
{
	size_t size = strlen(s), n;
	uint32_t code;

	for (; size; s += n, size -= n) {
		n = mp_utf8_char(s, size, &code);
		if (!n)
			n = 1;
		else if (is_invisible(code))
			return code;
	}
	return 0;
}

void mp_text_clean(char *s)
{
	size_t size = strlen(s), n;
	uint32_t code;

	for (; size; s += n, size -= n) {
		n = mp_utf8_char(s, size, &code);
		if (!n) {
			n = 1;
			*s = '?';
		} else if (mp_utf8_is_control(code)) {
			memset(s, '?', n);
		}
	}
}
