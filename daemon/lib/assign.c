/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All policies, all cgroups: who governs where and who stands back (match.h). One walk over the
 * sorted paths with a stack of governed ancestors, so the kernel's rule "the nearest governed
 * ancestor wins" is applied and nothing is attached twice.
 */
#include <errno.h>
#include <string.h>

#include "match.h"

int mp_policy_compare(const struct mp_policy *a, const struct mp_policy *b)
{
	if (a->priority != b->priority)
		return a->priority < b->priority ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* A cgroup with matches, and what holds below it. */
struct frame {
	const char *cgroup;
	const struct mp_policy *governor;
	bool *stands_back; /* one for each policy: it stands back for governor here */
};

struct walk {
	const struct mp_policy *const *policies;
	size_t n_policies;
	mp_is_out_t is_out;
	void *userdata;
	struct frame *frames;
	size_t depth;
	struct mp_assignments rows;
};

static void walk_done(struct walk *w)
{
	for (size_t i = 0; i < w->depth; i++)
		free(w->frames[i].stands_back);
	free(w->frames);
	mp_assignments_done(&w->rows);
}

void mp_assignments_done(struct mp_assignments *assignments)
{
	for (size_t i = 0; i < assignments->count; i++)
		free(assignments->items[i].reason);
	free(assignments->items);
	*assignments = (struct mp_assignments){};
}

/* '/' sorts before every other byte: a subtree is contiguous and follows its root. */
static int path_compare(const char *a, const char *b)
{
	for (; *a && *a == *b; a++, b++)
		;
	if (*a == *b)
		return 0;
	if (*a == '/' || *b == '/')
		return !*a || (*b && *a == '/') ? -1 : 1;
	return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
}

static int cgroup_compare(const void *a, const void *b)
{
	return path_compare(*(const char *const *)a, *(const char *const *)b);
}

static int policy_name_compare(const void *a, const void *b)
{
	const struct mp_policy *const *pa = a, *const *pb = b;

	return strcmp((*pa)->name, (*pb)->name);
}

static bool is_below(const char *cgroup, const char *ancestor)
{
	size_t n = strlen(ancestor);

	if (!strcmp(ancestor, "/"))
		return cgroup[1];
	return !strncmp(cgroup, ancestor, n) && cgroup[n] == '/';
}

static bool is_out(const struct walk *w, const struct mp_policy *policy, const char *cgroup)
{
	return w->is_out && w->is_out(policy, cgroup, w->userdata);
}

static int add_row(struct walk *w, const struct mp_policy *policy, const char *cgroup,
		   const struct mp_policy *winner)
{
	_cleanup_free_ char *reason = NULL;
	struct mp_assignment *items;
	int r = 0;

	if (policy == winner || is_out(w, policy, cgroup))
		;
	else if (policy->priority != winner->priority)
		r = asprintf(&reason, "policy %s governs it: its priority %d is higher than %d",
			     winner->name, winner->priority, policy->priority);
	else
		r = asprintf(&reason,
			     "policy %s governs it: both have priority %d and its name is the "
			     "later one",
			     winner->name, policy->priority);
	if (r < 0) {
		reason = NULL;
		return -ENOMEM;
	}
	items = reallocarray(w->rows.items, w->rows.count + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	items[w->rows.count++] = (struct mp_assignment){
		.policy = policy,
		.mechanism = MEMPOL_MECH_CACHE,
		.cgroup = cgroup,
		.winner = winner,
		.reason = TAKE_PTR(reason),
	};
	w->rows.items = items;
	return 0;
}

/* Of those that are not out, or of all if they all are. */
static const struct mp_policy *strongest(const struct walk *w, const bool *matches,
					 const char *cgroup)
{
	const struct mp_policy *best = NULL;
	bool best_out = false;

	for (size_t i = 0; i < w->n_policies; i++) {
		bool out;

		if (!matches[i])
			continue;
		out = is_out(w, w->policies[i], cgroup);
		if (best && out != best_out ? out :
					      best && mp_policy_compare(w->policies[i], best) < 0)
			continue;
		best = w->policies[i];
		best_out = out;
	}
	return best;
}

/* On return @matches has become the frame's stands_back. */
static int add_rows(struct walk *w, const struct frame *above, const char *cgroup,
		    const struct mp_policy *winner, bool *matches)
{
	bool inherited = above && above->governor == winner;
	int r;

	if (!inherited) {
		r = add_row(w, winner, cgroup, winner);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < w->n_policies; i++) {
		bool already = inherited && above->stands_back[i];

		if (matches[i] && !already && w->policies[i] != winner) {
			r = add_row(w, w->policies[i], cgroup, winner);
			if (r < 0)
				return r;
		}
		matches[i] = (matches[i] || already) && w->policies[i] != winner;
	}
	return 0;
}

static int push(struct walk *w, const char *cgroup, const struct mp_policy *governor,
		bool *stands_back)
{
	struct frame *frames;

	frames = reallocarray(w->frames, w->depth + 1, sizeof(*frames));
	if (!frames)
		return -ENOMEM;
	frames[w->depth++] = (struct frame){ cgroup, governor, stands_back };
	w->frames = frames;
	return 0;
}

static int visit(struct walk *w, const char *cgroup)
{
	_cleanup_free_ bool *matches = mp_owned(calloc(w->n_policies + 1, sizeof(bool)));
	const struct mp_policy *winner;
	int r;

	if (!matches)
		return -ENOMEM;
	while (w->depth && !is_below(cgroup, w->frames[w->depth - 1].cgroup))
		free(w->frames[--w->depth].stands_back);

	for (size_t i = 0; i < w->n_policies; i++)
		matches[i] = mp_match_cgroup(&w->policies[i]->match, cgroup);
	winner = strongest(w, matches, cgroup);
	if (!winner)
		return 0;

	r = add_rows(w, w->depth ? &w->frames[w->depth - 1] : NULL, cgroup, winner, matches);
	if (r < 0)
		return r;
	r = push(w, cgroup, winner, matches);
	if (r < 0)
		return r;
	TAKE_PTR(matches);
	return 0;
}

int mp_assign(const struct mp_policy *const policies[], size_t n_policies,
	      const char *const cgroups[], size_t n_cgroups, mp_is_out_t out, void *userdata,
	      struct mp_assignments *ret)
{
	_cleanup_free_ const struct mp_policy **by_name = NULL;
	_cleanup_(walk_done) struct walk w = { .is_out = out, .userdata = userdata };
	_cleanup_free_ const char **paths = NULL;
	int r;

	by_name = mp_owned(calloc(n_policies + 1, sizeof(*by_name)));
	paths = mp_owned(calloc(n_cgroups + 1, sizeof(*paths)));
	if (!by_name || !paths)
		return -ENOMEM;

	for (size_t i = 0; i < n_policies; i++)
		if (policies[i]->cache.engine)
			by_name[w.n_policies++] = policies[i];
	qsort(by_name, w.n_policies, sizeof(*by_name), policy_name_compare);
	for (size_t i = 0; i < n_cgroups; i++)
		paths[i] = cgroups[i];
	qsort(paths, n_cgroups, sizeof(*paths), cgroup_compare);

	w.policies = by_name;
	for (size_t i = 0; i < n_cgroups; i++) {
		if (i && !strcmp(paths[i], paths[i - 1]))
			continue;
		r = visit(&w, paths[i]);
		if (r < 0)
			return r;
	}
	*ret = TAKE(w.rows, (struct mp_assignments){});
	return 0;
}
