// SPDX-License-Identifier: GPL-2.0-only
/*
 * From policies and cgroups to attachments: asks who should govern what (match.h), which steps lead
 * there (plan.h), and takes them. Called by the manager after every change. A step that fails
 * leaves what runs as it was.
 */
#include <errno.h>
#include <string.h>

#include "log.h"
#include "manager.h"
#include "match.h"
#include "plan.h"

/* A device that is missing may be plugged in; each look loads the engine anew. */
#define DEVICE_USEC (10 * 1000 * 1000ULL)

uint64_t mp_manager_now(struct mp_manager *m)
{
	uint64_t now;

	return sd_event_now(m->event, CLOCK_MONOTONIC, &now) >= 0 ? now : 0;
}

static void row_set(struct mp_row *row, enum mp_state state, const char *reason)
{
	char *copy;

	if (row->since_usec && row->state == state && !strcmp(row->reason ?: "", reason ?: ""))
		return;
	copy = reason ? strdup(reason) : NULL;
	if (!row->since_usec || row->state != state)
		row->since_usec = mp_events_realtime(0);
	row->state = state;
	free(row->reason);
	row->reason = copy;
}

static struct mp_row *row_free(struct mp_row *row)
{
	if (!row)
		return NULL;
	mp_loaded_free(row->loaded);
	free(row->name);
	free(row->cgroup);
	free(row->reason);
	free(row);
	return NULL;
}

/* Closes the link and forgets the object; the kernel gives the pages back by itself. */
void mp_row_detach(struct mp_manager *m, struct mp_row *row)
{
	if (mp_loaded_is_attached(row->loaded))
		mp_kernel_left(m, row);
	row->loaded = mp_loaded_free(row->loaded);
	row->info_error = -ENODATA;
}

void mp_manager_free_rows(struct mp_manager *m)
{
	for (size_t i = 0; i < m->n_rows; i++) {
		mp_row_detach(m, m->rows[i]);
		row_free(m->rows[i]);
	}
	free(m->rows);
	m->rows = NULL;
	m->n_rows = 0;
}

struct mp_row *mp_manager_row_of(struct mp_manager *m, uint64_t policy_id)
{
	for (size_t i = 0; i < m->n_rows; i++)
		if (m->rows[i]->loaded && mp_loaded_policy_id(m->rows[i]->loaded) == policy_id)
			return m->rows[i];
	return NULL;
}

const char *mp_row_place(const struct mp_row *row)
{
	return row->cgroup ?: MP_HOST_TEXT;
}

static int compare_rows(const struct mp_row *a, const char *name, const char *cgroup)
{
	int order = strcmp(a->name, name);

	return order ? order : strcmp(a->cgroup ?: "", cgroup ?: "");
}

static struct mp_row *find_row(struct mp_manager *m, const struct mp_unit *unit,
			       enum mempol_mechanism_id mechanism, uint64_t cgroup_id)
{
	for (size_t i = 0; i < m->n_rows; i++)
		if (m->rows[i]->unit == unit && m->rows[i]->mechanism == mechanism &&
		    m->rows[i]->cgroup_id == cgroup_id)
			return m->rows[i];
	return NULL;
}

static struct mp_row *add_row(struct mp_manager *m, struct mp_unit *unit,
			      enum mempol_mechanism_id mechanism, const struct mp_cgroup *cgroup)
{
	struct mp_row **rows, *row;
	size_t i = 0;

	if (m->n_rows >= MP_ROWS_MAX)
		return NULL;
	rows = reallocarray(m->rows, m->n_rows + 1, sizeof(*rows));
	if (!rows)
		return NULL;
	m->rows = rows;
	row = calloc(1, sizeof(*row));
	if (!row)
		return NULL;
	row->unit = unit;
	row->mechanism = mechanism;
	row->cgroup_id = cgroup ? cgroup->id : 0;
	row->info_error = -ENODATA;
	row->name = strdup(unit->name);
	row->cgroup = cgroup ? strdup(cgroup->path) : NULL;
	if (!row->name || !row->cgroup != !cgroup)
		return row_free(row);
	while (i < m->n_rows && compare_rows(rows[i], row->name, row->cgroup) < 0)
		i++;
	memmove(&rows[i + 1], &rows[i], (m->n_rows - i) * sizeof(*rows));
	rows[i] = row;
	m->n_rows++;
	return row;
}

static bool row_is_spent(const struct mp_row *row)
{
	return row->unit && row->spent_edition == row->unit->edition;
}

/* It waits at this cgroup until somebody changes or resets it. */
static bool is_quarantined(const struct mp_policy *policy, const char *cgroup, void *userdata)
{
	const struct mp_manager *m = userdata;
	const struct mp_cgroup *found = NULL;

	for (size_t i = 0; i < m->n_rows; i++) {
		const struct mp_row *row = m->rows[i];

		if (!mp_backoff_is_quarantined(&row->backoff) || !row->unit ||
		    row->unit->policy != policy)
			continue;
		if (!cgroup)
			return true;
		/* By id: a cgroup of the same path that was made anew is another. */
		found = found ?: mp_cgroups_find(m->cgroups, cgroup);
		if (row->cgroup_id == found->id)
			return true;
	}
	return false;
}

static void row_forgive(struct mp_row *row)
{
	row->backoff = (struct mp_backoff){};
	row->spent_edition = 0;
	row->retry_usec = 0;
	if (!mp_loaded_is_attached(row->loaded))
		row_set(row, MP_STATE_WAITING, NULL);
}

int mp_manager_reset(struct mp_manager *m, struct mp_unit *unit)
{
	int n = 0;

	for (size_t i = 0; i < m->n_rows; i++) {
		if (m->rows[i]->unit != unit || !m->rows[i]->backoff.ejections)
			continue;
		row_forgive(m->rows[i]);
		n++;
	}
	if (n > 0) {
		mp_manager_tell(m, MP_EVENT_RESET, unit->name, NULL,
				"policy %s was reset: it starts anew at %d %s%s", unit->name, n,
				mp_unit_mechanism(unit) == MEMPOL_MECH_BALLOON ? "machine" :
										 "cgroup",
				n == 1 ? "" : "s");
		mp_manager_changed(m);
	}
	return n;
}

/* The reader's answer becomes rows; rows nobody wants any more stay until the steps are taken. */
static int mark_rows(struct mp_manager *m)
{
	_cleanup_assignments_ struct mp_assignments assignments = {};
	_cleanup_free_ const struct mp_policy **policies = NULL;
	_cleanup_free_ const char **paths = NULL;
	size_t n_cgroups, n_policies = 0, left_out = 0;
	struct mp_cgroup *const *cgroups = mp_cgroups_list(m->cgroups, &n_cgroups);
	int r;

	policies = mp_owned(calloc(m->n_units ?: 1, sizeof(*policies)));
	paths = mp_owned(calloc(n_cgroups ?: 1, sizeof(*paths)));
	if (!policies || !paths)
		return -ENOMEM;
	for (size_t i = 0; i < m->n_rows; i++) {
		struct mp_row *row = m->rows[i];

		if (row->backoff.ejections && row->unit &&
		    row->backoff_edition != row->unit->edition)
			row_forgive(row);
	}
	for (size_t i = 0; i < m->n_units; i++)
		if (m->units[i]->policy && !m->units[i]->unloadable)
			policies[n_policies++] = m->units[i]->policy;
	for (size_t i = 0; i < n_cgroups; i++)
		paths[i] = cgroups[i]->path;
	r = mp_assign(policies, n_policies, paths, n_cgroups, is_quarantined, m, &assignments);
	if (r < 0)
		return r;

	for (size_t i = 0; i < m->n_rows; i++)
		m->rows[i]->wanted = m->rows[i]->winner = false;
	for (size_t i = 0; i < assignments.count; i++) {
		const struct mp_assignment *a = &assignments.items[i];
		const struct mp_cgroup *cgroup =
			a->cgroup ? mp_cgroups_find(m->cgroups, a->cgroup) : NULL;
		struct mp_unit *unit = mp_manager_find_unit(m, a->policy->name);
		struct mp_row *row;

		row = find_row(m, unit, a->mechanism, cgroup ? cgroup->id : 0) ?:
			      add_row(m, unit, a->mechanism, cgroup);
		if (!row) {
			left_out++;
			continue;
		}
		row->wanted = true;
		row->winner = a->winner == a->policy;
		if (mp_loaded_is_attached(row->loaded) || row_is_spent(row))
			continue;
		if (row->state == MP_STATE_UNAVAILABLE && row->failed_edition != unit->edition)
			row->retry_usec = 0;
		if (!row->winner)
			row_set(row, MP_STATE_LOADED, a->reason);
		else if (!row->retry_usec)
			row_set(row, MP_STATE_WAITING, m->features.missing[row->mechanism]);
	}
	if (left_out)
		mp_log(LOG_WARNING,
		       "%zu matching cgroups are more than the %d that can be governed, ignoring.",
		       left_out, MP_ROWS_MAX);
	return 0;
}

static const char *balloon_error_text(int error, char *buffer, size_t size)
{
	switch (-error) {
	case ENODEV:
		return "this machine has no virtio balloon that a policy can use";
	case EBUSY:
		return "another policy is in charge of the balloon";
	case EOPNOTSUPP:
		return "this kernel has no balloon policies (CONFIG_MEMPOL_BALLOON)";
	default:
		snprintf(buffer, size, "the kernel refused the attachment: %s", strerror(-error));
		return buffer;
	}
}

static const char *attach_error_text(int error, char *buffer, size_t size)
{
	switch (-error) {
	case ENOENT:
		return "the cgroup is going away";
	case EOPNOTSUPP:
		return "the memory controller is not enabled for this cgroup";
	case EBUSY:
		return "another attachment still governs this cgroup";
	default:
		snprintf(buffer, size, "the kernel refused the attachment: %s", strerror(-error));
		return buffer;
	}
}

/* What runs at the cgroup keeps running; @row is tried again later, or when the policy changes. */
static void row_failed(struct mp_manager *m, struct mp_row *row, int error, const char *problem)
{
	char buffer[256], kept[512];
	bool transient = mp_plan_error_is_transient(error);
	bool balloon = row->mechanism == MEMPOL_MECH_BALLOON;
	bool unavailable = balloon && !problem && error == -ENODEV;

	if (!problem)
		problem = balloon ? balloon_error_text(error, buffer, sizeof(buffer)) :
				    attach_error_text(error, buffer, sizeof(buffer));
	row->failed_edition = row->unit->edition;
	if (unavailable) {
		row->retry_usec = mp_manager_now(m) + DEVICE_USEC;
		if (row->state != MP_STATE_UNAVAILABLE)
			mp_manager_tell(m, MP_EVENT_FAILED, row->name, problem,
					"policy %s cannot govern %s: %s", row->name,
					mp_row_place(row), problem);
		row_set(row, MP_STATE_UNAVAILABLE, problem);
		return;
	}
	if (transient) {
		row->retry_usec = mp_manager_now(m) + mp_plan_retry_usec(row->attempts++);
	} else if (error == -ENOENT && !balloon) {
		/* inotify is about to say the same. */
		row->spent_edition = row->unit->edition;
		transient = true;
	} else {
		row->spent_edition = row->unit->edition;
		mp_manager_tell(m, MP_EVENT_FAILED, row->name, problem,
				"policy %s cannot govern %s: %s", row->name, mp_row_place(row),
				problem);
	}
	if (mp_loaded_is_attached(row->loaded)) {
		snprintf(kept, sizeof(kept), "kept the last good version: %s", problem);
		row_set(row, MP_STATE_ACTIVE, kept);
	} else {
		row_set(row, transient ? MP_STATE_WAITING : MP_STATE_FAILED, problem);
	}
}

static void row_attached(struct mp_manager *m, struct mp_row *row, struct mp_loaded *loaded)
{
	mp_backoff_attached(&row->backoff, mp_manager_now(m));
	row->loaded = loaded;
	row->version = row->unit->version;
	row->attempts = 0;
	row->retry_usec = 0;
	row->info_error = -ENODATA;
	row->request_pages = MEMPOL_BALLOON_AUTO;
	row_set(row, MP_STATE_ACTIVE, NULL);
}

static int load(struct mp_manager *m, struct mp_row *row, struct mp_loaded **ret)
{
	_cleanup_free_ char *problem = NULL, *log = NULL;
	int r;

	if (row->unit->spare && row->unit->spare_cgroup_id == row->cgroup_id) {
		*ret = TAKE_PTR(row->unit->spare);
		return 0;
	}
	r = mp_manager_load(m, row->unit->policy, row->unit->image, row->cgroup_id, ret, &problem,
			    &log);
	if (r >= 0)
		return 0;
	if (log) {
		free(row->unit->log);
		row->unit->log = TAKE_PTR(log);
	}
	row_failed(m, row, r, problem);
	return r;
}

static void step_attach(struct mp_manager *m, struct mp_row *row)
{
	_cleanup_loaded_ struct mp_loaded *new = NULL;
	int r;

	if (load(m, row, &new) < 0)
		return;
	/* An ejected predecessor's object was kept for its dump until now. */
	mp_row_detach(m, row);
	r = mp_loaded_attach(new);
	if (r < 0) {
		row_failed(m, row, r, NULL);
		return;
	}
	row_attached(m, row, TAKE_PTR(new));
	mp_kernel_attached(m, row);
}

static void step_replace(struct mp_manager *m, struct mp_row *from, struct mp_row *to)
{
	_cleanup_loaded_ struct mp_loaded *new = NULL;
	int r;

	if (load(m, to, &new) < 0)
		return;
	mp_kernel_left(m, from);
	r = from->mechanism == MEMPOL_MECH_BALLOON ? -EOPNOTSUPP :
						     mp_loaded_replace(from->loaded, new);
	if (r < 0 && (!from->wanted || from->mechanism == MEMPOL_MECH_BALLOON)) {
		/*
		 * It has to go in any case, or there is no other way; its successor then starts with
		 * nothing.
		 */
		mp_row_detach(m, from);
		r = mp_loaded_attach(new);
	}
	if (r < 0) {
		if (from != to && !mp_loaded_is_attached(from->loaded))
			row_set(from, MP_STATE_LOADED, NULL);
		row_failed(m, to, r, NULL);
		return;
	}
	from->loaded = mp_loaded_free(from->loaded);
	if (from != to) {
		from->info_error = -ENODATA;
		row_set(from, MP_STATE_LOADED, NULL);
		to->loaded = mp_loaded_free(to->loaded);
	}
	row_attached(m, to, TAKE_PTR(new));
}

static int take_steps(struct mp_manager *m)
{
	_cleanup_free_ struct mp_plan_item *current = NULL, *wanted = NULL;
	_cleanup_plan_ struct mp_plan plan = {};
	size_t n_current = 0, n_wanted = 0;
	uint64_t now = mp_manager_now(m);
	int r;

	current = mp_owned(calloc(m->n_rows ?: 1, sizeof(*current)));
	wanted = mp_owned(calloc(m->n_rows ?: 1, sizeof(*wanted)));
	if (!current || !wanted)
		return -ENOMEM;
	for (size_t i = 0; i < m->n_rows; i++) {
		struct mp_row *row = m->rows[i];
		struct mp_plan_item item = {
			.mechanism = row->mechanism,
			.cgroup_id = row->cgroup_id,
			.policy = row->name,
			.userdata = row,
		};

		if (mp_loaded_is_attached(row->loaded)) {
			item.version = row->version;
			current[n_current++] = item;
		}
		if (row->wanted && row->winner) {
			item.version = row->unit->version;
			item.blocked = m->features.missing[row->mechanism] || row_is_spent(row) ||
				       row->retry_usec > now;
			wanted[n_wanted++] = item;
		}
	}
	r = mp_plan_make(current, n_current, wanted, n_wanted, &plan);
	if (r < 0)
		return r;
	for (size_t i = 0; i < plan.count; i++) {
		const struct mp_plan_step *step = &plan.steps[i];

		switch (step->verb) {
		case MP_PLAN_REPLACE:
			step_replace(m, step->from->userdata, step->to->userdata);
			break;
		case MP_PLAN_DETACH:
			mp_row_detach(m, step->from->userdata);
			break;
		case MP_PLAN_ATTACH:
			step_attach(m, step->to->userdata);
			break;
		}
	}
	return 0;
}

static void drop_unwanted(struct mp_manager *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->n_rows; i++) {
		struct mp_row *row = m->rows[i];

		if (row->wanted) {
			m->rows[kept++] = row;
			continue;
		}
		mp_row_detach(m, row);
		row_free(row);
	}
	m->n_rows = kept;
}

void mp_manager_converge(struct mp_manager *m)
{
	int r;

	for (size_t i = 0; i < m->n_rows && m->missed; i++)
		mp_manager_refresh(m, m->rows[i]);
	m->missed = false;
	r = mark_rows(m);
	if (r >= 0)
		r = take_steps(m);
	if (r < 0) {
		mp_log_errno(LOG_ERR, r, "Failed to work out who governs what, ignoring");
		return;
	}
	drop_unwanted(m);
	for (size_t i = 0; i < m->n_units; i++)
		m->units[i]->spare = mp_loaded_free(m->units[i]->spare);
	/* Who stands back behind whom may be different after the steps. */
	if (mark_rows(m) < 0)
		mp_log(LOG_DEBUG, "Out of memory, ignoring.");
	mp_manager_update_status(m);
	mp_manager_arm(m);
}

uint64_t mp_manager_next_retry(struct mp_manager *m)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < m->n_rows; i++) {
		const struct mp_row *row = m->rows[i];

		if (row->winner && row->retry_usec && row->retry_usec < next &&
		    !row_is_spent(row) && !m->features.missing[row->mechanism])
			next = row->retry_usec;
	}
	return next;
}

/* Asks the kernel before anything is told of @row. */
void mp_manager_refresh(struct mp_manager *m, struct mp_row *row)
{
	struct mempol_policy_info info;

	if (!mp_loaded_is_attached(row->loaded))
		return;
	row->info_error = mp_agent_query(m->agent, mp_loaded_policy_id(row->loaded), &info);
	if (row->info_error < 0) {
		char reason[256];

		snprintf(reason, sizeof(reason), "the kernel's figures cannot be read: %s",
			 m->agent	  ? strerror(-row->info_error) :
			 m->agent_problem ?:
					    "no agent");
		row_set(row, MP_STATE_DEGRADED, reason);
		return;
	}
	row->info = info;
	if (info.attached && info.passive) {
		row_set(row, MP_STATE_DEGRADED, MP_PASSIVE_TEXT);
		return;
	}
	if (info.attached) {
		if (row->state == MP_STATE_DEGRADED)
			row_set(row, MP_STATE_ACTIVE, NULL);
		return;
	}
	if (mp_plan_is_ejection(info.exit_kind))
		mp_kernel_eject(m, row, info.reason);
	else
		row_set(row, MP_STATE_DEGRADED, mp_exit_kind_text(info.exit_kind));
}
