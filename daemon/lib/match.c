/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One policy, one cgroup: does it match (match.h)? Who wins among several is assign.c.
 */
#include <fnmatch.h>
#include <string.h>

#include "match.h"

static const char *last_component(const char *cgroup)
{
	const char *slash = strrchr(cgroup, '/');

	return slash ? slash + 1 : cgroup;
}

static bool hits(const struct mp_pattern *pattern, const char *text, int flags)
{
	const char *glob = pattern->for_fnmatch ? pattern->for_fnmatch : pattern->glob;

	return !strcmp(pattern->glob, text) || fnmatch(glob, text, flags) == 0;
}

bool mp_pattern_hits(const struct mp_pattern *pattern, bool is_path, const char *cgroup)
{
	if (is_path)
		return hits(pattern, cgroup, FNM_PATHNAME);
	/* The root has no last component. */
	return *last_component(cgroup) && hits(pattern, last_component(cgroup), 0);
}

static bool patterns_match(const struct mp_patterns *patterns, const char *text, int flags)
{
	bool any_positive = false, hit = false;

	for (size_t i = 0; i < patterns->count; i++) {
		const struct mp_pattern *pattern = &patterns->items[i];

		if (!pattern->negated)
			any_positive = true;
		if (!hits(pattern, text, flags))
			continue;
		if (pattern->negated)
			return false;
		hit = true;
	}
	return hit || !any_positive;
}

static bool patterns_exclude(const struct mp_patterns *patterns, const char *text, int flags)
{
	for (size_t i = 0; i < patterns->count; i++)
		if (patterns->items[i].negated && hits(&patterns->items[i], text, flags))
			return true;
	return false;
}

bool mp_match_excludes(const struct mp_match *match, const char *cgroup)
{
	return patterns_exclude(&match->cgroup, cgroup, FNM_PATHNAME) ||
	       patterns_exclude(&match->unit, last_component(cgroup), 0);
}

bool mp_match_cgroup(const struct mp_match *match, const char *cgroup)
{
	const char *last = last_component(cgroup);

	if (!match->cgroup.count && !match->unit.count)
		return false;
	if (match->cgroup.count && !patterns_match(&match->cgroup, cgroup, FNM_PATHNAME))
		return false;
	if (!match->unit.count)
		return true;
	/* The root has no last component, so not even an exclusion selects it. */
	return *last && patterns_match(&match->unit, last, 0);
}
