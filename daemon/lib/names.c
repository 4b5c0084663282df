/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables of words behind names.h, from the X-macros of abi.h where the kernel owns the list. A
 * number that is out of range gives NULL, never a guess.
 */
#include <string.h>

#include "names.h"

static const char *const states[_MP_STATE_MAX] = {
#define MP_X(upper, lower) [MP_STATE_##upper] = #lower,
	MP_STATES(MP_X)
#undef MP_X
};

static const struct {
	const char *word;
	const char *text;
} exit_kinds[] = {
	[MEMPOL_EXIT_NONE] = { "none", "it is attached" },
	[MEMPOL_EXIT_DETACHED] = { "detached", "its link was closed" },
	[MEMPOL_EXIT_REPLACED] = { "replaced", "another engine took over its lists" },
	[MEMPOL_EXIT_CGROUP] = { "cgroup", "its cgroup was removed" },
	[MEMPOL_EXIT_STALLED] = { "stalled", "it withheld pages while memory was short" },
	[MEMPOL_EXIT_ERROR] = { "error", "it made too many invalid requests" },
	[MEMPOL_EXIT_SLOW] = { "slow", "its callbacks took too much CPU time" },
};

static const struct {
	const char *word;
	const char *text;
} refusals[MEMPOL_NR_REFUSALS] = {
#define MP_X(upper, lower, text) [MEMPOL_REFUSED_##upper] = { #lower, text },
	MEMPOL_REFUSALS(MP_X)
#undef MP_X
};

static const struct {
	unsigned int type;
	const char *word;
} event_types[] = {
	{ MEMPOL_EV_ATTACHED, "attached" },
	{ MEMPOL_EV_DETACHED, "detached" },
	{ MEMPOL_EV_DRAINED, "drained" },
	{ MEMPOL_EV_EJECTED, "ejected" },
	{ MEMPOL_EV_FORCED, "forced" },
	{ MEMPOL_EV_REFUSED, "refused" },
	{ MEMPOL_EV_REPLACED, "replaced" },
	{ MEMPOL_EV_PASSIVE, "passive" },
	{ MEMPOL_EV_ACTIVE, "active" },
	{ MEMPOL_EV_RESIZED, "resized" },
	{ MEMPOL_EV_REF_FILE, "ref-file" },
	{ MEMPOL_EV_POOL, "pool" },
	{ MEMPOL_EV_CONFLICT, "conflict" },
	{ MEMPOL_EV_TABLES, "tables" },
	{ MP_EVENT_LOADED, "loaded" },
	{ MP_EVENT_FAILED, "failed" },
	{ MP_EVENT_KEPT, "kept" },
	{ MP_EVENT_REMOVED, "removed" },
	{ MP_EVENT_RELOADED, "reloaded" },
	{ MP_EVENT_LOST, "lost" },
	{ MP_EVENT_QUARANTINED, "quarantined" },
	{ MP_EVENT_RESET, "reset" },
};

const char *mp_state_to_string(enum mp_state state)
{
	return (unsigned int)state < _MP_STATE_MAX ? states[state] : NULL;
}

const char *mp_exit_kind_to_string(enum mempol_exit_kind kind)
{
	return (unsigned int)kind < ARRAY_SIZE(exit_kinds) ? exit_kinds[kind].word : NULL;
}

const char *mp_exit_kind_text(enum mempol_exit_kind kind)
{
	return (unsigned int)kind < ARRAY_SIZE(exit_kinds) ? exit_kinds[kind].text : NULL;
}

const char *mp_event_exit_reason(const struct mempol_event *event, char reason[MEMPOL_REASON_LEN])
{
	const char *text = mp_exit_kind_text(event->body.exit.kind);

	memcpy(reason, event->body.exit.reason, MEMPOL_REASON_LEN);
	reason[MEMPOL_REASON_LEN - 1] = '\0';
	if (*reason)
		return reason;
	return text ? text : "the kernel did not say why";
}

const char *mp_event_exit_verb(const struct mempol_event *event)
{
	return event->type == MEMPOL_EV_EJECTED ? "was ejected by the kernel from" :
						  "no longer governs";
}

const char *mp_event_type_to_string(unsigned int type)
{
	for (size_t i = 0; i < ARRAY_SIZE(event_types); i++)
		if (event_types[i].type == type)
			return event_types[i].word;
	return NULL;
}

static const char *const common_counters[MEMPOL_NR_COMMON] = {
#define MP_X(upper, lower) [MEMPOL_COMMON_##upper] = #lower,
	MEMPOL_COMMON_COUNTERS(MP_X)
#undef MP_X
};

const char *mp_common_counter_name(unsigned int index)
{
	return index < ARRAY_SIZE(common_counters) ? common_counters[index] : NULL;
}

const char *mp_refusal_name(unsigned int index)
{
	return index < MEMPOL_NR_REFUSALS ? refusals[index].word : NULL;
}

const char *mp_refusal_text(unsigned int index)
{
	return index < MEMPOL_NR_REFUSALS ? refusals[index].text : NULL;
}
