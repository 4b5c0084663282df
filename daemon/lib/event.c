/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One sentence for each record of the ring buffer: what happened, where, and why. Called by the
 * daemon for the journal and for the Events method; it reads nothing but the record.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "mechanism.h"
#include "names.h"
#include "utf8.h"

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static int format_state(const struct mempol_event *event, const struct mp_event_words *w,
			char **ret)
{
	uint64_t pages = event->body.state.pages, cgroups = event->body.state.cgroups;

	switch (event->type) {
	case MEMPOL_EV_ATTACHED:
		return asprintf(ret,
				"policy %s governs %s now, with engine %s (%" PRIu64 " cgroup%s)",
				w->policy, w->cgroup, w->engine, cgroups, plural(cgroups));
	case MEMPOL_EV_REPLACED:
		return asprintf(ret,
				"policy %s at %s runs engine %s now, which took over %" PRIu64
				" page%s",
				w->policy, w->cgroup, w->engine, pages, plural(pages));
	case MEMPOL_EV_PASSIVE:
		return asprintf(ret, "policy %s at %s is passive: " MP_PASSIVE_TEXT, w->policy,
				w->cgroup);
	case MEMPOL_EV_ACTIVE:
		return asprintf(ret, "policy %s at %s goes on: the daemon's heartbeat is back",
				w->policy, w->cgroup);
	default:
		return asprintf(ret,
				"policy %s at %s is drained: %" PRIu64
				" page%s went back to the kernel's lists",
				w->policy, w->cgroup, pages, plural(pages));
	}
}

static int format_exit(const struct mempol_event *event, const struct mp_event_words *w, char **ret)
{
	char reason[MEMPOL_REASON_LEN];
	uint64_t pages = event->body.exit.pages;

	return asprintf(ret, "policy %s %s %s: %s; %" PRIu64 " page%s to give back", w->policy,
			mp_event_exit_verb(event), w->cgroup, mp_event_exit_reason(event, reason),
			pages, plural(pages));
}

static int format_forced(const struct mempol_event *event, const struct mp_event_words *w,
			 char **ret)
{
	uint64_t pages = event->body.forced.pages;

	return asprintf(ret,
			"the kernel took %" PRIu64
			" page%s from policy %s at %s by force: engine %s yielded too little "
			"while memory was short",
			pages, plural(pages), w->policy, w->cgroup, w->engine);
}

static int format_refused(const struct mempol_event *event, const struct mp_event_words *w,
			  char **ret)
{
	uint64_t count = event->body.refused.count;
	const char *text = mp_refusal_text(event->body.refused.reason);

	return asprintf(ret,
			"the kernel refused %" PRIu64
			" request%s of engine %s (policy %s at %s), the last one: %s",
			count, plural(count), w->engine, w->policy, w->cgroup,
			text ? text : "for a reason this version does not know");
}

/* The general sentence of a type; 0 when there is none. */
static int format_general(const struct mempol_event *event, const struct mp_event_words *w,
			  char **ret)
{
	switch (event->type) {
	case MEMPOL_EV_ATTACHED:
	case MEMPOL_EV_REPLACED:
	case MEMPOL_EV_DRAINED:
	case MEMPOL_EV_PASSIVE:
	case MEMPOL_EV_ACTIVE:
		return format_state(event, w, ret);
	case MEMPOL_EV_DETACHED:
	case MEMPOL_EV_EJECTED:
		return format_exit(event, w, ret);
	case MEMPOL_EV_FORCED:
		return format_forced(event, w, ret);
	case MEMPOL_EV_REFUSED:
		return format_refused(event, w, ret);
	default:
		return 0;
	}
}

int mp_event_format(const struct mempol_event *event, const char *policy, const char *engine,
		    const char *cgroup, char **ret_message)
{
	const struct mp_mechanism *mechanism = mp_mechanism_get(event->mechanism);
	char id[sizeof("cgroup ") + 20];
	struct mp_event_words w = {
		.policy = policy ? policy : "(unknown)",
		.engine = engine ? engine : "(unknown)",
		.cgroup = cgroup ? cgroup : id,
	};
	char *message = NULL;
	int r = 0;

	if (event->version != MEMPOL_ABI_VERSION)
		return -EPROTO;
	if (mechanism && mechanism->host_wide)
		snprintf(id, sizeof(id), MP_HOST_TEXT);
	else
		snprintf(id, sizeof(id), "cgroup %" PRIu64, (uint64_t)event->cgroup_id);

	if (mechanism && mechanism->format_event)
		r = mechanism->format_event(event, &w, &message);
	if (r == 0)
		r = format_general(event, &w, &message);
	if (r == 0)
		return -EPROTO;
	if (r < 0)
		return -ENOMEM;

	mp_text_clean(message);
	*ret_message = message;
	return 0;
}
