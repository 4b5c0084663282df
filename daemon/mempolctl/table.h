/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Draws an array of JSON objects as a table, from one list of columns. Called by the verbs that
 * print rows; it adds nothing to the reply, and where stdout is no terminal it leaves nothing out
 * that a column names.
 */
#ifndef MP_CTL_TABLE_H
#define MP_CTL_TABLE_H

#include "ctl.h"

#define CTL_COLUMNS_MAX 64

/* What happens to a column on a terminal, and nowhere else. */
enum ctl_column_flags {
	CTL_COLUMN_WRAP = 1, /* sentences: below the row if the table is too wide */
	CTL_COLUMN_SHORTEN = 2, /* "/a.../b" if the table is too wide all the same */
	CTL_COLUMN_VARIES = 4, /* left out while all rows have the same */
};

struct ctl_column {
	const char *title;
	const char *field; /* "state", or "counters.added" */
	bool right; /* a number: below the row when nothing else helps */
	unsigned int flags;
};

/* CTL_OK, or CTL_FAILED with a message. @rows may be NULL for none. */
enum ctl_exit ctl_table(const struct ctl *ctl, const struct ctl_column columns[], size_t n_columns,
			sd_json_variant *rows);

/*
 * What a cell shows: "-" for what is missing or null, yes or no, the number, the text. Allocated;
 * NULL when memory is short.
 */
char *ctl_cell(sd_json_variant *object, const char *field);

#endif
