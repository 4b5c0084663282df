// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of patterns; see patterns.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "patterns.h"

void mp_patterns_reset(struct mp_patterns *patterns)
{
	for (size_t i = 0; i < patterns->count; i++) {
		free(patterns->items[i].glob);
		free(patterns->items[i].for_fnmatch);
		free(patterns->items[i].file);
	}
	free(patterns->items);
	*patterns = (struct mp_patterns){};
}

static int pattern_copy(const struct mp_pattern *from, struct mp_pattern *to)
{
	to->glob = strdup(from->glob);
	to->for_fnmatch = from->for_fnmatch ? strdup(from->for_fnmatch) : NULL;
	to->negated = from->negated;
	to->file = strdup(from->file);
	to->line = from->line;
	return to->glob && to->file && !to->for_fnmatch == !from->for_fnmatch ? 0 : -ENOMEM;
}

int mp_patterns_copy(const struct mp_patterns *from, struct mp_patterns *ret)
{
	struct mp_patterns copy = { .items = calloc(from->count ?: 1, sizeof(*copy.items)) };

	if (!copy.items)
		return -ENOMEM;
	for (copy.count = 0; copy.count < from->count;) {
		struct mp_pattern *to = &copy.items[copy.count];

		if (pattern_copy(&from->items[copy.count++], to) < 0) {
			mp_patterns_reset(&copy);
			return -ENOMEM;
		}
	}
	*ret = copy;
	return 0;
}

int mp_patterns_add(struct mp_patterns *patterns, const struct mp_place *place, const char *glob,
		    bool negated)
{
	struct mp_pattern pattern = { .negated = negated, .line = place->line }, *items;

	items = reallocarray(patterns->items, patterns->count + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	patterns->items = items;
	items[patterns->count++] = pattern;

	/* Whatever is missing now, the policy owns the rest. */
	items += patterns->count - 1;
	items->glob = strdup(glob);
	items->file = strdup(place->file);
	return items->glob && items->file ? 0 : -ENOMEM;
}

bool mp_patterns_equal(const struct mp_patterns *a, const struct mp_patterns *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->items[i].negated != b->items[i].negated ||
		    strcmp(a->items[i].glob, b->items[i].glob))
			return false;
	return true;
}
