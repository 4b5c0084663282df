// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looking, telling and scheduling; see state.h.
 */
#include <stdarg.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "state.h"

uint64_t mp_manager_now(struct mp_manager *m)
{
	uint64_t now;

	return sd_event_now(m->event, CLOCK_MONOTONIC, &now) >= 0 ? now : 0;
}

/* Several changes of one turn of the loop are worked out once. */
void mp_manager_changed(struct mp_manager *m)
{
	(void)sd_event_source_set_enabled(m->converge_source, SD_EVENT_ONESHOT);
}

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

void mp_manager_alive(struct mp_manager *m)
{
	(void)sd_notify(0, "WATCHDOG=1");
	if (m->agent)
		(void)mp_agent_beat(m->agent);
}

const char *mp_manager_missing(const struct mp_manager *m)
{
	for (size_t i = 0; i < m->n_slots; i++) {
		const struct mp_mechanism *mechanism = mp_slot_mechanism(m->slots[i]);

		if (mechanism && m->features.missing[mechanism->id])
			return m->features.missing[mechanism->id];
	}
	return mp_features_nothing(&m->features);
}

struct mp_slot *mp_slot_find(struct mp_manager *m, const char *name)
{
	for (size_t i = 0; i < m->n_slots; i++)
		if (!strcmp(m->slots[i]->name, name))
			return m->slots[i];
	return NULL;
}

const char *mp_slot_engine(const struct mp_slot *slot)
{
	return slot && slot->policy ? slot->policy->choice.engine : NULL;
}

bool mp_attachment_leaves(const struct mp_attachment *at)
{
	return mp_loaded_is_attached(at->loaded) ? at->version & MP_VERSION_LEAVES : at->excluded;
}

const char *mp_attachment_engine(const struct mp_attachment *at)
{
	return mp_attachment_leaves(at) ? at->mechanism->leaving_engine : mp_slot_engine(at->slot);
}

const struct mp_mechanism *mp_slot_mechanism(const struct mp_slot *slot)
{
	return slot && slot->policy ? mp_policy_mechanism(slot->policy) : NULL;
}

const char *mp_slot_problem(const struct mp_slot *slot)
{
	return slot->errors.count ? slot->errors.items[0] : NULL;
}

static bool is_failure(enum mp_state state)
{
	return state == MP_STATE_FAILED || state == MP_STATE_EJECTED ||
	       state == MP_STATE_QUARANTINED;
}

void mp_manager_count(const struct mp_manager *m, struct mp_counts *ret)
{
	*ret = (struct mp_counts){ .policies = m->n_slots };
	for (size_t i = 0; i < m->n_slots; i++) {
		const struct mp_slot *slot = m->slots[i];
		bool runs = false, bad = slot->errors.count > 0;

		for (size_t k = 0; k < m->n_attachments; k++) {
			const struct mp_attachment *at = m->attachments[k];

			if (at->slot != slot)
				continue;
			ret->attachments += mp_loaded_is_attached(at->loaded);
			runs |= mp_loaded_is_attached(at->loaded);
			bad |= is_failure(at->state);
		}
		ret->active += runs;
		ret->failed += bad;
		ret->left_out += slot->n_left_out;
	}
}
