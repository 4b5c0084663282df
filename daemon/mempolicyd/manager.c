// SPDX-License-Identifier: GPL-2.0-only
/*
 * The manager's life: made, started, told of changes by timers and inotify, stopped; see manager.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "attachments.h"
#include "clock.h"
#include "converge.h"
#include "kernel.h"
#include "log.h"
#include "manager.h"
#include "mechanism-ops.h"
#include "slots.h"

/* How often to look whether the agent can go. */
#define TICK_USEC (1000 * 1000ULL)
/* How often to look for a module that was not there: one access(2). */
#define MODULE_USEC (2 * 1000 * 1000ULL)

/* The module may have come since; what waited for it goes on. */
static int probe(struct mp_manager *m)
{
	struct mp_features features = {};
	const char *nothing, *before = mp_features_nothing(&m->features);
	int r;

	r = mp_features_probe(m->config->sys, m->config->cgroup_root, m->config->agent, &features);
	if (r < 0)
		return r;
	nothing = mp_features_nothing(&features);
	if (nothing && (!m->features.kernel || !before))
		mp_log(LOG_WARNING, "Policies cannot run: %s.", nothing);
	else if (before && !nothing)
		mp_log(LOG_INFO, "Module mempol is there now.");
	mp_features_done(&m->features);
	m->features = features;
	return 0;
}

static void on_cgroups_changed(void *userdata)
{
	mp_manager_changed(userdata);
}

static void update_status(const struct mp_manager *m)
{
	const char *missing = mp_manager_missing(m);
	struct mp_counts n;

	mp_manager_count(m, &n);
	(void)sd_notifyf(0, "STATUS=%zu polic%s, %zu active, %zu failed, %zu attachment%s%s%s",
			 n.policies, n.policies == 1 ? "y" : "ies", n.active, n.failed,
			 n.attachments, n.attachments == 1 ? "" : "s", missing ? "; " : "",
			 missing ?: "");
}

/* The next time something has to be looked at again; UINT64_MAX: never. */
static uint64_t next_deadline(struct mp_manager *m)
{
	uint64_t now = mp_manager_now(m);
	const uint64_t deadlines[] = {
		/* An attachment whose last attempt failed. */
		mp_converge_next_retry(m),
		/* The agent, which could not be loaded. */
		mp_kernel_next_agent(m),
		/* A module that is not there yet. */
		mp_features_nothing(&m->features) ? now + MODULE_USEC : UINT64_MAX,
		/* An agent that nobody needs any more, once the last events are in. */
		m->agent && !mp_kernel_is_used(m) ? now + TICK_USEC : UINT64_MAX,
	};
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < ARRAY_SIZE(deadlines); i++)
		next = deadlines[i] < next ? deadlines[i] : next;
	return next;
}

static void arm(struct mp_manager *m)
{
	uint64_t next = next_deadline(m), before;

	if (next == UINT64_MAX) {
		(void)sd_event_source_set_enabled(m->tick_source, SD_EVENT_OFF);
		return;
	}
	/* An earlier appointment stands: what is due some time after now would be put off by each update. */
	if (sd_event_source_get_enabled(m->tick_source, NULL) > 0 &&
	    sd_event_source_get_time(m->tick_source, &before) >= 0 && before < next)
		return;
	(void)sd_event_source_set_time(m->tick_source, next);
	(void)sd_event_source_set_enabled(m->tick_source, SD_EVENT_ONESHOT);
}

void mp_manager_update(struct mp_manager *m)
{
	mp_converge(m);
	mp_mechanisms_attend(m);
	update_status(m);
	arm(m);
}

static int on_converge(sd_event_source *source, void *userdata)
{
	(void)source;
	mp_manager_update(userdata);
	return 0;
}

static void on_policies_changed(void *userdata)
{
	struct mp_manager *m = userdata;
	int r;

	/* First watch, then read: what changes in between is seen once more. */
	r = mp_watch_rearm(m->watch);
	if (r < 0)
		mp_log_errno(LOG_WARNING, r, "Failed to watch the policy directories, ignoring");
	r = mp_slots_scan(m);
	if (r < 0)
		mp_log_errno(LOG_ERR, r, "Failed to read the policies, ignoring");
	mp_manager_update(m);
}

/* Whether the module has come since; what waited for it can go on. */
static bool module_came(struct mp_manager *m)
{
	if (!mp_features_nothing(&m->features) || !mp_features_module_present(m->config->sys) ||
	    probe(m) < 0 || mp_features_nothing(&m->features))
		return false;
	mp_slots_verify(m);
	return true;
}

static int on_tick(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct mp_manager *m = userdata;
	uint64_t now = mp_manager_now(m);
	bool again = mp_converge_next_retry(m) <= now;

	(void)source;
	(void)usec;
	if (mp_kernel_next_agent(m) <= now)
		mp_kernel_need_agent(m);
	if (module_came(m) || again)
		mp_manager_update(m);
	mp_kernel_release_agent(m);
	arm(m);
	return 0;
}

int mp_manager_new(sd_event *event, const struct mp_config *config, struct mp_manager **ret)
{
	_cleanup_(mp_manager_freep) struct mp_manager *m = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return -ENOMEM;
	m->event = sd_event_ref(event);
	m->config = config;
	/* Attachments of an earlier daemon may still be on their way out: never use their ids. */
	m->next_id = mp_events_realtime(0) << 8;
	r = mp_events_new(&m->events);
	if (r < 0)
		return r;
	r = sd_event_add_defer(event, &m->converge_source, on_converge, m);
	if (r < 0)
		return r;
	r = sd_event_source_set_enabled(m->converge_source, SD_EVENT_OFF);
	if (r < 0)
		return r;
	r = sd_event_add_time_relative(event, &m->tick_source, CLOCK_MONOTONIC, TICK_USEC, 0,
				       on_tick, m);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(m);
	return 0;
}

int mp_manager_start(struct mp_manager *m)
{
	int r;

	r = probe(m);
	if (r < 0)
		return r;
	mp_kernel_read_agent(m);
	r = mp_cgroups_new(m->event, m->config->cgroup_root, m->config->watches_max,
			   on_cgroups_changed, m, &m->cgroups);
	if (r < 0)
		return mp_log_errno(LOG_ERR, r, "Failed to watch %s", m->config->cgroup_root);
	r = mp_watch_new(m->event, m->config->policy_dirs, on_policies_changed, m, &m->watch);
	if (r < 0)
		return mp_log_errno(LOG_ERR, r, "Failed to watch the policy directories");
	r = mp_slots_scan(m);
	if (r < 0)
		return mp_log_errno(LOG_ERR, r, "Failed to read the policies");
	mp_manager_update(m);
	return 0;
}

static void forgive_failures(struct mp_manager *m)
{
	for (size_t i = 0; i < m->n_attachments; i++)
		if (mp_attachment_is_given_up(m->attachments[i]) &&
		    !mp_backoff_is_quarantined(&m->attachments[i]->backoff))
			mp_attachment_forgive(m->attachments[i]);
}

int mp_manager_reset(struct mp_manager *m, struct mp_slot *slot)
{
	const struct mp_mechanism *mechanism = mp_slot_mechanism(slot);
	int n = 0;

	for (size_t i = 0; i < m->n_attachments; i++) {
		struct mp_attachment *at = m->attachments[i];

		if (at->slot != slot || (!at->backoff.ejections && !mp_attachment_is_given_up(at)))
			continue;
		mp_attachment_forgive(at);
		n++;
	}
	if (n > 0) {
		mp_manager_tell(m, MP_EVENT_RESET, slot->name, NULL,
				"policy %s was reset: it starts anew at %d %s%s", slot->name, n,
				mechanism && mechanism->host_wide ? "machine" : "cgroup",
				n == 1 ? "" : "s");
		mp_manager_changed(m);
	}
	return n;
}

int mp_manager_reload(struct mp_manager *m, struct mp_errors *errors)
{
	int r;

	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, mp_clock_usec(CLOCK_MONOTONIC));
	r = probe(m);
	if (r >= 0)
		r = mp_watch_rearm(m->watch);
	if (r >= 0)
		r = mp_slots_reload(m, errors);
	if (r != -EBADMSG) {
		/* The engines of exclusions are read again as well. */
		for (size_t i = 0; i < ARRAY_SIZE(m->leaving); i++)
			m->leaving[i] = mp_image_unref(m->leaving[i]);
		(void)mp_cgroups_rescan(m->cgroups);
		forgive_failures(m);
		m->reloads++;
		mp_manager_update(m);
	}
	(void)sd_notify(0, "READY=1");
	return r;
}

void mp_manager_stop(struct mp_manager *m)
{
	mp_attachments_free(m);
	mp_agent_drain(m->agent);
}

struct mp_manager *mp_manager_free(struct mp_manager *m)
{
	if (!m)
		return NULL;
	mp_mechanisms_done(m);
	mp_attachments_free(m);
	mp_kernel_done(m);
	mp_slots_free(m);
	for (size_t i = 0; i < ARRAY_SIZE(m->leaving); i++)
		mp_image_unref(m->leaving[i]);
	mp_watch_free(m->watch);
	mp_cgroups_free(m->cgroups);
	mp_events_free(m->events);
	mp_features_done(&m->features);
	sd_event_source_disable_unref(m->converge_source);
	sd_event_source_disable_unref(m->tick_source);
	sd_event_unref(m->event);
	free(m);
	return NULL;
}
