/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A line of csv in its fields, and columns that are named by the titles in the first one. Used by trace-csv.c; what
 * mempolctl calls is in sim.h.
 */
#ifndef SIM_COLUMNS_H
#define SIM_COLUMNS_H

#include "sim.h"

/* A column without the blanks around it. */
struct sim_field {
	const char *at;
	uint32_t length;
};

/* By column, from 1. */
struct sim_titles {
	struct sim_field field[SIM_MAX_COLUMNS + 1];
	unsigned int nr;
	bool more; /* there are more */
};

/* The column of a title, whatever its case; 0: there is none. In titles.c. */
unsigned int sim_titles_find(const struct sim_titles *titles, const char *name, size_t length);

/* The columns that the usual titles name, if an object or a place and something else are among them. */
bool sim_titles_guess(const struct sim_titles *titles, struct sim_columns *ret);

/*
 * Columns that stand there by their titles, by number. 0, or -EINVAL with the reason and where in the user's text it
 * is found.
 */
int sim_columns_resolve(const struct sim_titles *titles, struct sim_columns *columns,
			const char **ret_at, const char **ret_problem);

#endif
