/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sizes as people write them: bytes, or with K, M or G (powers of 1,024). Called by whatever takes a size
 * from a user, so that it is written the same way everywhere.
 */
#ifndef MP_SIZE_H
#define MP_SIZE_H

#include <stdint.h>

#define MP_SIZE_TEXT 24

/* The whole of @text. 0, -EINVAL (no size), -ERANGE (more than 2^64 - 1). */
int mp_size_parse(const char *text, uint64_t *ret_bytes);

/* With the largest suffix that leaves a whole number, in a caller's buffer. */
const char *mp_size_format(uint64_t bytes, char buffer[static MP_SIZE_TEXT]);

#endif
