/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One sentence for each record of the ring buffer: what happened, where, and why. Called by the
 * daemon for the journal and for the Events method; it reads nothing but the record.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "names.h"
#include "text.h"

struct words {
	const char *policy;
	const char *engine;
	const char *cgroup;
	bool balloon; /* its pages are the host's, not on lists */
};

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* The kernel's sentence if it gave one, else the general one for the kind. */
static const char *exit_reason(const struct mempol_event *event, char reason[MEMPOL_REASON_LEN])
{
	const char *text = mp_exit_kind_text(event->body.exit.kind);

	memcpy(reason, event->body.exit.reason, MEMPOL_REASON_LEN);
	reason[MEMPOL_REASON_LEN - 1] = '\0';
	if (*reason)
		return reason;
	return text ? text : "the kernel did not say why";
}

static int format_state(const struct mempol_event *event, const struct words *w, char **ret)
{
	uint64_t pages = event->body.state.pages, cgroups = event->body.state.cgroups;

	if (w->balloon && event->type == MEMPOL_EV_ATTACHED)
		return asprintf(ret, "policy %s governs %s now, with engine %s", w->policy,
				w->cgroup, w->engine);
	if (w->balloon && event->type == MEMPOL_EV_DRAINED)
		return asprintf(ret,
				"policy %s at %s is drained: %" PRIu64
				" page%s came back from the host",
				w->policy, w->cgroup, pages, plural(pages));
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

static int format_exit(const struct mempol_event *event, const struct words *w, char **ret)
{
	char reason[MEMPOL_REASON_LEN];
	uint64_t pages = event->body.exit.pages;

	return asprintf(ret, "policy %s %s %s: %s; %" PRIu64 " page%s to %s back", w->policy,
			event->type == MEMPOL_EV_EJECTED ? "was ejected by the kernel from" :
							   "no longer governs",
			w->cgroup, exit_reason(event, reason), pages, plural(pages),
			w->balloon ? "take" : "give");
}

static int format_forced(const struct mempol_event *event, const struct words *w, char **ret)
{
	uint64_t pages = event->body.forced.pages;

	return asprintf(ret,
			"the kernel took %" PRIu64
			" page%s from policy %s at %s by force: engine %s yielded too little "
			"while memory was short",
			pages, plural(pages), w->policy, w->cgroup, w->engine);
}

static int format_refused(const struct mempol_event *event, const struct words *w, char **ret)
{
	uint64_t count = event->body.refused.count;
	const char *text = mp_refusal_text(event->body.refused.reason);

	return asprintf(ret,
			"the kernel refused %" PRIu64
			" request%s of engine %s (policy %s at %s), the last one: %s",
			count, plural(count), w->engine, w->policy, w->cgroup,
			text ? text : "for a reason this version does not know");
}

static int format_resized(const struct mempol_event *event, const struct words *w, char **ret)
{
	uint64_t held = event->body.resized.held;
	const char *word = mp_balloon_cause_to_string(event->body.resized.cause);
	const char *text = mp_balloon_cause_text(event->body.resized.cause);

	return asprintf(ret,
			"policy %s: the balloon holds %" PRIu64
			" page%s for the host, aims at %" PRIu64 ", the host asks for %" PRIu64
			"; cause: %s (%s)",
			w->policy, held, plural(held), (uint64_t)event->body.resized.target,
			(uint64_t)event->body.resized.host, word ? word : "unknown",
			text ? text : "this version does not know it");
}

int mp_event_format(const struct mempol_event *event, const char *policy, const char *engine,
		    const char *cgroup, char **ret_message)
{
	char id[sizeof("cgroup ") + 20];
	struct words w = {
		.policy = policy ? policy : "(unknown)",
		.engine = engine ? engine : "(unknown)",
		.cgroup = cgroup ? cgroup : id,
		.balloon = event->mechanism == MEMPOL_MECH_BALLOON,
	};
	char *message = NULL;
	int r;

	if (event->version != MEMPOL_ABI_VERSION)
		return -EPROTO;
	if (w.balloon)
		snprintf(id, sizeof(id), MP_HOST_TEXT);
	else
		snprintf(id, sizeof(id), "cgroup %" PRIu64, (uint64_t)event->cgroup_id);

	switch (event->type) {
	case MEMPOL_EV_ATTACHED:
	case MEMPOL_EV_REPLACED:
	case MEMPOL_EV_DRAINED:
	case MEMPOL_EV_PASSIVE:
	case MEMPOL_EV_ACTIVE:
		r = format_state(event, &w, &message);
		break;
	case MEMPOL_EV_DETACHED:
	case MEMPOL_EV_EJECTED:
		r = format_exit(event, &w, &message);
		break;
	case MEMPOL_EV_FORCED:
		r = format_forced(event, &w, &message);
		break;
	case MEMPOL_EV_REFUSED:
		r = format_refused(event, &w, &message);
		break;
	case MEMPOL_EV_RESIZED:
		r = format_resized(event, &w, &message);
		break;
	default:
		return -EPROTO;
	}
	if (r < 0)
		return -ENOMEM;

	mp_text_clean(message);
	*ret_message = message;
	return 0;
}
