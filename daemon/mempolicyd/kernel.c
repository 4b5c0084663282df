// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events through the agent's ring buffer, and what the kernel answers; see kernel.h.
 */
#include <errno.h>
#include <string.h>

#include "attachments.h"
#include "departed.h"
#include "engine_file.h"
#include "file.h"
#include "kernel.h"
#include "log.h"
#include "mechanism-ops.h"
#include "plan.h"

/* The agent may not load while memory is short: first after a second, then less often. */
#define AGENT_RETRY_USEC (1000 * 1000ULL)
#define AGENT_RETRY_LAST_USEC (30 * 1000 * 1000ULL)
/* A cgroup that the kernel let go of may have its controller again. */
#define CGROUP_RETRY_USEC (1000 * 1000ULL)

static void tell_quarantined(struct mp_manager *m, const struct mp_attachment *at)
{
	_cleanup_free_ char *message = NULL;
	struct mp_event event = {
		.type = MP_EVENT_QUARANTINED,
		.policy = at->name,
		.cgroup = at->cgroup,
		.cgroup_id = at->cgroup_id,
		.engine = mp_attachment_engine(at),
		.reason = at->reason,
	};

	if (asprintf(&message, "policy %s is quarantined at %s: %s", at->name,
		     mp_attachment_place(at), at->reason ?: "it was ejected too often") < 0) {
		message = NULL;
		return;
	}
	event.message = message;
	mp_events_add(m->events, &event);
}

/* The kernel has ejected the policy: when is it attached again, if ever? */
static void set_back(struct mp_manager *m, struct mp_attachment *at, const char *why)
{
	uint64_t generation = at->slot ? at->slot->generation : 0, now = mp_manager_now(m);
	char *reason;
	int n;

	at->ejected_generation = generation;
	at->ejections++;
	at->retry_usec = mp_backoff_ejected(&at->backoff, now);
	at->since_usec = mp_events_realtime(0);
	if (mp_backoff_is_quarantined(&at->backoff)) {
		at->state = MP_STATE_QUARANTINED;
		at->given_up_generation = generation;
		at->retry_usec = 0;
		n = asprintf(&reason,
			     "%s; ejected %u times in a row: change it, or mempolctl reset %s",
			     why ?: "no reason given", at->backoff.strikes, at->name);
	} else if (mp_attachment_is_given_up(at)) {
		at->state = MP_STATE_EJECTED;
		at->retry_usec = 0;
		n = asprintf(&reason,
			     "%s; it was the last good version, and the new one has failed: change "
			     "it, or mempolctl reset %s",
			     why ?: "no reason given", at->name);
	} else {
		at->state = MP_STATE_EJECTED;
		n = asprintf(&reason, "%s; it is attached again after %llu s",
			     why ?: "no reason given",
			     (unsigned long long)(at->retry_usec - now) / 1000000);
	}
	free(at->reason);
	at->reason = n < 0 ? NULL : reason;
	if (at->state == MP_STATE_QUARANTINED)
		tell_quarantined(m, at);
}

static void eject(struct mp_manager *m, struct mp_attachment *at, const char *reason)
{
	struct mempol_policy_info info;

	if (!mp_loaded_is_attached(at->loaded))
		return;
	/* The dump is read while the kernel still has it. */
	if (mp_agent_query(m->agent, mp_loaded_policy_id(at->loaded), &info) == 0) {
		at->info = info;
		at->info_error = 0;
		if (!reason || !*reason)
			reason = at->info.reason;
	}
	if (!reason || !*reason)
		reason = mp_exit_kind_text(at->info.exit_kind);
	set_back(m, at, reason);
	mp_departed_add(m, at);
	mp_loaded_detach(at->loaded);
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
	struct mp_attachment *at = mp_attachment_of(m, e->policy_id);
	struct mp_departed *departed = mp_departed_find(m, e->policy_id);
	const struct mp_mechanism_ops *ops = mp_mechanism_ops_of(e->mechanism);
	const char *name = NULL, *engine = NULL, *cgroup = NULL;
	uint64_t lost = mp_agent_lost(m->agent);

	if (at) {
		name = at->name;
		cgroup = at->cgroup;
		engine = mp_attachment_engine(at);
	} else if (departed) {
		name = departed->name;
		cgroup = departed->cgroup;
		engine = departed->engine;
	}
	tell_kernel_event(m, e, name, engine, cgroup);
	if (ops && ops->told)
		ops->told(m, e);

	if (at && e->type == MEMPOL_EV_EJECTED) {
		char reason[MEMPOL_REASON_LEN] = "";

		memcpy(reason, e->body.exit.reason, sizeof(reason) - 1);
		eject(m, at, reason);
	} else if (at && at->mechanism->attached_state) {
		/* It may be what it is to be now, or no longer. */
		mp_kernel_refresh(m, at);
	}
	if (departed && e->type == MEMPOL_EV_DRAINED)
		departed->drained = true;
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

static void agent_failed(struct mp_manager *m, int error, char **problem)
{
	uint64_t wait = AGENT_RETRY_USEC << (m->agent_attempts < 5 ? m->agent_attempts : 5);

	m->agent_attempts++;
	m->agent_retry_usec =
		mp_manager_now(m) + (wait < AGENT_RETRY_LAST_USEC ? wait : AGENT_RETRY_LAST_USEC);
	if (!m->agent_problem || !*problem || strcmp(m->agent_problem, *problem))
		mp_log(LOG_ERR,
		       "No events, no counters and no heartbeat: %s. The kernel makes policies "
		       "passive until the agent can be loaded; trying again.",
		       *problem ?: strerror(-error));
	free(m->agent_problem);
	m->agent_problem = TAKE_PTR(*problem);
}

static int read_agent(struct mp_manager *m, char **ret_problem)
{
	int r;

	*ret_problem = NULL;
	if (m->agent_bytes)
		return 0;
	r = mp_file_read(m->config->agent, MP_ENGINE_FILE_MAX, &m->agent_bytes, &m->agent_size);
	if (r < 0 &&
	    asprintf(ret_problem, "cannot read %s: %s", m->config->agent, strerror(-r)) < 0)
		*ret_problem = NULL;
	return r;
}

void mp_kernel_read_agent(struct mp_manager *m)
{
	_cleanup_free_ char *problem = NULL;

	(void)read_agent(m, &problem);
}

void mp_kernel_need_agent(struct mp_manager *m)
{
	_cleanup_free_ char *problem = NULL;
	int r;

	if (m->agent || m->agent_retry_usec > mp_manager_now(m))
		return;
	m->agent_lost = 0;
	r = read_agent(m, &problem);
	if (r >= 0)
		r = mp_agent_new(m->event, m->config->agent, m->agent_bytes, m->agent_size,
				 on_event, m, &m->agent, &problem);
	if (r < 0) {
		agent_failed(m, r, &problem);
		return;
	}
	m->agent_problem = (free(m->agent_problem), NULL);
	m->agent_attempts = 0;
	m->agent_retry_usec = 0;
	/* What happened between the attachment and now has no event. */
	m->missed = true;
	mp_manager_changed(m);
	r = mp_heartbeat_new(m->event, m->agent, m->config->sys, &m->heartbeat);
	if (r < 0)
		mp_log_errno(LOG_ERR, r, "Failed to start the heartbeat; policies will be passive");
}

uint64_t mp_kernel_next_agent(const struct mp_manager *m)
{
	return !m->agent && m->agent_retry_usec && mp_kernel_is_used(m) ? m->agent_retry_usec :
									  UINT64_MAX;
}

/*
 * The first attachment does not wait for the agent: its event is told from the kernel's answer
 * instead of the ring buffer.
 */
void mp_kernel_attached(struct mp_manager *m, const struct mp_attachment *at)
{
	struct mempol_event event = {
		.version = MEMPOL_ABI_VERSION,
		.type = MEMPOL_EV_ATTACHED,
		.mechanism = at->mechanism->id,
		.policy_id = mp_loaded_policy_id(at->loaded),
		.cgroup_id = at->cgroup_id,
	};
	struct mempol_policy_info info;

	if (m->agent)
		return;
	mp_kernel_need_agent(m);
	if (mp_agent_query(m->agent, event.policy_id, &info) < 0)
		return;
	event.body.state.cgroups = info.cgroups;
	event.body.state.pages = info.counters[at->mechanism->held_counter];
	tell_kernel_event(m, &event, at->name, mp_attachment_engine(at), at->cgroup);
}

/* One that is about to be attached again counts: what happens to it then must not be missed. */
bool mp_kernel_is_used(const struct mp_manager *m)
{
	for (size_t i = 0; i < m->n_attachments; i++) {
		const struct mp_attachment *at = m->attachments[i];

		if (mp_loaded_is_attached(at->loaded) ||
		    (at->winner && at->backoff.ejections && at->retry_usec))
			return true;
	}
	return false;
}

void mp_kernel_release_agent(struct mp_manager *m)
{
	if (!m->agent || mp_kernel_is_used(m) || mp_departed_remain(m))
		return;
	for (size_t i = 0; i < m->n_attachments; i++) {
		struct mp_attachment *at = m->attachments[i];
		struct mempol_policy_info info;

		/* The last word on an ejected policy, then its object goes too. */
		if (!at->loaded)
			continue;
		if (mp_agent_query(m->agent, mp_loaded_policy_id(at->loaded), &info) == 0)
			at->info = info;
		at->loaded = mp_loaded_free(at->loaded);
	}
	mp_agent_drain(m->agent);
	m->heartbeat = mp_heartbeat_free(m->heartbeat);
	m->agent = mp_agent_free(m->agent);
}

/* Why no agent can be loaded, whatever the policies want; NULL: it can. */
static const char *missing_for_agent(const struct mp_manager *m)
{
	static const char *const needed[] = { "btf", "module", "agent", "capabilities" };

	for (size_t i = 0; i < m->features.n; i++)
		for (size_t k = 0; k < ARRAY_SIZE(needed); k++)
			if (!strcmp(m->features.items[i].name, needed[k]) &&
			    !m->features.items[i].available)
				return m->features.items[i].reason;
	return NULL;
}

/* The agent is there: 0, or -ENODEV and a sentence. */
static int ask_for_agent(struct mp_manager *m, char **ret_problem)
{
	const char *missing = m->agent ? NULL : missing_for_agent(m);

	*ret_problem = NULL;
	if (!missing)
		mp_kernel_need_agent(m);
	if (m->agent)
		return 0;
	*ret_problem = strdup(missing ?: m->agent_problem ?: "its agent cannot be loaded now");
	return -ENODEV;
}

int mp_kernel_call(struct mp_manager *m, struct mempol_call *call, char **ret_problem)
{
	int r = ask_for_agent(m, ret_problem);

	return r < 0 ? r : mp_agent_call(m->agent, call);
}

static int ask_for_hints(struct mp_manager *m, char **ret_problem)
{
	if (!m->features.hints_missing)
		return ask_for_agent(m, ret_problem);
	*ret_problem = strdup(m->features.hints_missing);
	return -ENODEV;
}

int mp_kernel_hint(struct mp_manager *m, struct mempol_hint *hint, char **ret_problem)
{
	int r = ask_for_hints(m, ret_problem);

	return r < 0 ? r : mp_agent_hint(m->agent, hint);
}

int mp_kernel_hint_fd(struct mp_manager *m, char **ret_problem)
{
	int r = ask_for_hints(m, ret_problem);

	return r < 0 ? r : mp_agent_hint_fd(m->agent);
}

int mp_kernel_residency_fd(struct mp_manager *m, char **ret_problem)
{
	int r = ask_for_hints(m, ret_problem);

	return r < 0 ? r : mp_agent_residency_fd(m->agent);
}

void mp_kernel_done(struct mp_manager *m)
{
	m->heartbeat = mp_heartbeat_free(m->heartbeat);
	m->agent = mp_agent_free(m->agent);
	m->agent_problem = (free(m->agent_problem), NULL);
	m->agent_bytes = (free(m->agent_bytes), NULL);
	mp_departed_forget_all(m);
}

/* The cgroup's controller was switched off; if the cgroup is gone, inotify is about to say so. */
static void lost_cgroup(struct mp_manager *m, struct mp_attachment *at)
{
	mp_attachment_detach(m, at);
	at->retry_usec = mp_manager_now(m) + CGROUP_RETRY_USEC;
	mp_attachment_set(at, MP_STATE_WAITING, mp_exit_kind_text(MEMPOL_EXIT_CGROUP));
	mp_manager_changed(m);
}

/* It is attached, and nothing in general is amiss. */
static void show_attached(struct mp_attachment *at)
{
	enum mp_state state = MP_STATE_ACTIVE;
	char reason[128];

	if (at->mechanism->attached_state)
		state = at->mechanism->attached_state(&at->info, reason, sizeof(reason));
	if (state != MP_STATE_ACTIVE)
		mp_attachment_set(at, state, reason);
	else if (at->state == MP_STATE_DEGRADED || at->state == MP_STATE_WAITING)
		mp_attachment_set(at, MP_STATE_ACTIVE, mp_attachment_active_reason(at));
}

void mp_kernel_refresh(struct mp_manager *m, struct mp_attachment *at)
{
	struct mempol_policy_info info;

	if (!mp_loaded_is_attached(at->loaded))
		return;
	at->info_error = mp_agent_query(m->agent, mp_loaded_policy_id(at->loaded), &info);
	if (at->info_error < 0) {
		char reason[256];

		snprintf(reason, sizeof(reason), "the kernel's figures cannot be read: %s",
			 m->agent	  ? strerror(-at->info_error) :
			 m->agent_problem ?:
					    "no agent");
		mp_attachment_set(at, MP_STATE_DEGRADED, reason);
		return;
	}
	at->info = info;
	if (info.attached && info.passive) {
		mp_attachment_set(at, MP_STATE_DEGRADED, MP_PASSIVE_TEXT);
		return;
	}
	if (info.attached && info.missing) {
		char reason[128];

		snprintf(reason, sizeof(reason), MP_MISSING_FORMAT, (uint64_t)info.missing);
		mp_attachment_set(at, MP_STATE_DEGRADED, reason);
		return;
	}
	if (info.attached) {
		show_attached(at);
		return;
	}
	if (mp_plan_is_ejection(info.exit_kind))
		eject(m, at, info.reason);
	else if (info.exit_kind == MEMPOL_EXIT_CGROUP)
		lost_cgroup(m, at);
	else
		mp_attachment_set(at, MP_STATE_DEGRADED, mp_exit_kind_text(info.exit_kind));
}
