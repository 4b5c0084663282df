// SPDX-License-Identifier: GPL-2.0-only
/*
 * What events of the balloon say that no other mechanism's do (mechanism-events.h).
 */
#include "mechanism-events.h"
#include "mechanism-balloon.h"

static int add_event_fields(sd_json_variant **v, const struct mempol_event *e)
{
	const char *word;
	int r;

	if (e->type != MEMPOL_EV_RESIZED)
		return 0;
	r = sd_json_variant_set_field_unsigned(v, "held_pages", e->body.resized.held);
	if (r >= 0)
		r = sd_json_variant_set_field_unsigned(v, "target_pages", e->body.resized.target);
	if (r >= 0)
		r = sd_json_variant_set_field_unsigned(v, "host_pages", e->body.resized.host);
	word = mp_balloon_cause_to_string(e->body.resized.cause);
	return r < 0 || !word ? r : sd_json_variant_set_field_string(v, "cause", word);
}

/* A balloon breathes, which is for the debug log; that it had to let go is for people. */
static bool is_notice(const struct mempol_event *e)
{
	return e->type == MEMPOL_EV_RESIZED && (e->body.resized.cause == MEMPOL_BALLOON_BY_OOM ||
						e->body.resized.cause == MEMPOL_BALLOON_BY_GUARD ||
						e->body.resized.cause == MEMPOL_BALLOON_BY_DEVICE);
}

const struct mp_mechanism_events mp_balloon_events = {
	.mechanism = &mp_mechanism_balloon,
	.add_fields = add_event_fields,
	.is_notice = is_notice,
};
