// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the policy directories to what is in force; see slots.h.
 */
#include <errno.h>
#include <string.h>

#include "engine.h"
#include "engine_file.h"
#include "load.h"
#include "log.h"
#include "match.h"
#include "slots.h"

/* What a policy file would become; nothing of it is in force yet. */
struct prepared {
	struct mp_policy *policy;
	struct mp_image *image;
	bool verified;
	struct mp_loaded *preloaded;
	uint64_t preloaded_cgroup_id;
	struct mp_errors errors; /* not empty: it cannot */
	char *log;
};

static void prepared_done(struct prepared *p)
{
	mp_policy_free(p->policy);
	mp_image_unref(p->image);
	mp_loaded_free(p->preloaded);
	mp_errors_done(&p->errors);
	free(p->log);
	*p = (struct prepared){};
}

static struct mp_slot *slot_free(struct mp_slot *slot)
{
	if (!slot)
		return NULL;
	free(slot->name);
	free(slot->path);
	mp_policy_free(slot->policy);
	mp_image_unref(slot->image);
	mp_loaded_free(slot->preloaded);
	mp_errors_done(&slot->errors);
	free(slot->log);
	free(slot);
	return NULL;
}

static struct mp_slot *add_slot(struct mp_manager *m, const char *name)
{
	struct mp_slot **slots = reallocarray(m->slots, m->n_slots + 1, sizeof(*slots));
	struct mp_slot *slot;
	size_t i = 0;

	if (!slots)
		return NULL;
	m->slots = slots;
	slot = calloc(1, sizeof(*slot));
	if (!slot)
		return NULL;
	slot->name = strdup(name);
	if (!slot->name)
		return slot_free(slot);
	while (i < m->n_slots && strcmp(slots[i]->name, name) < 0)
		i++;
	memmove(&slots[i + 1], &slots[i], (m->n_slots - i) * sizeof(*slots));
	slots[i] = slot;
	m->n_slots++;
	return slot;
}

/* With other values of its tunables the verifier sees another engine. */
static bool already_verified(const struct mp_manager *m, const struct mp_policy *policy,
			     const struct mp_image *image)
{
	for (size_t i = 0; i < m->n_slots; i++)
		if (m->slots[i]->verified && mp_image_equal(m->slots[i]->image, image) &&
		    mp_policy_runs_alike(m->slots[i]->policy, policy))
			return true;
	return false;
}

/* A cgroup the policy could govern at once, 0 when there is none. */
static uint64_t likely_cgroup(const struct mp_manager *m, const struct mp_policy *policy)
{
	size_t n;
	struct mp_cgroup *const *cgroups = mp_cgroups_list(m->cgroups, &n);

	if (mp_policy_mechanism(policy)->host_wide)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (mp_match_cgroup(&policy->match, cgroups[i]->path))
			return cgroups[i]->id;
	return 0;
}

/*
 * Lets the verifier see the engine before anything depends on it. A load takes most of the time
 * between a file and its effect, so it is made for a cgroup that is there and kept for it.
 */
static int verify(struct mp_manager *m, const struct mp_policy *policy, struct mp_image *image,
		  struct mp_errors *errors, char **ret_log, struct mp_loaded **ret_preloaded,
		  uint64_t *ret_cgroup_id)
{
	_cleanup_free_ char *problem = NULL, *log = NULL;
	int r;

	if (already_verified(m, policy, image))
		return 0;
	*ret_cgroup_id = likely_cgroup(m, policy);
	*ret_preloaded = mp_loaded_free(*ret_preloaded);
	r = mp_load(m, policy, image, *ret_cgroup_id, ret_preloaded, &problem, &log);
	if (r >= 0)
		return 0;
	if (r == -ENOMEM)
		return r;
	free(*ret_log);
	*ret_log = TAKE_PTR(log);
	r = mp_errors_add(errors, policy->choice.file, policy->choice.line, "engine %s: %s",
			  policy->choice.engine, problem ?: strerror(-r));
	return r < 0 ? r : -EBADMSG;
}

static int check_machine(const struct mp_manager *m, const struct mp_policy *policy,
			 struct mp_errors *errors)
{
	const struct mp_mechanism *mechanism = mp_policy_mechanism(policy);
	int r;

	if (!mechanism->check_machine)
		return 0;
	r = mechanism->check_machine(policy, m->config->sys, errors);
	return r < 0 ? r : errors->count ? -EBADMSG : 0;
}

/*
 * 0 whatever the file says, or -ENOMEM. @p is empty, and in any case the caller's to free.
 */
static int prepare(struct mp_manager *m, struct mp_policy_entry *entry, struct prepared *p)
{
	_cleanup_free_ char *path = NULL, *problem = NULL;
	const struct mp_engine_choice *choice;
	int r;

	r = mp_errors_move(&p->errors, &entry->errors);
	if (r < 0)
		return r;
	p->policy = TAKE_PTR(entry->policy);
	if (!p->policy)
		return 0;

	choice = &p->policy->choice;
	r = mp_engine_object_path(m->config->engine_dir, choice->mechanism, choice->engine, &path);
	if (r == -ENOMEM)
		return r;
	if (r >= 0)
		r = mp_image_read(path, mp_engine_is_path(choice->engine), choice->mechanism,
				  &p->image, &problem);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		r = mp_errors_add(&p->errors, choice->file, choice->line, "engine %s: %s: %s",
				  choice->engine, path ?: "no path", problem ?: strerror(-r));
		return r < 0 ? r : 0;
	}
	r = mp_policy_check_tunings(p->policy, mp_image_tunables(p->image), &p->errors);
	if (r < 0)
		return r == -EBADMSG ? 0 : r;
	r = check_machine(m, p->policy, &p->errors);
	if (r < 0)
		return r == -EBADMSG ? 0 : r;
	if (!m->features.missing[choice->mechanism]) {
		r = verify(m, p->policy, p->image, &p->errors, &p->log, &p->preloaded,
			   &p->preloaded_cgroup_id);
		if (r == -ENOMEM)
			return r;
		p->verified = r >= 0;
	}
	return 0;
}

static bool same_errors(const struct mp_errors *a, const struct mp_errors *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i], b->items[i]))
			return false;
	return true;
}

/* The file is bad: what is in force stays in force. */
static void apply_bad(struct mp_manager *m, struct mp_slot *slot, struct prepared *p)
{
	bool news = !same_errors(&slot->errors, &p->errors);

	mp_errors_done(&slot->errors);
	(void)mp_errors_move(&slot->errors, &p->errors);
	free(slot->log);
	slot->log = TAKE_PTR(p->log);
	if (p->policy && (!slot->policy || slot->unloadable)) {
		/* Shown with mechanism and engine, but never run. */
		mp_policy_free(slot->policy);
		slot->policy = TAKE_PTR(p->policy);
		slot->unloadable = true;
	}
	if (!news)
		return;
	slot->since_usec = mp_events_realtime(0);
	if (slot->policy && !slot->unloadable)
		mp_manager_tell(m, MP_EVENT_KEPT, slot->name, mp_slot_problem(slot),
				"policy %s: kept the last good version: %s", slot->name,
				mp_slot_problem(slot));
	else
		mp_manager_tell(m, MP_EVENT_FAILED, slot->name, mp_slot_problem(slot),
				"policy %s is not loaded: %s", slot->name, mp_slot_problem(slot));
}

/* Returns whether anything is different from before. */
static bool apply_good(struct mp_manager *m, struct mp_slot *slot, struct prepared *p)
{
	bool was_bad = slot->errors.count > 0, first = !slot->policy || slot->unloadable;
	bool engine = first || !mp_image_equal(slot->image, p->image) ||
		      !mp_policy_runs_alike(slot->policy, p->policy);
	bool changed = engine || !mp_policy_equal(slot->policy, p->policy);

	mp_policy_free(slot->policy);
	slot->policy = TAKE_PTR(p->policy);
	mp_image_unref(slot->image);
	slot->image = TAKE_PTR(p->image);
	mp_loaded_free(slot->preloaded);
	slot->preloaded = TAKE_PTR(p->preloaded);
	slot->preloaded_cgroup_id = p->preloaded_cgroup_id;
	slot->verified = p->verified;
	slot->unloadable = false;
	mp_errors_done(&slot->errors);
	slot->log = (free(slot->log), NULL);
	if (engine)
		slot->version++;
	if (changed) {
		slot->generation++;
		slot->since_usec = mp_events_realtime(0);
	}
	if (changed || was_bad)
		mp_manager_tell(m, MP_EVENT_LOADED, slot->name, NULL,
				"policy %s was %s, with engine %s", slot->name,
				first	? "loaded" :
				changed ? "changed" :
					  "corrected",
				slot->policy->choice.engine);
	return changed;
}

static void forget_slot(struct mp_manager *m, size_t i)
{
	struct mp_slot *slot = m->slots[i];

	for (size_t k = 0; k < m->n_attachments; k++)
		if (m->attachments[k]->slot == slot)
			m->attachments[k]->slot = NULL;
	memmove(&m->slots[i], &m->slots[i + 1], (m->n_slots - i - 1) * sizeof(*m->slots));
	m->n_slots--;
	mp_manager_tell(m, MP_EVENT_REMOVED, slot->name, "its file is gone or masked",
			"policy %s was removed: its file is gone or masked", slot->name);
	slot_free(slot);
}

/* Returns whether anything is different from before, or -ENOMEM. */
static int apply(struct mp_manager *m, const char *name, const char *path, struct prepared *p)
{
	struct mp_slot *slot = mp_slot_find(m, name) ?: add_slot(m, name);
	char *copy = strdup(path);

	if (!slot || !copy) {
		free(copy);
		return -ENOMEM;
	}
	free(slot->path);
	slot->path = copy;
	slot->seen = true;
	if (p->errors.count > 0) {
		apply_bad(m, slot, p);
		return false;
	}
	return apply_good(m, slot, p);
}

static int forget_unseen(struct mp_manager *m)
{
	int n = 0;

	for (size_t i = m->n_slots; i > 0; i--) {
		if (!m->slots[i - 1]->seen) {
			forget_slot(m, i - 1);
			n++;
		}
	}
	return n;
}

/* Whether a scan can pass it by: an engine's file counts only at a reload. */
static bool is_unchanged(const struct mp_slot *slot, const struct mp_policy_entry *entry)
{
	return slot && slot->policy && !slot->unloadable && !slot->errors.count && entry->policy &&
	       mp_policy_equal(slot->policy, entry->policy);
}

/* The files say the same, but they may be others: one that came in front, one drop-in less. */
static int take_over_files(struct mp_slot *slot, struct mp_policy_entry *entry)
{
	char *path = strdup(entry->path);

	if (!path)
		return -ENOMEM;
	free(slot->path);
	slot->path = path;
	mp_policy_free(slot->policy);
	slot->policy = TAKE_PTR(entry->policy);
	slot->seen = true;
	return 0;
}

int mp_slots_scan(struct mp_manager *m)
{
	_cleanup_policy_set_ struct mp_policy_set set = {};
	int r;

	r = mp_policy_set_read(m->config->policy_dirs, &set);
	if (r < 0)
		return r;
	for (size_t i = 0; i < set.errors.count; i++)
		mp_log(LOG_WARNING, "%s, ignoring.", set.errors.items[i]);
	for (size_t i = 0; i < m->n_slots; i++)
		m->slots[i]->seen = false;
	for (size_t i = 0; i < set.count; i++) {
		_cleanup_(prepared_done) struct prepared p = {};
		struct mp_policy_entry *entry = &set.items[i];
		struct mp_slot *slot = mp_slot_find(m, entry->name);

		if (is_unchanged(slot, entry)) {
			r = take_over_files(slot, entry);
			if (r < 0)
				return r;
			continue;
		}
		r = prepare(m, entry, &p);
		if (r >= 0)
			r = apply(m, entry->name, entry->path, &p);
		if (r < 0)
			return r;
	}
	(void)forget_unseen(m);
	return 0;
}

static int prepare_all(struct mp_manager *m, struct mp_policy_set *set, struct prepared *all,
		       struct mp_errors *errors)
{
	int r;

	for (size_t i = 0; i < set->count; i++) {
		r = prepare(m, &set->items[i], &all[i]);
		if (r >= 0)
			r = mp_errors_move(errors, &all[i].errors);
		if (r < 0)
			return r;
	}
	return errors->count ? -EBADMSG : 0;
}

static int apply_all(struct mp_manager *m, const struct mp_policy_set *set, struct prepared *all)
{
	int r, changed = 0;

	for (size_t i = 0; i < m->n_slots; i++)
		m->slots[i]->seen = false;
	for (size_t i = 0; i < set->count; i++) {
		r = apply(m, set->items[i].name, set->items[i].path, &all[i]);
		if (r < 0)
			return r;
		changed += r;
	}
	return changed + forget_unseen(m);
}

int mp_slots_reload(struct mp_manager *m, struct mp_errors *errors)
{
	_cleanup_policy_set_ struct mp_policy_set set = {};
	struct prepared *all;
	int r;

	r = mp_policy_set_read(m->config->policy_dirs, &set);
	if (r < 0)
		return r;
	r = mp_errors_move(errors, &set.errors);
	if (r < 0)
		return r;
	all = calloc(set.count ?: 1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	r = prepare_all(m, &set, all, errors);
	if (r >= 0)
		r = apply_all(m, &set, all);
	for (size_t i = 0; i < set.count; i++)
		prepared_done(&all[i]);
	free(all);

	if (r == -EBADMSG)
		mp_manager_tell(m, MP_EVENT_FAILED, NULL, errors->items[0],
				"reload changed nothing, because of %zu error%s: %s", errors->count,
				errors->count == 1 ? "" : "s", errors->items[0]);
	else if (r >= 0)
		mp_manager_tell(m, MP_EVENT_RELOADED, NULL, NULL, "reload: %d polic%s changed", r,
				r == 1 ? "y" : "ies");
	return r;
}

/* The module came after the policies: now the verifier can be asked. */
void mp_slots_verify(struct mp_manager *m)
{
	for (size_t i = 0; i < m->n_slots; i++) {
		struct mp_slot *slot = m->slots[i];
		int r;

		if (slot->verified || !slot->image || slot->unloadable ||
		    m->features.missing[mp_slot_mechanism(slot)->id])
			continue;
		r = verify(m, slot->policy, slot->image, &slot->errors, &slot->log,
			   &slot->preloaded, &slot->preloaded_cgroup_id);
		slot->verified = r >= 0;
		/* Without memory nothing was said of the engine; an attachment shows it again. */
		if (r >= 0 || r == -ENOMEM)
			continue;
		slot->unloadable = true;
		mp_manager_tell(m, MP_EVENT_FAILED, slot->name, mp_slot_problem(slot),
				"policy %s is not loaded: %s", slot->name, mp_slot_problem(slot));
	}
}

void mp_slots_free(struct mp_manager *m)
{
	for (size_t i = 0; i < m->n_slots; i++)
		slot_free(m->slots[i]);
	free(m->slots);
	m->slots = NULL;
	m->n_slots = 0;
}
