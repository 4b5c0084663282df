// SPDX-License-Identifier: GPL-2.0-only
/*
 * The assignment becomes attachments, the plan becomes steps; see converge.h. What a single step does is
 * steps.c.
 */
#include <errno.h>
#include <string.h>

#include "attachments.h"
#include "converge.h"
#include "kernel.h"
#include "log.h"
#include "match.h"
#include "places.h"
#include "plan.h"
#include "steps.h"

/* When memory was too short to work it out. */
#define AGAIN_USEC (1000 * 1000ULL)

/* It waits at this cgroup until somebody changes or resets it. */
static bool is_quarantined(const struct mp_policy *policy, const char *cgroup, void *userdata)
{
	const struct mp_manager *m = userdata;
	const struct mp_cgroup *found = NULL;

	for (size_t i = 0; i < m->n_attachments; i++) {
		const struct mp_attachment *at = m->attachments[i];

		if (!mp_backoff_is_quarantined(&at->backoff) || !at->slot ||
		    at->slot->policy != policy)
			continue;
		if (!cgroup)
			return true;
		/* By id: a cgroup of the same path that was made anew is another. */
		found = found ?: mp_cgroups_find(m->cgroups, cgroup);
		if (at->cgroup_id == found->id)
			return true;
	}
	return false;
}

/* Mostly none is, and then nobody has to be asked for each policy and cgroup. */
static bool any_quarantined(const struct mp_manager *m)
{
	for (size_t i = 0; i < m->n_attachments; i++)
		if (mp_backoff_is_quarantined(&m->attachments[i]->backoff))
			return true;
	return false;
}

/* The answer of the library, with what belongs to each of its rows. */
struct answer {
	struct mp_assignments assignments;
	const struct mp_cgroup **cgroups; /* NULL: the machine */
	bool *chosen; /* winners: it has one of the places */
};

static void answer_done(struct answer *answer)
{
	mp_assignments_done(&answer->assignments);
	free(answer->cgroups);
	free(answer->chosen);
}

/* The caller frees @answer in any case. */
static int assign(struct mp_manager *m, struct answer *answer)
{
	_cleanup_free_ const struct mp_policy **policies = NULL;
	_cleanup_free_ const char **paths = NULL;
	size_t n_cgroups, n_policies = 0;
	struct mp_cgroup *const *cgroups = mp_cgroups_list(m->cgroups, &n_cgroups);

	policies = mp_owned(calloc(m->n_slots ?: 1, sizeof(struct mp_policy *)));
	paths = mp_owned(calloc(n_cgroups ?: 1, sizeof(char *)));
	if (!policies || !paths)
		return -ENOMEM;
	for (size_t i = 0; i < m->n_slots; i++)
		if (m->slots[i]->policy && !m->slots[i]->unloadable)
			policies[n_policies++] = m->slots[i]->policy;
	for (size_t i = 0; i < n_cgroups; i++)
		paths[i] = cgroups[i]->path;
	return mp_assign(policies, n_policies, paths, n_cgroups,
			 any_quarantined(m) ? is_quarantined : NULL, m, &answer->assignments);
}

static int choose(struct mp_manager *m, struct answer *answer)
{
	const struct mp_assignments *assignments = &answer->assignments;
	_cleanup_free_ uint64_t *ids = mp_owned(calloc(assignments->count + 1, sizeof(*ids)));
	int r;

	answer->cgroups = calloc(assignments->count + 1, sizeof(struct mp_cgroup *));
	answer->chosen = calloc(assignments->count + 1, sizeof(*answer->chosen));
	if (!ids || !answer->cgroups || !answer->chosen)
		return -ENOMEM;
	for (size_t i = 0; i < assignments->count; i++) {
		const char *path = assignments->items[i].cgroup;

		answer->cgroups[i] = path ? mp_cgroups_find(m->cgroups, path) : NULL;
		ids[i] = answer->cgroups[i] ? answer->cgroups[i]->id : 0;
	}
	r = mp_places_choose(assignments, ids, MP_ATTACHMENTS_MAX, answer->chosen);
	return r < 0 ? r : 0;
}

/* An attachment for row @i: one that is there, or a new one where it is worth one. NULL: it is counted only. */
static struct mp_attachment *attachment_for(struct mp_manager *m, struct mp_slot *slot,
					    const struct answer *answer, size_t i)
{
	const struct mp_assignment *a = &answer->assignments.items[i];
	const struct mp_mechanism *mechanism = mp_mechanism_get(a->mechanism);
	struct mp_attachment *at = mp_attachment_find(m, slot, mechanism, answer->cgroups[i]);

	slot->n_matched++;
	if (a->winner == a->policy) {
		if (answer->chosen[i])
			return at ?: mp_attachment_add(m, slot, mechanism, answer->cgroups[i]);
		if (a->excluded)
			slot->n_not_excluded++;
		else
			slot->n_left_out++;
		return NULL;
	}
	/* What was ejected there remembers it; what still runs there goes on until its successor does. */
	if (at && (at->backoff.ejections || mp_loaded_is_attached(at->loaded)))
		return at;
	if (slot->n_standing_back++ >= MP_STANDING_BACK_MAX)
		return NULL;
	return at ?: mp_attachment_add(m, slot, mechanism, answer->cgroups[i]);
}

/* What is attached may be what is wanted again, after an edit that was taken back. */
static void settle(struct mp_attachment *at)
{
	if (!at->winner || at->version != mp_attachment_wanted_version(at))
		return;
	at->retry_usec = 0;
	at->attempts = 0;
	if (at->state == MP_STATE_ACTIVE)
		mp_attachment_set(at, MP_STATE_ACTIVE, mp_attachment_active_reason(at));
}

static void mark_one(struct mp_manager *m, struct mp_slot *slot, const struct answer *answer,
		     size_t i)
{
	const struct mp_assignment *a = &answer->assignments.items[i];
	struct mp_attachment *at = attachment_for(m, slot, answer, i);

	if (!at)
		return;
	at->wanted = true;
	at->winner = a->winner == a->policy;
	at->excluded = a->excluded;
	if (!at->winner || mp_attachment_is_given_up(at))
		at->preloaded = mp_loaded_free(at->preloaded);
	if (!at->winner && !at->backoff.ejections)
		at->retry_usec = 0;
	if (mp_loaded_is_attached(at->loaded)) {
		settle(at);
		return;
	}
	if (mp_attachment_is_given_up(at))
		return;
	if (at->state == MP_STATE_UNAVAILABLE && at->failed_generation != slot->generation)
		at->retry_usec = 0;
	if (!at->winner)
		mp_attachment_set(at, MP_STATE_LOADED, a->reason);
	else if (!at->retry_usec)
		mp_attachment_set(at, MP_STATE_WAITING, m->features.missing[at->mechanism->id]);
}

/* What the kernel ejected starts with nothing when its policy is another one now. */
static void forgive_changed(struct mp_manager *m)
{
	for (size_t i = 0; i < m->n_attachments; i++) {
		struct mp_attachment *at = m->attachments[i];

		if (at->backoff.ejections && at->slot &&
		    at->ejected_generation != at->slot->generation)
			mp_attachment_forgive(at);
	}
}

/* Attachments that are not wanted any more stay until the steps are taken. */
static int mark(struct mp_manager *m)
{
	_cleanup_(answer_done) struct answer answer = {};
	int r;

	forgive_changed(m);
	r = assign(m, &answer);
	if (r < 0)
		return r;
	r = choose(m, &answer);
	if (r < 0)
		return r;
	for (size_t i = 0; i < m->n_attachments; i++)
		m->attachments[i]->wanted = m->attachments[i]->winner = false;
	for (size_t i = 0; i < m->n_slots; i++)
		m->slots[i]->n_matched = m->slots[i]->n_left_out = m->slots[i]->n_not_excluded =
			m->slots[i]->n_standing_back = 0;
	for (size_t i = 0; i < answer.assignments.count; i++)
		mark_one(m, mp_slot_find(m, answer.assignments.items[i].policy->name), &answer, i);
	return 0;
}

/* Returns how many, or -errno. */
static int take_steps(struct mp_manager *m)
{
	_cleanup_free_ struct mp_plan_item *current = NULL, *wanted = NULL;
	_cleanup_plan_ struct mp_plan plan = {};
	size_t n_current = 0, n_wanted = 0;
	uint64_t now = mp_manager_now(m);
	int r;

	current = mp_owned(calloc(m->n_attachments ?: 1, sizeof(*current)));
	wanted = mp_owned(calloc(m->n_attachments ?: 1, sizeof(*wanted)));
	if (!current || !wanted)
		return -ENOMEM;
	for (size_t i = 0; i < m->n_attachments; i++) {
		struct mp_attachment *at = m->attachments[i];
		struct mp_plan_item item = {
			.mechanism = at->mechanism->id,
			.cgroup_id = at->cgroup_id,
			.policy = at->name,
			.userdata = at,
		};

		if (mp_loaded_is_attached(at->loaded)) {
			item.version = at->version;
			current[n_current++] = item;
		}
		if (at->wanted && at->winner) {
			item.version = mp_attachment_wanted_version(at);
			item.blocked = m->features.missing[at->mechanism->id] ||
				       mp_attachment_is_given_up(at) || at->retry_usec > now;
			wanted[n_wanted++] = item;
		}
	}
	r = mp_plan_make(current, n_current, wanted, n_wanted, &plan);
	for (size_t i = 0; i < plan.count && r >= 0; i++)
		mp_step_take(m, &plan.steps[i]);
	return r < 0 ? r : (int)plan.count;
}

/* What is left over once the steps are taken. Was there anything? */
static bool drop_unwanted(struct mp_manager *m)
{
	size_t before = m->n_attachments;

	mp_attachments_drop_unwanted(m);
	return m->n_attachments != before;
}

/* Once for each number, not once for each cgroup that comes or goes. */
static void log_left_out(struct mp_manager *m)
{
	size_t left_out = 0, matched = 0;

	for (size_t i = 0; i < m->n_slots; i++) {
		left_out += m->slots[i]->n_left_out;
		matched += m->slots[i]->n_matched;
	}
	if (left_out == m->n_left_out)
		return;
	m->n_left_out = left_out;
	if (left_out)
		mp_log(LOG_WARNING,
		       "%zu of %zu matching cgroups are left to the kernel: at most %d can be governed.",
		       left_out, matched, MP_ATTACHMENTS_MAX);
	else
		mp_log(LOG_INFO, "Every matching cgroup can be governed again.");
}

void mp_converge(struct mp_manager *m)
{
	bool changed;
	int r;

	for (size_t i = 0; i < m->n_attachments && m->missed; i++)
		mp_kernel_refresh(m, m->attachments[i]);
	m->missed = false;
	r = mark(m);
	if (r >= 0)
		r = take_steps(m);
	if (r < 0) {
		mp_log_errno(LOG_ERR, r,
			     "Failed to work out which policy governs what, trying again");
		m->converge_retry_usec = mp_manager_now(m) + AGAIN_USEC;
		return;
	}
	m->converge_retry_usec = 0;
	changed = drop_unwanted(m) || r > 0;
	for (size_t i = 0; i < m->n_slots; i++)
		m->slots[i]->preloaded = mp_loaded_free(m->slots[i]->preloaded);
	/*
	 * Steps change which policy stands back behind which: then the reasons are right only now. To ask for
	 * tens of thousands of cgroups takes its time, so nobody is asked twice for the same.
	 */
	if (changed && mark(m) < 0)
		mp_log(LOG_DEBUG, "Out of memory, ignoring.");
	else if (changed)
		mp_attachments_drop_unwanted(m);
	log_left_out(m);
}

uint64_t mp_converge_next_retry(struct mp_manager *m)
{
	uint64_t next = UINT64_MAX;

	/* While memory is short nothing else is tried. */
	if (m->converge_retry_usec)
		return m->converge_retry_usec;

	for (size_t i = 0; i < m->n_attachments; i++) {
		const struct mp_attachment *at = m->attachments[i];

		if (at->winner && at->retry_usec && at->retry_usec < next &&
		    !mp_attachment_is_given_up(at) && !m->features.missing[at->mechanism->id])
			next = at->retry_usec;
	}
	return next;
}
