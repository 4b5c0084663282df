/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mechanisms as mempolctl knows them: one row and one file each. Called by the verbs and by
 * verbs.c, which go through the rows; nothing but a mechanism's own file knows it by name.
 */
#ifndef MP_CTL_MECHANISM_H
#define MP_CTL_MECHANISM_H

#include "table.h"

/* In the order of their tables in stats; mechanism-NAME.c defines ctl_mechanism_NAME. */
#define CTL_MECHANISMS(X) \
	X(cache)          \
	X(placement)      \
	X(balloon)        \
	X(refcount)       \
	X(translation)

struct ctl_mechanism {
	const char *name; /* as in the field "mechanism" of a reply */
	const struct ctl_column *stats; /* behind the columns that every row has */
	size_t n_stats;
	/* A row without function while it is not built; NULL: what can be asked of it stands in verb-table.c. */
	const struct ctl_verb *verb;
};

#define X(name) extern const struct ctl_mechanism ctl_mechanism_##name;
CTL_MECHANISMS(X)
#undef X

/* In turn; NULL past the last. */
const struct ctl_mechanism *ctl_mechanism_at(size_t index);

/* Whose table in stats shows the row: of a mechanism that is not known here, the first one's. */
const struct ctl_mechanism *ctl_mechanism_of(sd_json_variant *row);

/* The verbs of all mechanisms in turn; NULL past the last. */
const struct ctl_verb *ctl_mechanism_verb_at(size_t index);

#endif
