// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel says: events through the agent's ring buffer, and who they are about. Called by
 * the manager. The agent is loaded only while a policy is in the kernel or on its way out, because
 * it holds a reference to the module.
 */
#include <errno.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "log.h"
#include "manager.h"

/* A drain of 100,000 folios a second has taken back 12 GB by then; more events are not waited for. */
#define FORMER_USEC (30 * 1000 * 1000ULL)

static struct mp_former *find_former(struct mp_manager *m, uint64_t policy_id)
{
	for (size_t i = 0; i < m->n_former; i++)
		if (m->former[i].policy_id == policy_id)
			return &m->former[i];
	return NULL;
}

static void former_done(struct mp_former *f)
{
	free(f->name);
	free(f->cgroup);
	free(f->engine);
	*f = (struct mp_former){};
}

static void forget_former(struct mp_manager *m, size_t i)
{
	former_done(&m->former[i]);
	memmove(&m->former[i], &m->former[i + 1], (m->n_former - i - 1) * sizeof(*m->former));
	m->n_former--;
}

/* @row's link is about to be closed or to go to another: its last events still find their name. */
void mp_kernel_left(struct mp_manager *m, const struct mp_row *row)
{
	const char *engine = mp_unit_engine(row->unit);
	struct mp_former *f;

	if (!row->loaded || find_former(m, mp_loaded_policy_id(row->loaded)))
		return;
	if (m->n_former == MP_FORMER_MAX)
		forget_former(m, 0);
	f = &m->former[m->n_former++];
	f->policy_id = mp_loaded_policy_id(row->loaded);
	f->left_usec = mp_manager_now(m);
	f->name = strdup(row->name);
	f->cgroup = row->cgroup ? strdup(row->cgroup) : NULL;
	f->engine = engine ? strdup(engine) : NULL;
}

static void tell_quarantined(struct mp_manager *m, const struct mp_row *row)
{
	_cleanup_free_ char *message = NULL;
	struct mp_event event = {
		.type = MP_EVENT_QUARANTINED,
		.policy = row->name,
		.cgroup = row->cgroup,
		.cgroup_id = row->cgroup_id,
		.engine = mp_unit_engine(row->unit),
		.reason = row->reason,
	};

	if (asprintf(&message, "policy %s is quarantined at %s: %s", row->name, mp_row_place(row),
		     row->reason ?: "it was ejected too often") < 0) {
		message = NULL;
		return;
	}
	event.message = message;
	mp_events_add(m->events, &event);
}

/* It was thrown out: when again, if ever? */
static void set_back(struct mp_manager *m, struct mp_row *row, const char *why)
{
	uint64_t edition = row->unit ? row->unit->edition : 0, now = mp_manager_now(m);
	char *reason;
	int n;

	row->backoff_edition = edition;
	row->ejections++;
	row->retry_usec = mp_backoff_ejected(&row->backoff, now);
	row->since_usec = mp_events_realtime(0);
	if (mp_backoff_is_quarantined(&row->backoff)) {
		row->state = MP_STATE_QUARANTINED;
		row->spent_edition = edition;
		row->retry_usec = 0;
		n = asprintf(&reason,
			     "%s; ejected %u times in a row: change it, or mempolctl reset %s",
			     why ?: "no reason given", row->backoff.strikes, row->name);
	} else {
		row->state = MP_STATE_EJECTED;
		n = asprintf(&reason, "%s; it is attached again after %llu s",
			     why ?: "no reason given",
			     (unsigned long long)(row->retry_usec - now) / 1000000);
	}
	free(row->reason);
	row->reason = n < 0 ? NULL : reason;
	if (row->state == MP_STATE_QUARANTINED)
		tell_quarantined(m, row);
}

void mp_kernel_eject(struct mp_manager *m, struct mp_row *row, const char *reason)
{
	struct mempol_policy_info info;

	if (!mp_loaded_is_attached(row->loaded))
		return;
	/* The dump is read while the kernel still has it. */
	if (mp_agent_query(m->agent, mp_loaded_policy_id(row->loaded), &info) == 0) {
		row->info = info;
		row->info_error = 0;
		if (!reason || !*reason)
			reason = row->info.reason;
	}
	if (!reason || !*reason)
		reason = mp_exit_kind_text(row->info.exit_kind);
	set_back(m, row, reason);
	mp_kernel_left(m, row);
	mp_loaded_detach(row->loaded);
	/* There is a time to try again, or another policy's turn. */
	mp_manager_changed(m);
}

static void tell_kernel_event(struct mp_manager *m, const struct mempol_event *e, const char *name,
			      const char *engine, const char *cgroup)
{
	_cleanup_free_ char *message = NULL;
	char reason[MEMPOL_REASON_LEN] = "";
	struct mp_event event = {
		.type = e->type,
		.policy = name,
		.cgroup = cgroup,
		.engine = engine,
		.cgroup_id = e->cgroup_id,
		.time_usec = mp_events_realtime(e->time_ns),
		.kernel = e,
	};

	if (mp_event_format(e, name, engine, cgroup, &message) < 0) {
		mp_log(LOG_DEBUG, "Event of unknown type %u, ignoring.", e->type);
		return;
	}
	event.message = message;
	if (e->type == MEMPOL_EV_EJECTED || e->type == MEMPOL_EV_DETACHED) {
		memcpy(reason, e->body.exit.reason, sizeof(reason) - 1);
		event.reason = *reason ? reason : mp_exit_kind_text(e->body.exit.kind);
	}
	mp_events_add(m->events, &event);
}

static void on_event(const struct mempol_event *e, void *userdata)
{
	struct mp_manager *m = userdata;
	struct mp_row *row = mp_manager_row_of(m, e->policy_id);
	struct mp_former *former = find_former(m, e->policy_id);
	const char *name = NULL, *engine = NULL, *cgroup = NULL;
	uint64_t lost = mp_agent_lost(m->agent);

	if (row) {
		name = row->name;
		cgroup = row->cgroup;
		engine = mp_unit_engine(row->unit);
	} else if (former) {
		name = former->name;
		cgroup = former->cgroup;
		engine = former->engine;
	}
	tell_kernel_event(m, e, name, engine, cgroup);

	if (row && e->type == MEMPOL_EV_EJECTED) {
		char reason[MEMPOL_REASON_LEN] = "";

		memcpy(reason, e->body.exit.reason, sizeof(reason) - 1);
		mp_kernel_eject(m, row, reason);
		mp_manager_update_status(m);
	}
	if (former && e->type == MEMPOL_EV_DRAINED)
		former->drained = true;
	if (lost > m->agent_lost) {
		mp_manager_tell(m, MP_EVENT_LOST, NULL, NULL,
				"%llu events of the kernel were lost: the ring buffer was full",
				(unsigned long long)(lost - m->agent_lost));
		m->lost_events += lost - m->agent_lost;
		m->agent_lost = lost;
		/* One may have been an ejection. */
		m->missed = true;
		mp_manager_changed(m);
	}
}

void mp_kernel_need_agent(struct mp_manager *m)
{
	_cleanup_free_ char *problem = NULL;
	int r;

	if (m->agent)
		return;
	m->agent_lost = 0;
	r = mp_agent_new(m->event, m->config->agent, on_event, m, &m->agent, &problem);
	if (r >= 0) {
		m->agent_problem = (free(m->agent_problem), NULL);
		/* What happened between the attachment and now has no event. */
		m->missed = true;
		mp_manager_changed(m);
		r = mp_heartbeat_new(m->event, m->agent, m->config->sys, &m->heartbeat);
		if (r < 0)
			mp_log_errno(LOG_ERR, r,
				     "Failed to start the heartbeat; policies will be passive");
		return;
	}
	if (!m->agent_problem || !problem || strcmp(m->agent_problem, problem))
		mp_log(LOG_ERR, "No events and no counters from the kernel: %s, ignoring.",
		       problem ?: strerror(-r));
	free(m->agent_problem);
	m->agent_problem = TAKE_PTR(problem);
}

/*
 * The first attachment does not wait for the agent: its event is told from the kernel's answer
 * instead of the ring buffer.
 */
void mp_kernel_attached(struct mp_manager *m, const struct mp_row *row)
{
	struct mempol_event event = {
		.version = MEMPOL_ABI_VERSION,
		.type = MEMPOL_EV_ATTACHED,
		.mechanism = row->mechanism,
		.policy_id = mp_loaded_policy_id(row->loaded),
		.cgroup_id = row->cgroup_id,
	};
	struct mempol_policy_info info;

	if (m->agent)
		return;
	mp_kernel_need_agent(m);
	if (mp_agent_query(m->agent, event.policy_id, &info) < 0)
		return;
	event.body.state.cgroups = info.cgroups;
	event.body.state.pages =
		info.counters[row->mechanism == MEMPOL_MECH_BALLOON ? MEMPOL_BALLOON_HELD_PAGES :
								      MEMPOL_CACHE_GOVERNED_PAGES];
	tell_kernel_event(m, &event, row->name, mp_unit_engine(row->unit), row->cgroup);
}

/* One that is about to be attached again counts: what happens to it then must not be missed. */
bool mp_kernel_is_used(struct mp_manager *m)
{
	for (size_t i = 0; i < m->n_rows; i++) {
		const struct mp_row *row = m->rows[i];

		if (mp_loaded_is_attached(row->loaded) ||
		    (row->winner && row->backoff.ejections && row->retry_usec))
			return true;
	}
	return false;
}

/* Whether somebody is still on the way out. */
static bool is_leaving(struct mp_manager *m)
{
	uint64_t now = mp_manager_now(m);

	for (size_t i = m->n_former; i > 0; i--)
		if (m->former[i - 1].drained || now - m->former[i - 1].left_usec > FORMER_USEC)
			forget_former(m, i - 1);
	return m->n_former > 0;
}

void mp_kernel_release_agent(struct mp_manager *m)
{
	if (!m->agent || mp_kernel_is_used(m) || is_leaving(m))
		return;
	for (size_t i = 0; i < m->n_rows; i++) {
		struct mp_row *row = m->rows[i];
		struct mempol_policy_info info;

		/* The last word on an ejected policy, then its object goes too. */
		if (!row->loaded)
			continue;
		if (mp_agent_query(m->agent, mp_loaded_policy_id(row->loaded), &info) == 0)
			row->info = info;
		row->loaded = mp_loaded_free(row->loaded);
	}
	mp_agent_drain(m->agent);
	m->heartbeat = mp_heartbeat_free(m->heartbeat);
	m->agent = mp_agent_free(m->agent);
}

void mp_kernel_alive(struct mp_manager *m)
{
	(void)sd_notify(0, "WATCHDOG=1");
	if (m->agent)
		(void)mp_agent_beat(m->agent);
}

void mp_kernel_done(struct mp_manager *m)
{
	m->heartbeat = mp_heartbeat_free(m->heartbeat);
	m->agent = mp_agent_free(m->agent);
	m->agent_problem = (free(m->agent_problem), NULL);
	while (m->n_former > 0)
		forget_former(m, m->n_former - 1);
}
