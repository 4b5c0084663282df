// SPDX-License-Identifier: GPL-2.0-only
/*
 * The manager's life: made, started, told of changes by timers and inotify, stopped; see manager.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "log.h"
#include "manager.h"

/* How often to look whether the agent can go. */
#define TICK_USEC (1000 * 1000ULL)
/* How often to look for a module that was not there: one access(2). */
#define MODULE_USEC (2 * 1000 * 1000ULL)

void mp_manager_tell(struct mp_manager *m, enum mp_event_type type, const char *policy,
		     const char *reason, const char *format, ...)
{
	_cleanup_free_ char *message = NULL;
	struct mp_event event = { .type = type, .policy = policy, .reason = reason };
	va_list ap;
	int r;

	va_start(ap, format);
	r = vasprintf(&message, format, ap);
	va_end(ap);
	if (r < 0) {
		message = NULL;
		return;
	}
	event.message = message;
	mp_events_add(m->events, &event);
}

const char *mp_manager_missing(const struct mp_manager *m)
{
	for (size_t i = 0; i < m->n_units; i++) {
		const char *missing = m->features.missing[mp_unit_mechanism(m->units[i])];

		if (missing)
			return missing;
	}
	return mp_features_nothing(&m->features);
}

void mp_manager_update_status(struct mp_manager *m)
{
	const char *missing = mp_manager_missing(m);
	size_t active = 0, failed = 0;

	for (size_t i = 0; i < m->n_rows; i++)
		active += m->rows[i]->state == MP_STATE_ACTIVE;
	for (size_t i = 0; i < m->n_units; i++)
		failed += m->units[i]->errors.count > 0;
	(void)sd_notifyf(0,
			 "STATUS=%zu polic%s, %zu attachment%s active, %zu file%s with errors%s%s",
			 m->n_units, m->n_units == 1 ? "y" : "ies", active, active == 1 ? "" : "s",
			 failed, failed == 1 ? "" : "s", missing ? "; " : "", missing ?: "");
}

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

static int on_converge(sd_event_source *source, void *userdata)
{
	struct mp_manager *m = userdata;

	(void)source;
	mp_manager_converge(m);
	return 0;
}

/* Several changes of one turn of the loop are worked out once. */
void mp_manager_changed(struct mp_manager *m)
{
	(void)sd_event_source_set_enabled(m->converge_source, SD_EVENT_ONESHOT);
}

static void on_cgroups_changed(void *userdata)
{
	mp_manager_changed(userdata);
}

static void on_policies_changed(void *userdata)
{
	struct mp_manager *m = userdata;
	int r;

	/* First watch, then read: what changes in between is seen once more. */
	r = mp_watch_rearm(m->watch);
	if (r < 0)
		mp_log_errno(LOG_WARNING, r, "Failed to watch the policy directories, ignoring");
	r = mp_manager_scan(m);
	if (r < 0)
		mp_log_errno(LOG_ERR, r, "Failed to read the policies, ignoring");
	mp_manager_converge(m);
}

void mp_manager_arm(struct mp_manager *m)
{
	uint64_t now = mp_manager_now(m), next = mp_manager_next_retry(m);

	if (mp_features_nothing(&m->features))
		next = now + MODULE_USEC;
	else if (m->agent && next > now + TICK_USEC && !mp_kernel_is_used(m))
		next = now + TICK_USEC;
	if (next == UINT64_MAX) {
		(void)sd_event_source_set_enabled(m->tick_source, SD_EVENT_OFF);
		return;
	}
	(void)sd_event_source_set_time(m->tick_source, next);
	(void)sd_event_source_set_enabled(m->tick_source, SD_EVENT_ONESHOT);
}

static int on_tick(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct mp_manager *m = userdata;
	uint64_t retry = mp_manager_next_retry(m);
	bool again = retry != UINT64_MAX && retry <= mp_manager_now(m);

	(void)source;
	(void)usec;
	if (mp_features_nothing(&m->features) && mp_features_module_present(m->config->sys)) {
		if (probe(m) >= 0 && !mp_features_nothing(&m->features)) {
			mp_manager_verify(m);
			again = true;
		}
	}
	if (again)
		mp_manager_converge(m);
	mp_kernel_release_agent(m);
	mp_manager_arm(m);
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
	r = mp_cgroups_new(m->event, m->config->cgroup_root, m->config->watches_max,
			   on_cgroups_changed, m, &m->cgroups);
	if (r < 0)
		return mp_log_errno(LOG_ERR, r, "Failed to watch %s", m->config->cgroup_root);
	r = mp_watch_new(m->event, m->config->policy_dirs, on_policies_changed, m, &m->watch);
	if (r < 0)
		return mp_log_errno(LOG_ERR, r, "Failed to watch the policy directories");
	r = mp_manager_scan(m);
	if (r < 0)
		return mp_log_errno(LOG_ERR, r, "Failed to read the policies");
	mp_manager_converge(m);
	return 0;
}

static uint64_t monotonic_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000ULL + ts.tv_nsec / 1000;
}

int mp_manager_reload(struct mp_manager *m, struct mp_errors *errors)
{
	int r;

	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, monotonic_usec());
	r = probe(m);
	if (r >= 0)
		r = mp_watch_rearm(m->watch);
	if (r >= 0)
		r = mp_manager_reload_units(m, errors);
	if (r >= 0) {
		(void)mp_cgroups_rescan(m->cgroups);
		mp_manager_converge(m);
	}
	(void)sd_notify(0, "READY=1");
	return r;
}

void mp_manager_stop(struct mp_manager *m)
{
	mp_manager_free_rows(m);
	mp_agent_drain(m->agent);
}

struct mp_manager *mp_manager_free(struct mp_manager *m)
{
	if (!m)
		return NULL;
	mp_manager_free_rows(m);
	mp_kernel_done(m);
	for (size_t i = 0; i < m->n_units; i++)
		mp_unit_free(m->units[i]);
	free(m->units);
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
