/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A part of a file as people write it: PATH:OFFSET+LENGTH. Called by the verbs that take one; it opens nothing.
 */
#ifndef MP_CTL_FILE_RANGE_H
#define MP_CTL_FILE_RANGE_H

#include <stdint.h>

/* Where the range of a word begins, at its colon: both numbers have a digit first. NULL: there is none. */
const char *ctl_range_find(const char *word);

/* What stands before it; allocated, NULL when memory is short. */
char *ctl_range_path(const char *word, const char *range);

/* Bytes. 0, or -EINVAL and a sentence; -ENOMEM. */
int ctl_range_parse(const char *range, uint64_t *ret_offset, uint64_t *ret_length,
		    char **ret_problem);

#endif
