/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fits a table to a terminal: which columns stay in the row, which go below it, how long a cell may
 * be. Called by table.c where stdout is a terminal. It reads cells and prints nothing.
 */
#ifndef MP_CTL_LAYOUT_H
#define MP_CTL_LAYOUT_H

#include "table.h"

struct ctl_grid {
	const struct ctl_column *columns;
	size_t n_columns;
	size_t n_rows;
	bool has_titles;
	char **cells; /* row by row */
};

enum ctl_place {
	CTL_PLACE_ROW,
	CTL_PLACE_BELOW,
	CTL_PLACE_NOWHERE,
};

struct ctl_layout {
	enum ctl_place places[CTL_COLUMNS_MAX];
	size_t longest; /* cell of a column that may be shortened */
};

static inline char **ctl_grid_cell(const struct ctl_grid *grid, size_t row, size_t column)
{
	return &grid->cells[row * grid->n_columns + column];
}

/* Everything in its row, as it is. */
void ctl_layout_plain(const struct ctl_grid *grid, struct ctl_layout *ret);

/* The most readable one that is not wider than @width; one that is if there is none. */
void ctl_layout_fit(const struct ctl_grid *grid, size_t width, struct ctl_layout *ret);

#endif
