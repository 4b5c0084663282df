// SPDX-License-Identifier: GPL-2.0-only
/*
 * The balloon's row in the daemon's table of mechanisms (mechanism-ops.h): what its ops struct is given,
 * and what its events say. What users ask of the balloon is balloon.c.
 */
#include <errno.h>
#include <string.h>
#include <sys/sysinfo.h>

#include "mechanism-balloon.h"
#include "mechanism-ops.h"

/* What the policy in charge has given to the host: not in MemTotal, and yet this machine's. */
static uint64_t given_bytes(const struct mp_manager *m)
{
	struct mempol_policy_info info;

	for (size_t i = 0; i < m->n_attachments; i++) {
		const struct mp_attachment *at = m->attachments[i];

		if (at->mechanism != &mp_mechanism_balloon || !mp_loaded_is_attached(at->loaded) ||
		    mp_agent_query(m->agent, mp_loaded_policy_id(at->loaded), &info) < 0)
			continue;
		return info.counters[MEMPOL_BALLOON_HELD_PAGES] * sysconf(_SC_PAGESIZE);
	}
	return 0;
}

/*
 * The memory is MemTotal and what a policy holds: what the host has taken itself is not in it. To keep
 * nothing because the size of the memory is not known would be worse than not to run.
 */
static int fill(const struct mp_manager *m, const struct mp_policy *policy,
		struct mp_ops_values *values, char **ret_problem)
{
	const struct mp_balloon *balloon = mp_balloon_of(policy);
	struct sysinfo info;

	if (sysinfo(&info) < 0) {
		int r = -errno;

		*ret_problem = mp_owned(strdup("the size of the memory cannot be read"));
		return r;
	}
	mp_ops_values_add(values, "keep_pages", 8,
			  mp_balloon_keep_pages(
				  balloon, (uint64_t)info.totalram * info.mem_unit + given_bytes(m),
				  sysconf(_SC_PAGESIZE)));
	mp_ops_values_add(values, "period_ms", 4, balloon->period_ms);
	return 0;
}

static void attached(struct mp_attachment *at)
{
	at->request = MEMPOL_BALLOON_AUTO;
}

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

const struct mp_mechanism_ops mp_balloon_ops = {
	.mechanism = &mp_mechanism_balloon,
	.fill = fill,
	.attached = attached,
	.add_event_fields = add_event_fields,
	.is_notice = is_notice,
};
