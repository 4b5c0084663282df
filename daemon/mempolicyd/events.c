// SPDX-License-Identifier: GPL-2.0-only
/*
 * Journal, ring and followers; see events.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>

#include "clock.h"
#include "events.h"
#include "log.h"
#include "mechanism-events.h"
#include "names.h"
#include "text.h"

#define FIELDS_MAX 12

struct mp_events {
	sd_json_variant *ring[MP_EVENTS_KEPT];
	size_t first, n;
	mp_events_listener_t listener;
	void *userdata;
};

/* The ids are explained in systemd/mempolicyd.catalog. */
static const struct {
	unsigned int type;
	int priority;
	const char *message_id;
} kinds[] = {
	{ MEMPOL_EV_ATTACHED, LOG_INFO, "be0b58a6bebb49faaab008685f41700f" },
	{ MEMPOL_EV_DETACHED, LOG_INFO, "2e7731dd337745e7a0be4d5620118a45" },
	{ MEMPOL_EV_DRAINED, LOG_INFO, "e64d29a596e94192b854e7ed46b63f5c" },
	{ MEMPOL_EV_EJECTED, LOG_WARNING, "2fce7393fa6f46599b2c84c94c318bb3" },
	{ MEMPOL_EV_FORCED, LOG_DEBUG, "6fd4c3dc29b1420fa3ab4a5e038bf5e3" },
	{ MEMPOL_EV_REFUSED, LOG_NOTICE, "98752318ab0a4a409b84986a4d0f7333" },
	{ MEMPOL_EV_REPLACED, LOG_INFO, "48bcaa66eb8f493d803b38bbd09aedb1" },
	{ MEMPOL_EV_PASSIVE, LOG_WARNING, "6a1f3d0c2b7e4c55a9d2e8f4710b63ce" },
	{ MEMPOL_EV_ACTIVE, LOG_INFO, "c80e5f2a914d4be7b03a6d915e7f24d8" },
	{ MEMPOL_EV_RESIZED, LOG_DEBUG, "4d1c8e7f9a3b4c2e8f60b7d5a1e9c342" },
	{ MEMPOL_EV_REF_FILE, LOG_DEBUG, "9e3b7c5a1f684d0c8a42d71e6b90f358" },
	{ MEMPOL_EV_POOL, LOG_INFO, "b7d5e0c94a2f4f0b8c6d13a7e95f2084" },
	{ MEMPOL_EV_CONFLICT, LOG_INFO, "5a0f6c2de81b4973b4e7d29c08f1a63b" },
	{ MEMPOL_EV_TABLES, LOG_DEBUG, "e1c7428d5b9f4c03a6d0847fb29e3a15" },
	{ MP_EVENT_LOADED, LOG_INFO, "2c2a9a82a66d4aed8a70dc0b8a4fa784" },
	{ MP_EVENT_FAILED, LOG_ERR, "f223a5fa0e1c48e5b0524df96798a216" },
	{ MP_EVENT_KEPT, LOG_WARNING, "d6e5b560d8c84be79b6b6a1a573445fa" },
	{ MP_EVENT_REMOVED, LOG_INFO, "5f31bf20f37c40d98693309a4734e634" },
	{ MP_EVENT_RELOADED, LOG_INFO, "1c676eb4707c4873afde1f7c0056af5a" },
	{ MP_EVENT_LOST, LOG_WARNING, "ad8914c8eb7a4d8081c50cfeb02c0bf1" },
	{ MP_EVENT_QUARANTINED, LOG_ERR, "609ecf449f7f447ea1d79e200ffb5101" },
	{ MP_EVENT_RESET, LOG_INFO, "da6da4d42b19438a8886fb58b6f2bb35" },
};

int mp_events_new(struct mp_events **ret)
{
	struct mp_events *events = calloc(1, sizeof(*events));

	if (!events)
		return -ENOMEM;
	*ret = events;
	return 0;
}

struct mp_events *mp_events_free(struct mp_events *events)
{
	if (!events)
		return NULL;
	for (size_t i = 0; i < MP_EVENTS_KEPT; i++)
		sd_json_variant_unref(events->ring[i]);
	free(events);
	return NULL;
}

void mp_events_listen(struct mp_events *events, mp_events_listener_t listener, void *userdata)
{
	events->listener = listener;
	events->userdata = userdata;
}

struct fields {
	struct iovec iov[FIELDS_MAX];
	int n;
};

static void fields_add(struct fields *f, const char *name, const char *value)
{
	char *text;

	if (!value || f->n == FIELDS_MAX || asprintf(&text, "%s=%s", name, value) < 0)
		return;
	f->iov[f->n++] = (struct iovec){ text, strlen(text) };
}

static void fields_done(struct fields *f)
{
	for (int i = 0; i < f->n; i++)
		free(f->iov[i].iov_base);
}

static const struct mp_mechanism_events *ops_of(const struct mempol_event *k)
{
	return k ? mp_mechanism_events_of(k->mechanism) : NULL;
}

static bool is_notice(const struct mempol_event *k)
{
	const struct mp_mechanism_events *ops = ops_of(k);

	return ops && ops->is_notice && ops->is_notice(k);
}

static void send_to_journal(const struct mp_event *event)
{
	_cleanup_(fields_done) struct fields f = {};
	const char *id = NULL;
	int priority = LOG_INFO;
	char number[32];

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].type == event->type) {
			priority = kinds[i].priority;
			id = kinds[i].message_id;
		}
	}
	if (is_notice(event->kernel))
		priority = LOG_NOTICE;
	fields_add(&f, "MESSAGE", event->message);
	snprintf(number, sizeof(number), "%d", priority);
	fields_add(&f, "PRIORITY", number);
	fields_add(&f, "MESSAGE_ID", id);
	fields_add(&f, "MEMPOL_EVENT", mp_event_type_to_string(event->type));
	fields_add(&f, "MEMPOL_POLICY", event->policy);
	fields_add(&f, "MEMPOL_CGROUP", event->cgroup);
	fields_add(&f, "MEMPOL_ENGINE", event->engine);
	fields_add(&f, "MEMPOL_REASON", event->reason);
	if (event->kernel) {
		snprintf(number, sizeof(number), "%" PRIu64, (uint64_t)event->cgroup_id);
		fields_add(&f, "MEMPOL_CGROUP_ID", number);
	}
	if (f.n > 0)
		mp_log_fields(priority, f.iov, f.n);
}

static int add_number(sd_json_variant **v, const char *name, uint64_t value)
{
	return sd_json_variant_set_field_unsigned(v, name, value);
}

/* What the record says beyond its header; the names are those of the interface. */
static int add_body(sd_json_variant **v, const struct mempol_event *k)
{
	const char *word;
	int r;

	switch (k->type) {
	case MEMPOL_EV_ATTACHED:
	case MEMPOL_EV_DRAINED:
	case MEMPOL_EV_REPLACED:
	case MEMPOL_EV_PASSIVE:
	case MEMPOL_EV_ACTIVE:
		r = add_number(v, "pages", k->body.state.pages);
		return r < 0 ? r : add_number(v, "cgroups", k->body.state.cgroups);
	case MEMPOL_EV_DETACHED:
	case MEMPOL_EV_EJECTED:
		r = add_number(v, "pages", k->body.exit.pages);
		word = mp_exit_kind_to_string(k->body.exit.kind);
		return r < 0 || !word ? r : sd_json_variant_set_field_string(v, "exit_kind", word);
	case MEMPOL_EV_FORCED:
		return add_number(v, "pages", k->body.forced.pages);
	case MEMPOL_EV_REFUSED:
		r = add_number(v, "count", k->body.refused.count);
		word = mp_refusal_name(k->body.refused.reason);
		return r < 0 || !word ? r : sd_json_variant_set_field_string(v, "refusal", word);
	default:
		return 0;
	}
}

static int build(const struct mp_event *e, sd_json_variant **ret)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	const struct mp_mechanism_events *ops = ops_of(e->kernel);
	const char *type = mp_event_type_to_string(e->type);
	int r;

	r = sd_json_buildo(&v, SD_JSON_BUILD_PAIR_UNSIGNED("version", MEMPOL_ABI_VERSION),
			   SD_JSON_BUILD_PAIR_STRING("type", type ?: "unknown"),
			   SD_JSON_BUILD_PAIR_CONDITION(!!e->policy, "policy",
							SD_JSON_BUILD_STRING(e->policy)),
			   SD_JSON_BUILD_PAIR_CONDITION(!e->policy, "policy", SD_JSON_BUILD_NULL),
			   SD_JSON_BUILD_PAIR_CONDITION(!!e->cgroup, "cgroup",
							SD_JSON_BUILD_STRING(e->cgroup)),
			   SD_JSON_BUILD_PAIR_CONDITION(!e->cgroup, "cgroup", SD_JSON_BUILD_NULL),
			   SD_JSON_BUILD_PAIR_UNSIGNED("cgroup_id", e->cgroup_id),
			   SD_JSON_BUILD_PAIR_UNSIGNED("time_usec", e->time_usec),
			   SD_JSON_BUILD_PAIR_STRING("message", e->message),
			   SD_JSON_BUILD_PAIR_CONDITION(!!e->reason, "reason",
							SD_JSON_BUILD_STRING(e->reason)));
	if (r >= 0 && e->kernel)
		r = add_body(&v, e->kernel);
	if (r >= 0 && ops && ops->add_fields)
		r = ops->add_fields(&v, e->kernel);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(v);
	return 0;
}

void mp_events_add(struct mp_events *events, const struct mp_event *given)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	struct mp_event event = *given;
	size_t slot;
	int r;

	if (!event.time_usec)
		event.time_usec = mp_events_realtime(0);
	send_to_journal(&event);
	r = build(&event, &v);
	if (r < 0) {
		mp_log_errno(LOG_DEBUG, r, "Failed to keep an event, ignoring");
		return;
	}
	if (events->n < MP_EVENTS_KEPT) {
		slot = (events->first + events->n++) % MP_EVENTS_KEPT;
	} else {
		slot = events->first;
		events->first = (events->first + 1) % MP_EVENTS_KEPT;
		sd_json_variant_unref(events->ring[slot]);
	}
	events->ring[slot] = sd_json_variant_ref(v);
	if (events->listener)
		events->listener(v, events->userdata);
}

int mp_events_json(const struct mp_events *events, sd_json_variant **ret)
{
	sd_json_variant *ordered[MP_EVENTS_KEPT];

	for (size_t i = 0; i < events->n; i++)
		ordered[i] = events->ring[(events->first + i) % MP_EVENTS_KEPT];
	return sd_json_variant_new_array(ret, ordered, events->n);
}

uint64_t mp_events_realtime(uint64_t monotonic_ns)
{
	uint64_t real = mp_clock_usec(CLOCK_REALTIME), mono = mp_clock_usec(CLOCK_MONOTONIC);
	uint64_t then = monotonic_ns / 1000;

	return monotonic_ns && then < mono ? real - (mono - then) : real;
}
