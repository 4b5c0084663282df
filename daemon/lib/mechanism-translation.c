/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The row of the page tables in the table of mechanisms (mechanism.h): engines, counters, the keys of [Translation], and
 * the sentences in which translation entry areas go.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "keys.h"
#include "mechanism-translation.h"
#include "mechanism.h"
#include "names.h"
#include "size.h"

#define SCATTERED_ENGINE "scattered"

static const struct mp_engine engines[] = {
	{ "dmt", MEMPOL_MECH_TRANSLATION, true,
	  "contiguous leaf page tables for the largest ranges (Direct Memory Translation)" },
	{ SCATTERED_ENGINE, MEMPOL_MECH_TRANSLATION, true,
	  "the kernel's own page tables: for what is done by hand, and for exclusions" },
};

static const char *const counters[MEMPOL_TRANSLATION_NR_COUNTERS] = {
#define MP_X(upper, lower) [MEMPOL_TRANSLATION_##upper] = #lower,
	MEMPOL_TRANSLATION_COUNTERS(MP_X)
#undef MP_X
};

const struct mp_translation mp_translation_default = {
	.min_range = 64ULL << 20,
	.bubbles = 2,
	.period_ms = 1000,
	.move_rate = 1024,
	.max_idle = 25,
};

/* ---- the keys ---------------------------------------------------------------------------------------- */

static int set_min_range(struct mp_policy *policy, const struct mp_place *place, const char *value)
{
	uint64_t *to = &mp_translation_of(policy)->min_range, bytes;

	if (!*value) {
		*to = mp_translation_default.min_range;
		return 0;
	}
	if (mp_size_parse(value, &bytes) < 0 || bytes < MEMPOL_TEA_WINDOW_BYTES ||
	    bytes > MP_TRANSLATION_RANGE_MAX)
		return mp_complain(
			place,
			"MinRange=%.60s: not a size from 2M to 2G, such as 64M: one page "
			"table maps 2M of addresses",
			value);
	*to = bytes;
	return 0;
}

static int set_max_memory(struct mp_policy *policy, const struct mp_place *place, const char *value)
{
	uint64_t *to = &mp_translation_of(policy)->max_memory, bytes;

	if (!*value) {
		*to = mp_translation_default.max_memory;
		return 0;
	}
	if (mp_size_parse(value, &bytes) < 0 || bytes < (uint64_t)sysconf(_SC_PAGESIZE))
		return mp_complain(
			place,
			"MaxMemory=%.60s: not a size of 4K or more, such as 64M: 2M of page "
			"tables map 1G",
			value);
	*to = bytes;
	return 0;
}

static int set_bubbles(struct mp_policy *policy, const struct mp_place *place, const char *value)
{
	uint32_t *to = &mp_translation_of(policy)->bubbles;
	unsigned int percent;

	if (!*value) {
		*to = mp_translation_default.bubbles;
		return 0;
	}
	if (mp_percent_parse(value, &percent) < 0 || percent > MP_TRANSLATION_BUBBLES_MAX)
		return mp_complain(
			place,
			"Bubbles=%.60s: not a whole percentage from 0%% to %d%%, such as 2%%",
			value, MP_TRANSLATION_BUBBLES_MAX);
	*to = percent;
	return 0;
}

static int set_period(struct mp_policy *policy, const struct mp_place *place, const char *value)
{
	uint32_t *to = &mp_translation_of(policy)->period_ms;
	uint64_t ms;

	if (!*value) {
		*to = mp_translation_default.period_ms;
		return 0;
	}
	if (mp_time_parse(value, &ms) < 0 || ms < MP_TRANSLATION_PERIOD_MIN_MS ||
	    ms > MP_TRANSLATION_PERIOD_MAX_MS)
		return mp_complain(
			place,
			"Period=%.60s: not a time from 100ms to 1h, with ms, s, min or h, such as 5s",
			value);
	*to = (uint32_t)ms;
	return 0;
}

/* strtoul() takes signs, spaces and what follows the digits; a count has none of them. */
static int set_move_rate(struct mp_policy *policy, const struct mp_place *place, const char *value)
{
	uint32_t *to = &mp_translation_of(policy)->move_rate;
	unsigned long n;

	if (!*value) {
		*to = mp_translation_default.move_rate;
		return 0;
	}
	errno = 0;
	n = strtoul(value, NULL, 10);
	if (value[strspn(value, "0123456789")] || errno || !n || n > MP_TRANSLATION_RATE_MAX)
		return mp_complain(
			place,
			"MoveRate=%.60s: not a whole number of page tables a second from 1 to %u",
			value, MP_TRANSLATION_RATE_MAX);
	*to = (uint32_t)n;
	return 0;
}

/* A percentage with at most one digit behind the point: X.Y% is X% and Y. */
static int parse_permille(const char *text, uint32_t *ret)
{
	size_t point = strcspn(text, ".");
	unsigned int percent, tenth = 0;
	char whole[8] = "";

	if (strlen(text) >= sizeof(whole))
		return -EINVAL;
	strcpy(whole, text);
	if (text[point]) {
		if (text[point + 1] < '0' || text[point + 1] > '9' || strcmp(text + point + 2, "%"))
			return -EINVAL;
		tenth = (unsigned int)(text[point + 1] - '0');
		strcpy(whole + point, "%");
	}
	if (mp_percent_parse(whole, &percent) < 0)
		return -EINVAL;
	*ret = percent * 10 + tenth;
	return 0;
}

static int set_max_idle(struct mp_policy *policy, const struct mp_place *place, const char *value)
{
	uint32_t *to = &mp_translation_of(policy)->max_idle, permille;

	if (!*value) {
		*to = mp_translation_default.max_idle;
		return 0;
	}
	if (parse_permille(value, &permille) < 0 || !permille || permille > 1000)
		return mp_complain(
			place,
			"MaxIdle=%.60s: not a percentage from 0.1%% to 100%%, such as 5%% or 2.5%%",
			value);
	*to = permille;
	return 0;
}

static int set_trim(struct mp_policy *policy, const struct mp_place *place, const char *value)
{
	uint32_t *to = &mp_translation_of(policy)->trim_ms;
	uint64_t ms;

	if (!*value || !strcmp(value, "no")) {
		*to = 0;
		return 0;
	}
	if (mp_time_parse(value, &ms) < 0 || ms < MP_TRANSLATION_TRIM_MIN_MS ||
	    ms > MP_TRANSLATION_TRIM_MAX_MS)
		return mp_complain(place,
				   "Trim=%.60s: neither no nor a time from 1s to 24h, such as 5min",
				   value);
	*to = (uint32_t)ms;
	return 0;
}

static int set_node(struct mp_policy *policy, const struct mp_place *place, const char *value)
{
	bool *to = &mp_translation_of(policy)->follows;

	if (*value && strcmp(value, "keep") && strcmp(value, "data"))
		return mp_complain(
			place,
			"Node=%.60s: neither keep nor data; for one node and now, there is "
			"`mempolctl translation node PID NODE`",
			value);
	*to = !strcmp(value, "data");
	return 0;
}

static const struct mp_key keys[] = {
	{ "MinRange", "size", false, set_min_range, "smaller ranges of addresses are left alone" },
	{ "MaxMemory", "size", false, set_max_memory,
	  "how much memory page tables of ranges may have" },
	{ "Bubbles", "percent", false, set_bubbles,
	  "how much of a range may belong to no mapping" },
	{ "Period", "time", false, set_period, "how often processes are looked at" },
	{ "MoveRate", "number", false, set_move_rate, "how many tables are moved in a second" },
	{ "MaxIdle", "percent", false, set_max_idle,
	  "how many frames of a range may be without a table for long" },
	{ "Trim", "time", false, set_trim, "how often tables without an entry are freed; or no" },
	{ "Node", "keep or data", false, set_node,
	  "where tables are: where they come to lie, or on the node of their data" },
};

static bool settings_equal(const void *a, const void *b)
{
	const struct mp_translation *x = a, *y = b;

	return x->min_range == y->min_range && x->max_memory == y->max_memory &&
	       x->bubbles == y->bubbles && x->period_ms == y->period_ms &&
	       x->move_rate == y->move_rate && x->max_idle == y->max_idle &&
	       x->trim_ms == y->trim_ms && x->follows == y->follows;
}

/* ---- the kernel's words -------------------------------------------------------------------------------- */

static const char *attach_problem(int error)
{
	switch (-error) {
	case ENOENT:
		return "the cgroup is going away";
	case EBUSY:
		return "another attachment still has the page tables of this cgroup's processes";
	case EOPNOTSUPP:
		return "the hypervisor keeps the page tables of this machine (Xen PV), so they cannot be moved";
	default:
		return NULL;
	}
}

static int format_exit(const struct mempol_event *e, const struct mp_event_words *w, char **ret)
{
	char reason[MEMPOL_REASON_LEN];

	return asprintf(ret,
			"policy %s %s %s: %s; page tables stay where they are, as the kernel's own",
			w->policy, mp_event_exit_verb(e), w->cgroup,
			mp_event_exit_reason(e, reason));
}

static int format_tables(const struct mempol_event *e, const struct mp_event_words *w, char **ret)
{
	uint64_t moved = e->body.tables.moved, teas = e->body.tables.teas;
	unsigned int failed = e->body.tables.failed;
	_cleanup_free_ char *lacked = NULL;

	if (failed && asprintf(&lacked, "; %u time%s there was no run of frames", failed,
			       failed == 1 ? "" : "s") < 0)
		return -ENOMEM;
	return asprintf(
		ret,
		"policy %s at %s: %u run%s of page tables made, %u of them larger than before, "
		"%u given up; %" PRIu64 " table%s moved to %s place; %" PRIu64
		" run%s now, of %" PRIu64 " frames%s",
		w->policy, w->cgroup, e->body.tables.created,
		e->body.tables.created == 1 ? "" : "s", e->body.tables.grown, e->body.tables.freed,
		moved, moved == 1 ? "" : "s", moved == 1 ? "its" : "their", teas,
		teas == 1 ? "" : "s", (uint64_t)e->body.tables.pages, lacked ?: "");
}

static int format_event(const struct mempol_event *e, const struct mp_event_words *w, char **ret)
{
	switch (e->type) {
	case MEMPOL_EV_DRAINED:
		return asprintf(ret, "policy %s at %s is drained: the kernel has its page tables",
				w->policy, w->cgroup);
	case MEMPOL_EV_REPLACED:
		return asprintf(ret,
				"policy %s at %s runs engine %s now, and keeps its page tables",
				w->policy, w->cgroup, w->engine);
	case MEMPOL_EV_DETACHED:
	case MEMPOL_EV_EJECTED:
		return format_exit(e, w, ret);
	case MEMPOL_EV_TABLES:
		return format_tables(e, w, ret);
	default:
		return 0;
	}
}

const struct mp_mechanism mp_mechanism_translation = {
	.id = MEMPOL_MECH_TRANSLATION,
	.name = "translation",
	.section = { "Translation", &mp_mechanism_translation, true, "contiguous leaf page tables",
		     keys, ARRAY_SIZE(keys) },
	.ops_type = "mempol_translation_ops",
	.replaces_live = true,
	.leaving_engine = SCATTERED_ENGINE,
	.kernel_option = "CONFIG_MEMPOL_TRANSLATION",
	.engines = engines,
	.n_engines = ARRAY_SIZE(engines),
	.counters = counters,
	.n_counters = ARRAY_SIZE(counters),
	.held_counter = MEMPOL_TRANSLATION_TEA_PAGES,
	.ejections_counter = MEMPOL_TRANSLATION_EJECTIONS,
	.has_tunables = true,
	.defaults = &mp_translation_default,
	.settings_size = sizeof(mp_translation_default),
	.settings_equal = settings_equal,
	.attach_problem = attach_problem,
	.format_event = format_event,
};
