// SPDX-License-Identifier: GPL-2.0-only
/*
 * Policies by name: from the directories to what is in force. At start and under inotify each file
 * stands alone; a reload is one transaction. Called by the manager and the control socket; it
 * never touches what is in the kernel (converge.c does), apart from showing the verifier an engine.
 */
#include <errno.h>
#include <string.h>
#include <sys/sysinfo.h>

#include "engine.h"
#include "log.h"
#include "manager.h"
#include "match.h"

/* What a policy file would become; nothing of it is in force yet. */
struct prepared {
	struct mp_policy *policy;
	struct mp_image *image;
	bool verified;
	struct mp_loaded *spare;
	uint64_t spare_cgroup_id;
	struct mp_errors errors; /* not empty: it cannot */
	char *log;
};

static void prepared_done(struct prepared *p)
{
	mp_policy_free(p->policy);
	mp_image_unref(p->image);
	mp_loaded_free(p->spare);
	mp_errors_done(&p->errors);
	free(p->log);
	*p = (struct prepared){};
}

struct mp_unit *mp_unit_free(struct mp_unit *unit)
{
	if (!unit)
		return NULL;
	free(unit->name);
	free(unit->path);
	mp_policy_free(unit->policy);
	mp_image_unref(unit->image);
	mp_loaded_free(unit->spare);
	mp_errors_done(&unit->errors);
	free(unit->log);
	free(unit);
	return NULL;
}

const char *mp_unit_problem(const struct mp_unit *unit)
{
	return unit->errors.count ? unit->errors.items[0] : NULL;
}

const char *mp_unit_engine(const struct mp_unit *unit)
{
	return unit && unit->policy ? unit->policy->choice.engine : NULL;
}

enum mempol_mechanism_id mp_unit_mechanism(const struct mp_unit *unit)
{
	return unit && unit->policy ? unit->policy->choice.mechanism : MEMPOL_MECH_NONE;
}

struct mp_unit *mp_manager_find_unit(struct mp_manager *m, const char *name)
{
	for (size_t i = 0; i < m->n_units; i++)
		if (!strcmp(m->units[i]->name, name))
			return m->units[i];
	return NULL;
}

static struct mp_unit *add_unit(struct mp_manager *m, const char *name)
{
	struct mp_unit **units = reallocarray(m->units, m->n_units + 1, sizeof(*units));
	struct mp_unit *unit;
	size_t i = 0;

	if (!units)
		return NULL;
	m->units = units;
	unit = calloc(1, sizeof(*unit));
	if (!unit)
		return NULL;
	unit->name = strdup(name);
	if (!unit->name)
		return mp_unit_free(unit);
	while (i < m->n_units && strcmp(units[i]->name, name) < 0)
		i++;
	memmove(&units[i + 1], &units[i], (m->n_units - i) * sizeof(*units));
	units[i] = unit;
	m->n_units++;
	return unit;
}

static bool already_verified(const struct mp_manager *m, const struct mp_image *image)
{
	for (size_t i = 0; i < m->n_units; i++)
		if (m->units[i]->verified && mp_image_equal(m->units[i]->image, image))
			return true;
	return false;
}

/* A cgroup the policy could govern at once, 0 when there is none. */
static uint64_t likely_cgroup(const struct mp_manager *m, const struct mp_policy *policy)
{
	size_t n;
	struct mp_cgroup *const *cgroups = mp_cgroups_list(m->cgroups, &n);

	if (policy->choice.mechanism == MEMPOL_MECH_BALLOON)
		return 0; /* which is the machine */
	for (size_t i = 0; i < n; i++)
		if (mp_match_cgroup(&policy->match, cgroups[i]->path))
			return cgroups[i]->id;
	return 0;
}

/* What the policy has given to the host that is in charge now: not in MemTotal, and yet this machine's. */
static uint64_t given_bytes(const struct mp_manager *m)
{
	struct mempol_policy_info info;

	for (size_t i = 0; i < m->n_rows; i++) {
		const struct mp_row *row = m->rows[i];

		if (row->mechanism != MEMPOL_MECH_BALLOON || !mp_loaded_is_attached(row->loaded) ||
		    mp_agent_query(m->agent, mp_loaded_policy_id(row->loaded), &info) < 0)
			continue;
		return info.counters[MEMPOL_BALLOON_HELD_PAGES] * sysconf(_SC_PAGESIZE);
	}
	return 0;
}

/*
 * The memory is MemTotal and what a policy holds: what the host has taken itself is not in it. To keep
 * nothing because its size is not known would be worse than not to run.
 */
static int fill_balloon(const struct mp_manager *m, const struct mp_policy *policy,
			struct mp_ops_values *values)
{
	struct sysinfo info;

	if (policy->choice.mechanism != MEMPOL_MECH_BALLOON)
		return 0;
	if (sysinfo(&info) < 0)
		return -errno;
	values->keep_pages = mp_balloon_keep_pages(
		&policy->balloon, (uint64_t)info.totalram * info.mem_unit + given_bytes(m),
		sysconf(_SC_PAGESIZE));
	values->period_ms = policy->balloon.period_ms;
	return 0;
}

int mp_manager_load(struct mp_manager *m, const struct mp_policy *policy,
		    const struct mp_image *image, uint64_t cgroup_id, struct mp_loaded **ret,
		    char **ret_problem, char **ret_log)
{
	struct mp_ops_values values = { .policy_id = ++m->next_id, .cgroup_id = cgroup_id };
	int r;

	*ret_problem = *ret_log = NULL;
	r = fill_balloon(m, policy, &values);
	if (r < 0) {
		*ret_problem = mp_owned(strdup("the size of the memory cannot be read"));
		return r;
	}
	r = mp_loaded_new(image, &values, ret, ret_problem, ret_log);
	mp_kernel_alive(m);
	return r;
}

/*
 * Lets the verifier see the engine before anything depends on it. A load takes most of the time
 * between a file and its effect, so it is made for a cgroup that is there and kept for it.
 */
static int verify(struct mp_manager *m, const struct mp_policy *policy, struct mp_image *image,
		  struct mp_errors *errors, char **ret_log, struct mp_loaded **ret_spare,
		  uint64_t *ret_cgroup_id)
{
	_cleanup_free_ char *problem = NULL, *log = NULL;
	int r;

	if (already_verified(m, image))
		return 0;
	*ret_cgroup_id = likely_cgroup(m, policy);
	*ret_spare = mp_loaded_free(*ret_spare);
	r = mp_manager_load(m, policy, image, *ret_cgroup_id, ret_spare, &problem, &log);
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
		r = mp_image_read(path, choice->mechanism, &p->image, &problem);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		r = mp_errors_add(&p->errors, choice->file, choice->line, "engine %s: %s: %s",
				  choice->engine, path ?: "no path", problem ?: strerror(-r));
		return r < 0 ? r : 0;
	}
	if (!m->features.missing[choice->mechanism]) {
		r = verify(m, p->policy, p->image, &p->errors, &p->log, &p->spare,
			   &p->spare_cgroup_id);
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
static void apply_bad(struct mp_manager *m, struct mp_unit *unit, struct prepared *p)
{
	bool news = !same_errors(&unit->errors, &p->errors);

	mp_errors_done(&unit->errors);
	(void)mp_errors_move(&unit->errors, &p->errors);
	free(unit->log);
	unit->log = TAKE_PTR(p->log);
	if (p->policy && (!unit->policy || unit->unloadable)) {
		/* Shown with mechanism and engine, but never run. */
		mp_policy_free(unit->policy);
		unit->policy = TAKE_PTR(p->policy);
		unit->unloadable = true;
	}
	if (!news)
		return;
	unit->since_usec = mp_events_realtime(0);
	if (unit->policy && !unit->unloadable)
		mp_manager_tell(m, MP_EVENT_KEPT, unit->name, mp_unit_problem(unit),
				"policy %s: kept the last good version: %s", unit->name,
				mp_unit_problem(unit));
	else
		mp_manager_tell(m, MP_EVENT_FAILED, unit->name, mp_unit_problem(unit),
				"policy %s is not loaded: %s", unit->name, mp_unit_problem(unit));
}

/* Returns whether anything is different from before. */
static bool apply_good(struct mp_manager *m, struct mp_unit *unit, struct prepared *p)
{
	bool was_bad = unit->errors.count > 0, first = !unit->policy || unit->unloadable;
	bool engine = first || !mp_image_equal(unit->image, p->image) ||
		      !mp_policy_runs_alike(unit->policy, p->policy);
	bool changed = engine || !mp_policy_equal(unit->policy, p->policy);

	mp_policy_free(unit->policy);
	unit->policy = TAKE_PTR(p->policy);
	mp_image_unref(unit->image);
	unit->image = TAKE_PTR(p->image);
	mp_loaded_free(unit->spare);
	unit->spare = TAKE_PTR(p->spare);
	unit->spare_cgroup_id = p->spare_cgroup_id;
	unit->verified = p->verified;
	unit->unloadable = false;
	mp_errors_done(&unit->errors);
	unit->log = (free(unit->log), NULL);
	if (engine)
		unit->version++;
	if (changed) {
		unit->edition++;
		unit->since_usec = mp_events_realtime(0);
	}
	if (changed || was_bad)
		mp_manager_tell(m, MP_EVENT_LOADED, unit->name, NULL,
				"policy %s was %s, with engine %s", unit->name,
				first	? "loaded" :
				changed ? "changed" :
					  "corrected",
				unit->policy->choice.engine);
	return changed;
}

static void forget_unit(struct mp_manager *m, size_t i)
{
	struct mp_unit *unit = m->units[i];

	for (size_t k = 0; k < m->n_rows; k++)
		if (m->rows[k]->unit == unit)
			m->rows[k]->unit = NULL;
	memmove(&m->units[i], &m->units[i + 1], (m->n_units - i - 1) * sizeof(*m->units));
	m->n_units--;
	mp_manager_tell(m, MP_EVENT_REMOVED, unit->name, "its file is gone or masked",
			"policy %s was removed: its file is gone or masked", unit->name);
	mp_unit_free(unit);
}

/* Returns whether anything is different from before, or -ENOMEM. */
static int apply(struct mp_manager *m, const char *name, const char *path, struct prepared *p)
{
	struct mp_unit *unit = mp_manager_find_unit(m, name) ?: add_unit(m, name);
	char *copy = strdup(path);

	if (!unit || !copy) {
		free(copy);
		return -ENOMEM;
	}
	free(unit->path);
	unit->path = copy;
	unit->seen = true;
	if (p->errors.count > 0) {
		apply_bad(m, unit, p);
		return false;
	}
	return apply_good(m, unit, p);
}

static int forget_unseen(struct mp_manager *m)
{
	int n = 0;

	for (size_t i = m->n_units; i > 0; i--) {
		if (!m->units[i - 1]->seen) {
			forget_unit(m, i - 1);
			n++;
		}
	}
	return n;
}

/* Whether a scan can pass it by: an engine's file counts only at a reload. */
static bool is_unchanged(const struct mp_unit *unit, const struct mp_policy_entry *entry)
{
	return unit && unit->policy && !unit->unloadable && !unit->errors.count && entry->policy &&
	       mp_policy_equal(unit->policy, entry->policy);
}

int mp_manager_scan(struct mp_manager *m)
{
	_cleanup_policy_set_ struct mp_policy_set set = {};
	int r;

	r = mp_policy_set_read(m->config->policy_dirs, &set);
	if (r < 0)
		return r;
	for (size_t i = 0; i < set.errors.count; i++)
		mp_log(LOG_WARNING, "%s, ignoring.", set.errors.items[i]);
	for (size_t i = 0; i < m->n_units; i++)
		m->units[i]->seen = false;
	for (size_t i = 0; i < set.count; i++) {
		_cleanup_(prepared_done) struct prepared p = {};
		struct mp_policy_entry *entry = &set.items[i];
		struct mp_unit *unit = mp_manager_find_unit(m, entry->name);

		if (is_unchanged(unit, entry)) {
			unit->seen = true;
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

	for (size_t i = 0; i < m->n_units; i++)
		m->units[i]->seen = false;
	for (size_t i = 0; i < set->count; i++) {
		r = apply(m, set->items[i].name, set->items[i].path, &all[i]);
		if (r < 0)
			return r;
		changed += r;
	}
	return changed + forget_unseen(m);
}

int mp_manager_reload_units(struct mp_manager *m, struct mp_errors *errors)
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
void mp_manager_verify(struct mp_manager *m)
{
	for (size_t i = 0; i < m->n_units; i++) {
		struct mp_unit *unit = m->units[i];

		if (unit->verified || !unit->image || unit->unloadable ||
		    m->features.missing[mp_unit_mechanism(unit)])
			continue;
		if (verify(m, unit->policy, unit->image, &unit->errors, &unit->log, &unit->spare,
			   &unit->spare_cgroup_id) >= 0) {
			unit->verified = true;
			continue;
		}
		unit->unloadable = true;
		mp_manager_tell(m, MP_EVENT_FAILED, unit->name, mp_unit_problem(unit),
				"policy %s is not loaded: %s", unit->name, mp_unit_problem(unit));
	}
}
