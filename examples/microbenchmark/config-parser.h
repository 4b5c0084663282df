/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the two halves of the configuration's reader share: config.c, which knows single lines, and
 * config-check.c, which knows the whole. Included by these two only.
 */
#ifndef MB_CONFIG_PARSER_H
#define MB_CONFIG_PARSER_H

#include "config.h"

#include <stdbool.h>

/* In the place of a pattern: the keys before the first section. */
enum { MB_GENERAL = MB_NR_PATTERNS };

struct mb_parser {
	const char *name;
	FILE *err;
	struct mb_config config;
	unsigned int line, nr_errors, section;
	bool carriage_return; /* was complained about */
};

/* The line that set a key; for a default value the line of execution_sequence, which needs it. */
unsigned int mb_line_of(const struct mb_parser *p, unsigned int section, const char *name);

__attribute__((format(printf, 3, 4))) void mb_complain(struct mb_parser *p, unsigned int line,
						       const char *format, ...);

void mb_config_check(struct mb_parser *p);

#endif
