/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libsmartcols over JSON (table.h). Where stdout is no terminal nothing is cut, folded or padded
 * to a width, because a script reads it.
 */
#include <errno.h>
#include <inttypes.h>
#include <libsmartcols/libsmartcols.h>
#include <string.h>

#include "table.h"

static inline void scols_unref_tablep(struct libscols_table **table)
{
	scols_unref_table(*table);
}

static sd_json_variant *find_field(sd_json_variant *object, const char *field)
{
	const char *dot = strchr(field, '.');
	char outer[64];

	if (!object || !sd_json_variant_is_object(object))
		return NULL;
	if (!dot)
		return sd_json_variant_by_key(object, field);
	snprintf(outer, sizeof(outer), "%.*s", (int)(dot - field), field);
	return find_field(sd_json_variant_by_key(object, outer), dot + 1);
}

char *ctl_cell(sd_json_variant *object, const char *field)
{
	sd_json_variant *v = find_field(object, field);
	char *text = NULL;

	if (!v || sd_json_variant_is_null(v))
		return strdup("-");
	if (sd_json_variant_is_string(v))
		return strdup(*sd_json_variant_string(v) ? sd_json_variant_string(v) : "-");
	if (sd_json_variant_is_boolean(v))
		return strdup(sd_json_variant_boolean(v) ? "yes" : "no");
	if (sd_json_variant_format(v, 0, &text) < 0)
		return NULL;
	return text;
}

static int add_columns(struct libscols_table *table, const struct ctl_column columns[],
		       size_t n_columns, bool is_terminal)
{
	for (size_t i = 0; i < n_columns; i++) {
		int flags = columns[i].right ? SCOLS_FL_RIGHT : 0;

		if (columns[i].wrap && is_terminal)
			flags |= SCOLS_FL_WRAP;
		if (!scols_table_new_column(table, columns[i].title, 0, flags))
			return -ENOMEM;
	}
	return 0;
}

static int add_line(struct libscols_table *table, const struct ctl_column columns[],
		    size_t n_columns, sd_json_variant *row)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	int r;

	if (!line)
		return -ENOMEM;
	for (size_t i = 0; i < n_columns; i++) {
		_cleanup_free_ char *text = mp_owned(ctl_cell(row, columns[i].field));

		if (!text)
			return -ENOMEM;
		r = scols_line_refer_data(line, i, text);
		if (r < 0)
			return r;
		TAKE_PTR(text);
	}
	return 0;
}

/* libsmartcols draws nothing at all without a line. */
static void print_titles(const struct ctl_column columns[], size_t n_columns)
{
	for (size_t i = 0; i < n_columns; i++)
		printf("%s%s", i ? " " : "", columns[i].title);
	putchar('\n');
}

static int draw(const struct ctl *ctl, const struct ctl_column columns[], size_t n_columns,
		sd_json_variant *rows, size_t n_rows)
{
	_cleanup_(scols_unref_tablep) struct libscols_table *table = scols_new_table();
	bool is_terminal = isatty(STDOUT_FILENO);
	int r;

	if (!table)
		return -ENOMEM;
	scols_table_enable_noheadings(table, !ctl->legend);
	if (!is_terminal)
		scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
	r = add_columns(table, columns, n_columns, is_terminal);
	for (size_t i = 0; r == 0 && i < n_rows; i++)
		r = add_line(table, columns, n_columns, sd_json_variant_by_index(rows, i));
	return r < 0 ? r : scols_print_table(table);
}

enum ctl_exit ctl_table(const struct ctl *ctl, const struct ctl_column columns[], size_t n_columns,
			sd_json_variant *rows)
{
	size_t n_rows = rows && sd_json_variant_is_array(rows) ? sd_json_variant_elements(rows) : 0;
	int r;

	if (!n_rows) {
		if (ctl->legend)
			print_titles(columns, n_columns);
		return CTL_OK;
	}
	r = draw(ctl, columns, n_columns, rows, n_rows);
	if (r == 0)
		return CTL_OK;
	fprintf(stderr, "Failed to draw the table: %s\n", strerror(r < 0 ? -r : r));
	return CTL_FAILED;
}
