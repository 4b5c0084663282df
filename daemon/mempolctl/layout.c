/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Layouts of a table from the widest to the narrowest (layout.h). The first that fits is taken.
 */
#include <stdint.h>
#include <string.h>

#include "layout.h"
#include "terminal.h"

/* Of a path that is cut to less nothing can be recognized. */
#define SHORTEST 16

static bool is_same_everywhere(const struct ctl_grid *grid, size_t column)
{
	for (size_t i = 1; i < grid->n_rows; i++)
		if (strcmp(*ctl_grid_cell(grid, i, column), *ctl_grid_cell(grid, 0, column)))
			return false;
	return true;
}

static size_t cell_width(const struct ctl_grid *grid, size_t column)
{
	size_t width = 0;

	for (size_t i = 0; i < grid->n_rows; i++) {
		size_t w = ctl_text_width(*ctl_grid_cell(grid, i, column));

		if (w > width)
			width = w;
	}
	return width;
}

/* @widths: those of the cells. */
static size_t row_width(const struct ctl_grid *grid, const size_t widths[],
			const struct ctl_layout *layout)
{
	size_t sum = 0;

	for (size_t i = 0; i < grid->n_columns; i++) {
		size_t title = grid->has_titles ? strlen(grid->columns[i].title) : 0;
		size_t width = widths[i];

		if (layout->places[i] != CTL_PLACE_ROW)
			continue;
		if (grid->columns[i].flags & CTL_COLUMN_SHORTEN && width > layout->longest)
			width = layout->longest;
		sum += (sum ? 1 : 0) + (width > title ? width : title);
	}
	return sum;
}

static size_t longest_to_shorten(const struct ctl_grid *grid, const size_t widths[])
{
	size_t longest = SHORTEST;

	for (size_t i = 0; i < grid->n_columns; i++)
		if (grid->columns[i].flags & CTL_COLUMN_SHORTEN && widths[i] > longest)
			longest = widths[i];
	return longest;
}

static void place(const struct ctl_grid *grid, bool wrap_below, bool right_below,
		  struct ctl_layout *ret)
{
	for (size_t i = 0; i < grid->n_columns; i++) {
		const struct ctl_column *column = &grid->columns[i];

		ret->places[i] = CTL_PLACE_ROW;
		if ((wrap_below && column->flags & CTL_COLUMN_WRAP) ||
		    (right_below && column->right))
			ret->places[i] = CTL_PLACE_BELOW;
		if (column->flags & CTL_COLUMN_VARIES && is_same_everywhere(grid, i))
			ret->places[i] = CTL_PLACE_NOWHERE;
	}
}

void ctl_layout_plain(const struct ctl_grid *grid, struct ctl_layout *ret)
{
	*ret = (struct ctl_layout){ .longest = SIZE_MAX };
}

void ctl_layout_fit(const struct ctl_grid *grid, size_t width, struct ctl_layout *ret)
{
	static const struct {
		bool wrap_below, shortens, right_below;
	} tries[] = {
		{ false, false, false }, { true, false, false }, { true, true, false },
		{ true, false, true },	 { true, true, true },
	};
	size_t widths[CTL_COLUMNS_MAX];

	for (size_t i = 0; i < grid->n_columns; i++)
		widths[i] = cell_width(grid, i);
	for (size_t i = 0; i < ARRAY_SIZE(tries); i++) {
		place(grid, tries[i].wrap_below, tries[i].right_below, ret);
		ret->longest = longest_to_shorten(grid, widths);
		while (tries[i].shortens && ret->longest > SHORTEST &&
		       row_width(grid, widths, ret) > width)
			ret->longest--;
		if (row_width(grid, widths, ret) <= width)
			return;
	}
}
