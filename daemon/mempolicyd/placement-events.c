// SPDX-License-Identifier: GPL-2.0-only
/*
 * What events of placement say that no other mechanism's do (mechanism-events.h).
 */
#include "mechanism-events.h"
#include "mechanism-placement.h"

static int add_pool(sd_json_variant **v, const struct mempol_event *e)
{
	const char *word = mp_pool_cause_to_string(e->body.pool.cause);
	int r = sd_json_variant_set_field_unsigned(v, "pool_pages", e->body.pool.pages);

	if (r >= 0)
		r = sd_json_variant_set_field_unsigned(v, "wanted_pages", e->body.pool.wanted);
	return r < 0 || !word ? r : sd_json_variant_set_field_string(v, "cause", word);
}

static int add_event_fields(sd_json_variant **v, const struct mempol_event *e)
{
	int r;

	switch (e->type) {
	case MEMPOL_EV_POOL:
		return add_pool(v, e);
	case MEMPOL_EV_CONFLICT:
		r = sd_json_variant_set_field_unsigned(v, "used_pages", e->body.conflict.used);
		return r < 0 ? r :
			       sd_json_variant_set_field_unsigned(v, "pool_pages",
								  e->body.conflict.pages);
	default:
		return 0;
	}
}

/* That a pool has lost memory is for people; that it is there, or full, is in the nature of pools. */
static bool is_notice(const struct mempol_event *e)
{
	return e->type == MEMPOL_EV_POOL && e->body.pool.cause != MEMPOL_POOL_BY_CLAIM;
}

const struct mp_mechanism_events mp_placement_events = {
	.mechanism = &mp_mechanism_placement,
	.add_fields = add_event_fields,
	.is_notice = is_notice,
};
