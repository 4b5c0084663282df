// SPDX-License-Identifier: GPL-2.0-only
/*
 * What events of translation say that no other mechanism's do (mechanism-events.h).
 */
#include "mechanism-events.h"
#include "mechanism-translation.h"

static int add_event_fields(sd_json_variant **v, const struct mempol_event *e)
{
	const struct {
		const char *name;
		uint64_t value;
	} fields[] = {
		{ "created", e->body.tables.created }, { "grown", e->body.tables.grown },
		{ "freed", e->body.tables.freed },     { "failed", e->body.tables.failed },
		{ "moved", e->body.tables.moved },     { "teas", e->body.tables.teas },
		{ "tea_pages", e->body.tables.pages },
	};
	int r = 0;

	if (e->type != MEMPOL_EV_TABLES)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(fields) && r >= 0; i++)
		r = sd_json_variant_set_field_unsigned(v, fields[i].name, fields[i].value);
	return r;
}

const struct mp_mechanism_events mp_translation_events = {
	.mechanism = &mp_mechanism_translation,
	.add_fields = add_event_fields,
};
