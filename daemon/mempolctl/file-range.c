/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Colon and plus; see file-range.h.
 */
#include <errno.h>
#include <string.h>

#include "errors.h"
#include "file-range.h"
#include "macro.h"
#include "size.h"

char *ctl_range_path(const char *word, const char *range)
{
	return strndup(word, (size_t)(range - word));
}

const char *ctl_range_find(const char *word)
{
	const char *colon = strrchr(word, ':');
	const char *plus = colon ? strchr(colon, '+') : NULL;

	return plus && colon[1] >= '0' && colon[1] <= '9' && plus[1] >= '0' && plus[1] <= '9' ?
		       colon :
		       NULL;
}

int ctl_range_parse(const char *range, uint64_t *ret_offset, uint64_t *ret_length,
		    char **ret_problem)
{
	const char *plus = strchr(range, '+');
	_cleanup_free_ char *offset = mp_owned(ctl_range_path(range + 1, plus));

	if (!offset)
		return -ENOMEM;
	if (mp_size_parse(offset, ret_offset) < 0 || mp_size_parse(plus + 1, ret_length) < 0 ||
	    !*ret_length || *ret_offset > INT64_MAX || *ret_length > INT64_MAX)
		return mp_problem(ret_problem, -EINVAL,
				  "'%s' is no range: offset and length in bytes, or with K, M, G "
				  "or T, as in FILE:0+64K",
				  range + 1);
	return 0;
}
