/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The balloon's row in the table of mechanisms (mechanism.h): engines, counters, the keys of [Balloon],
 * and the sentences in which pages belong to the host and not to lists.
 */
#include <errno.h>
#include <inttypes.h>

#include "mechanism-balloon.h"
#include "mechanism.h"
#include "names.h"
#include "size.h"

static const struct mp_engine engines[] = {
	{ "balloon-free", MEMPOL_MECH_BALLOON, true, "gives back what stayed free for a period" },
	{ "balloon-host", MEMPOL_MECH_BALLOON, true, "gives back what the host asks for, no more" },
	{ "balloon-psi", MEMPOL_MECH_BALLOON, true,
	  "gives back until tasks begin to wait for memory" },
};

static const char *const counters[MEMPOL_BALLOON_NR_COUNTERS] = {
#define MP_X(upper, lower) [MEMPOL_BALLOON_##upper] = #lower,
	MEMPOL_BALLOON_COUNTERS(MP_X)
#undef MP_X
};

static const struct {
	const char *word;
	const char *text;
} causes[] = {
	[MEMPOL_BALLOON_BY_ENGINE] = { "engine", "the engine wants it so" },
	[MEMPOL_BALLOON_BY_REQUEST] = { "request", "somebody asked for a size" },
	[MEMPOL_BALLOON_BY_HOST] = { "host", "the host asked for another size" },
	[MEMPOL_BALLOON_BY_OOM] = { "oom", "memory had run out" },
	[MEMPOL_BALLOON_BY_PRESSURE] = { "pressure", "tasks had to wait for memory" },
	[MEMPOL_BALLOON_BY_GUARD] = { "guard", MP_PASSIVE_TEXT ", or the policy was ejected" },
	[MEMPOL_BALLOON_BY_DEVICE] = { "device", "the device or its memory came or went" },
};

const struct mp_balloon mp_balloon_default = {
	.keep_is_share = true,
	.keep = 10,
	.period_ms = 1000,
};

const char *mp_balloon_cause_to_string(unsigned int cause)
{
	return cause < ARRAY_SIZE(causes) ? causes[cause].word : NULL;
}

const char *mp_balloon_cause_text(unsigned int cause)
{
	return cause < ARRAY_SIZE(causes) ? causes[cause].text : NULL;
}

uint64_t mp_balloon_keep_pages(const struct mp_balloon *balloon, uint64_t total_bytes,
			       uint64_t page_bytes)
{
	uint64_t bytes = balloon->keep;

	/* The quotient first: the product may not fit. */
	if (balloon->keep_is_share)
		bytes = total_bytes / 100 * balloon->keep + total_bytes % 100 * balloon->keep / 100;
	return bytes / page_bytes + !!(bytes % page_bytes);
}

static int set_keep(struct mp_policy *policy, const struct mp_place *place, const char *value)
{
	struct mp_balloon *balloon = mp_balloon_of(policy);
	unsigned int percent;
	uint64_t bytes;
	int r;

	if (!*value) {
		balloon->keep_is_share = mp_balloon_default.keep_is_share;
		balloon->keep = mp_balloon_default.keep;
		return 0;
	}
	r = mp_percent_parse(value, &percent);
	if (r == -ERANGE)
		return mp_complain(place, "Keep=%.60s: more than 100%% of the memory", value);
	if (r == 0) {
		balloon->keep_is_share = true;
		balloon->keep = percent;
		return 0;
	}
	if (mp_size_parse(value, &bytes) < 0)
		return mp_complain(
			place,
			"Keep=%.60s: neither a size in bytes or with K, M, G or T, nor a whole "
			"percentage of the memory such as 10%%",
			value);
	balloon->keep_is_share = false;
	balloon->keep = bytes;
	return 0;
}

static int set_period(struct mp_policy *policy, const struct mp_place *place, const char *value)
{
	struct mp_balloon *balloon = mp_balloon_of(policy);
	uint64_t ms;

	if (!*value) {
		balloon->period_ms = mp_balloon_default.period_ms;
		return 0;
	}
	if (mp_time_parse(value, &ms) < 0 || ms < MP_PERIOD_MIN_MS || ms > MP_PERIOD_MAX_MS)
		return mp_complain(
			place,
			"Period=%.60s: not a time from 100ms to 1h, with ms, s, min or h, such as 1min 30s",
			value);
	balloon->period_ms = ms;
	return 0;
}

static const struct mp_key keys[] = {
	{ "Keep", "size|percent", false, set_keep, "what is to stay free" },
	{ "Period", "time", false, set_period, "how often the engine is asked" },
};

static bool settings_equal(const void *a, const void *b)
{
	const struct mp_balloon *x = a, *y = b;

	return x->keep_is_share == y->keep_is_share && x->keep == y->keep &&
	       x->period_ms == y->period_ms;
}

static const char *attach_problem(int error)
{
	switch (-error) {
	case ENODEV:
		return "this machine has no virtio balloon that a policy can use";
	case EBUSY:
		return "another policy is in charge of the balloon";
	case EOPNOTSUPP:
		return "this kernel has no balloon policies (CONFIG_MEMPOL_BALLOON)";
	default:
		return NULL;
	}
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static int format_exit(const struct mempol_event *e, const struct mp_event_words *w, char **ret)
{
	char reason[MEMPOL_REASON_LEN];

	return asprintf(ret, "policy %s %s %s: %s; %" PRIu64 " page%s to take back", w->policy,
			mp_event_exit_verb(e), w->cgroup, mp_event_exit_reason(e, reason),
			(uint64_t)e->body.exit.pages, plural(e->body.exit.pages));
}

static int format_resized(const struct mempol_event *e, const struct mp_event_words *w, char **ret)
{
	uint64_t held = e->body.resized.held;
	const char *word = mp_balloon_cause_to_string(e->body.resized.cause);
	const char *text = mp_balloon_cause_text(e->body.resized.cause);

	return asprintf(ret,
			"policy %s: the balloon holds %" PRIu64
			" page%s for the host, aims at %" PRIu64 ", the host asks for %" PRIu64
			"; cause: %s (%s)",
			w->policy, held, plural(held), (uint64_t)e->body.resized.target,
			(uint64_t)e->body.resized.host, word ? word : "unknown",
			text ? text : "this version does not know it");
}

static int format_event(const struct mempol_event *e, const struct mp_event_words *w, char **ret)
{
	switch (e->type) {
	case MEMPOL_EV_ATTACHED:
		return asprintf(ret, "policy %s governs %s now, with engine %s", w->policy,
				w->cgroup, w->engine);
	case MEMPOL_EV_DRAINED:
		return asprintf(ret,
				"policy %s at %s is drained: %" PRIu64
				" page%s came back from the host",
				w->policy, w->cgroup, (uint64_t)e->body.state.pages,
				plural(e->body.state.pages));
	case MEMPOL_EV_DETACHED:
	case MEMPOL_EV_EJECTED:
		return format_exit(e, w, ret);
	case MEMPOL_EV_RESIZED:
		return format_resized(e, w, ret);
	default:
		return 0;
	}
}

const struct mp_mechanism mp_mechanism_balloon = {
	.id = MEMPOL_MECH_BALLOON,
	.name = "balloon",
	.section = { "Balloon", &mp_mechanism_balloon, true, "what goes back to the host", keys,
		     ARRAY_SIZE(keys) },
	.ops_type = "mempol_balloon_ops",
	.host_wide = true,
	.kernel_option = "CONFIG_MEMPOL_BALLOON",
	.engines = engines,
	.n_engines = ARRAY_SIZE(engines),
	.counters = counters,
	.n_counters = ARRAY_SIZE(counters),
	.held_counter = MEMPOL_BALLOON_HELD_PAGES,
	.ejections_counter = -1,
	.defaults = &mp_balloon_default,
	.settings_size = sizeof(mp_balloon_default),
	.settings_equal = settings_equal,
	.attach_problem = attach_problem,
	.absent_error = -ENODEV,
	.format_event = format_event,
};
