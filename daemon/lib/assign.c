/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All policies, all cgroups: which policy governs where and which stands back (match.h). One walk over the
 * sorted paths with a stack of governed ancestors, so the kernel's rule "the nearest governed
 * ancestor wins" is applied and nothing is attached twice.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "match.h"
#include "mechanism.h"

int mp_policy_compare(const struct mp_policy *a, const struct mp_policy *b)
{
	if (a->priority != b->priority)
		return a->priority < b->priority ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* How a policy stands to a cgroup. */
struct stance {
	bool matches;
	bool stands_back; /* for the governor */
	const char *out_at; /* it would govern but for that cgroup, this one or one above */
};

/* A cgroup with matches, and what holds below it. */
struct frame {
	const char *cgroup;
	const struct mp_policy *governor; /* NULL: an exclusion, nothing is inherited from here */
	struct stance *stances; /* one for each policy */
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
		free(w->frames[i].stances);
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

static int stand_back_reason(const struct mp_policy *policy, const struct mp_policy *winner,
			     bool out_here, const char *out_at, char **ret)
{
	int r = 0;

	if (policy == winner || out_here)
		*ret = NULL;
	else if (out_at)
		r = asprintf(ret, "policy %s governs it: policy %s is quarantined at %s",
			     winner->name, policy->name, out_at);
	else if (policy->priority != winner->priority)
		r = asprintf(ret, "policy %s governs it: its priority %d is higher than %d",
			     winner->name, winner->priority, policy->priority);
	else
		r = asprintf(ret,
			     "policy %s governs it: both have priority %d and its name is the "
			     "later one",
			     winner->name, policy->priority);
	return r < 0 ? -ENOMEM : 0;
}

static int add_row(struct walk *w, const struct mp_policy *policy, const char *cgroup,
		   const struct mp_policy *winner, bool out_here, const char *out_at)
{
	struct mp_assignment *items;
	char *reason;
	int r;

	items = reallocarray(w->rows.items, w->rows.count + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	w->rows.items = items;
	r = stand_back_reason(policy, winner, out_here, out_at, &reason);
	if (r < 0)
		return r;
	items[w->rows.count++] = (struct mp_assignment){
		.policy = policy,
		.mechanism = policy->choice.mechanism,
		.cgroup = cgroup,
		.winner = winner,
		.reason = reason,
	};
	return 0;
}

/* Of those that are not out, or of all if they all are. Returns its index, or -1. */
static int strongest(const struct walk *w, const struct stance *stances)
{
	int best = -1;

	for (size_t i = 0; i < w->n_policies; i++) {
		bool out = stances[i].out_at;

		if (!stances[i].matches)
			continue;
		if (best >= 0 && out != !!stances[best].out_at) {
			if (out)
				continue;
		} else if (best >= 0 && mp_policy_compare(w->policies[i], w->policies[best]) < 0) {
			continue;
		}
		best = i;
	}
	return best;
}

static int add_rows(struct walk *w, const struct frame *above, const char *cgroup,
		    const struct mp_policy *winner, struct stance *stances)
{
	bool inherited = above && above->governor == winner;
	int r;

	if (!inherited) {
		r = add_row(w, winner, cgroup, winner, false, NULL);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < w->n_policies; i++) {
		bool already = inherited && above->stances[i].stands_back;

		if (w->policies[i] == winner)
			continue;
		stances[i].stands_back = stances[i].matches || already;
		if (!stances[i].matches || already)
			continue;
		r = add_row(w, w->policies[i], cgroup, winner, stances[i].out_at == cgroup,
			    stances[i].out_at);
		if (r < 0)
			return r;
	}
	return 0;
}

static int push(struct walk *w, const char *cgroup, const struct mp_policy *governor,
		struct stance *stances)
{
	struct frame *frames;

	frames = reallocarray(w->frames, w->depth + 1, sizeof(*frames));
	if (!frames)
		return -ENOMEM;
	frames[w->depth++] = (struct frame){ cgroup, governor, stances };
	w->frames = frames;
	return 0;
}

/*
 * A policy that is quarantined at an ancestor is treated as quarantined here too; otherwise it would
 * return one level further down.
 */
static void take_stances(const struct walk *w, const struct frame *above, const char *cgroup,
			 struct stance *stances)
{
	for (size_t i = 0; i < w->n_policies; i++) {
		stances[i].matches = mp_match_cgroup(&w->policies[i]->match, cgroup);
		if (!stances[i].matches || !w->is_out)
			continue;
		if (w->is_out(w->policies[i], cgroup, w->userdata))
			stances[i].out_at = cgroup;
		else if (above)
			stances[i].out_at = above->stances[i].out_at;
	}
}

/* A policy that is weaker than the governor would not govern here in any case. */
static void forget_weaker(const struct walk *w, const struct mp_policy *governor,
			  struct stance *stances)
{
	for (size_t i = 0; i < w->n_policies; i++)
		if (mp_policy_compare(w->policies[i], governor) < 0)
			stances[i].out_at = NULL;
}

/* No policy matches @cgroup: it is governed from above, unless the governor excludes it. */
static int visit_unmatched(struct walk *w, const char *cgroup, const struct frame *above,
			   struct stance *stances)
{
	const struct mp_policy *governor = above ? above->governor : NULL;
	int r;

	if (!governor || !mp_policy_mechanism(governor)->leaving_engine ||
	    !mp_match_excludes(&governor->match, cgroup))
		return 0;
	r = add_row(w, governor, cgroup, governor, false, NULL);
	if (r < 0)
		return r;
	w->rows.items[w->rows.count - 1].excluded = true;
	r = push(w, cgroup, NULL, stances);
	return r < 0 ? r : 1;
}

static int visit(struct walk *w, const char *cgroup)
{
	_cleanup_free_ struct stance *stances =
		mp_owned(calloc(w->n_policies + 1, sizeof(*stances)));
	const struct mp_policy *winner;
	const struct frame *above;
	int best, r;

	if (!stances)
		return -ENOMEM;
	while (w->depth && !is_below(cgroup, w->frames[w->depth - 1].cgroup))
		free(w->frames[--w->depth].stances);
	above = w->depth ? &w->frames[w->depth - 1] : NULL;

	take_stances(w, above, cgroup, stances);
	best = strongest(w, stances);
	if (best < 0) {
		r = visit_unmatched(w, cgroup, above, stances);
		if (r > 0)
			TAKE_PTR(stances);
		return r < 0 ? r : 0;
	}
	winner = w->policies[best];
	/* All are quarantined, and not here: the governor of the cgroup above governs this one, too. */
	if (above && above->governor && stances[best].out_at && stances[best].out_at != cgroup)
		winner = above->governor;

	r = add_rows(w, above, cgroup, winner, stances);
	if (r < 0)
		return r;
	forget_weaker(w, winner, stances);
	r = push(w, cgroup, winner, stances);
	if (r < 0)
		return r;
	TAKE_PTR(stances);
	return 0;
}

/* By name, those of @mechanism. */
static size_t select_policies(const struct mp_policy *const policies[], size_t n_policies,
			      enum mempol_mechanism_id mechanism, const struct mp_policy **ret)
{
	size_t n = 0;

	for (size_t i = 0; i < n_policies; i++)
		if (policies[i]->choice.mechanism == mechanism)
			ret[n++] = policies[i];
	qsort(ret, n, sizeof(*ret), policy_name_compare);
	return n;
}

static bool is_out_here(const struct walk *w, const struct mp_policy *policy)
{
	return w->is_out && w->is_out(policy, NULL, w->userdata);
}

/* The machine is one place, and nothing lies below it. */
static int visit_machine(struct walk *w)
{
	const struct mp_policy *winner = NULL;
	int r;

	for (size_t i = 0; i < w->n_policies; i++) {
		const struct mp_policy *policy = w->policies[i];
		bool out;

		assert(policy);
		out = is_out_here(w, policy);

		if (winner &&
		    (out != is_out_here(w, winner) ? out : mp_policy_compare(policy, winner) < 0))
			continue;
		winner = policy;
	}
	if (!winner)
		return 0;
	r = add_row(w, winner, NULL, winner, false, NULL);
	for (size_t i = 0; i < w->n_policies && r >= 0; i++) {
		const struct mp_policy *policy = w->policies[i];

		assert(policy);
		if (policy != winner)
			r = add_row(w, policy, NULL, winner, is_out_here(w, policy), NULL);
	}
	return r;
}

/* @paths is sorted. */
static int visit_all(struct walk *w, const char *const *paths, size_t n_paths)
{
	int r;

	for (size_t i = 0; i < n_paths; i++) {
		if (i && !strcmp(paths[i], paths[i - 1]))
			continue;
		r = visit(w, paths[i]);
		if (r < 0)
			return r;
	}
	while (w->depth)
		free(w->frames[--w->depth].stances);
	return 0;
}

int mp_assign(const struct mp_policy *const policies[], size_t n_policies,
	      const char *const cgroups[], size_t n_cgroups, mp_is_out_t out, void *userdata,
	      struct mp_assignments *ret)
{
	_cleanup_free_ const struct mp_policy **by_name = NULL;
	_cleanup_(walk_done) struct walk w = { .is_out = out, .userdata = userdata };
	_cleanup_free_ const char **paths = NULL;
	int r = 0;

	by_name = mp_owned(calloc(n_policies + 1, sizeof(*by_name)));
	paths = mp_owned(calloc(n_cgroups + 1, sizeof(*paths)));
	if (!by_name || !paths)
		return -ENOMEM;
	for (size_t i = 0; i < n_cgroups; i++)
		paths[i] = cgroups[i];
	qsort(paths, n_cgroups, sizeof(*paths), cgroup_compare);

	w.policies = by_name;
	/* Those of the machine come last. */
	for (size_t i = 0; i < 2 * mp_mechanisms_count && r >= 0; i++) {
		const struct mp_mechanism *mechanism = mp_mechanisms[i % mp_mechanisms_count];

		if (mechanism->host_wide != (i >= mp_mechanisms_count))
			continue;
		w.n_policies = select_policies(policies, n_policies, mechanism->id, by_name);
		r = mechanism->host_wide ? visit_machine(&w) : visit_all(&w, paths, n_cgroups);
	}
	if (r < 0)
		return r;
	*ret = TAKE(w.rows, (struct mp_assignments){});
	return 0;
}
