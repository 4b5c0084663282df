// SPDX-License-Identifier: GPL-2.0-only
/*
 * What events of the reference counts say that no other mechanism's do (mechanism-events.h).
 */
#include "mechanism-events.h"
#include "mechanism-refcount.h"

static int add_event_fields(sd_json_variant **v, const struct mempol_event *e)
{
	char name[MEMPOL_REF_NAME_LEN + 4];
	const char *word;
	int r;

	if (e->type != MEMPOL_EV_REF_FILE)
		return 0;
	mp_ref_name(e->body.file.name, name);
	r = sd_json_variant_set_field_string(v, "file", name);
	if (r >= 0)
		r = sd_json_variant_set_field_unsigned(v, "device", e->body.file.dev);
	if (r >= 0)
		r = sd_json_variant_set_field_unsigned(v, "inode", e->body.file.ino);
	if (r >= 0)
		r = sd_json_variant_set_field_boolean(v, "on", e->body.file.on);
	word = mp_ref_cause_to_string(e->body.file.cause);
	return r < 0 || !word ? r : sd_json_variant_set_field_string(v, "cause", word);
}

/* Files come and go by the engine's will; that somebody else took one out is for people. */
static bool is_notice(const struct mempol_event *e)
{
	return e->type == MEMPOL_EV_REF_FILE && e->body.file.cause == MEMPOL_REF_BY_REQUEST;
}

const struct mp_mechanism_events mp_refcount_events = {
	.mechanism = &mp_mechanism_refcount,
	.add_fields = add_event_fields,
	.is_notice = is_notice,
};
