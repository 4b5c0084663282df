/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Quantities as people write them: sizes in bytes or with K, M, G or T (powers of 1,024), times
 * with their units, shares in percent. Called by whatever takes one from a user, so that it is written the same way
 * everywhere.
 */
#ifndef MP_SIZE_H
#define MP_SIZE_H

#include <stdint.h>

#define MP_SIZE_TEXT 24

/* The whole of @text; "1.5G" too, but no half bytes. 0, -EINVAL (no size), -ERANGE (more than 2^64 - 1). */
int mp_size_parse(const char *text, uint64_t *ret_bytes);

/* "100ms", "2s", "1.5min", "1h 30min" and systemd's other words; each number has its unit. 0, -EINVAL (no time), -ERANGE. */
int mp_time_parse(const char *text, uint64_t *ret_ms);

/* "10%", a whole number up to 100. 0, -EINVAL (no percentage), -ERANGE (more than all). */
int mp_percent_parse(const char *text, unsigned int *ret_percent);

/* With the largest suffix that leaves a whole number, in a caller's buffer. */
const char *mp_size_format(uint64_t bytes, char buffer[static MP_SIZE_TEXT]);

#endif
