/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a value stands in a policy file, so that a setter can complain about it. Used by the setters
 * of values.c and of the mechanisms; it holds no value itself.
 */
#ifndef MP_PLACE_H
#define MP_PLACE_H

#include "errors.h"
#include "macro.h"
#include "mempol/abi.h"

struct mp_mechanism;

struct mp_place {
	const char *file;
	unsigned int line;
	struct mp_errors *errors;
	const struct mp_mechanism *mechanism; /* of the section; NULL for [Policy] and [Match] */
};

/* Adds one entry for the place. Returns 0 or -ENOMEM. */
int mp_complain(const struct mp_place *place, const char *format, ...) _printf_(2, 3);

#endif
