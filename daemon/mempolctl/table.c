/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libsmartcols over JSON (table.h). Where stdout is no terminal nothing is cut, folded or padded
 * to a width, because a script reads it.
 */
#include <errno.h>
#include <inttypes.h>
#include <libsmartcols/libsmartcols.h>
#include <string.h>

#include "layout.h"
#include "terminal.h"
#include "text.h"

#define INDENT 4

static inline void scols_unref_tablep(struct libscols_table **table)
{
	scols_unref_table(*table);
}

#define _cleanup_table_ _cleanup_(scols_unref_tablep)

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

static void grid_done(struct ctl_grid *grid)
{
	for (size_t i = 0; grid->cells && i < grid->n_rows * grid->n_columns; i++)
		free(grid->cells[i]);
	free(grid->cells);
}

static int fill_grid(struct ctl_grid *grid, sd_json_variant *rows)
{
	grid->cells = mp_owned(calloc(grid->n_rows * grid->n_columns, sizeof(*grid->cells)));
	if (!grid->cells)
		return -ENOMEM;
	for (size_t i = 0; i < grid->n_rows; i++) {
		sd_json_variant *row = sd_json_variant_by_index(rows, i);

		for (size_t k = 0; k < grid->n_columns; k++) {
			char **cell = ctl_grid_cell(grid, i, k);

			*cell = mp_owned(ctl_cell(row, grid->columns[k].field));
			if (!*cell)
				return -ENOMEM;
		}
	}
	return 0;
}

static int add_columns(struct libscols_table *table, const struct ctl_grid *grid,
		       const struct ctl_layout *layout)
{
	for (size_t i = 0; i < grid->n_columns; i++) {
		const struct ctl_column *column = &grid->columns[i];
		struct libscols_column *added;

		if (layout->places[i] != CTL_PLACE_ROW)
			continue;
		added = scols_table_new_column(table, column->title, 0,
					       column->right ? SCOLS_FL_RIGHT : 0);
		/* A unit's name has backslashes of its own, and is there to be pasted. */
		if (!added || scols_column_set_safechars(added, "\\") < 0)
			return -ENOMEM;
	}
	return 0;
}

static int add_cell(struct libscols_line *line, size_t index, const struct ctl_column *column,
		    const char *text, size_t longest)
{
	_cleanup_free_ char *cell = NULL;
	int r;

	cell = mp_owned(column->flags & CTL_COLUMN_SHORTEN ? ctl_text_shorten(text, longest) :
							     strdup(text));
	if (!cell)
		return -ENOMEM;
	r = scols_line_refer_data(line, index, cell);
	if (r < 0)
		return r;
	TAKE_PTR(cell);
	return 0;
}

static int add_line(struct libscols_table *table, const struct ctl_grid *grid,
		    const struct ctl_layout *layout, size_t row)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	size_t index = 0;
	int r = line ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < grid->n_columns; i++)
		if (layout->places[i] == CTL_PLACE_ROW)
			r = add_cell(line, index++, &grid->columns[i], *ctl_grid_cell(grid, row, i),
				     layout->longest);
	return r;
}

/* Sentences are filled to the terminal's width, numbers are named; "-" says nothing. */
static void print_below(const struct ctl_grid *grid, const struct ctl_layout *layout, size_t row,
			size_t width)
{
	struct ctl_filler numbers = { .indent = INDENT, .width = width };

	for (size_t i = 0; i < grid->n_columns; i++) {
		const struct ctl_column *column = &grid->columns[i];
		const char *text = *ctl_grid_cell(grid, row, i);
		_cleanup_free_ char *named = NULL;

		if (layout->places[i] != CTL_PLACE_BELOW || !strcmp(text, "-"))
			continue;
		if (!column->right) {
			ctl_print_filled(text, INDENT, width);
			continue;
		}
		if (asprintf(&named, "%s %s", column->title, text) < 0)
			named = NULL;
		ctl_fill(&numbers, named ?: text, 2);
	}
	ctl_fill_end(&numbers);
}

/* What libsmartcols draws has one line for the titles, if any, and one for each row. */
static int print_with_text_below(struct libscols_table *table, const struct ctl_grid *grid,
				 const struct ctl_layout *layout, size_t width)
{
	_cleanup_free_ char *drawn = NULL;
	char *rest, *line;
	int r = scols_print_table_to_string(table, &drawn);

	if (r < 0)
		return r;
	rest = drawn;
	if (grid->has_titles && (line = strsep(&rest, "\n")))
		puts(line);
	for (size_t i = 0; i < grid->n_rows && (line = strsep(&rest, "\n")); i++) {
		puts(line);
		print_below(grid, layout, i, width);
	}
	return 0;
}

static bool has_text_below(const struct ctl_grid *grid, const struct ctl_layout *layout)
{
	for (size_t i = 0; i < grid->n_columns; i++)
		if (layout->places[i] == CTL_PLACE_BELOW)
			return true;
	return false;
}

/* libsmartcols knows the width, and would cut by its own rules if it were allowed to. */
static size_t lay_out(struct libscols_table *table, const struct ctl_grid *grid,
		      struct ctl_layout *ret)
{
	size_t width = scols_table_get_termwidth(table);

	scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
	if (!isatty(STDOUT_FILENO)) {
		ctl_layout_plain(grid, ret);
		return width;
	}
	/* The width of what is escaped later would be another one. */
	for (size_t i = 0; i < grid->n_rows * grid->n_columns; i++)
		mp_text_clean(grid->cells[i]);
	ctl_layout_fit(grid, width, ret);
	return width;
}

static int draw(const struct ctl_grid *grid)
{
	_cleanup_table_ struct libscols_table *table = scols_new_table();
	struct ctl_layout layout;
	size_t width;
	int r;

	if (!table)
		return -ENOMEM;
	scols_table_enable_noheadings(table, !grid->has_titles);
	width = lay_out(table, grid, &layout);
	r = add_columns(table, grid, &layout);
	for (size_t i = 0; r == 0 && i < grid->n_rows; i++)
		r = add_line(table, grid, &layout, i);
	if (r < 0)
		return r;
	return has_text_below(grid, &layout) ? print_with_text_below(table, grid, &layout, width) :
					       scols_print_table(table);
}

/* libsmartcols draws nothing at all without a line. */
static void print_titles(const struct ctl_column columns[], size_t n_columns)
{
	for (size_t i = 0; i < n_columns; i++)
		printf("%s%s", i ? " " : "", columns[i].title);
	putchar('\n');
}

enum ctl_exit ctl_table(const struct ctl *ctl, const struct ctl_column columns[], size_t n_columns,
			sd_json_variant *rows)
{
	_cleanup_(grid_done) struct ctl_grid grid = {
		.columns = columns,
		.n_columns = n_columns,
		.n_rows = rows && sd_json_variant_is_array(rows) ? sd_json_variant_elements(rows) :
								   0,
		.has_titles = ctl->legend,
	};
	int r;

	if (!grid.n_rows) {
		if (ctl->legend)
			print_titles(columns, n_columns);
		return CTL_OK;
	}
	r = fill_grid(&grid, rows);
	if (r == 0)
		r = draw(&grid);
	if (r == 0)
		return CTL_OK;
	fprintf(stderr, "Failed to draw the table: %s\n", strerror(r < 0 ? -r : r));
	return CTL_FAILED;
}
