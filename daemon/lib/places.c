/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ranks, sorts, and deals out in turn; see places.h.
 */
#include <errno.h>
#include <string.h>

#include "places.h"

struct candidate {
	const struct mp_policy *policy;
	bool by_glob;
	unsigned int depth;
	bool governed; /* an exclusion comes first: without its place it would be governed */
	uint64_t id;
	size_t index; /* of the assignment */
};

/* Also of an exclusion: "!/a/b" names /a/b. */
static bool names_exactly(const struct mp_policy *policy, const char *cgroup, bool negated)
{
	const struct mp_patterns *patterns = &policy->match.cgroup;

	for (size_t i = 0; i < patterns->count; i++)
		if (patterns->items[i].negated == negated &&
		    !strcmp(patterns->items[i].glob, cgroup))
			return true;
	return false;
}

static unsigned int depth_of(const char *cgroup)
{
	unsigned int depth = 0;

	for (const char *s = cgroup; *s; s++)
		depth += *s == '/' && s[1];
	return depth;
}

static struct candidate rank(const struct mp_assignment *a, uint64_t id, size_t index)
{
	return (struct candidate){
		.policy = a->policy,
		/* The machine is one place, and named by its section. */
		.by_glob = a->cgroup && !names_exactly(a->policy, a->cgroup, a->excluded),
		.depth = a->cgroup ? depth_of(a->cgroup) : 0,
		.governed = !a->excluded,
		.id = id,
		.index = index,
	};
}

#define ORDER(x, y) (((x) > (y)) - ((x) < (y)))

static int compare_within(const struct candidate *a, const struct candidate *b)
{
	if (a->by_glob != b->by_glob)
		return ORDER(a->by_glob, b->by_glob);
	if (a->governed != b->governed)
		return ORDER(a->governed, b->governed);
	if (a->depth != b->depth)
		return ORDER(a->depth, b->depth);
	return a->id != b->id ? ORDER(a->id, b->id) : ORDER(a->index, b->index);
}

static int compare(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	int order = strcmp(x->policy->name, y->policy->name);

	return order ? order : compare_within(x, y);
}

/* The candidates of one policy: those it names exactly, then those of its globs. */
struct share {
	size_t exact, globs, end;
};

static size_t find_shares(const struct candidate *c, size_t n, struct share *shares)
{
	size_t n_shares = 0;

	for (size_t i = 0; i < n; i++) {
		if (!i || c[i].policy != c[i - 1].policy)
			shares[n_shares++] = (struct share){ .exact = i, .globs = i };
		shares[n_shares - 1].globs += !c[i].by_glob;
		shares[n_shares - 1].end = i + 1;
	}
	return n_shares;
}

/* Each share gives its next one in turn, until there are @max. Returns how many there are then. */
static size_t deal(const struct candidate *c, const struct share *shares, size_t n_shares,
		   bool by_glob, size_t taken, size_t max, bool *chosen)
{
	bool any = true;

	for (size_t turn = 0; any; turn++) {
		any = false;
		for (size_t i = 0; i < n_shares && taken < max; i++) {
			size_t next = turn + (by_glob ? shares[i].globs : shares[i].exact);

			if (next >= (by_glob ? shares[i].end : shares[i].globs))
				continue;
			chosen[c[next].index] = any = true;
			taken++;
		}
	}
	return taken;
}

int mp_places_choose(const struct mp_assignments *assignments, const uint64_t ids[], size_t max,
		     bool chosen[])
{
	_cleanup_free_ struct candidate *c = NULL;
	_cleanup_free_ struct share *shares = NULL;
	size_t n = 0, n_shares, taken;

	c = mp_owned(calloc(assignments->count + 1, sizeof(*c)));
	shares = mp_owned(calloc(assignments->count + 1, sizeof(*shares)));
	if (!c || !shares)
		return -ENOMEM;
	for (size_t i = 0; i < assignments->count; i++) {
		const struct mp_assignment *a = &assignments->items[i];

		chosen[i] = false;
		if (a->winner == a->policy)
			c[n++] = rank(a, ids[i], i);
	}
	qsort(c, n, sizeof(*c), compare);
	n_shares = find_shares(c, n, shares);
	taken = deal(c, shares, n_shares, false, 0, max, chosen);
	taken = deal(c, shares, n_shares, true, taken, max, chosen);
	return n - taken;
}
